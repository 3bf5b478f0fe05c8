package main_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// The flags by which .ci/azurite/check.sh starts the test of jobs under kills.
var (
	killDocuments = flag.Int("kill-documents", 0,
		"documents of TestJobsUnderKills; 0 = it is not run, as it takes minutes")
	azuriteBlobs  = flag.String("azurite-blobs", "", "`address` of Azurite's blobs (default: the small servers)")
	azuriteQueues = flag.String("azurite-queues", "", "`address` of its queues")
	azuriteRoot   = flag.String("azurite-root", "", "`file` with its certificate, as PEM")
)

// What befalls the storage, one request of so many each.
const (
	refusedEvery = 23 // 503 ServerBusy
	lostEvery    = 31 // it is done, and the answer is lost
	slowEvery    = 11
	slowTime     = 300 * time.Millisecond
	// killEvery is between two kills; what a killed run held is taken over after 3 minutes without
	// a sign of life, so the kills end well before the jobs do.
	killEvery  = 4 * time.Second
	killCount  = 8
	sweepEvery = 10 * time.Second
	killBatch  = 25
	// withdrawn are the jobs whose certificate is taken away before they run.
	withdrawn = 10
	held      = "held-seal"
)

// weather disturbs the storage while it is on. Nothing is handed out while closed is set.
type weather struct {
	on, closed atomic.Bool
	requests   atomic.Int64
	befallen   atomic.Int64
}

func (w *weather) disturb(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if w.closed.Load() && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/messages") {
			busy(out)
			return
		}
		if !w.on.Load() {
			next.ServeHTTP(out, r)
			return
		}
		switch n := w.requests.Add(1); {
		case n%refusedEvery == 0:
			w.befallen.Add(1)
			busy(out)
		case n%lostEvery == 0:
			w.befallen.Add(1)
			next.ServeHTTP(&deafWriter{header: http.Header{}}, r)
			panic(http.ErrAbortHandler) // the connection is closed without an answer
		default:
			if n%slowEvery == 0 {
				w.befallen.Add(1)
				select {
				case <-time.After(slowTime):
				case <-r.Context().Done():
				}
			}
			next.ServeHTTP(out, r)
		}
	})
}

func busy(w http.ResponseWriter) {
	w.Header().Set("X-Ms-Error-Code", "ServerBusy")
	http.Error(w, "busy", http.StatusServiceUnavailable)
}

// deafWriter drops an answer.
type deafWriter struct{ header http.Header }

func (d *deafWriter) Header() http.Header         { return d.header }
func (d *deafWriter) Write(p []byte) (int, error) { return len(p), nil }
func (d *deafWriter) WriteHeader(int)             {}

// emulator is the Azurite that the flags name; nil = none.
func emulator(t *testing.T) *cloudtest.Emulator {
	t.Helper()
	if *azuriteBlobs == "" {
		return nil
	}
	text, err := os.ReadFile(*azuriteRoot)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("got no certificate in %s", *azuriteRoot)
	}
	return &cloudtest.Emulator{Blobs: *azuriteBlobs, Queues: *azuriteQueues, Roots: roots}
}

// fleet is two hosts over one storage, and all that they ever wrote.
type fleet struct {
	*program
	hosts   []*hosttest.Host
	root    string
	environ []string // of the handlers of these hosts
}

// restart ends the hosts that run and starts two others.
func (f *fleet) restart(t *testing.T, environ ...string) {
	t.Helper()
	for _, host := range f.hosts {
		host.Close()
	}
	f.hosts, f.environ = nil, environ
	for range 2 {
		f.hosts = append(f.hosts, f.another(t))
	}
	f.host = f.hosts[0]
}

