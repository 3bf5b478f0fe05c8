package hosttest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/hosttest"
)

func TestThirdFailureStopsTheHost(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"exit=3", "mute"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			root := scriptRoot(t, bothModes, standard)
			config := hosttest.Config{Root: root}
			if role == "mute" {
				config.InitTimeout = 100 * time.Millisecond
			}
			host, _ := start(t, role, config)
			<-host.Done()
			if err := host.Err(); err == nil || !strings.Contains(err.Error(), "failed 3 times") {
				t.Errorf("got %v, want an error after three failures", err)
			}
			if role != "mute" && starts(t, root) != 3 { // a mute one may be killed before it has noted its start
				t.Errorf("got %d starts, want 3", starts(t, root))
			}
			if err := host.Ready(t.Context()); err == nil {
				t.Error("got a host that is ready, want one that has stopped")
			}
			if _, err := net.Dial("tcp", strings.TrimPrefix(host.URL(), "http://")); err == nil {
				t.Error("got a connection, want the edge closed")
			}
		})
	}
}

func TestTwoFailuresAreForgiven(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, standard)
	host, _ := start(t, "failfirst=7", hosttest.Config{Root: root})
	ready(t, host)
	if got := starts(t, root); got != 3 {
		t.Errorf("got %d starts, want 3", got)
	}
}

func TestExitForRestartIsNotCounted(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, standard)
	host, _ := start(t, "echo", hosttest.Config{Root: root})
	for restarts := 1; restarts <= 4; restarts++ {
		ready(t, host)
		send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "exit=200"})
		eventually(t, "started again", func() bool { return starts(t, root) == restarts+1 })
	}
	ready(t, host)
}

func TestOldFailuresAreForgotten(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, standard)
	var passed atomic.Int64 // minutes
	begin := time.Now()
	host, _ := start(t, "echo", hosttest.Config{Root: root,
		Now: func() time.Time { return begin.Add(time.Duration(passed.Load()) * time.Minute) }})
	crash := func(restarts int) {
		t.Helper()
		ready(t, host)
		send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "exit=1"})
		eventually(t, "started again", func() bool { return starts(t, root) == restarts+1 })
	}
	crash(1)
	crash(2)
	passed.Store(31)
	crash(3)
	crash(4)
	ready(t, host)
	send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "exit=1"})
	select {
	case <-host.Done():
	case <-time.After(time.Minute):
		t.Error("got a host that goes on, want it stopped by three failures within 30 minutes")
	}
}

func TestExitZeroIsASilentOutage(t *testing.T) {
	t.Parallel()
	both(t, hosttest.Config{}, func(t *testing.T, host *hosttest.Host, _ *hosttest.Transcript) {
		want := http.StatusBadGateway
		if host.Mode() == hosttest.Forward {
			want = http.StatusInternalServerError
		}
		send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "exit=0"})
		eventually(t, "the process is gone", func() bool { return host.PID() == 0 })
		response, _ := send(t, "POST", host.URL()+"/api/sign", "", nil)
		if response.StatusCode != want {
			t.Errorf("got status %d, want %d from a host that doesn't restart", response.StatusCode, want)
		}
		select {
		case <-host.Done():
			t.Error("got a host that stopped")
		default:
		}
	})
}

func TestCloseKills(t *testing.T) {
	t.Parallel()
	host, transcript := start(t, "drain", hosttest.Config{})
	ready(t, host)
	if err := host.Close(); err != nil {
		t.Errorf("got %v, want a host that ends without an error", err)
	}
	if lines := transcript.Handler(hosttest.Information); slices.Contains(lines, "child: drained") {
		t.Error("got a drain, want a kill: the host sends no SIGTERM")
	}
	if host.PID() != 0 {
		t.Error("got a process after Close")
	}
}

