package hosttest_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/queuetest"
	"influxion/handler/internal/storagetest"
)

const withQueues = `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"},
	"enableProxyingHttpRequest": true}, "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle",
	"version": "[4.*, 5.0.0)"}, "extensions": {"queues": {"messageEncoding": "none", "batchSize": 2,
	"newBatchThreshold": 0, "maxDequeueCount": 3, "maxPollingInterval": "00:00:01"}}}`

var triggered = map[string]string{
	"Work": `{"bindings": [{"type": "queueTrigger", "direction": "in", "name": "job", "queueName": "work",
		"connection": "Jobs"}]}`,
	"Tick": `{"bindings": [{"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 0 1 1 *"}]}`,
	"sign": function("sign", "post"),
}

// queues serves a small queue service, and returns the settings that lead a host to it.
func queues(t *testing.T) (*queuetest.Server, []string) {
	t.Helper()
	service := queuetest.New(queuetest.Config{Queues: []string{"work", "work-poison"},
		Door: storagetest.Door{Authorize: func(token string) error {
			if token != "host-token" {
				return errors.New("another token")
			}
			return nil
		}}})
	server := httptest.NewTLSServer(service)
	t.Cleanup(server.Close)
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Identity-Header") != "secret" || r.FormValue("resource") != "https://storage.azure.com" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token": "host-token", "expires_on": "%d"}`, time.Now().Add(time.Hour).Unix())
	}))
	t.Cleanup(identity.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	write(t, roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	return service, []string{"Jobs__queueServiceUri=" + server.URL, "Jobs__credential=managedidentity",
		"AzureWebJobsStorage__accountName=local", "SSL_CERT_FILE=" + roots, "IDENTITY_ENDPOINT=" + identity.URL,
		"IDENTITY_HEADER=secret"}
}

// payloads returns the inputs that the child got for a function.
func payloads(transcript *hosttest.Transcript, function string) (all []map[string]map[string]any) {
	for _, line := range transcript.Handler(hosttest.Information) {
		text, ok := strings.CutPrefix(line, "child: POST /"+function+" ")
		var one map[string]map[string]any
		if ok && json.Unmarshal([]byte(text), &one) == nil {
			all = append(all, one)
		}
	}
	return all
}

func TestQueueTrigger(t *testing.T) {
	t.Parallel()
	service, environ := queues(t)
	host, transcript := start(t, "serve", hosttest.Config{Root: scriptRoot(t, withQueues, triggered), Environ: environ,
		Timeouts: hosttest.Timeouts{MessageLease: time.Minute}})
	ready(t, host)
	for _, text := range []string{"plain \"ü\" aGFsbG8=", `{"id": "a", "n": 1}`, "always fails"} {
		service.Put("work", text)
	}
	eventually(t, "all messages to be dealt with", func() bool {
		return len(service.Messages("work")) == 0 && len(service.Messages("work-poison")) == 1
	})
	service.Put("work", "kills once") // and whatever runs beside it
	eventually(t, "the message to come again", func() bool { return len(service.Messages("work")) == 0 })
	eventually(t, "seven runs to be told", func() bool { return len(payloads(transcript, "Work")) >= 7 })
	if got := service.Messages("work-poison"); !slices.Equal(got, []string{"always fails"}) {
		t.Errorf("got %q put aside, want the one that always fails", got)
	}
	counts := map[string][]string{}
	for _, one := range payloads(transcript, "Work") {
		var text string
		if err := json.Unmarshal([]byte(one["Data"]["job"].(string)), &text); err != nil {
			t.Fatalf("got %v, want a string that holds JSON", one["Data"])
		}
		counts[text] = append(counts[text], one["Metadata"]["DequeueCount"].(string))
		if text[0] == '{' && one["Metadata"]["id"] != `"a"` {
			t.Errorf("got the metadata %v, want the members of the message as well", one["Metadata"])
		}
	}
	for text, want := range map[string][]string{"plain \"ü\" aGFsbG8=": {"1"}, `{"id": "a", "n": 1}`: {"1"},
		"always fails": {"1", "2", "3"}, "kills once": {"1", "2"}} {
		if !slices.Equal(counts[text], want) {
			t.Errorf("%s: got runs %q, want %q", text, counts[text], want)
		}
	}
	// The functions have no route.
	for _, path := range []string{"/Work", "/api/Work", "/api/work", "/admin/functions/Work"} {
		if response, _ := send(t, http.MethodPost, host.URL()+path, "{}",
			nil); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, response.StatusCode)
		}
	}
}

// An answer without content counts as no answer: the invocation takes the whole time of the
// function, and then the message is delivered again.
func TestQueueTriggerHangsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	service, environ := queues(t)
	host, transcript := start(t, "serve", hosttest.Config{Root: scriptRoot(t, withQueues, triggered), Environ: environ,
		Timeouts: hosttest.Timeouts{FunctionTimeout: 300 * time.Millisecond}})
	ready(t, host)
	service.Put("work", "answers nothing")
	eventually(t, "the message to be put aside", func() bool { return len(service.Messages("work-poison")) == 1 })
	// The restart may break off the next run.
	log := transcript.String()
	if !strings.Contains(log, "an empty answer hangs") ||
		!strings.Contains(log, "Timeout value of 300ms was exceeded") {
		t.Error("got no run that hangs, want each to take the time of the function")
	}
}

