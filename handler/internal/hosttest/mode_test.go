package hosttest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/hosttest"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// both runs a test against a host in each mode.
func both(t *testing.T, config hosttest.Config,
	test func(t *testing.T, host *hosttest.Host, transcript *hosttest.Transcript)) {
	for _, mode := range []hosttest.Mode{hosttest.Proxy, hosttest.Forward} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			config := config
			config.Mode = mode
			host, transcript := start(t, "echo", config)
			ready(t, host)
			test(t, host, transcript)
		})
	}
}

func TestInvocationID(t *testing.T) {
	t.Parallel()
	const id, version = "X-Azure-Functions-Invocationid", "X-Azure-Functions-Hostversion"
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		plain := echo(t, "POST", host.URL()+"/api/sign", "", nil).Header
		spoofed := echo(t, "POST", host.URL()+"/api/sign", "",
			map[string]string{id: "spoofed", version: "0", "X-Ms-Invocation-Id": "spoofed"}).Header
		if !guid.MatchString(plain.Get(id)) || plain.Get(version) != hosttest.Version {
			t.Errorf("got invocation ID %q and version %q, want a GUID and %q", plain.Get(id), plain.Get(version),
				hosttest.Version)
		}
		if host.Mode() == hosttest.Proxy {
			if !guid.MatchString(spoofed.Get(id)) || spoofed.Get(version) != hosttest.Version ||
				spoofed.Get("X-Ms-Invocation-Id") != spoofed.Get(id) {
				t.Errorf("got %v, want the client's values replaced", spoofed)
			}
			return
		}
		before, after, found := strings.Cut(spoofed.Get(id), ", ")
		if !found || before != "spoofed" || !guid.MatchString(after) || spoofed.Get(version) != "0, "+hosttest.Version {
			t.Errorf("got %q and %q, want the host's values behind the client's", spoofed.Get(id), spoofed.Get(version))
		}
		if spoofed.Get("X-Ms-Invocation-Id") != "spoofed" || plain.Get("X-Ms-Invocation-Id") != "" {
			t.Error("got a correlation header from the forwarding host, want none")
		}
	})
}

func TestHostAndForwardedHeaders(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		edge := strings.TrimPrefix(host.URL(), "http://")
		got := echo(t, "POST", host.URL()+"/api/sign", "",
			map[string]string{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "spoofed.example"})
		want := map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": edge, "X-Forwarded-Proto": "http"}
		wantHost := strings.TrimPrefix(host.HandlerURL(), "http://")
		if host.Mode() == hosttest.Forward {
			want = map[string]string{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "spoofed.example",
				"X-Forwarded-Proto": ""}
			wantHost = edge
		}
		for name, value := range want {
			if got.Header.Get(name) != value {
				t.Errorf("got %s %q, want %q", name, got.Header.Get(name), value)
			}
		}
		if got.Host != wantHost {
			t.Errorf("got Host %q, want %q", got.Host, wantHost)
		}
	})
}

func TestRequestBody(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		got := echo(t, "POST", host.URL()+"/api/sign", "with a length",
			map[string]string{"Content-Type": "application/pdf", "Content-Encoding": "identity"})
		if got.Body != "with a length" || got.Length != 13 || got.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("got %+v, want the body with its length and type", got)
		}
		if kept := got.Header.Get("Content-Encoding") != ""; kept != (host.Mode() == hosttest.Proxy) {
			t.Errorf("got Content-Encoding kept = %v: only the proxy keeps it", kept)
		}

		request, err := http.NewRequestWithContext(t.Context(), "POST", host.URL()+"/api/sign",
			io.MultiReader(strings.NewReader("in "), strings.NewReader("chunks")))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Do", "environment-no")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		want := `"Body":"in chunks","Length":-1`
		if host.Mode() == hosttest.Forward {
			want = `"Body":"","Length":0`
		}
		if !strings.Contains(string(content), want) {
			t.Errorf("got %s, want %s", content, want)
		}
	})
}

