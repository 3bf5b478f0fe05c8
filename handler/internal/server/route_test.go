package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// A route whose function is turned off does not exist, whatever the case of the function's name.
func TestDisabledRoutes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *server.Config) { c.Disabled = []string{"sIGN", "Docs"} })
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodPost, "/api/sign", 404}, {http.MethodPost, "/API/SIGN", 404}, {http.MethodGet, "/api/docs", 404},
		{http.MethodGet, "/api/sign", 404}, {http.MethodGet, "/api/health", 200}, {http.MethodGet, "/", 200},
	} {
		response, err := a.Client().Do(a.request(t, test.method, test.path, "", nil))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("got %d for %s %s, want %d", response.StatusCode, test.method, test.path, test.status)
		}
	}
}

// The Functions host matches the literals of a route without regard to case, and forwards the path
// as the caller wrote it.
func TestRouteLiteralsIgnoreCase(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *server.Config) { c.Directory = &signing.Directory{Source: c.Directory.Source} })
	tests := []struct {
		method, path string
		status       int
		name         string // of the certificate
	}{
		{http.MethodGet, "/API/Health", 200, ""},
		{http.MethodGet, "/api/OPENAPI.json", 200, ""},
		{http.MethodGet, "/Api/Certificates", 200, ""},
		{http.MethodGet, "/API/CERTIFICATES/SeaL", 200, "SeaL"},
		{http.MethodGet, "/API/CERTIFICATES/Sea%4c", 200, "SeaL"},
		{http.MethodGet, "/API/CERTIFICATES/Sea%2fL", 404, ""},
		{http.MethodGet, "/API/SIGN", 405, ""},
		{http.MethodGet, "/API/HEALTH/", 404, ""},
		{http.MethodGet, "/API/CERTIFICATES/a/b", 404, ""},
		{http.MethodGet, "/APIS/HEALTH", 404, ""},
	}
	for _, test := range tests {
		response, err := a.Client().Do(a.request(t, test.method, test.path, "", nil))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Name string }
		if response.Header.Get("Content-Type") == "application/json" {
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
		}
		response.Body.Close()
		if response.StatusCode != test.status || answer.Name != test.name {
			t.Errorf("got %d %q for %s, want %d %q", response.StatusCode, answer.Name, test.path, test.status,
				test.name)
		}
	}
}
