package client

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Certificate is a certificate that the caller may sign with.
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
	DaysLeft     int       `json:"days_left"` // whole days that it can be used
	// Successor is the vault's current version if that version cannot sign yet; else nil.
	Successor *Successor `json:"successor,omitempty"`
}

// Successor is a version of a certificate that does not sign yet.
type Successor struct {
	Version string `json:"version"`
	Reason  string `json:"reason"` // such as not_valid_yet
}

// Listing lists the certificates that the caller may sign with, and those that are unavailable.
type Listing struct {
	Certificates []Certificate            `json:"certificates"` // each in its current version
	Unavailable  []UnavailableCertificate `json:"unavailable"`  // those that cannot be used now
}

// UnavailableCertificate is a certificate that cannot be used now.
type UnavailableCertificate struct {
	Name string `json:"name"`
	Code string `json:"code"` // of the Problem that signing with it gives, such as key_unusable
}

// Certificates lists the certificates that the caller may sign with now, each in its current
// version.
func (c *Client) Certificates(ctx context.Context) ([]Certificate, error) {
	list, err := c.List(ctx)
	return list.Certificates, err
}

// List lists the certificates that the caller may sign with, and those that cannot be used now.
func (c *Client) List(ctx context.Context) (Listing, error) {
	var list Listing
	err := c.fetch(ctx, call{method: http.MethodGet, path: "certificates", accept: mediaJSON}, &list)
	return list, err
}

// Certificate shows one certificate; an empty version asks for the current one.
func (c *Client) Certificate(ctx context.Context, name, version string) (*Certificate, error) {
	certificate := &Certificate{}
	if err := c.fetch(ctx, certificateCall(name, version, mediaJSON), certificate); err != nil {
		return nil, err
	}
	return certificate, nil
}

// Chain returns a certificate's public chain in PEM, leaf first.
func (c *Client) Chain(ctx context.Context, name, version string) ([]byte, error) {
	response, err := c.do(ctx, certificateCall(name, version, mediaPEM))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := readBounded(response.Body, maxAnswer)
	if err != nil {
		return nil, err
	}
	return certificatesAlone(text)
}

// certificatesAlone re-encodes the certificates of a PEM text and drops all other text, because
// people print chains to terminals.
func certificatesAlone(text []byte) ([]byte, error) {
	var chain bytes.Buffer
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if err := pem.Encode(&chain, &pem.Block{Type: block.Type, Bytes: block.Bytes}); err != nil {
			return nil, fmt.Errorf("write chain: %w", err)
		}
	}
	if chain.Len() == 0 {
		return nil, errors.New("got an answer without a certificate in PEM")
	}
	return chain.Bytes(), nil
}

func certificateCall(name, version, accept string) call {
	query := url.Values{}
	if version != "" {
		query.Set("version", version)
	}
	return call{method: http.MethodGet, path: "certificates/" + url.PathEscape(name), query: query, accept: accept}
}
