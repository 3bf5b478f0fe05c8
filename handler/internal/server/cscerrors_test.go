package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/server"
	"influxion/handler/internal/server/rate"
)

// checkCSCError checks that an answer is an error in the form of the Cloud Signature Consortium,
// and nothing else.
func checkCSCError(t *testing.T, got *httptest.ResponseRecorder, status int, name string) {
	t.Helper()
	var content map[string]any
	err := json.Unmarshal(got.Body.Bytes(), &content)
	description, _ := content["error_description"].(string)
	if got.Code != status || err != nil || got.Header().Get("Content-Type") != "application/json" ||
		len(content) != 2 || content["error"] != name || description == "" {
		t.Errorf("got %d %v %s, want %d and %q in the form of the consortium", got.Code, got.Header(), got.Body, status,
			name)
	}
}

// cscPaths are the paths of the consortium's API.
func cscPaths() []string {
	var paths []string
	for _, route := range server.Routes() {
		if strings.HasPrefix(route.Path, "/api/csc/") {
			paths = append(paths, strings.Replace(route.Path, "{version}", "v1", 1))
		}
	}
	return paths
}

// A path or a method that no route has is an error in the consortium's form, in each spelling that
// reaches its API.
func TestUnknownBelowCSC(t *testing.T) {
	t.Parallel()
	_, whole := plain(t)
	_, off := plain(t, func(c *server.Config) { c.Hashes, c.Page = nil, nil })
	_, disabled := plain(t, func(c *server.Config) {
		for _, route := range server.Routes() {
			c.Disabled = append(c.Disabled, route.Function)
		}
	})
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace}
	unknown := []string{"/api/csc", "/api/csc/", "/api/csc/v1", "/api/csc/v1/", "/api/csc/v1/auth/login",
		"/api/csc/v1/credentials/sendOTP", "/api/csc/v1/info/", "/api/csc/v1//info", "/api/csc/v1/info/more",
		"/API/Csc/none",
		"/api/%63sc/none", "/api/csc/%2e%2e", "/api/csc/v1/..%2f..%2fsign", "/api/csc/v1/" + strings.Repeat("a/", 1000)}
	try := func(handler http.Handler, method, path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader("{}")))
		if method == http.MethodHead { // its answer has no body
			recorder.Body.WriteString(`{"error":"invalid_request","error_description":"-"}`)
		}
		return recorder
	}
	for _, method := range methods {
		for _, path := range unknown {
			for _, handler := range []http.Handler{whole, off, disabled} {
				checkCSCError(t, try(handler, method, path), http.StatusNotFound, "invalid_request")
			}
		}
		for _, path := range cscPaths() {
			for _, path := range []string{path, strings.ToUpper(path)} {
				checkCSCError(t, try(disabled, method, path), http.StatusNotFound, "invalid_request")
				if method == http.MethodPost {
					continue
				}
				got := try(whole, method, path)
				checkCSCError(t, got, http.StatusMethodNotAllowed, "invalid_request")
				if got.Header().Get("Allow") != http.MethodPost {
					t.Errorf("%s %s: got %v, want POST allowed", method, path, got.Header())
				}
			}
		}
	}
}

// A path beside the consortium's has problems, as all others.
func TestProblemsBesideCSC(t *testing.T) {
	t.Parallel()
	_, handler := plain(t)
	for _, path := range []string{"/api/cscs", "/api/cs", "/api/none/csc/", "/csc/v1/info", "/api/c%C5%BFc/v1/none",
		"//api/csc/v1/info", "/api//csc/v1/info"} {
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, httptest.NewRequest(http.MethodPost, path, nil))
		if got.Code != http.StatusNotFound || got.Header().Get("Content-Type") != "application/problem+json" ||
			codeOf(t, got) != "route_not_found" {
			t.Errorf("%s: got %d %v %s, want a problem", path, got.Code, got.Header(), got.Body)
		}
	}
}

// Each kind of refusal has the consortium's form on each of its routes.
func TestRefusalsOfEachCSCRoute(t *testing.T) {
	t.Parallel()
	spent := func(c *server.Config) {
		c.Rate = rate.New(rate.Limits{Bytes: 1}, func() time.Time { return time.Unix(1, 0) })
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name    string
		known   bool // only to callers with a token
		config  func(*server.Config)
		change  func(*http.Request)
		status  int
		error   string
		present []string // header fields
	}{
		{"no token", true, nil, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_token",
			[]string{"WWW-Authenticate"}},
		{"a bad token", true, nil, header("Authorization", "Bearer nobody"), 401, "invalid_token",
			[]string{"WWW-Authenticate"}},
		{"two tokens", true, nil, func(r *http.Request) { r.Header.Add("Authorization", "Bearer nobody") }, 400,
			"invalid_request", []string{"WWW-Authenticate"}},
		{"no right", true, nil, header("Authorization", "Bearer "+scopeToken), 403, "access_denied",
			[]string{"WWW-Authenticate"}},
		{"no authority", true, nil, header("Authorization", "Bearer "+outageToken), 503, "temporarily_unavailable",
			[]string{"Retry-After"}},
		{"a bug", true, nil, header("Authorization", "Bearer "+panicToken), 500, "server_error", nil},
		{"too many", true, spent, nil, 429, "temporarily_unavailable", []string{"Retry-After", "RateLimit"}},
		{"media type", false, nil, header("Content-Type", "application/pdf"), 415, "invalid_request",
			[]string{"Accept-Post"}},
		{"coding", false, nil, header("Content-Encoding", "gzip"), 415, "invalid_request", nil},
		{"answer", false, nil, header("Accept", "application/pdf"), 406, "invalid_request", nil},
		{"query", false, nil, func(r *http.Request) { r.URL.RawQuery = "access_token=canary-query" }, 400,
			"invalid_request", nil},
		{"too large", false, nil, func(r *http.Request) { r.ContentLength = 1 << 20 }, 413, "invalid_request", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, handler := plain(t, slices.DeleteFunc([]func(*server.Config){test.config},
				func(f func(*server.Config)) bool { return f == nil })...)
			for _, path := range cscPaths() {
				if test.known && strings.HasSuffix(path, "/v1/info") {
					continue
				}
				r := cscBody(t, path, members{"credentialID": "seal"})
				if test.change != nil {
					test.change(r)
				}
				got := httptest.NewRecorder()
				handler.ServeHTTP(got, r)
				checkCSCError(t, got, test.status, test.error)
				for _, name := range test.present {
					if got.Header().Get(name) == "" {
						t.Errorf("%s: got %v, want %s", path, got.Header(), name)
					}
				}
			}
		})
	}
}