func TestCloseDrainsWithGrace(t *testing.T) {
	t.Parallel()
	host, transcript := start(t, "drain", hosttest.Config{Grace: time.Minute})
	ready(t, host)
	file := t.TempDir() + "/go"
	answered := make(chan string, 1)
	go func() {
		request, err := http.NewRequest("POST", host.URL()+"/api/sign", nil)
		if err != nil {
			return
		}
		request.Header.Set("X-Do", "finish="+file)
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			answered <- err.Error()
			return
		}
		response.Body.Close()
		answered <- response.Status
	}()
	eventually(t, "the request is running",
		func() bool { return slices.Contains(transcript.Handler(hosttest.Information), "child: waiting") })
	closed := make(chan error, 1)
	go func() { closed <- host.Close() }()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if got := <-answered; got != "200 OK" {
		t.Errorf("got %q, want the running request answered", got)
	}
	if lines := transcript.Handler(hosttest.Information); !slices.Contains(lines, "child: drained") {
		t.Errorf("got lines %q, want a drain", lines)
	}
}

func TestContextEndsTheHost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	root := scriptRoot(t, bothModes, standard)
	host, err := hosttest.Start(ctx, hosttest.Config{Root: root, Environ: []string{"HOSTTEST_CHILD=echo"}})
	if err != nil {
		t.Fatal(err)
	}
	ready(t, host)
	cancel()
	<-host.Done()
	if err := host.Err(); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestMissingExecutable(t *testing.T) {
	t.Parallel()
	hostJSON := strings.ReplaceAll(bothModes, `"handler"`, `"no-such-handler"`)
	host, err := hosttest.Start(t.Context(), hosttest.Config{Root: scriptRoot(t, hostJSON, standard)})
	if err != nil {
		t.Fatal(err)
	}
	<-host.Done()
	if err := host.Err(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an error about the executable", err)
	}
}

func TestLinesAreCut(t *testing.T) {
	t.Parallel()
	root := scriptRoot(t, bothModes, standard)
	host, transcript := start(t, "echo", hosttest.Config{Root: root})
	ready(t, host)
	send(t, "POST", host.URL()+"/api/sign", "", map[string]string{"X-Do": "long"})
	eventually(t, "started again", func() bool { return starts(t, root) == 2 })
	lines := transcript.Handler(hosttest.Information)
	long := slices.IndexFunc(lines, func(line string) bool { return len(line) == 1<<20 })
	if long < 0 || len(lines) < long+4 ||
		!slices.Equal(lines[long+1:long+4], []string{"xxxxxxxxxx", "with CR", "no end"}) {
		t.Errorf("got %d lines, the long one at %d, want it in pieces and the rest of the output behind it", len(lines),
			long)
	}
}

func TestTranscriptIsBounded(t *testing.T) {
	t.Parallel()

	transcript := &hosttest.Transcript{}
	for range 50_001 {
		transcript.Record(hosttest.Line{Handler: true, Level: hosttest.Information, Text: "x"})
	}
	if got := len(transcript.Lines()); got != 25_001 {
		t.Errorf("got %d lines, want 25001", got)
	}
}

func TestTranscriptTail(t *testing.T) {
	t.Parallel()

	transcript := &hosttest.Transcript{}
	for i := range 42 {
		transcript.Record(hosttest.Line{Handler: true, Level: hosttest.Warning, Text: strconv.Itoa(i)})
		if got := strings.Count(transcript.Tail(), "\n"); i < 40 && got != i+1 {
			t.Errorf("got %d lines of %d, want all", got, i+1)
		}
	}
	transcript.Record(hosttest.Line{Text: strings.Repeat("x", 1<<20)})
	lines := strings.Split(strings.TrimSpace(transcript.Tail()), "\n")
	if len(lines) != 41 || lines[0] != "(3 lines before)" || lines[1] != "handler Warning: 3" || len(lines[40]) != 300 {
		t.Errorf("got %d lines, %q to %q, want the last 40, cut, and how many there were", len(lines), lines[:2],
			lines[len(lines)-1])
	}
}
