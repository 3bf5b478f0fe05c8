package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Certificate is one that the caller may sign with.
type Certificate struct {
	Name         string    `json:"name"`
	Version      string    `json:"version"`
	Subject      string    `json:"subject"`
	Issuer       string    `json:"issuer"`
	Serial       string    `json:"serial"` // lower-case hex
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
	Fingerprint  string    `json:"fingerprint"` // SHA-256, lower-case hex
	KeyAlgorithm string    `json:"key_algorithm"`
}

// Certificates lists what the caller may sign with, in the current version of each.
func (c *Client) Certificates(ctx context.Context) ([]Certificate, error) {
	var list struct {
		Certificates []Certificate `json:"certificates"`
	}
	if err := c.fetch(ctx, call{method: http.MethodGet, path: "certificates", accept: mediaJSON}, &list); err != nil {
		return nil, err
	}
	return list.Certificates, nil
}

// Certificate shows one certificate; an empty version asks for the current one.
func (c *Client) Certificate(ctx context.Context, name, version string) (*Certificate, error) {
	certificate := &Certificate{}
	if err := c.fetch(ctx, certificateCall(name, version, mediaJSON), certificate); err != nil {
		return nil, err
	}
	return certificate, nil
}

// Chain gives a certificate's public chain in PEM, leaf first.
func (c *Client) Chain(ctx context.Context, name, version string) ([]byte, error) {
	response, err := c.do(ctx, certificateCall(name, version, mediaPEM))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readBounded(response.Body, maxAnswer)
}

func certificateCall(name, version, accept string) call {
	query := url.Values{}
	if version != "" {
		query.Set("version", version)
	}
	return call{method: http.MethodGet, path: "certificates/" + url.PathEscape(name), query: query, accept: accept}
}
