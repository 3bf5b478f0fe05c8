package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// The test shows what the Functions host does, in both of its modes, with answers that come early
// or have no body.
func TestHostPassesBareAndEarlyAnswers(t *testing.T) {
	for _, mode := range []hosttest.Mode{hosttest.Proxy, hosttest.Forward} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			p := start(t, cloudtest.Config{}, hosttest.Config{Mode: mode})
			for _, path := range []string{"/api/health", "/api/openapi.json"} {
				response, length := p.send(t, http.MethodHead, path, nil)
				if response.StatusCode != http.StatusOK || response.ContentLength <= 0 || length != 0 {
					t.Errorf("got %d with %d bytes of %d for HEAD %s, want 200 and the length alone",
						response.StatusCode, length, response.ContentLength, path)
				}
			}
			response, _ := p.send(t, http.MethodHead, "/api/sign", nil)
			if allow := response.Header.Get("Allow"); response.StatusCode != http.StatusMethodNotAllowed ||
				allow != http.MethodPost {
				t.Errorf("got %d and Allow %q for HEAD of a route that has only POST, want 405 and POST",
					response.StatusCode, allow)
			}
			for _, size := range []int{1 << 10, 300 << 10, 20 << 20} {
				for range 5 { // a reset would overtake some answers
					response, length := p.send(t, http.MethodPost, "/api/sign", make([]byte, size))
					if response.StatusCode != http.StatusUnauthorized || length == 0 {
						t.Errorf("got %d with %d bytes for %d anonymous ones, want 401 and a problem",
							response.StatusCode, length, size)
					}
				}
			}
		})
	}
}

// send sends a request without a token through the host, and gives the answer and the bytes of its
// body.
func (p *program) send(t *testing.T, method, path string, body []byte) (*http.Response, int64) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.host.URL()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/pdf")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	length, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, length
}
