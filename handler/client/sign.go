package client

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Document is a PDF that can be read at random and more than once: a *bytes.Reader, an *io.SectionReader.
type Document interface {
	io.ReaderAt
	Size() int64
}

// Options says how to sign. Empty ones are left to the deployment.
type Options struct {
	Certificate string // name of the signing certificate
	Version     string // of the certificate
	Level       string // B-B
	Reason      string
	Location    string
	Contact     string
	Name        string
	Field       string
	Certify     string // no-changes, form-filling or annotations
}

func (o Options) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"certificate": o.Certificate, "version": o.Version, "level": o.Level, "reason": o.Reason, "location": o.Location,
		"contact": o.Contact, "name": o.Name, "field": o.Field, "certify": o.Certify,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// Signed is a signed document on its way in. Body must be closed; it ends with an error if the document is cut off.
type Signed struct {
	Body         io.ReadCloser
	Size         int64  // bytes
	SHA256       []byte // of the signed document, as Influxion has computed it
	Certificate  string
	Version      string
	Fingerprint  string
	Level        string
	InvocationID string
}

// Sign has a document signed. A refusal is a *Problem. Cancelling ctx also ends the reading of the body.
func (c *Client) Sign(ctx context.Context, document Document, options Options) (*Signed, error) {
	response, err := c.do(ctx, call{method: http.MethodPost, path: "sign", query: options.query(), accept: mediaPDF, document: document})
	if err != nil {
		return nil, err
	}
	if response.Header.Get("Content-Type") != mediaPDF || response.ContentLength < 0 {
		response.Body.Close()
		return nil, fmt.Errorf("got an answer of type %q, want a PDF of a stated length", response.Header.Get("Content-Type"))
	}
	return &Signed{
		Body: response.Body, Size: response.ContentLength, SHA256: digest(response.Header.Get("Repr-Digest")),
		Certificate:  response.Header.Get("Influxion-Certificate"),
		Version:      response.Header.Get("Influxion-Certificate-Version"),
		Fingerprint:  response.Header.Get("Influxion-Certificate-Fingerprint"),
		Level:        response.Header.Get("Influxion-Level"),
		InvocationID: response.Header.Get("Influxion-Invocation-Id"),
	}, nil
}

// digest reads the SHA-256 of a Repr-Digest field (RFC 9530), or gives nil.
func digest(field string) []byte {
	for member := range strings.SplitSeq(field, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(member), "sha-256=:")
		if !ok {
			continue
		}
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":")); err == nil {
			return sum
		}
	}
	return nil
}
