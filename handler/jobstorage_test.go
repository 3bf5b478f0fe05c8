package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// stageJobs returns the folder that build.sh stage --jobs makes.
func stageJobs(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Symlink(filepath.Join(staged, "handler"), filepath.Join(root, "handler")); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"../functions", "../functions/jobs"} {
		if err := os.CopyFS(root, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// jobAnswer is what an answer states about a job.
type jobAnswer struct {
	ID, Status, Storage string
	Error               *struct{ Code string }
	Result              *struct {
		SHA256       string
		InvocationID string `json:"invocation_id"`
	}
}

// submit asks for jobs of inline documents.
func (p *program) submit(t *testing.T, documents [][]byte, fields ...string) []jobAnswer {
	t.Helper()
	var items []string
	for _, document := range documents {
		items = append(items, `{"operation": "sign", "document": "`+base64.StdEncoding.EncodeToString(document)+`"}`)
	}
	response, body := p.do(t, http.MethodPost, "/api/jobs", "application/json",
		strings.NewReader(`{"jobs": [`+strings.Join(items, ",")+`]}`), fields...)
	var answer struct{ Jobs []jobAnswer }
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusAccepted ||
		len(answer.Jobs) != len(documents) {
		t.Fatalf("got %d %s, want %d jobs", response.StatusCode, body, len(documents))
	}
	return answer.Jobs
}

// job waits for the end of a job.
func (p *program) job(t *testing.T, id string) jobAnswer {
	t.Helper()
	var job jobAnswer
	until(t, "the end of job "+id, func() bool {
		response, body := p.do(t, http.MethodGet, "/api/jobs/"+id, "", nil)
		if err := json.Unmarshal(body, &job); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("got %d %s, want the job", response.StatusCode, body)
		}
		return job.Status == "Done" || job.Status == "Error"
	})
	return job
}

// signedRecords are the audit records of documents that were signed, by invocation.
func (p *program) signedRecords(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, line := range p.audits(t, 0) {
		var entry struct {
			Audit struct {
				InvocationID string `json:"invocation_id"`
				Outcome      string
			}
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Audit.Outcome == "signed" {
			found[entry.Audit.InvocationID]++
		}
	}
	return found
}

// Jobs run with blobs and a queue: for documents that came with the request, for documents of the
// inbox, and for a document that cannot be signed. Messages that arrive twice, or name no job, do
// no harm.
func TestJobsOnStorage(t *testing.T) {
	t.Parallel()
	p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true}, hosttest.Config{})
	inbox := p.TenantID + "/" + p.User.ObjectID + "/in box/ä.pdf"
	p.Blobs.Upload(cloudtest.InboxContainer, inbox, pdftest.Sample(3))
	for _, text := range []string{"", "nothing", `{"id": "x"}`, strings.Repeat("a", 26) + "-000"} {
		p.Queue.Put(cloudtest.JobsQueue, text)
	}
	asked := p.submit(t, [][]byte{pdftest.Sample(0), []byte("%PDF-1.7 damaged"), pdftest.Sample(1)})
	response, body := p.do(t, http.MethodPost, "/api/jobs", "application/json",
		strings.NewReader(`{"operation": "sign", "blob": "`+inbox+`"}`))
	var answer struct{ Jobs []jobAnswer }
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("got %d %s, want a job of the inbox", response.StatusCode, body)
	}
	asked = append(asked, answer.Jobs...)
	for i, job := range asked {
		p.Queue.Put(cloudtest.JobsQueue, job.ID)
		ended := p.job(t, job.ID)
		if ended.Storage != "blob" || (ended.Status == "Error") != (i == 1) {
			t.Errorf("job %d: got %+v, want it done in blobs unless it is damaged", i, ended)
		}
		if ended.Result == nil {
			continue
		}
		_, document := p.do(t, http.MethodGet, "/api/jobs/"+job.ID+"/document", "", nil)
		if stored := p.Blobs.ContentOf(cloudtest.ResultsContainer)[job.ID]; !bytes.Equal(document, stored) {
			t.Errorf("job %d: got %d bytes, want the %d of the result", i, len(document), len(stored))
		}
		report, err := p.client().Verify(t.Context(), bytes.NewReader(document))
		if err != nil || len(report.Signatures) == 0 {
			t.Errorf("job %d: got %+v (%v), want a signed document", i, report, err)
		}
		if got := p.signedRecords(t)[ended.Result.InvocationID]; got != 1 {
			t.Errorf("job %d: got %d records of its signature, want one", i, got)
		}
	}
	until(t, "the queue to be empty", func() bool { return len(p.Queue.Messages(cloudtest.JobsQueue)) == 0 })
	if got := p.signedRecords(t); len(got) != 3 {
		t.Errorf("got the records %v, want one for each document that was signed", got)
	}
	if got := p.Queue.Messages(cloudtest.JobsQueue + "-poison"); len(got) != 0 {
		t.Errorf("got %q put aside, want nothing", got)
	}
	if ready, err := p.client().Health(t.Context(), true); err != nil || ready.Checks["jobs"] != "ok" {
		t.Errorf("got %+v (%v), want the check of the storage", ready, err)
	}
}

