package hosttest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/hosttest"
)

const bothModes = `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"},
	"enableProxyingHttpRequest": true, "enableForwardingHttpRequest": true}}`

// function makes a function.json for a route.
func function(route string, methods ...string) string {
	list, _ := json.Marshal(methods)
	return `{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "methods": ` + string(list) +
		`, "route": "` + route + `"}, {"type": "http", "direction": "out", "name": "res"}]}`
}

// scriptRoot stages a script root whose executable is this test binary.
func scriptRoot(t *testing.T, hostJSON string, functions map[string]string) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "host.json"), hostJSON)
	for name, content := range functions {
		write(t, filepath.Join(root, name, "function.json"), content)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(root, "handler")); err != nil {
		t.Fatal(err)
	}
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

var standard = map[string]string{
	"sign":        function("sign", "post"),
	"certificate": function("certificates/{name}", "get"),
	"list":        function("certificates", "get", "post", "head"),
}

// start runs a host over the standard functions, or over config.Root. The child plays the given
// role.
func start(t *testing.T, role string, config hosttest.Config) (*hosttest.Host, *hosttest.Transcript) {
	t.Helper()
	if config.Root == "" {
		config.Root = scriptRoot(t, bothModes, standard)
	}
	transcript := &hosttest.Transcript{}
	config.Log = transcript.Record
	config.Environ = append(config.Environ, "HOSTTEST_CHILD="+role, "PATH="+os.Getenv("PATH"),
		"GOCOVERDIR="+os.Getenv("GOCOVERDIR"))
	host, err := hosttest.Start(t.Context(), config)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		host.Close()
		if t.Failed() {
			t.Log(transcript.Tail())
		}
	})
	return host, transcript
}

func ready(t *testing.T, host *hosttest.Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := host.Ready(ctx); err != nil {
		t.Fatalf("ready: %v", err)
	}
}

// send sends a request. The client follows no redirect and has no time limit except the test's.
func send(t *testing.T, method, url, body string, header map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return response, string(content)
}

// echo sends a request and returns what the handler saw of it.
func echo(t *testing.T, method, url, body string, header map[string]string) seen {
	t.Helper()
	response, content := send(t, method, url, body, header)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: got status %d, want 200", method, url, response.StatusCode)
	}
	var got seen
	if err := json.Unmarshal([]byte(content), &got); err != nil {
		t.Fatalf("%s %s: %v in %q", method, url, err, content)
	}
	return got
}

// eventually waits for a condition that another process or goroutine will soon meet.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(time.Minute); !condition(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func starts(t *testing.T, root string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "starts"))
	if err != nil {
		return 0
	}
	return strings.Count(string(content), "\n")
}

