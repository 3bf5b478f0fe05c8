package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	usualAttempts = 3                // of a call that is answered with 503 or 429
	longestPause  = 30 * time.Second // between attempts; a longer Retry-After is left to the caller
	maxAnswer     = 16 << 20         // bytes of an answer in JSON or PEM
	maxProblem    = 64 << 10         // bytes of a problem
	// bytes that sealing may add to a document; Influxion adds at most 32 MiB of validation data
	maxAppended   = 64 << 20
	mediaPDF      = "application/pdf"
	mediaJSON     = "application/json"
	mediaText     = "text/plain"
	mediaHTML     = "text/html"
	mediaPEM      = "application/x-pem-file"
	mediaProblem  = "application/problem+json"
	apiPathPrefix = "/api/"
)

// Client calls one deployment of Influxion. Safe for concurrent use.
type Client struct {
	base       *url.URL
	baseErr    error // of the base URL; every call returns it
	credential azcore.TokenCredential
	scopes     []string
	http       *http.Client
	attempts   int
	tellPause  func(context.Context, Pause) // nil = pauses are not reported
	key        string                       // an Idempotency-Key; "" = none
}

// New returns a client of the deployment at baseURL, such as https://signing.example.org, without
// the path /api. The scope is that of the deployment's API, such as api://<client-id>/.default. The
// base URL must use https, or http on this machine; with any other URL every call fails.
func New(baseURL string, credential azcore.TokenCredential, scope ...string) *Client {
	c := &Client{credential: credential, scopes: scope, attempts: usualAttempts}
	c.base, c.baseErr = parseBase(baseURL)
	return c.WithHTTPClient(&http.Client{})
}

// WithHTTPClient returns a copy of the client that uses h, but never follows a redirect.
func (c *Client) WithHTTPClient(h *http.Client) *Client {
	changed, client := *c, *h
	// A redirect would send the document, and on the same host the token, to an address that the
	// caller did not name.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	changed.http = &client
	return &changed
}

// WithAttempts returns a copy of the client that sends a call at most n times while the answer is
// 503 or 429. The default is 3; 1 means no repetition.
func (c *Client) WithAttempts(n int) *Client {
	changed := *c
	changed.attempts = max(n, 1)
	return &changed
}

// WithIdempotencyKey returns a copy of the client for one call that signs or makes jobs. If that
// call is repeated with the same key and content within 24 hours, it is not done again, and has the
// same answer. The key has 1 to 255 visible ASCII characters without " and \, such as a GUID. A
// deployment without a storage for jobs refuses it: its *Problem has the code
// idempotency_unsupported.
func (c *Client) WithIdempotencyKey(key string) *Client {
	changed := *c
	changed.key = key
	return &changed
}

func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the base URL cannot be read")
	}
	if base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the base URL is not scheme, host and path")
	}
	ip := net.ParseIP(base.Hostname())
	local := base.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	if base.Scheme != "https" && (base.Scheme != "http" || !local) {
		return nil, errors.New("the base URL is not https: an access token would travel in the clear")
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	return base, nil
}

// call is one request of the API.
type call struct {
	method    string
	path      string // below /api/, escaped
	query     url.Values
	accept    string
	document  Document // the body, if any
	mediaType string   // of the body
	anonymous bool
	header    http.Header // further fields
}

// do sends a call and returns any answer that is not a problem; the caller closes its body. It
// repeats a call that is answered with 503 or 429 a few times, if Retry-After asks only for a short
// pause.
func (c *Client) do(ctx context.Context, call call) (*http.Response, error) {
	if c.baseErr != nil {
		return nil, c.baseErr
	}
	if _, ok := call.document.(*locked); ok {
		if err := call.asForm(nil); err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		request, err := c.request(ctx, call)
		if err != nil {
			return nil, err
		}
		response, err := c.http.Do(request)
		if err != nil {
			return nil, fmt.Errorf("call influxion: %w", err)
		}
		if response.StatusCode >= 200 && response.StatusCode < 300 {
			return response, nil
		}
		if err := c.pause(ctx, readProblem(response), attempt); err != nil {
			return nil, err
		}
	}
}

func (c *Client) request(ctx context.Context, call call) (*http.Request, error) {
	target := *c.base
	target.RawQuery = call.query.Encode()
	target.RawPath = target.EscapedPath() + apiPathPrefix + call.path
	path, err := url.PathUnescape(target.RawPath)
	if err != nil {
		return nil, fmt.Errorf("make path: %w", err)
	}
	target.Path = path
	request, err := http.NewRequestWithContext(ctx, call.method, target.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, values := range call.header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", call.accept)
	if c.key != "" && call.method == http.MethodPost {
		request.Header.Set("Idempotency-Key", `"`+c.key+`"`)
	}
	if call.document != nil {
		size := call.document.Size()
		request.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(call.document, 0, size)), nil
		}
		request.Body, _ = request.GetBody()
		request.ContentLength = size
		request.Header.Set("Content-Type", call.mediaType)
	}
	if call.anonymous {
		return request, nil
	}
	if c.credential == nil {
		return nil, &SignInError{errors.New("there is no credential")}
	}
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: c.scopes})
	if err != nil {
		return nil, &SignInError{err}
	}
	request.Header.Set("Authorization", "Bearer "+token.Token)
	return request, nil
}

// fetch sends a call and decodes its answer.
func (c *Client) fetch(ctx context.Context, call call, into any) error {
	response, err := c.do(ctx, call)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body, maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

func readBounded(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("read answer: larger than %d bytes", limit)
	}
	return body, nil
}

// retryAfter reads a Retry-After; 0 = none. Influxion sends seconds, but a proxy in front of it may
// send a date (RFC 9110, section 10.2.3).
func retryAfter(header http.Header) time.Duration {
	const longest = 24 * time.Hour
	field := header.Get("Retry-After")
	pause := time.Duration(0)
	if date, err := http.ParseTime(field); err == nil {
		pause = time.Until(date)
	} else if seconds, err := strconv.Atoi(field); err == nil && seconds <= int(longest/time.Second) {
		pause = time.Duration(seconds) * time.Second
	}
	if pause < 0 || pause > longest {
		return 0
	}
	return pause
}
