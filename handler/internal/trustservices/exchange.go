package trustservices

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// exchange is one request with the bounds of its answer.
type exchange struct {
	method      string
	address     string
	contentType string // of the body
	body        []byte
	accept      string        // the one content type of the answer; "" = any
	limit       int64         // bytes of the answer
	timeout     time.Duration // for all of it
	credentials Credentials
	decode      func(io.Reader) io.Reader // decodes the body of the answer; nil = the body is used as it is
}

// do sends the request and gives the body of the answer, which must have status 200.
func (e exchange) do(ctx context.Context, client *http.Client) ([]byte, *answerError) {
	limited, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, e.method, e.address, bytes.NewReader(e.body))
	if err != nil {
		return nil, &answerError{"has an address that cannot be used", false, nil}
	}
	request.Header.Set("User-Agent", "influxion")
	if e.contentType != "" {
		request.Header.Set("Content-Type", e.contentType)
	}
	if e.accept != "" {
		request.Header.Set("Accept", e.accept)
	}
	e.credentials.apply(request)
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	defer response.Body.Close()
	if refused := e.refuse(response); refused != nil {
		return nil, refused
	}
	return e.read(ctx, response)
}

// read reads the body of an answer, and takes its memory first.
func (e exchange) read(ctx context.Context, response *http.Response) ([]byte, *answerError) {
	tooLong := &answerError{fmt.Sprintf("answered with more than %d KiB", e.limit>>10), false, nil}
	size := int64(32 << 10)
	length, content := response.ContentLength, io.Reader(response.Body)
	if e.decode != nil {
		content = e.decode(content)
	} else if length > e.limit {
		return nil, tooLong
	}
	if length >= 0 {
		size = min(length, e.limit) + 1 // one more, so that the end is seen
	}
	var body []byte
	for {
		if err := takeMemory(ctx, size); err != nil {
			return nil, &answerError{"answered with more than the memory limit allows", true, err}
		}
		body = append(make([]byte, 0, int64(len(body))+size), body...)
		for len(body) < cap(body) { // not io.ReadFull: its io.ErrUnexpectedEOF hides whether the body was cut off
			n, err := content.Read(body[len(body):cap(body)])
			body = body[:len(body)+n]
			switch {
			case int64(len(body)) > e.limit:
				return nil, tooLong
			case err == io.EOF:
				return body, nil
			case err != nil:
				return nil, unreachable(ctx, err)
			}
		}
		size = min(int64(len(body)), e.limit+1-int64(len(body)))
	}
}

// refuse says why the body of an answer is not read; nil = it is.
func (e exchange) refuse(response *http.Response) *answerError {
	if status := response.StatusCode; status != http.StatusOK {
		retry := status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
		detail := fmt.Sprintf("answered with HTTP status %d", status)
		switch status {
		case http.StatusUnauthorized:
			detail += ": it does not accept the credentials"
		case http.StatusProxyAuthRequired:
			detail += ": the proxy does not accept the credentials"
		}
		return &answerError{detail, retry, nil}
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); e.accept != "" &&
		(err != nil || !strings.EqualFold(media, e.accept)) {
		return &answerError{"answered with another content type than " + e.accept, false, nil}
	}
	return nil
}

// newTransport gives a transport with bounded waiting and bounded headers. A nil pool means the
// system's roots.
func newTransport(dialer net.Dialer, roots *x509.CertPool) *http.Transport {
	dialer.Timeout = 5 * time.Second
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    5 * time.Second,
		IdleConnTimeout:        time.Minute,
		MaxIdleConns:           16,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // the answers are not compressible, and decompression would need its own bound
	}
}