// another starts a host.
func (f *fleet) another(t *testing.T) *hosttest.Host {
	t.Helper()
	host, err := f.StartHost(t.Context(), hosttest.Config{Root: f.root, Log: f.log.Record, Environ: f.environ,
		Timeouts: hosttest.Timeouts{MessageLease: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	if err := host.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return host
}

// replace starts a host for each that has given up, as the platform does: a host whose handler dies
// again and again ends.
func (f *fleet) replace(t *testing.T) {
	t.Helper()
	for i, host := range f.hosts {
		select {
		case <-host.Done():
			f.hosts[i] = f.another(t)
		default:
		}
	}
	f.host = f.hosts[0]
}

// ask submits jobs for documents, which all differ, and gives their IDs.
func (f *fleet) ask(t *testing.T, count, first int, certificate string) (ids []string) {
	t.Helper()
	for begin := 0; begin < count; begin += killBatch {
		var items []string
		for i := begin; i < min(begin+killBatch, count); i++ {
			items = append(items, fmt.Sprintf(`{"operation": "sign", "document": %q, "options": {"certificate": %q}}`,
				base64.StdEncoding.EncodeToString(killDocument(first+i)), certificate))
		}
		response, body := f.do(t, http.MethodPost, "/api/jobs", "application/json",
			strings.NewReader(`{"jobs": [`+strings.Join(items, ",")+`]}`))
		var answer struct{ Jobs []jobAnswer }
		if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusAccepted {
			t.Fatalf("got %d %s, want jobs", response.StatusCode, body)
		}
		for _, job := range answer.Jobs {
			ids = append(ids, job.ID)
		}
	}
	return ids
}

// killDocument is an unsigned document of that number: no two are the same.
func killDocument(number int) []byte {
	return pdftest.File{Objects: append(pdftest.Pages(1, ""), fmt.Sprintf("(document %d)", number))}.Bytes()
}

// Jobs on two hosts, whose handlers are killed, over a storage that is slow, refuses and loses
// answers, with messages that come twice: every job ends, with one result that verifies and one
// audit record of it; jobs whose right was taken away end in error.
func TestJobsUnderKills(t *testing.T) {
	if *killDocuments == 0 {
		t.Skip("-kill-documents says how many; .ci/azurite/check.sh does")
	}
	sky := &weather{}
	config := cloudtest.Config{Algorithm: pkitest.P256, Jobs: true, HeldName: held, Emulator: emulator(t),
		Disturb: sky.disturb}
	cloud, err := cloudtest.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	f := &fleet{program: &program{Cloud: cloud, log: &hosttest.Transcript{}}, root: stageJobs(t)}
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(f.log.String(), "\n")
			t.Log(strings.Join(lines[max(0, len(lines)-200):], "\n"))
		}
	})
	sky.closed.Store(true)
	f.restart(t)
	documents := f.ask(t, *killDocuments, 0, cloud.CertificateName)
	refused := f.ask(t, withdrawn, *killDocuments, held)
	f.restart(t, "INFLUXION_SIGNING_CERTIFICATES="+cloud.CertificateName)
	sky.on.Store(true)
	sky.closed.Store(false)
	begin := time.Now()
	kills := f.befall(t, append(documents, refused...))
	sky.on.Store(false)
	took := time.Since(begin)
	f.judge(t, documents, refused)
	t.Logf("%d documents on two hosts ended %v after %d kills and %d disturbances of the storage", *killDocuments,
		took.Round(time.Second), kills, sky.befallen.Load())
	if kills == 0 || sky.befallen.Load() == 0 {
		t.Error("got nothing befallen, want kills and disturbances")
	}
}