func TestModeFollowsHostJSON(t *testing.T) {
	t.Parallel()
	flags := func(proxying, forwarding string) string {
		return `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"},
			"enableProxyingHttpRequest": ` + proxying + `, "enableForwardingHttpRequest": ` + forwarding + `}}`
	}
	tests := []struct {
		name     string
		hostJSON string
		override hosttest.Mode
		want     hosttest.Mode
	}{
		{"proxying wins", flags("true", "true"), "", hosttest.Proxy},
		{"proxying alone", flags("true", "false"), "", hosttest.Proxy},
		{"forwarding alone", flags("false", "true"), "", hosttest.Forward},
		{"forced forwarding", flags("true", "true"), hosttest.Forward, hosttest.Forward},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			host, _ := start(t, "echo",
				hosttest.Config{Root: scriptRoot(t, test.hostJSON, standard), Mode: test.override})
			if host.Mode() != test.want {
				t.Errorf("got mode %q, want %q", host.Mode(), test.want)
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	handler := `"customHandler": {"description": {"defaultExecutablePath": "handler"}, "enableProxyingHttpRequest": true}`
	tests := []struct {
		name     string
		hostJSON string
		config   hosttest.Config
		want     string
	}{
		{"host.json that is no JSON", `{`, hosttest.Config{}, "host.json"},
		{"another version", `{"version": "1.0", ` + handler + `}`, hosttest.Config{}, "version"},
		{"no custom handler", `{"version": "2.0"}`, hosttest.Config{}, "defaultExecutablePath"},
		{"payload mode", `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"}}}`, hosttest.Config{}, "payload"},
		{"custom routes beside function.json", `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"},
			"enableProxyingHttpRequest": true, "http": {"routes": [{"route": "{*path}"}]}}}`, hosttest.Config{}, "routes"},
		{"a functionTimeout that is no time", `{"version": "2.0", "functionTimeout": "5m", ` + handler + `}`, hosttest.Config{}, "functionTimeout"},
		{"an address that others reach", bothModes, hosttest.Config{Addr: "0.0.0.0:0"}, "loopback"},
		{"an address by name", bothModes, hosttest.Config{Addr: "localhost:0"}, "address"},
		{"an unknown mode", bothModes, hosttest.Config{Mode: "payload"}, "mode"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.config.Root = scriptRoot(t, test.hostJSON, standard)
			host, err := hosttest.Start(t.Context(), test.config)
			if err == nil {
				host.Close()
				t.Fatalf("got a host, want an error about %q", test.want)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want an error about %q", err, test.want)
			}
		})
	}
	t.Run("no functions one level below", func(t *testing.T) {
		t.Parallel()
		root := scriptRoot(t, bothModes, map[string]string{"functions/sign": function("sign", "post")})
		if host, err := hosttest.Start(t.Context(), hosttest.Config{Root: root}); err == nil {
			host.Close()
			t.Fatal("got a host, want an error: the host looks one level deep")
		}
	})
}

func TestFunctionsAreFoundOneLevelDeep(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, map[string]string{
		"sign":                         function("sign", "post"),
		"deep/verify":                  function("verify", "post"),
		"host":                         function("taken", "get"),
		"9digits":                      function("digits", "get"),
		"has.dot":                      function("dotted", "get"),
		"a" + strings.Repeat("b", 127): function("longest", "get"),
		"a" + strings.Repeat("b", 128): function("longer", "get"),
		"broken":                       `{"bindings": [`,
		"queue":                        `{"bindings": [{"type": "queueTrigger", "direction": "in", "name": "q"}]}`,
		"extra": `{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "r"}, {"type": "http", "direction": "out", "name": "s"},
			{"type": "queue", "direction": "out", "name": "q"}]}`,
		"adminpage":   function("page", "get"),
		"constrained": function("item/{id:int}", "get"),
	})
	write(t, filepath.Join(root, "empty", "readme.txt"), "no function")
	host, transcript := start(t, "echo", hosttest.Config{Root: root})
	var names []string
	for _, f := range host.Functions() {
		names = append(names, f.Name)
	}
	if want := []string{"a" + strings.Repeat("b", 127), "adminpage", "sign"}; !slices.Equal(names, want) {
		t.Errorf("got functions %v, want %v", names, want)
	}
	for _, name := range []string{"host", "9digits", "has.dot", "broken", "queue", "extra", "constrained"} {
		if !strings.Contains(transcript.String(), "'"+name+"' function is in error") {
			t.Errorf("got no line about the function %q, want an error", name)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, map[string]string{
		"sign":     function("sign", "POST"),
		"one":      function("certificates/{name}", "get"),
		"newest":   function("certificates/newest", "get"),
		"versions": function("certificates/{name}/{version?}", "get", "delete"),
		"files":    function("files/{*path}", "get"),
		"named":    `{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "r"}, {"type": "http", "direction": "out", "name": "s"}]}`,
	})
	host, transcript := start(t, "echo", hosttest.Config{Root: root})
	ready(t, host)
	tests := []struct {
		method, path string
		want         string // function; "" = 404
	}{
		{"POST", "/api/sign", "sign"},
		{"POST", "/API/Sign/", "sign"},
		{"GET", "/api/sign", ""},
		{"HEAD", "/api/sign", ""},
		{"POST", "/sign", ""},
		{"POST", "/api/sign/more", ""},
		{"POST", "/api//sign", ""},
		{"GET", "/", ""},
		{"GET", "/api", ""},
		{"GET", "/api/certificates", ""},
		{"GET", "/api/certificates/seal", "one"},
		{"GET", "/api/certificates/a%2Fb", "one"},
		{"GET", "/api/certificates/newest", "newest"},
		{"GET", "/api/certificates/seal/7", "versions"},
		{"DELETE", "/api/certificates/seal", "versions"},
		{"GET", "/api/certificates/seal/7/8", ""},
		{"GET", "/api/files", "files"},
		{"GET", "/api/files/a/b/c", "files"},
		{"PATCH", "/api/named", "named"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			response, _ := send(t, test.method, host.URL()+test.path, "", nil)
			last := ""
			for _, line := range transcript.Lines() {
				if !line.Handler {
					last = line.Text
				}
			}
			if test.want == "" {
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("got status %d, want 404", response.StatusCode)
				}
				return
			}
			if response.StatusCode != http.StatusOK || !strings.Contains(last, "'Functions."+test.want+"'") {
				t.Errorf("got status %d and %q, want 200 from the function %q", response.StatusCode, last, test.want)
			}
		})
	}
}

func TestRoutePrefix(t *testing.T) {
	t.Parallel()
	for prefix, path := range map[string]string{"v1/docs": "/v1/docs/sign", "": "/sign"} {
		hostJSON := strings.Replace(bothModes, `{"version"`, `{"extensions": {"http": {"routePrefix": "`+prefix+`"}}, "version"`, 1)
		host, _ := start(t, "echo", hosttest.Config{Root: scriptRoot(t, hostJSON, standard)})
		ready(t, host)
		if got := echo(t, "POST", host.URL()+path, "", nil); got.URI != path {
			t.Errorf("prefix %q: got URI %q, want %q", prefix, got.URI, path)
		}
	}
}