// With two hosts, each message reaches one of them. If a host dies, the other gets its message.
func TestTwoHostsOfOneQueue(t *testing.T) {
	t.Parallel()
	service, environ := queues(t)
	var transcripts []*hosttest.Transcript
	for range 2 {
		host, transcript := start(t, "serve", hosttest.Config{Root: scriptRoot(t, withQueues, triggered),
			Environ: environ})
		ready(t, host)
		transcripts = append(transcripts, transcript)
	}
	const messages = 40
	for i := range messages {
		service.Put("work", fmt.Sprint("message ", i))
	}
	eventually(t, "all messages to be dealt with", func() bool { return len(service.Messages("work")) == 0 })
	eventually(t, "all messages to be told", func() bool {
		return len(payloads(transcripts[0], "Work"))+len(payloads(transcripts[1], "Work")) >= messages
	})
	if got := len(payloads(transcripts[0], "Work")) + len(payloads(transcripts[1], "Work")); got != messages {
		t.Errorf("got %d runs, want %d", got, messages)
	}
}

func TestTimerTrigger(t *testing.T) {
	t.Parallel()
	_, environ := queues(t)
	functions := map[string]string{"Tick": strings.Replace(triggered["Tick"], "0 0 0 1 1 *", "* * * * * *", 1),
		"sign": triggered["sign"]}
	host, transcript := start(t, "serve", hosttest.Config{Root: scriptRoot(t, withQueues, functions),
		Environ: environ})
	ready(t, host)
	eventually(t, "a second run", func() bool { return len(payloads(transcript, "Tick")) > 1 })
	timer, ok := payloads(transcript, "Tick")[0]["Data"]["timer"].(map[string]any)
	if !ok || timer["IsPastDue"] != false {
		t.Errorf("got %v, want the timer", timer)
	}
	if err := host.Invoke(t.Context(), "Tick"); err != nil {
		t.Error(err)
	}
	if err := host.Invoke(t.Context(), "sign"); err == nil {
		t.Error("got a function without a timer run as if it had one")
	}
}

// After its handler has died, a run waits for the next handler, but no longer than until the host
// gives up.
func TestInvokeEndsWithTheHost(t *testing.T) {
	t.Parallel()
	_, environ := queues(t)
	host, _ := start(t, "failnext=1", hosttest.Config{Root: scriptRoot(t, withQueues, triggered), Environ: environ})
	ready(t, host)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := host.Invoke(ctx, "Tick"); err == nil || ctx.Err() != nil {
		t.Errorf("got %v, %v, want an error before the time is over", err, ctx.Err())
	}
	select {
	case <-host.Done():
	case <-ctx.Done():
		t.Error("got an answer from a host that goes on, want it to have given up")
	}
}

// Functions that no request starts need the extensions and settings that the real host requires.
func TestTriggersThatAreNotComplete(t *testing.T) {
	t.Parallel()
	_, environ := queues(t)
	without := func(name string) []string {
		return slices.DeleteFunc(slices.Clone(environ),
			func(entry string) bool { return strings.HasPrefix(entry, name) })
	}
	for name, test := range map[string]struct {
		host    string
		environ []string
		want    string
	}{
		"no storage of the host": {withQueues, without("AzureWebJobsStorage"), "AzureWebJobsStorage is missing"},
		"no service":             {withQueues, without("Jobs__queueServiceUri"), "Jobs__queueServiceUri is missing"},
		"no identity":            {withQueues, without("Jobs__credential"), "Jobs__credential is not managedidentity"},
		"a batch too large": {strings.Replace(withQueues, `"batchSize": 2`, `"batchSize": 33`, 1), environ,
			"extensions.queues is out of range"},
		"an unknown encoding": {strings.Replace(withQueues, `"none"`, `"rot13"`, 1), environ, "messageEncoding"},
	} {
		_, err := hosttest.Start(t.Context(), hosttest.Config{Root: scriptRoot(t, test.host, triggered),
			Environ: test.environ})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	host, transcript := start(t, "serve", hosttest.Config{Root: scriptRoot(t, bothModes, triggered)})
	ready(t, host)
	if functions := host.Functions(); len(functions) != 1 || functions[0].Name != "sign" ||
		!strings.Contains(transcript.String(), "is not registered: host.json needs an extensionBundle") {
		t.Errorf("got %v without the extensions, want the HTTP function alone", functions)
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	after := time.Date(2026, 2, 28, 23, 58, 30, 5, time.UTC)
	for text, want := range map[string]string{
		"* * * * * *":         "2026-02-28 23:58:31",
		"0 */5 * * * *":       "2026-03-01 00:00:00",
		"30 58 23 * * *":      "2026-03-01 23:58:30",
		"15,45 58-59 * * * *": "2026-02-28 23:58:45",
		"0 0 6 * * 1-5":       "2026-03-02 06:00:00",
		"0 0 0 29 2 *":        "2028-02-29 00:00:00",
		"0 10/20 * 1 * *":     "2026-03-01 00:10:00",
	} {
		got, err := hosttest.Next(text, after)
		if err != nil || got.Format(time.DateTime) != want {
			t.Errorf("%s: got %s (%v), want %s", text, got.Format(time.DateTime), err, want)
		}
	}
	for _, text := range []string{"", "* * * * *", "60 * * * * *", "* * 24 * * *", "* * * 0 * *", "* * * * 13 *",
		"* * * * * 7", "*/0 * * * * *", "5-1 * * * * *", "x * * * * *", "1-x * * * * *", "00:05:00"} {
		if got, err := hosttest.Next(text, after); err == nil {
			t.Errorf("%s: got %s, want a refusal", text, got)
		}
	}
}
