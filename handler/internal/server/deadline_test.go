package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// plain is an api without a listener: the clock of a synctest bubble moves only while nobody waits for a socket.
func plain(t *testing.T, change ...func(*server.Config)) (*api, http.Handler) {
	t.Helper()
	a := &api{vault: newVault(t), audit: &lines{}, log: &lines{}}
	config := a.config()
	for _, alter := range change {
		alter(&config)
	}
	return a, server.New(config).Handler()
}

func signRequest(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/sign", body)
	r.Header.Set("Authorization", "Bearer "+goodToken)
	r.Header.Set("Content-Type", "application/pdf")
	return r
}

func codeOf(t *testing.T, recorder *httptest.ResponseRecorder) string {
	t.Helper()
	var p problem
	if err := json.Unmarshal(recorder.Body.Bytes(), &p); err != nil {
		t.Fatalf("got %q, want a problem", recorder.Body)
	}
	return p.Code
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context) error {
		<-ctx.Done()
		return &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable", Detail: "the vault does not answer", Err: ctx.Err()}
	}
	for _, route := range server.Routes() {
		if route.Anonymous {
			continue
		}
		t.Run(route.Function, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, handler := plain(t)
				a.vault.fail(waits)
				r := signRequest(nil)
				if len(route.Accepts) > 0 {
					r = signRequest(bytes.NewReader(samplePDF()))
				}
				r.Method, r.URL.Path = route.Method, strings.Replace(route.Path, "{name}", "seal", 1)
				recorder, start := httptest.NewRecorder(), time.Now()
				handler.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusGatewayTimeout || codeOf(t, recorder) != "deadline_exceeded" {
					t.Errorf("got %d %s, want 504 deadline_exceeded", recorder.Code, recorder.Body)
				}
				if got := time.Since(start); got != route.Deadline {
					t.Errorf("got an answer after %v, want it after %v", got, route.Deadline)
				}
				if records := a.audit.records(t); route.Audited && (len(records) != 1 || records[0].Audit.Outcome != signing.Failed) {
					t.Errorf("got audit records %+v, want one that failed", records)
				}
			})
		})
	}
}

// TestSlowBody has a caller that sends nothing more: the deadline must end the wait for the connection, which no context does.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t)
		r := signRequest(nil)
		w := &stalled{ResponseRecorder: httptest.NewRecorder()}
		r.Body, r.ContentLength = w, 1000
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusGatewayTimeout || codeOf(t, w.ResponseRecorder) != "deadline_exceeded" {
			t.Errorf("got %d %s, want 504 deadline_exceeded", w.Code, w.Body)
		}
		if got := len(a.audit.records(t)); got != 1 {
			t.Errorf("got %d audit records, want 1", got)
		}
	})
}

// stalled is a connection on which nothing arrives: a read waits for its deadline.
type stalled struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (s *stalled) SetReadDeadline(deadline time.Time) error { s.deadline = deadline; return nil }
func (s *stalled) Close() error                             { return nil }
func (s *stalled) Read([]byte) (int, error) {
	if s.deadline.IsZero() {
		panic("internal error: a read without a deadline")
	}
	time.Sleep(time.Until(s.deadline))
	return 0, os.ErrDeadlineExceeded
}

func TestCallerGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t)
		ctx, cancel := context.WithCancel(t.Context())
		a.vault.fail(func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		})
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, signRequest(bytes.NewReader(samplePDF())).WithContext(ctx))
		if got := codeOf(t, recorder); got != "client_gone" {
			t.Errorf("got %s, want client_gone", got)
		}
		if records := a.audit.records(t); len(records) != 1 || records[0].Audit.Code != "client_gone" {
			t.Errorf("got audit records %+v, want one client_gone", records)
		}
		if !strings.Contains(a.log.String(), `"level":"WARN"`) {
			t.Errorf("got log %s, want a warning", a.log)
		}
	})
}

// TestAdmission has more documents at once than memory is set aside for.
func TestAdmission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t, func(c *server.Config) { c.MaxInFlightBytes = 1 }) // room for one document of the limit
		held, done := make(chan struct{}), make(chan struct{})
		a.vault.fail(func(ctx context.Context) error {
			close(held)
			<-done
			return nil
		})
		first := make(chan int)
		go func() {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, signRequest(bytes.NewReader(make([]byte, 1<<20))))
			first <- recorder.Code
		}()
		<-held
		a.vault.fail(nil)
		for _, length := range []int64{1 << 20, -1} {
			recorder, start := httptest.NewRecorder(), time.Now()
			r := signRequest(bytes.NewReader(make([]byte, 1<<20)))
			r.ContentLength = length
			handler.ServeHTTP(recorder, r)
			if recorder.Code != http.StatusServiceUnavailable || codeOf(t, recorder) != "busy" || recorder.Header().Get("Retry-After") == "" {
				t.Errorf("got %d %s, want 503 busy and Retry-After", recorder.Code, recorder.Body)
			}
			if got := time.Since(start); got > 10*time.Second {
				t.Errorf("got an answer after %v, want a short wait", got)
			}
		}
		// A small document finds room beside the large one.
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, signRequest(strings.NewReader("small")))
		if recorder.Code != http.StatusUnprocessableEntity {
			t.Errorf("got %d for a small document, want 422", recorder.Code)
		}
		close(done)
		<-first
		recorder = httptest.NewRecorder()
		handler.ServeHTTP(recorder, signRequest(bytes.NewReader(make([]byte, 1<<20))))
		if recorder.Code != http.StatusUnprocessableEntity {
			t.Errorf("got %d when there is room again, want 422", recorder.Code)
		}
		if got := len(a.audit.records(t)); got != 5 {
			t.Errorf("got %d audit records, want 5", got)
		}
	})
}

// TestAdmissionWaits has a document that finds no room at first, and a moment later does.
func TestAdmissionWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t, func(c *server.Config) { c.MaxInFlightBytes = 1 })
		held := make(chan struct{})
		a.vault.fail(func(context.Context) error {
			close(held)
			time.Sleep(time.Second)
			return nil
		})
		go handler.ServeHTTP(httptest.NewRecorder(), signRequest(bytes.NewReader(make([]byte, 1<<20))))
		<-held
		a.vault.fail(nil)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, signRequest(bytes.NewReader(make([]byte, 1<<20))))
		if recorder.Code != http.StatusUnprocessableEntity {
			t.Errorf("got %d %s, want 422 after a short wait", recorder.Code, recorder.Body)
		}
	})
}
