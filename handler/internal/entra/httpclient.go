package entra

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// boundedClient gives a client that refuses every answer but a 200 of bounded size, redirects
// included. A nil base means a client with time-outs and the proxy of the environment.
func boundedClient(base *http.Client) *http.Client {
	client := &http.Client{Timeout: fetchTimeout}
	var transport http.RoundTripper
	if base == nil {
		transport = newTransport()
	} else {
		*client = *base
		client.Jar = nil
		transport = base.Transport
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	client.Transport = boundedTransport{transport}
	return client
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  5 * time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConns:           4,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}

// answerError is an answer other than 200. It does not keep the body, which would end up in the
// log.
type answerError struct {
	status     int
	retryAfter time.Duration
}

func (e *answerError) Error() string { return fmt.Sprintf("authority answers %d", e.status) }

type boundedTransport struct{ next http.RoundTripper }

// RoundTrip returns an answer if it may be read.
func (t boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		seconds, _ := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16)
		return nil, &answerError{status: response.StatusCode, retryAfter: time.Duration(seconds) * time.Second}
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}