func TestPathAndQuery(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, uri, proxied, forwarded string }{
		{"prefix stays", "/api/sign", "", ""},
		{"repeated keys", "/api/sign?a=1&b=3&a=2", "", "/api/sign?a=1,2&b=3"},
		{"letter case of keys", "/api/sign?Reason=x&reason=y", "", "/api/sign?Reason=x,y"},
		{"key without a value", "/api/sign?a&b=", "", "/api/sign?a=&b="},
		{"space and plus", "/api/sign?reason=a+b%20c%2Bd", "", "/api/sign?reason=a%20b%20c%2Bd"},
		{"function keys are not stripped", "/api/sign?code=k%3D%3D", "", "/api/sign?code=k%3D%3D"},
		{"no valid encoding", "/api/sign?a=%zz;b", "", "/api/sign?a=%25zz%3Bb"},
		{"escaped path", "/api/certificates/a%2Fb%20c", "", ""},
	}
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		for _, test := range tests {
			want := test.uri
			if host.Mode() == hosttest.Forward && test.forwarded != "" {
				want = test.forwarded
			}
			method := "POST"
			if strings.HasPrefix(test.uri, "/api/certificates") {
				method = "GET"
			}
			if got := echo(t, method, host.URL()+test.uri, "", nil); got.URI != want {
				t.Errorf("%s: got %q, want %q", test.name, got.URI, want)
			}
		}
	})
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		want := []string{"client/1", ""}
		if host.Mode() == hosttest.Forward {
			want = []string{"client/1 Azure-Functions-Host/" + hosttest.Version,
				"Azure-Functions-Host/" + hosttest.Version}
		}
		for i, agent := range []string{"client/1", ""} {
			if got := echo(t, "POST", host.URL()+"/api/sign", "",
				map[string]string{"User-Agent": agent}).Header.Get("User-Agent"); got != want[i] {
				t.Errorf("got User-Agent %q, want %q", got, want[i])
			}
		}
	})
}

func TestHopByHopHeadersAreDropped(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		sent := map[string]string{"Connection": "X-Private", "X-Private": "secret", "Keep-Alive": "timeout=5",
			"Proxy-Authorization": "Basic eDp5",
			"Te":                  "gzip", "X-Public": "shown", "X-Do": "hop"}
		response, content := send(t, "POST", host.URL()+"/api/sign", "", sent)
		for _, name := range []string{"X-Private", "Keep-Alive", "Proxy-Authorization"} {
			if strings.Contains(content, `"`+name+`"`) {
				t.Errorf("the handler saw %s", name)
			}
			if response.Header.Get(name) != "" {
				t.Errorf("the client saw %s", name)
			}
		}
		if !strings.Contains(content, `"X-Public":["shown"]`) || response.Header.Get("X-Public") != "shown" {
			t.Error("an end-to-end header was lost")
		}
	})
}

func TestRepeatedHeadersAreFolded(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		response := raw(t, host, "POST /api/sign HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: "+
			"Bearer b\r\nContent-Length: 0\r\n\r\n")
		content, _ := io.ReadAll(response.Body)
		if !strings.Contains(string(content), `"Authorization":["Bearer a, Bearer b"]`) {
			t.Errorf("got %s, want one line", content)
		}
	})
}

func TestEveryStatusPassesThrough(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		for _, status := range []int{204, 302, 304, 401, 418, 500, 503} {
			response, _ := send(t, "POST", host.URL()+"/api/sign", "",
				map[string]string{"X-Do": fmt.Sprintf("status=%d", status)})
			if response.StatusCode != status || response.Header.Get("X-Answer") != "kept" {
				t.Errorf("got status %d and headers %v, want %d as the handler gave it", response.StatusCode,
					response.Header, status)
			}
		}
	})
}

