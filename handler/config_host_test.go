package main_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// answered is the answer to a request through the host.
type answered struct {
	status      int
	media, body string
	header      http.Header
}

func (p *program) ask(t *testing.T, method, path string) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.host.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // which follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, strings.TrimSuffix(response.Header.Get("Content-Type"), "; charset=utf-8"),
		string(body), response.Header}
}

// The page comes through the host unchanged, and any other path is a problem.
func TestPageThroughTheHost(t *testing.T) {
	for _, mode := range []hosttest.Mode{hosttest.Proxy, hosttest.Forward} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			p := start(t, cloudtest.Config{}, hosttest.Config{Mode: mode})
			p.checkPage(t)
		})
	}
}

func (p *program) checkPage(t *testing.T) {
	t.Helper()
	for _, want := range []struct {
		method, path string
		status       int
		media, holds string
	}{
		{"GET", "/api/", 200, "text/html", p.Page.ID},
		{"GET", "/api", 308, "text/plain", "api/"},
		{"HEAD", "/api/", 200, "text/html", ""},
		{"GET", "/api/docs", 200, "text/html", "/api/sign"},
		{"GET", "/api/page/app.js", 200, "text/javascript", "import"},
		{"GET", "/api/page/none.js", 404, "application/problem+json", "route_not_found"},
		{"GET", "/api/nowhere", 404, "application/problem+json", "route_not_found"},
		{"GET", "/api/nowhere/at/all", 404, "application/problem+json", "route_not_found"},
		{"POST", "/api/sing", 404, "application/problem+json", "route_not_found"},
		{"PUT", "/api/nowhere", 404, "application/problem+json", "route_not_found"},
		{"PATCH", "/api/nowhere", 404, "application/problem+json", "route_not_found"},
		{"DELETE", "/api/certificates", 405, "application/problem+json", "method_not_allowed"},
		{"OPTIONS", "/api/sign", 405, "application/problem+json", "method_not_allowed"},
		// The description names the deployment, so that a client that is generated from it finds
		// the deployment.
		{"GET", "/api/openapi.json", 200, "application/json", `"url": "` + p.host.URL() + `"`},
		{"GET", "/api/health", 200, "application/json", "ok"},
		{"GET", "/api/certificates", 401, "application/problem+json", "token_missing"},
	} {
		got := p.ask(t, want.method, want.path)
		if got.status != want.status || got.media != want.media || !strings.Contains(got.body, want.holds) {
			t.Errorf("%s %s: got %d %s %.200s, want %d %s with %q", want.method, want.path, got.status, got.media,
				got.body, want.status, want.media, want.holds)
		}
	}
	policy := p.ask(t, "GET", "/api/").header.Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "connect-src 'self' "+p.URL()) {
		t.Errorf("got the policy %q, want one that names the authority", policy)
	}
}

// The real host may give any request to the function that takes all paths, because it tries the
// functions in the order in which it found them. The answer is the same, because the handler goes
// by the path.
func TestCatchAllFunctionTakesEverything(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"handler", "host.json", "Page"} {
		if err := os.Symlink(filepath.Join(staged, name), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	p := startAt(t, root, cloudtest.Config{}, hosttest.Config{})
	if functions := p.host.Functions(); len(functions) != 1 {
		t.Fatalf("got the functions %v, want the one that takes all paths", functions)
	}
	p.checkPage(t)
}