// befall kills handlers, doubles messages and sweeps, until all jobs have ended.
func (f *fleet) befall(t *testing.T, ids []string) (kills int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(1, uint64(len(ids))))
	killed, swept := time.Now(), time.Now()
	open := ids
	for len(open) > 0 {
		f.replace(t)
		if t.Context().Err() != nil {
			t.Fatalf("%d jobs have not ended, as %s", len(open), open[0])
		}
		if kills < killCount && time.Since(killed) > killEvery {
			// A handler that is being started has no process yet, and 0 is the group of this test.
			if pid := f.hosts[chance.IntN(2)].PID(); pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				kills++
			}
			killed = time.Now()
		}
		if time.Since(swept) > sweepEvery {
			// A sweep that the storage or a kill interrupts is followed by another one.
			if err := f.hosts[chance.IntN(2)].Invoke(t.Context(), "Sweep"); err != nil {
				t.Logf("sweep: %v", err)
			}
			f.double(t, open[chance.IntN(len(open))])
			swept = time.Now()
		}
		time.Sleep(time.Second) // of a caller that looks at its jobs
		open = f.unended(t, open)
	}
	return kills
}

// double puts another message of a job into the queue.
func (f *fleet) double(t *testing.T, id string) {
	t.Helper()
	if *azuriteBlobs == "" {
		f.Queue.Put(cloudtest.JobsQueue, id)
		return
	}
	if err := f.PutMessage(t.Context(), cloudtest.JobsQueue, id); err != nil {
		t.Logf("message: %v", err)
	}
}

// unended are the jobs that have not ended. While its handler restarts, a host answers nothing
// of use.
func (f *fleet) unended(t *testing.T, ids []string) (open []string) {
	t.Helper()
	for i, id := range ids {
		job, ok := f.look(t, f.hosts[i%2], id)
		if !ok || job.Status != "Done" && job.Status != "Error" {
			open = append(open, id)
		}
		if len(open) == 8 { // enough to know that it goes on
			return append(open, ids[i+1:]...)
		}
	}
	return open
}

func (f *fleet) look(t *testing.T, host *hosttest.Host, id string) (job jobAnswer, ok bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.URL()+"/api/jobs/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+f.token(t))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return job, false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return job, err == nil && response.StatusCode == http.StatusOK && json.Unmarshal(body, &job) == nil
}

// judge holds each job against what must have come of it.
func (f *fleet) judge(t *testing.T, documents, refused []string) {
	t.Helper()
	records := f.digests(t)
	for i, id := range documents {
		job, ok := f.look(t, f.host, id)
		if !ok || job.Status != "Done" || job.Result == nil {
			t.Errorf("job %d: got %+v, want it done", i, job)
			continue
		}
		_, document := f.do(t, http.MethodGet, "/api/jobs/"+id+"/document", "", nil)
		sum := sha256.Sum256(document)
		digest := hex.EncodeToString(sum[:])
		if digest != job.Result.SHA256 || !bytes.HasPrefix(document, killDocument(i)) {
			t.Errorf("job %d: got the digest %s, want %s of what was sent", i, digest, job.Result.SHA256)
		}
		if got := records[job.Result.InvocationID]; len(got) != 1 || got[0] != digest {
			t.Errorf("job %d: got the records %v, want one of %s", i, got, digest)
		}
		report, err := f.client().Verify(t.Context(), bytes.NewReader(document))
		if err != nil || report.Verdict.Indication != "TOTAL-PASSED" || len(report.Signatures) != 1 {
			t.Errorf("job %d: got %+v (%v), want one signature that holds", i, report, err)
		}
	}
	for i, id := range refused {
		if job, ok := f.look(t, f.host, id); !ok || job.Status != "Error" || job.Result != nil {
			t.Errorf("job %d without a right: got %+v, want an error", i, job)
		}
	}
}

// digests are those of the documents that were signed, by the record's invocation.
func (f *fleet) digests(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, line := range f.audits(t, 0) {
		var entry struct {
			Audit struct {
				Outcome      string
				InvocationID string `json:"invocation_id"`
				SignedDigest string `json:"signed_digest"`
			}
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Audit.Outcome == "signed" {
			found[entry.Audit.InvocationID] = append(found[entry.Audit.InvocationID], entry.Audit.SignedDigest)
		}
	}
	return found
}
