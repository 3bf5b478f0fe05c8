package server_test

import (
	"bytes"
	"compress/zlib"
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

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/render"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// plain is an api without a listener: the clock of a synctest bubble moves only while nobody waits
// for a socket.
func plain(t *testing.T, change ...func(*server.Config)) (*api, http.Handler) {
	t.Helper()
	a := &api{vault: newVault(t), trust: &trust{t: t}, jobs: newJobRunner(), audit: &lines{}, log: &lines{}}
	config := a.config()
	for _, alter := range change {
		alter(&config)
	}
	return a, server.New(config).Handler()
}

func signRequest(body io.Reader) *http.Request { return documentRequest("/api/sign", body) }

func documentRequest(target string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, body)
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

// signedPDF is a document with a signature by the vault's certificate.
func (a *api) signedPDF(t *testing.T) []byte {
	t.Helper()
	doc, certificate := samplePDF(), a.vault.certificate
	increment, err := sign.Sign(t.Context(), bytes.NewReader(doc), certificate.Chain, certificate.Key,
		pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return append(doc, increment.Bytes...)
}

// printer prints without a renderer.
type printer struct{}

func (printer) Convert(_ context.Context, page []byte, _ []render.File, _ int64,
	_ func(context.Context, int64) error) ([]byte, error) {
	return rendertest.Page(string(page)), nil
}

// jobRequest is a request that needs the storage of jobs.
func jobRequest(route server.Route) *http.Request {
	switch {
	case route.Method == http.MethodPost:
		return documentRequest(route.Path+"?operation=sign", bytes.NewReader(samplePDF()))
	case strings.Contains(route.Path, "{id}"):
		return signRequest(nil)
	}
	return documentRequest(route.Path+"?batch="+jobs.NewBatch(), nil)
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context) error {
		<-ctx.Done()
		return &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable",
			Detail: "the vault does not answer", Err: ctx.Err()}
	}
	for _, route := range server.Routes() {
		if route.Anonymous {
			continue
		}
		t.Run(route.Function, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, handler := plain(t, func(c *server.Config) {
					c.Renderer = &render.Renderer{Printer: printer{}, MaxBytes: 1 << 20, Now: time.Now}
				})
				r := signRequest(nil)
				if strings.HasPrefix(route.Path, "/api/jobs") {
					r = jobRequest(route)
				} else if route.MaxBody > 0 {
					r = cscRequest(t, handler, route.Path)
				} else if len(route.Accepts) > 0 {
					r = signRequest(bytes.NewReader(a.signedPDF(t)))
				}
				if route.Action == signing.Generate {
					r = signRequest(strings.NewReader(`{"html_template": {"content": "x"}, "sign": true}`))
					r.Header.Set("Content-Type", "application/json")
				}
				a.vault.fail(waits)
				a.trust.fault, a.jobs.store.fault = waits, waits
				r.Method, r.URL.Path = route.Method,
					strings.NewReplacer("{name}", "seal", "{version}", "v1", "{id}", jobs.JobID(jobs.NewBatch(), 0)).
						Replace(route.Path)
				recorder, start := httptest.NewRecorder(), time.Now()
				handler.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusGatewayTimeout ||
					route.MaxBody == 0 && codeOf(t, recorder) != "deadline_exceeded" {
					t.Errorf("got %d %s, want 504 deadline_exceeded", recorder.Code, recorder.Body)
				}
				if got := time.Since(start); got != route.Deadline {
					t.Errorf("got an answer after %v, want it after %v", got, route.Deadline)
				}
				records := a.audit.records(t)
				if route.Action != "" && (len(records) != 1 || records[0].Audit.Outcome != signing.Failed ||
					records[0].Audit.DocumentDigest+records[0].Audit.Hash == "") {
					t.Errorf("got audit records %+v, want one that failed, with the digest of the document", records)
				}
			})
		})
	}
}

// TestSlowBody has callers that stop sending, or that send as little as they can. A deadline must
// end the wait for the connection, because no context does.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	const multipart = "multipart/form-data; boundary=x"
	form := part("name=document", string(samplePDF())) + "--x--\r\n"
	tests := []struct {
		name, mediaType, sent string
		every                 time.Duration // a further byte; 0 = none
		want                  time.Duration
	}{
		{"nothing", "application/pdf", "", 0, 10 * time.Second},
		{"a beginning", "application/pdf", "%PDF", 0, 10 * time.Second},
		{"a beginning in JSON", "application/json", `{"document":"JVBERi0x`, 0, 10 * time.Second},
		{"a beginning of a form", multipart, form[:len(form)/2], 0, 10 * time.Second},
		{"a form that ends before its body", multipart, form, 0, 10 * time.Second},
		{"now and then a byte", "application/pdf", "%PDF", 9 * time.Second, time.Minute},
		{"now and then a byte behind a form", multipart, form, 9 * time.Second, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, handler := plain(t)
				r := signRequest(nil)
				r.Header.Set("Content-Type", test.mediaType)
				w := &stalled{ResponseRecorder: httptest.NewRecorder(), sent: strings.NewReader(test.sent),
					every: test.every}
				r.Body, r.ContentLength = w, 10_000
				ctx, cancel := context.WithCancel(t.Context())
				r, w.ended = r.WithContext(ctx), cancel
				start := time.Now()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusGatewayTimeout || codeOf(t, w.ResponseRecorder) != "deadline_exceeded" {
					t.Errorf("got %d %s, want 504 deadline_exceeded", w.Code, w.Body)
				}
				if got := time.Since(start); got != test.want {
					t.Errorf("got an answer after %v, want it after %v", got, test.want)
				}
				if got := len(a.audit.records(t)); got != 1 {
					t.Errorf("got %d audit records, want 1", got)
				}
			})
		})
	}
}