func TestTraceContext(t *testing.T) {
	t.Parallel()
	const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	made := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-00$`)
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		if got := echo(t, "POST", host.URL()+"/api/sign", "", nil).Header.Get("Traceparent"); !made.MatchString(got) {
			t.Errorf("got traceparent %q, want one", got)
		}
		if got := echo(t, "POST", host.URL()+"/api/sign", "",
			map[string]string{"Traceparent": given}).Header.Get("Traceparent"); got != given {
			t.Errorf("got traceparent %q, want the client's", got)
		}
	})
}

// raw speaks HTTP by hand over a connection of its own.
func raw(t *testing.T, host *hosttest.Host, text string) *http.Response {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(host.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func TestProxyStreamsBothWays(t *testing.T) {
	t.Parallel()
	host, _ := start(t, "echo", hosttest.Config{Mode: hosttest.Proxy})
	ready(t, host)
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), "POST", host.URL()+"/api/sign", reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Do", "stream")
	go writer.Write([]byte("a")) // the answer's head comes with its first byte
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	buffer := make([]byte, 1)
	for _, want := range "abc" {
		if want != 'a' {
			writer.Write([]byte(string(want)))
		}
		if _, err := io.ReadFull(response.Body, buffer); err != nil || buffer[0] != byte(want) {
			t.Fatalf("got %q and %v, want %q before the request ends", buffer, err, want)
		}
	}
	writer.Close()
}

func TestForwardBuffersTheAnswer(t *testing.T) {
	t.Parallel()
	host, _ := start(t, "echo", hosttest.Config{Mode: hosttest.Forward})
	ready(t, host)
	response, content := send(t, "POST", host.URL()+"/api/sign", "abc", map[string]string{"X-Do": "stream"})
	if content != "abc" || response.ContentLength != 3 {
		t.Errorf("got %q with length %d, want the streamed answer whole, with its length", content,
			response.ContentLength)
	}
	if response, _ := send(t, "HEAD", host.URL()+"/api/certificates", "", nil); response.StatusCode != http.StatusOK {
		t.Errorf("HEAD: got status %d, want 200", response.StatusCode)
	}
}

func TestClientThatLeaves(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, transcript *hosttest.Transcript) {
		said := func(text string) func() bool {
			return func() bool { return slices.Contains(transcript.Handler(hosttest.Information), text) }
		}
		file := filepath.Join(t.TempDir(), "go")
		do, begun := "finish="+file, "child: waiting"
		if host.Mode() == hosttest.Proxy {
			do, begun = "hang", "child: hanging"
		}
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		request, err := http.NewRequestWithContext(ctx, "POST", host.URL()+"/api/sign", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Do", do)
		left := make(chan error, 1)
		go func() {
			_, err := http.DefaultTransport.RoundTrip(request)
			left <- err
		}()
		eventually(t, begun, said(begun))
		leave()
		if err := <-left; err == nil {
			t.Fatal("got an answer, want none")
		}
		if host.Mode() == hosttest.Proxy {
			eventually(t, "the handler hears of it", said("child: let go"))
			return
		}
		finish(t, host, transcript, file)
	})
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config hosttest.Config
		want   int
	}{
		{"proxied, no answer",
			hosttest.Config{Mode: hosttest.Proxy, Timeouts: hosttest.Timeouts{AnswerTimeout: 50 * time.Millisecond}},
			http.StatusBadGateway},
		{"proxied, no byte",
			hosttest.Config{Mode: hosttest.Proxy, Timeouts: hosttest.Timeouts{ActivityTimeout: 50 * time.Millisecond}},
			http.StatusGatewayTimeout},
		{"proxied, functionTimeout",
			hosttest.Config{Mode: hosttest.Proxy, Timeouts: hosttest.Timeouts{FunctionTimeout: 50 * time.Millisecond}},
			http.StatusBadGateway},
		{"forwarded, functionTimeout",
			hosttest.Config{Mode: hosttest.Forward,
				Timeouts: hosttest.Timeouts{FunctionTimeout: 50 * time.Millisecond}},
			http.StatusInternalServerError},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.config.Root = scriptRoot(t, bothModes, standard)
			host, _ := start(t, "echo", test.config)
			ready(t, host)
			response, _ := send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "hang"})
			if response.StatusCode != test.want {
				t.Errorf("got status %d, want %d", response.StatusCode, test.want)
			}
			if test.config.FunctionTimeout > 0 {
				eventually(t, "the handler is killed and started again",
					func() bool { return starts(t, test.config.Root) == 2 })
				ready(t, host)
			}
		})
	}
}

func TestForwardAnswersAtTheLimitAndGoesOn(t *testing.T) {
	t.Parallel()
	host, transcript := start(t, "echo",
		hosttest.Config{Mode: hosttest.Forward, Timeouts: hosttest.Timeouts{AnswerTimeout: 50 * time.Millisecond}})
	ready(t, host)
	file := filepath.Join(t.TempDir(), "go")
	if response, _ := send(t, "POST", host.URL()+"/api/sign", "",
		map[string]string{"X-Do": "finish=" + file}); response.StatusCode != http.StatusBadGateway {
		t.Errorf("got status %d, want 502", response.StatusCode)
	}
	finish(t, host, transcript, file)
}

// finish lets a waiting invocation finish, after the handler has had time to notice that it was
// cancelled.
func finish(t *testing.T, host *hosttest.Host, transcript *hosttest.Transcript, file string) {
	t.Helper()
	for range 50 {
		echo(t, "POST", host.HandlerURL()+"/api/sign", "", nil)
	}
	write(t, file, "")
	var lines []string
	eventually(t, "the invocation ends", func() bool {
		lines = transcript.Handler(hosttest.Information)
		return slices.Contains(lines, "child: finished") || slices.Contains(lines, "child: let go")
	})
	if slices.Contains(lines, "child: let go") {
		t.Error("got the invocation dropped, want it to go on")
	}
}