// If the queue takes no message, the caller does not wait for each job of its request, and no job
// is lost: the next sweep queues them.
func TestJobsOfAFullQueue(t *testing.T) {
	t.Parallel()
	sky := &weather{}
	p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true, Disturb: sky.disturb},
		hosttest.Config{})
	sky.full.Store(true)
	asked := p.submit(t, [][]byte{pdftest.Sample(0), pdftest.Sample(1), pdftest.Sample(2), pdftest.Sample(3)})
	if tries := sky.refused.Load(); tries < 1 || tries > 3 {
		t.Errorf("got %d tries to put a message, want those of one job", tries)
	}
	sky.full.Store(false)
	if err := p.host.Invoke(t.Context(), "Sweep"); err != nil {
		t.Fatal(err)
	}
	for _, job := range asked {
		if ended := p.job(t, job.ID); ended.Status != "Done" {
			t.Errorf("got %+v, want it done", ended)
		}
	}
}

// The functions of the queue and of the timer cannot be called through the host.
func TestJobFunctionsAreTheHostsAlone(t *testing.T) {
	t.Parallel()
	for _, mode := range []hosttest.Mode{hosttest.Proxy, hosttest.Forward} {
		p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true},
			hosttest.Config{Mode: mode})
		for _, path := range []string{"/Job", "/Sweep", "/api/Job", "/api/Sweep", "/api/jobs/../../Job",
			"/api/%2e%2e/Job",
			"/api/jobs/..%2F..%2FJob"} {
			response, body := p.do(t, http.MethodPost, path, "application/json", strings.NewReader(`{"Data": {"job": "x"}}`))
			if response.StatusCode < 400 || strings.Contains(string(body), "Outputs") {
				t.Errorf("%s, %s: got %d %s, want a refusal", mode, path, response.StatusCode, body)
			}
		}
		if err := p.host.Invoke(t.Context(), "Sweep"); err != nil {
			t.Errorf("%s: got %v of the timer, want a sweep", mode, err)
		}
	}
}

// jobsAtOnce is how many jobs a host takes at once, by functions/jobs/host.json: a batch, and the
// rest of the batch before it when the host takes the next one.
const jobsAtOnce = 16 + 16

// The jobs of a killed handler wait for a sweep. All other jobs go on: each has one result, and one
// audit record of that result.
func TestJobsSurviveAKill(t *testing.T) {
	t.Parallel()
	p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true}, hosttest.Config{})
	var documents [][]byte
	for i := range 4 * jobsAtOnce {
		documents = append(documents, pdftest.Sample(i))
	}
	asked := p.submit(t, documents)
	until(t, "the first result", func() bool { return len(p.Blobs.ContentOf(cloudtest.ResultsContainer)) > 0 })
	pid := p.host.PID()
	if pid <= 0 { // the signal would go to this test and all that it has started
		t.Fatal("got no process of the handler")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, job := range asked {
		p.Queue.Put(cloudtest.JobsQueue, job.ID)
	}
	until(t, "the queue to be empty", func() bool { return len(p.Queue.Messages(cloudtest.JobsQueue)) == 0 })
	interrupted, done := 0, map[string]bool{}
	for _, job := range asked {
		_, body := p.do(t, http.MethodGet, "/api/jobs/"+job.ID, "", nil)
		var now jobAnswer
		if err := json.Unmarshal(body, &now); err != nil {
			t.Fatalf("got %s, want the job", body)
		}
		switch {
		case now.Status == "InProgress":
			interrupted++
		case now.Status != "Done" || p.Blobs.ContentOf(cloudtest.ResultsContainer)[job.ID] == nil:
			t.Errorf("got %+v, want a result", now)
		default:
			done[now.Result.InvocationID] = true
		}
	}
	if interrupted > jobsAtOnce || len(done) != len(asked)-interrupted {
		t.Errorf("got %d jobs interrupted and %d done, want %d at most and the others", interrupted, len(done),
			jobsAtOnce)
	}
	signed := p.signedRecords(t)
	for invocation := range done {
		if signed[invocation] != 1 {
			t.Errorf("got %d records of %s, want one", signed[invocation], invocation)
		}
	}
}

// The same request with the same Idempotency-Key makes no second job.
func TestIdempotencyOnStorage(t *testing.T) {
	t.Parallel()
	p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true}, hosttest.Config{})
	first := p.submit(t, [][]byte{pdftest.Sample(0)}, "Idempotency-Key: one")
	again := p.submit(t, [][]byte{pdftest.Sample(0)}, "Idempotency-Key: one")
	other := p.submit(t, [][]byte{pdftest.Sample(0)}, "Idempotency-Key: another")
	if first[0].ID != again[0].ID || first[0].ID == other[0].ID {
		t.Errorf("got the jobs %s, %s and %s, want the first two to be one", first[0].ID, again[0].ID, other[0].ID)
	}
	response, body := p.do(t, http.MethodPost, "/api/sign", "application/pdf", bytes.NewReader(pdftest.Sample(0)),
		"Idempotency-Key: seal")
	repeated, same := p.do(t, http.MethodPost, "/api/sign", "application/pdf", bytes.NewReader(pdftest.Sample(0)),
		"Idempotency-Key: seal")
	if response.StatusCode != http.StatusOK || repeated.StatusCode != http.StatusOK || !bytes.Equal(body, same) {
		t.Errorf("got %d with %d bytes and %d with %d, want the same document", response.StatusCode, len(body),
			repeated.StatusCode, len(same))
	}
	if changed, _ := p.do(t, http.MethodPost, "/api/sign", "application/pdf",
		bytes.NewReader(append(pdftest.Sample(0), 10)),
		"Idempotency-Key: seal"); changed.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("got %d for another document, want 422", changed.StatusCode)
	}
}
