package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"influxion/handler/internal/logtest"
)

// running is the program in this process, with a network that answers nothing.
type running struct {
	address string
	out     *logtest.Log
	stop    context.CancelFunc
	ended   chan error
}

func runHere(t *testing.T, changes ...string) *running {
	t.Helper()
	// Nobody accepts connections of this listener, so each request hangs until its own deadline.
	void, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { void.Close() })
	nowhere := "https://" + void.Addr().String()
	c, err := loadConfig(goodEnviron(append([]string{"INFLUXION_AZURE_AUTHORITY_HOST=" + nowhere}, changes...)...))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r := &running{address: "http://" + listener.Addr().String(), out: &logtest.Log{}, stop: stop,
		ended: make(chan error, 1)}
	go func() { r.ended <- run(ctx, c, listener, r.out) }()
	t.Cleanup(stop)
	return r
}

func (r *running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := http.Get(r.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// The program answers the host's probe and reports that it is alive, although it can reach no other
// service.
func TestAnswersWithoutANetwork(t *testing.T) {
	t.Parallel()
	r := runHere(t)
	if status, body := r.get(t, "/"); status != http.StatusOK {
		t.Errorf("got %d %s for the probe, want 200", status, body)
	}
	if status, body := r.get(t, "/api/health"); status != http.StatusOK || !strings.Contains(body, version) {
		t.Errorf("got %d %s, want 200 and the version", status, body)
	}
	if status, _ := r.get(t, "/api/certificates"); status != http.StatusUnauthorized {
		t.Errorf("got %d without a token, want 401", status)
	}
	for line := range strings.Lines(r.out.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("got the log line %q, want JSON", line)
		}
	}
}

// When it is told to stop, the program finishes the requests under way and then ends without an
// error.
func TestDrains(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reached, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(reached)
		<-release
		io.WriteString(w, "finished")
	})
	ctx, stop := context.WithCancel(t.Context())
	out := &logtest.Log{}
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, slow, listener, slog.New(slog.NewJSONHandler(out, nil))) }()
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-reached
	stop()
	// The drain has begun only when new connections are refused.
	for {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		connection.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("got the end (%v) before the request under way was answered", err)
	default:
	}
	close(release)
	if got := <-answered; got != "finished" {
		t.Errorf("got %q for the request under way, want its answer", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("got %v, want an end without a fault", err)
	}
	if !strings.Contains(out.String(), "draining") {
		t.Errorf("got the log %s, want the drain in it", out.String())
	}
}

// run ends, together with its background work, when it is told to.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	r := runHere(t)
	r.get(t, "/")
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("got %v, want an end without a fault", err)
	}
}

// A broken listener is an error and never a silent end: the host would not restart the handler.
func TestABrokenListenerIsAFault(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(goodEnviron())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := run(t.Context(), c, listener, io.Discard); err == nil {
		t.Error("got no error, want one")
	}
}
