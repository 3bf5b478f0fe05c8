package signin

import (
	"net/http"
	"time"
)

const (
	maxAnswer  = 1 << 20     // bytes of one answer; Entra ID's are below 40 kB
	answerTime = time.Minute // for one answer
)

// NewClient returns an HTTP client for sign-ins. It bounds answers and follows no redirect, because
// a redirect would carry a secret to another address.
func NewClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: bounded{transport}, Timeout: answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	}
	return response, err
}
