package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
)

// The request has the form that the API describes, with the operation before the options.
func TestSubmitJobs(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"batch": "b", "storage": "memory", "jobs": [{"id": "b-000"}, {"id": "b-001"},
			{"id": "b-002"}]}`)
	}))
	t.Cleanup(server.Close)
	batch, err := client.New(server.URL, credential{goodToken}, "api://influxion/.default").SubmitJobs(t.Context(),
		[]client.JobRequest{
			{Operation: client.OperationSign, Document: strings.NewReader("PDF"), Name: "ä.pdf",
				Options: client.Options{Reason: `"quoted"`}},
			{Operation: client.OperationExtend, Blob: "t/o/a.pdf",
				Options: client.Options{Level: "B-LTA", Reason: "none"}},
			{Operation: client.OperationTimestamp, Document: strings.NewReader("")},
		})
	if err != nil || batch.Jobs[1].ID != "b-001" || batch.Storage != "memory" {
		t.Errorf("got %+v, %v, want the answer", batch, err)
	}
	want := `POST /api/jobs application/json {"jobs":[` +
		`{"operation":"sign","options":{"reason":"\"quoted\""},"name":"ä.pdf","document":"UERG"},` +
		`{"operation":"extend","options":{"level":"B-LTA"},"blob":"t/o/a.pdf"},` +
		`{"operation":"timestamp","document":""}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSubmitJobsRefuses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("got a call, want none")
	}))
	t.Cleanup(server.Close)
	service := client.New(server.URL, credential{goodToken}, "api://influxion/.default")
	for name, requests := range map[string][]client.JobRequest{
		"none": {}, "too many": make([]client.JobRequest, client.MaxJobs+1),
		"a password": {{Operation: client.OperationSign,
			Document: client.WithPassword(strings.NewReader("x"), "secret")}},
		"nothing to make": {{Operation: client.OperationGenerate}},
	} {
		if _, err := service.SubmitJobs(t.Context(), requests); err == nil {
			t.Errorf("got no error of %s", name)
		}
	}
}

// breaking serves a result, and breaks off each answer after the given number of bytes.
func breaking(t *testing.T, content []byte, each int) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", etag(content))
		http.ServeContent(&limited{w, each}, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(server.Close)
	return client.New(server.URL, credential{goodToken}, "api://influxion/.default")
}

func etag(content []byte) string { return `"` + digest(content) + `"` }

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// limited breaks off after this many bytes.
type limited struct {
	http.ResponseWriter
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.ResponseWriter.Write(p[:min(len(p), l.left)])
	if l.left -= n; err == nil && n < len(p) {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func job(content []byte) *client.Job {
	return &client.Job{ID: "b-000", Status: client.JobDone, Size: int64(len(content)),
		Result: &client.JobResult{MediaType: "application/pdf", SHA256: digest(content)}}
}

// A download that breaks off is resumed where it stopped, as long as it makes progress.
func TestWriteJobGoesOn(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	for _, each := range []int{len(content), 300_000, 70_001} {
		var got bytes.Buffer
		if err := breaking(t, content, each).WriteJob(t.Context(), job(content), &got); err != nil ||
			!bytes.Equal(got.Bytes(), content) {
			t.Errorf("got %d bytes and %v with %d bytes each, want the result", got.Len(), err, each)
		}
	}
	var got bytes.Buffer
	if err := breaking(t, content, 0).WriteJob(t.Context(), job(content), &got); err == nil || got.Len() > 0 {
		t.Errorf("got %d bytes and %v of a server that never gets on, want an error", got.Len(), err)
	}
}

func TestWriteJobRefuses(t *testing.T) {
	t.Parallel()
	content := []byte("0123456789")
	service := breaking(t, content, 100)
	other := job([]byte("9876543210"))
	if err := service.WriteJob(t.Context(), other, io.Discard); err == nil {
		t.Error("got no error of another result, want one")
	}
	waiting := job(content)
	waiting.Status = client.JobInProgress
	if err := service.WriteJob(t.Context(), waiting, io.Discard); err == nil {
		t.Error("got no error of a job that is not done, want one")
	}
	full := errors.New("disk full")
	if err := service.WriteJob(t.Context(), job(content), fullDisk{full}); !errors.Is(err, full) {
		t.Errorf("got %v, want the error of the disk", err)
	}
	lying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", etag(content))
		_, _ = io.WriteString(w, "9876543210")
	}))
	t.Cleanup(lying.Close)
	if err := client.New(lying.URL, credential{goodToken}, "api://influxion/.default").WriteJob(t.Context(),
		job(content), io.Discard); err == nil ||
		!strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("got %v of a changed result, want its digest refused", err)
	}
}

type fullDisk struct{ err error }

func (d fullDisk) Write([]byte) (int, error) { return 0, d.err }

func TestJobsAreRead(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.String())
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "b-000", "status": "Error", "storage": "memory",
			"created_at": "2026-11-29T12:00:00Z", "error": map[string]any{"status": 422, "code": "not_a_pdf"}})
	}))
	t.Cleanup(server.Close)
	service := client.New(server.URL, credential{goodToken}, "api://influxion/.default")
	got, err := service.Job(t.Context(), "b-000")
	if err != nil || !got.Final() || got.Error.Code != "not_a_pdf" || !got.StartedAt.IsZero() {
		t.Errorf("got %+v, %v, want a job in error", got, err)
	}
	if _, err := service.Jobs(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	if err := service.DeleteJob(t.Context(), "b-000"); err != nil {
		t.Error(err)
	}
	if want := "GET /api/jobs/b-000 GET /api/jobs?batch=b DELETE /api/jobs/b-000"; strings.Join(paths, " ") != want {
		t.Errorf("got %v, want %s", paths, want)
	}
}
