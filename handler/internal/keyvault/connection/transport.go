package connection

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// maxBufferedBody is the largest body, in bytes, that inMemory copies. A request to sign has one of
// some 150 bytes; no other request has a body.
const maxBufferedBody = 4 << 10

// Bounds of answers in bytes. A secret is at most 25 kB before JSON escapes; a certificate, a key
// or a signature is smaller. A page of a list has 25 entries, each with up to 15 tags.
const (
	maxSecretAnswer = 64 << 10
	maxListAnswer   = 1 << 20
)

// Defaults of a request's time, and of the pause before it is tried again.
const (
	TryTimeout = 3 * time.Second
	RetryDelay = 200 * time.Millisecond
)

var (
	errAnswerTooLarge = errors.New("the answer is larger than any that is expected")
	errOtherHost      = errors.New("the vault refers to another host")
)

// vaultTransport sends requests to the one vault only, follows no redirect, and bounds the answers.
// A link from the vault to another host would take our access token there.
type vaultTransport struct {
	base http.RoundTripper
	host string
}

// Do implements policy.Transporter. It changes the request, which is the SDK's copy for one try.
func (t *vaultTransport) Do(request *http.Request) (*http.Response, error) {
	response, err := t.send(request)
	if err != nil {
		return nil, &url.Error{Op: request.Method, URL: request.URL.Redacted(), Err: err}
	}
	return response, nil
}

func (t *vaultTransport) send(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" || !strings.EqualFold(request.URL.Host, t.host) {
		return nil, &permanentError{errOtherHost}
	}
	limit := int64(maxListAnswer)
	if name := strings.Trim(request.URL.Path, "/"); strings.Contains(name, "/") &&
		!strings.HasSuffix(name, "/versions") {
		limit = maxSecretAnswer
	}
	if err := inMemory(request); err != nil {
		return nil, err
	}
	return roundTripAtMost(t.base, request, limit)
}

// inMemory replaces a small body by a reader that net/http knows. Before a body of any other reader
// net/http sends the header by itself, which takes a second TLS record and a second write to the
// connection.
func inMemory(request *http.Request) error {
	if request.Body == nil || request.ContentLength <= 0 || request.ContentLength > maxBufferedBody {
		return nil
	}
	body := make([]byte, request.ContentLength)
	_, err := io.ReadFull(request.Body, body)
	if closed := request.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}

// boundedTransport bounds the answers of Entra ID and of the identity endpoint.
type boundedTransport struct{ base http.RoundTripper }

func (t *boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	return roundTripAtMost(t.base, request, maxListAnswer)
}

func roundTripAtMost(base http.RoundTripper, request *http.Request, limit int64) (*http.Response, error) {
	response, err := base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{body: response.Body, left: limit}
	return response, nil
}

type boundedBody struct {
	body io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.left = 0
		return 0, &permanentError{errAnswerTooLarge}
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }

// permanentError tells the SDK not to retry, because a retry would end the same way.
type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// NonRetriable marks the error for the SDK.
func (*permanentError) NonRetriable() {}

// refuseRedirect returns a redirect as the answer and does not follow it: Entra ID and the identity
// endpoint do not redirect these requests.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// NewTransport makes the default transport. Its time-outs are outer bounds; each request has a
// shorter deadline.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           160,
		MaxIdleConnsPerHost:    128, // as many connections as signatures run in one vault at once
		MaxResponseHeaderBytes: 64 << 10,
		// HTTP/1.1: a connection for each call takes less processor time than streams of one,
		// and a connection that has died holds up one call, not all.
		ForceAttemptHTTP2: false,
	}
}

// retryOptions replaces the SDK's defaults, with which a request can take ten seconds and a single
// try has no bound.
func retryOptions(try, delay time.Duration) policy.RetryOptions {
	return policy.RetryOptions{MaxRetries: 2, TryTimeout: try, RetryDelay: delay, MaxRetryDelay: 10 * delay}
}

// ClientOptions makes the options of an SDK client that calls the one host alone.
func ClientOptions(base http.RoundTripper, host string, try, delay time.Duration) policy.ClientOptions {
	return policy.ClientOptions{
		Transport: &vaultTransport{base, host},
		Retry:     retryOptions(try, delay),
	}
}

func certificateRefused(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
