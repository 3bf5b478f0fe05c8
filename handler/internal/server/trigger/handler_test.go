package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/server/trigger"
)

// runner records what it is asked to do, and fails on demand.
type runner struct {
	asked []string
	err   error
	panic bool
}

func (r *runner) Run(_ context.Context, id string) error {
	r.asked = append(r.asked, "run "+id)
	if r.panic {
		panic("secret")
	}
	return r.err
}

func (r *runner) Sweep(context.Context) error {
	r.asked = append(r.asked, "sweep")
	return r.err
}

const next = 418 // of whatever is not a function

func serve(t *testing.T, r *runner, request *http.Request) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log strings.Builder
	handler := &trigger.Handler{Runner: r, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(next) })}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder, log.String()
}

func post(path, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
}

// checkAnswer checks the form of an answer. The host takes any other form for no answer.
func checkAnswer(t *testing.T, recorder *httptest.ResponseRecorder) {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || answer["Outputs"] == nil ||
		answer["Logs"] == nil || recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got the answer %q (%v), want one that the host understands", recorder.Body, err)
	}
}

// The host may wrap the message into strings any number of times: the job is the same. An
// unreadable message is not delivered again.
func TestJob(t *testing.T) {
	t.Parallel()
	const id = "abcdefghijklmnopqrstuvwxyz-000"
	quote := func(text string) string {
		encoded, _ := json.Marshal(text)
		return string(encoded)
	}
	for name, test := range map[string]struct{ body, want string }{
		"plain":      {`{"Data": {"job": "` + id + `"}}`, id},
		"one layer":  {`{"Data": {"job": ` + quote(quote(id)) + `}, "Metadata": {"DequeueCount": "1"}}`, id},
		"two layers": {`{"Data": {"job": ` + quote(quote(quote(id))) + `}, "Metadata": {"DequeueCount": 2}}`, id},
		"as the host sends it": {`{"Data":{"job":"\"` + id + `\""},"Metadata":{"DequeueCount":"\"7\"","Id":"\"800a\"",` +
			`"sys":{"MethodName":"Job","UtcNow":"2026-11-29T12:00:00Z"}}}`, id},
		"a message that is JSON": {`{"Data": {"job": ` + quote(`{"id":"x"}`) + `}}`, `{"id":"x"}`},
		"an empty message":       {`{"Data": {"job": ""}}`, ""},
	} {
		r := &runner{}
		recorder, _ := serve(t, r, post("/Job", test.body))
		if recorder.Code != http.StatusOK || !slices.Equal(r.asked, []string{"run " + test.want}) {
			t.Errorf("%s: got %d after %q, want a run of %q", name, recorder.Code, r.asked, test.want)
		}
		checkAnswer(t, recorder)
	}
	for _, body := range []string{"", "null", "[]", "{", `{"Data": null}`, `{"Data": {"other": "a"}}`,
		`{"Data": {"job": 1}}`, `{"Data": {"job": {"id": "a"}}}`, strings.Repeat("x", 2<<20)} {
		r := &runner{}
		recorder, log := serve(t, r, post("/Job", body))
		if recorder.Code != http.StatusOK || len(r.asked) != 0 || !strings.Contains(log, "invocation ignored") {
			t.Errorf("%.40q: got %d after %q, want it ignored for good", body, recorder.Code, r.asked)
		}
		checkAnswer(t, recorder)
	}
}

// Work that may succeed later is reported to the host as a failure, with a body nevertheless.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*runner{"error": {err: errors.New("away")}, "panic": {panic: true}} {
		recorder, log := serve(t, r, post("/Job", `{"Data": {"job": "a"}}`))
		if recorder.Code != http.StatusInternalServerError || !strings.Contains(log, "invocation failed") ||
			strings.Contains(log, "secret") {
			t.Errorf("%s: got %d and the log %q, want a failure", name, recorder.Code, log)
		}
		checkAnswer(t, recorder)
	}
	recorder, _ := serve(t, &runner{err: errors.New("away")}, post("/Sweep", `{"Data": {"timer": {}}}`))
	if recorder.Code != http.StatusInternalServerError {
		t.Errorf("got %d of a sweep that failed, want a failure", recorder.Code)
	}
	r := &runner{}
	recorder, _ = serve(t, r, post("/Sweep", `{"Data": {"timer": {}}}`))
	if recorder.Code != http.StatusOK || !slices.Equal(r.asked, []string{"sweep"}) {
		t.Errorf("got %d after %q, want a sweep", recorder.Code, r.asked)
	}
	checkAnswer(t, recorder)
}

// No request that the host forwards for a client is an invocation.
func TestRequestsOfClients(t *testing.T) {
	t.Parallel()
	body := `{"Data": {"job": "a"}}`
	forwarded := post("/Job", body)
	forwarded.Header.Set("X-Forwarded-For", "192.0.2.1")
	hosted := post("/Sweep", body)
	hosted.Header.Set("X-Forwarded-Host", "func.example")
	for i, request := range []*http.Request{
		post("/api/Job", body), post("/api/Sweep", body), post("/api/../Job", body), post("/api/%2e%2e/Job", body),
		post("/%4aob", body), post("/job", body), post("/Job/", body), post("//Job", body), post("/", body), forwarded,
		hosted, httptest.NewRequest(http.MethodGet, "/Job", strings.NewReader(body)),
		httptest.NewRequest(http.MethodPut, "/Sweep", strings.NewReader(body)),
	} {
		r := &runner{}
		if recorder, _ := serve(t, r, request); recorder.Code != next || len(r.asked) != 0 {
			t.Errorf("%d (%s): got %d after %q, want it left to the API", i, request.URL, recorder.Code, r.asked)
		}
	}
}

// An invocation always gets an answer, and runs nothing but what it names.
func FuzzInvocation(f *testing.F) {
	for _, seed := range []string{`{"Data":{"job":"a"}}`, `{"Data":{"job":"\"a\""},"Metadata":{"DequeueCount":"1"}}`,
		`{"Data":{"job":"\"\\\"a\\\"\""},"Metadata":{"DequeueCount":3}}`, `{"Data":{"job":null}}`, `[]`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := &runner{}
		recorder, _ := serve(t, r, post("/Job", body))
		checkAnswer(t, recorder)
		if recorder.Code != http.StatusOK || len(r.asked) > 1 {
			t.Errorf("got %d after %q", recorder.Code, r.asked)
		}
		if len(r.asked) == 1 && !json.Valid([]byte(body)) {
			t.Errorf("got a run %s of no JSON", fmt.Sprint(r.asked))
		}
	})
}
