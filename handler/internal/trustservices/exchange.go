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
}

// do gives the body of the answer, which had status 200.
func (e exchange) do(ctx context.Context, client *http.Client) ([]byte, *failure) {
	limited, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, e.method, e.address, bytes.NewReader(e.body))
	if err != nil {
		return nil, &failure{"has an address that cannot be used", false, nil}
	}
	request.Header.Set("User-Agent", "influxion")
	if e.contentType != "" {
		request.Header.Set("Content-Type", e.contentType)
	}
	if e.accept != "" {
		request.Header.Set("Accept", e.accept)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	defer response.Body.Close()
	if refused := e.refuse(response); refused != nil {
		return nil, refused
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, e.limit+1))
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if int64(len(body)) > e.limit {
		return nil, &failure{fmt.Sprintf("answered with more than %d KiB", e.limit>>10), false, nil}
	}
	return body, nil
}

// refuse says why the body need not be read.
func (e exchange) refuse(response *http.Response) *failure {
	if status := response.StatusCode; status != http.StatusOK {
		retry := status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
		return &failure{fmt.Sprintf("answered with HTTP status %d", status), retry, nil}
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); e.accept != "" &&
		(err != nil || !strings.EqualFold(media, e.accept)) {
		return &failure{"answered with another content type than " + e.accept, false, nil}
	}
	return nil
}

// newTransport gives a transport whose waiting and whose headers are bounded. A nil pool means the system's roots.
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
		DisableCompression:     true, // nothing here shrinks, and inflating needs a bound of its own
	}
}
