package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// Access is what a client needs of the credential for a renderer that requires access tokens. Both
// functions must be safe for concurrent use.
type Access struct {
	Token func(ctx context.Context) (string, error)
	// Watch gives a transport that notes the tokens that the renderer refuses.
	Watch func(http.RoundTripper) http.RoundTripper
}

// Client is a client of Gotenberg's HTTP API, version 8. It follows no redirects and uses no proxy,
// because the renderer is close by. Safe for concurrent use.
type Client struct {
	address string
	access  *Access // nil = the renderer requires no token
	client  *http.Client

	mu    sync.Mutex
	usual time.Duration // moving average of the time of conversions
}

// CheckURL returns an error for an unfit address of a renderer. It must have http or https, a host,
// and at most a path. With a token it must have https, or http and a loopback address.
func CheckURL(address string, token bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" {
		return errors.New("not the address of a renderer")
	}
	if ip := net.ParseIP(u.Hostname()); token && u.Scheme == "http" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("a token would go over http")
	}
	return nil
}

// NewClient makes a client of the renderer at an address that CheckURL has accepted. It does no
// I/O.
func NewClient(address string, access *Access) *Client {
	u, err := url.Parse(address)
	if err != nil {
		panic("internal error: the address of the renderer was not checked")
	}
	var transport http.RoundTripper = &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true, ForceAttemptHTTP2: true,
	}
	if access != nil {
		transport = access.Watch(transport)
	}
	return &Client{
		address: u.JoinPath("forms/chromium/convert/html").String(), access: access,
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// fields are the form fields in Gotenberg's names. The paper is A4 unless the page's style sheet
// says otherwise. A page that does not load completely is not printed.
var fields = [][2]string{
	{"preferCssPageSize", "true"}, {"printBackground", "true"}, {"generateTaggedPdf", "true"},
	{"paperWidth", "8.27"}, {"paperHeight", "11.7"}, {"emulatedMediaType", "print"},
	{"failOnResourceLoadingFailed", "true"}, {"failOnConsoleExceptions", "true"},
}

// Convert has the renderer print a page with the files that it refers to. The print has at most
// limit bytes. Convert calls reserve before it allocates memory for them; nil reserves nothing. It
// implements Printer.
func (c *Client) Convert(ctx context.Context, page []byte, files []File, limit int64,
	reserve func(context.Context, int64) error,
) ([]byte, error) {
	request, err := c.request(ctx, page, files)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	response, err := c.client.Do(request)
	if err != nil {
		return nil, c.lost(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, maxRest) // so that the connection can be used again
		return nil, c.refused(response)
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil ||
		media != "application/pdf" {
		return nil, unavailable(errors.New("the renderer answers with another media type than application/pdf"))
	}
	print, err := read(ctx, response.Body, limit, reserve)
	if err != nil {
		if _, ok := errors.AsType[*signing.Error](err); ok {
			return nil, err
		}
		return nil, c.lost(ctx, err)
	}
	c.took(time.Since(start))
	return print, nil
}

func (c *Client) request(ctx context.Context, page []byte, files []File) (*http.Request, error) {
	body, mediaType, size, err := form(page, files)
	if err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.ContentLength = size
	request.Header.Set("Content-Type", mediaType)
	request.Header.Set("User-Agent", "influxion")
	if c.access != nil {
		token, err := c.access.Token(ctx)
		if err != nil {
			return nil, unavailable(fmt.Errorf("fetch token for the renderer: %w", err))
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, nil
}

// index is the name of the page in the form.
const index = "index.html"

// form returns the multipart form of a page. It does not copy the page.
func form(page []byte, files []File) (body io.Reader, mediaType string, size int64, err error) {
	var head bytes.Buffer
	writer := multipart.NewWriter(&head)
	var parts []io.Reader
	add := func(data []byte) {
		parts = append(parts, bytes.NewReader(data))
		size += int64(len(data))
	}
	flush := func() {
		add(bytes.Clone(head.Bytes()))
		head.Reset()
	}
	for _, field := range fields {
		if err := writer.WriteField(field[0], field[1]); err != nil {
			return nil, "", 0, err
		}
	}
	for _, file := range append([]File{{index, page}}, files...) {
		if _, err := writer.CreateFormFile("files", file.Name); err != nil {
			return nil, "", 0, err
		}
		flush()
		add(file.Data)
	}
	if err := writer.Close(); err != nil {
		return nil, "", 0, err
	}
	flush()
	return io.MultiReader(parts...), writer.FormDataContentType(), size, nil
}

// read reads up to limit bytes and reserves memory before it allocates it.
func read(ctx context.Context, r io.Reader, limit int64, reserve func(context.Context, int64) error) ([]byte, error) {
	if reserve == nil {
		reserve = func(context.Context, int64) error { return nil }
	}
	var data []byte
	for {
		if len(data) == cap(data) {
			grown := min(max(2*int64(cap(data)), answerStep), limit+1)
			if int64(len(data)) > limit {
				return nil, tooLarge(limit)
			}
			if err := reserve(ctx, grown+int64(len(data))); err != nil {
				return nil, err
			}
			data = append(make([]byte, 0, grown), data...)
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			if int64(len(data)) > limit {
				return nil, tooLarge(limit)
			}
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func unavailable(cause error) error {
	return &signing.Error{Kind: signing.Unavailable, Code: "renderer_unavailable",
		Detail: "the renderer does not answer as expected; try again shortly", Err: cause}
}

// lost is the error for a broken exchange with the renderer. The cause may name the renderer's
// host, so it is for the log only.
func (c *Client) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait for the renderer: %w", ctx.Err())
	}
	return unavailable(err)
}

// refused turns a status of the renderer into an error. It ignores the text, which may quote the
// page.
func (c *Client) refused(response *http.Response) error {
	cause := fmt.Errorf("the renderer answers with status %d", response.StatusCode)
	switch response.StatusCode {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return &signing.Error{Kind: signing.Unavailable, Code: "renderer_busy", RetryAfter: c.later(response.Header),
			Detail: "the renderer is busy, or the page takes too long for it; try again later", Err: cause}
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return &signing.Error{Kind: signing.Unprocessable, Code: "page_unprintable",
			Detail: "the renderer cannot print the page: one of its files does not load, or it needs too much " +
				"time or memory",
			Err: cause}
	}
	return unavailable(cause)
}

// took adds the time of a conversion to the moving average that later uses.
func (c *Client) took(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usual == 0 {
		c.usual = d
	}
	c.usual += (d - c.usual) / 8
}

// later returns when to try again: the renderer's Retry-After, else the usual time of a conversion.
func (c *Client) later(header http.Header) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 3600)) * time.Second
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.usual, time.Second)
}
