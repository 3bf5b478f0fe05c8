package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// options are the options of a client that calls only the host of the URL.
func (c *Config) options(retry policy.RetryOptions) (azcore.ClientOptions, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return azcore.ClientOptions{}, err
	}
	return azcore.ClientOptions{
		Transport: &hostTransport{c.transport(), u.Host},
		Retry:     retry,
	}, nil
}

// idleConnections is how many idle connections to one host are kept: as many as requests of jobs
// and callers, and their lines of the audit log, use at a time. Each missing connection costs a
// handshake.
const idleConnections = 64

// writeBuffer is how many bytes of a request go to TLS at once. With net/http's 4 KiB, each 4 KiB
// of a document is a record and a system call of its own.
const writeBuffer = 64 << 10

// transport is the transport of the config, or a new one if the config has none.
func (c *Config) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	return NewTransport()
}

// NewTransport makes the default transport. It speaks HTTP/1.1 alone, as Azure Storage does ("HTTP
// version support", REST API reference). A block then costs less processor time than in frames of
// HTTP/2, and emulators and proxies need not support more either.
func NewTransport() *http.Transport {
	own := http.DefaultTransport.(*http.Transport).Clone()
	own.MaxIdleConnsPerHost = idleConnections
	own.WriteBufferSize = writeBuffer
	own.Protocols = new(http.Protocols)
	own.Protocols.SetHTTP1(true)
	own.TLSClientConfig = nil // that of a transport that was used offers HTTP/2
	return own
}

// hostTransport sends requests only to the one host, because they carry an access token. It follows
// no redirect.
type hostTransport struct {
	base http.RoundTripper
	host string
}

// Do implements policy.Transporter in place of an http.Client: each request has the deadline of its
// try already.
func (t *hostTransport) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" || !strings.EqualFold(request.URL.Host, t.host) {
		return nil, errors.New("storage refers to another host")
	}
	if request.Body == nil {
		return t.base.RoundTrip(request)
	}
	// The library rewinds one body for its next try, while net/http may still read the old try's
	// body after an answer. Therefore each try has a body of its own: a block is small.
	text, err := bodyOf(request)
	request.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	request = request.WithContext(request.Context())
	request.Body = io.NopCloser(bytes.NewReader(text))
	return t.base.RoundTrip(request)
}

// bodyKey is the key of a body that is in memory already, in the context of its request.
type bodyKey struct{}

// withBody gives the context for a request whose body nothing changes any more, so that it need not
// be copied for each try.
func withBody(ctx context.Context, body []byte) context.Context {
	return context.WithValue(ctx, bodyKey{}, body)
}

// bodyOf gives the body of a request.
func bodyOf(request *http.Request) ([]byte, error) {
	if body, ok := request.Context().Value(bodyKey{}).([]byte); ok {
		return body, nil
	}
	return whole(request)
}

// whole reads the body of a request.
func whole(request *http.Request) ([]byte, error) {
	if request.ContentLength <= 0 {
		return io.ReadAll(request.Body)
	}
	text := make([]byte, request.ContentLength) // a buffer that grows would take twice the memory
	_, err := io.ReadFull(request.Body, text)
	return text, err
}
