package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
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

// A path with a letter that only folds to one of a route's is another path. A gateway in front of
// this server, which permits or forbids paths, does not take it for the route's either.
func TestRouteLiteralsHaveNoLookAlikes(t *testing.T) {
	t.Parallel()
	_, handler := plain(t)
	tried := 0
	for _, route := range server.Routes() {
		for letter, other := range map[string]string{
			"s": "%C5%BF", "k": "%E2%84%AA", "i": "%C4%B0", "e": "%EF%BD%85",
		} {
			path := strings.NewReplacer("{version}", "v1", "{id}", "1", "{name}", "a", "{file}", "a").
				Replace(route.Path)
			if !strings.Contains(path, letter) {
				continue
			}
			tried++
			r := httptest.NewRequest(route.Method, strings.ReplaceAll(path, letter, other), nil)
			r.Header.Set("Authorization", "Bearer "+goodToken)
			got := httptest.NewRecorder()
			handler.ServeHTTP(got, r)
			if got.Code != http.StatusNotFound ||
				!strings.Contains(got.Body.String(), "there is nothing under this path") {
				t.Errorf("%s: got %d %s, want no route", r.URL, got.Code, got.Body)
			}
		}
	}
	if tried < 50 {
		t.Errorf("got %d paths, want those of all routes", tried)
	}
}