func TestEnvironmentIsWhatWasGivenAndTheHostsOwn(t *testing.T) {
	t.Setenv("HOSTTEST_LEAK", "from the parent")
	hostJSON := `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler",
		"arguments": ["one two", "%HOSTTEST_WORD%"]}, "enableForwardingHttpRequest": true}}`
	root := scriptRoot(t, hostJSON, standard)
	host, _ := start(t, "echo",
		hosttest.Config{Root: root, Environ: []string{"GIVEN=yes", "FUNCTIONS_CUSTOMHANDLER_PORT=1",
			"HOSTTEST_WORD=two", "HOSTTEST_WORD=three"}})
	ready(t, host)

	_, content := send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "environment"})
	var environment []string
	if err := json.Unmarshal([]byte(content), &environment); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	port := strings.TrimPrefix(host.HandlerURL(), "http://127.0.0.1:")
	for name, want := range map[string]string{
		"GIVEN": "yes", "HOSTTEST_LEAK": "", "FUNCTIONS_WORKER_RUNTIME": "custom", "FUNCTIONS_APP_ROOT_PATH": root,
		"FUNCTIONS_CUSTOMHANDLER_PORT": port, "FUNCTIONS_HTTPWORKER_PORT": port,
		"FUNCTIONS_HTTPWORKER_ID": values["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"],
		"WEBSITE_HOSTNAME":        strings.TrimPrefix(host.URL(), "http://"),
	} {
		if values[name] != want {
			t.Errorf("got %s=%q, want %q", name, values[name], want)
		}
	}
	if values["FUNCTIONS_HTTPWORKER_ID"] == "" {
		t.Error("got no worker ID")
	}

	directory, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	_, got := send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "directory"})
	if want := directory + " one|two|three"; got != want {
		t.Errorf("got directory and arguments %q, want %q", got, want)
	}
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	host, transcript := start(t, "echo", hosttest.Config{})
	ready(t, host)
	for level, want := range map[hosttest.Level]string{
		hosttest.Information: "child: hello on stdout",
		hosttest.Error:       "child: hello on stderr",
		hosttest.Warning:     "child: a Warning on stderr",
	} {
		eventually(t, "a line at "+string(level), func() bool { return len(transcript.Handler(level)) > 0 })
		if got := transcript.Handler(level); got[0] != want {
			t.Errorf("%s: got lines %q, want %q first", level, got, want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	host, transcript := start(t, "echo", hosttest.Config{})
	ready(t, host) // the child answers 418: any answer will do
	eventually(t, "a GET / without an invocation ID", func() bool {
		return slices.Contains(transcript.Handler(hosttest.Information), "child: probe 0 GET")
	})
}

func TestEarlyRequestIsHeld(t *testing.T) {
	t.Parallel()
	host, _ := start(t, "echo", hosttest.Config{})
	if got := echo(t, "POST", host.URL()+"/api/sign", "early", nil); got.Body != "early" {
		t.Errorf("got body %q, want the early request answered", got.Body)
	}
}

func TestHeldRequestEndsUnavailable(t *testing.T) {
	t.Parallel()
	host, _ := start(t, "mute", hosttest.Config{Timeouts: hosttest.Timeouts{InitTimeout: 200 * time.Millisecond}})
	response, err := http.Post(host.URL()+"/api/sign", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", response.StatusCode)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	for _, mode := range []hosttest.Mode{hosttest.Proxy, hosttest.Forward} {
		host, _ := start(t, "echo", hosttest.Config{Mode: mode, BodyLimit: 10})
		ready(t, host)
		if got := echo(t, "POST", host.URL()+"/api/sign", "0123456789", nil); got.Body != "0123456789" {
			t.Errorf("%s: got body %q, want all of it", mode, got.Body)
		}
		if response, _ := send(t, "POST", host.URL()+"/api/sign", "0123456789x",
			nil); response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got status %d, want 413", mode, response.StatusCode)
		}
		if mode == hosttest.Forward {
			continue // takes no chunked body at all
		}
		response, err := http.Post(host.URL()+"/api/sign", "text/plain",
			io.MultiReader(strings.NewReader("0123456789"), strings.NewReader("x")))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got status %d for a chunked body, want 413", mode, response.StatusCode)
		}
	}
}

func TestDefaultBodyLimit(t *testing.T) {
	t.Parallel()
	if hosttest.DefaultBodyLimit != 104857600 {
		t.Errorf("got %d, want the host's 104857600", hosttest.DefaultBodyLimit)
	}
}

func TestStandInIsNamed(t *testing.T) {
	t.Parallel()
	host, _ := start(t, "echo", hosttest.Config{})
	if response, _ := send(t, "GET", host.URL()+"/api/none", "", nil); response.Header.Get(hosttest.StandIn) == "" {
		t.Errorf("got no header %s", hosttest.StandIn)
	}
}