// stalled is a connection that delivers the first bytes and then nothing, or a byte now and then: a
// read waits for its deadline.
type stalled struct {
	*httptest.ResponseRecorder
	sent     *strings.Reader
	every    time.Duration
	deadline time.Time
	ended    context.CancelFunc // net/http takes the end of a read for that of the caller
}

func (s *stalled) SetReadDeadline(deadline time.Time) error { s.deadline = deadline; return nil }
func (s *stalled) Close() error                             { return nil }
func (s *stalled) Read(p []byte) (int, error) {
	if s.deadline.IsZero() {
		panic("internal error: a read without a deadline")
	}
	if s.sent.Len() > 0 {
		return s.sent.Read(p)
	}
	if s.every > 0 && s.every < time.Until(s.deadline) {
		time.Sleep(s.every)
		return copy(p, "x"), nil
	}
	time.Sleep(time.Until(s.deadline))
	s.ended()
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

// TestAdmission sends more documents at once than there is memory for.
func TestAdmission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t, func(c *server.Config) { c.MaxInFlightBytes = 1 }) // for one document of the limit
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
			if recorder.Code != http.StatusServiceUnavailable || codeOf(t, recorder) != "busy" ||
				recorder.Header().Get("Retry-After") == "" {
				t.Errorf("got %d %s, want 503 busy and Retry-After", recorder.Code, recorder.Body)
			}
			if got := time.Since(start); got > 10*time.Second {
				t.Errorf("got an answer after %v, want a short wait", got)
			}
		}
		// A small document gets memory beside the large one.
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
			t.Errorf("got %d when there is memory again, want 422", recorder.Code)
		}
		if got := len(a.audit.records(t)); got != 5 {
			t.Errorf("got %d audit records, want 5", got)
		}
	})
}

// TestAdmissionOfWhatDocumentsTake has little memory for the work on documents.
func TestAdmissionOfWhatDocumentsTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t, func(c *server.Config) { c.MaxWorkingBytes = 1 }) // the least that there is: 8 MiB
		_, roomy := plain(t)
		signed := func(size int) []byte {
			data := deflated(strings.Repeat("\xff", size))
			stored := pdftest.Stream("/Filter /FlateDecode", data)
			document := pdftest.File{Objects: append(pdftest.Pages(1, "/DSS << /CRLs [4 0 R] >>"), stored)}.Bytes()
			recorder := httptest.NewRecorder()
			roomy.ServeHTTP(recorder, signRequest(bytes.NewReader(document)))
			return recorder.Body.Bytes()
		}
		ask := func(path string, document []byte) *httptest.ResponseRecorder {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, documentRequest(path, bytes.NewReader(document)))
			return recorder
		}
		small, large, tooLarge := signed(100<<10), signed(2200<<10), signed(7<<20)
		held, done, first := make(chan struct{}), make(chan struct{}), make(chan int)
		a.trust.fault = func(context.Context) error {
			close(held)
			<-done
			return &pades.ServiceError{Service: "TSA", Detail: "does not answer", Retry: true}
		}
		go func() { first <- ask("/api/extend?level=B-T", large).Code }()
		<-held
		for _, test := range []struct {
			name     string
			document []byte
			code     int
			problem  string
		}{
			{"as large", large, http.StatusServiceUnavailable, "busy"},
			{"small", small, http.StatusOK, ""},
		} {
			got := ask("/api/verify", test.document)
			if got.Code != test.code || test.problem != "" && codeOf(t, got) != test.problem {
				t.Errorf("%s: got %d %.200s, want %d %s", test.name, got.Code, got.Body, test.code, test.problem)
			}
		}
		close(done)
		if got := <-first; got != http.StatusServiceUnavailable {
			t.Errorf("got %d for the first, want 503 of its TSA", got)
		}
		if got := ask("/api/verify", large); got.Code != http.StatusOK {
			t.Errorf("got %d %.200s when there is memory again, want 200", got.Code, got.Body)
		}
		for _, path := range []string{"/api/verify", "/api/extend"} {
			got := ask(path, tooLarge)
			if got.Code != http.StatusUnprocessableEntity || codeOf(t, got) != pades.CodeTooComplex ||
				!strings.Contains(got.Body.String(), "6 MiB") {
				t.Errorf("%s: got %d %.200s for one that takes too much, want 422 and the limit", path, got.Code,
					got.Body)
			}
		}
	})
}

func deflated(data string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = io.WriteString(w, data) // to memory, which does not fail
	_ = w.Close()
	return out.String()
}

// TestAdmissionWaits has a document that finds no memory at first, and does a moment later.
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
