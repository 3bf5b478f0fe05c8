package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// The flag by which .ci/azurite/check.sh starts the test of jobs under kills.
var killDocuments = flag.Int("kill-documents", 0,
	"documents of TestJobsUnderKills; 0 = it is not run, as it takes minutes")

const (
	// killEvery is the time between two kills. Another run takes over the job of a killed run after
	// 3 minutes without a heartbeat, so the kills end well before the jobs do.
	killEvery  = 4 * time.Second
	leastKills = 8
	killShare  = 200 // documents for each kill, where that is more
	sweepEvery = time.Minute
	fewJobs    = 10 // of each kind that is no plain document
	held       = "held-seal"
)

// lot is a number of jobs of one kind, and their expected outcome.
type lot struct {
	name      string
	ids       []string
	documents [][]byte // as they were when the jobs were asked for
	code      string   // of the error that they end in; "" = none, they are done
	either    bool     // done, or that error
}

// killDocument is an unsigned document that differs from those with other numbers.
func killDocument(number int) []byte {
	return pdftest.File{Objects: append(pdftest.Pages(1, ""), fmt.Sprintf("(document %d)", number))}.Bytes()
}

// Jobs run on two hosts whose handlers are killed. The storage is slow, refuses requests and loses
// answers, and messages arrive twice or are refused. Nevertheless every job ends. A job ends in
// error if its right was taken away or is too old, or if its input was replaced. Every other job
// has one result that verifies, and one audit record of that result.
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
	f := &fleet{program: &program{Cloud: cloud, log: &hosttest.Transcript{}}, root: stageJobs(t),
		user: &keptToken{credential: cloud.UserCredential()}}
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(f.log.String(), "\n")
			t.Log(strings.Join(lines[max(0, len(lines)-200):], "\n"))
		}
	})
	sky.closed.Store(true)
	f.restart(t)
	lots := f.lots(t, sky)
	f.restart(t, "INFLUXION_SIGNING_CERTIFICATES="+cloud.CertificateName)
	sky.on.Store(true)
	sky.closed.Store(false)
	begin := time.Now()
	kills := f.befall(t, lots)
	sky.on.Store(false)
	took := time.Since(begin)
	t.Logf("all jobs have ended after %v and %d kills", took.Round(time.Second), kills)
	again := f.judge(t, lots)
	t.Logf("%d documents on two hosts ended %v after %d kills, %d disturbances of the storage and "+
		"%d refused messages; %d were signed again after a kill", *killDocuments, took.Round(time.Second), kills,
		sky.befallen.Load(), sky.refused.Load(), again)
	if kills == 0 || sky.befallen.Load() == 0 || sky.refused.Load() == 0 {
		t.Error("got nothing befallen, want kills, disturbances and refused messages")
	}
}

// lots asks for jobs of each kind.
func (f *fleet) lots(t *testing.T, sky *weather) []*lot {
	t.Helper()
	seal, number := f.CertificateName, 0
	documents := func(count int) (made [][]byte) {
		for range count {
			made = append(made, killDocument(number))
			number++
		}
		return made
	}
	inline := func(name string, count int, certificate, code string) *lot {
		l := &lot{name: name, documents: documents(count), code: code}
		var items []string
		for _, document := range l.documents {
			items = append(items, inlined(document, certificate))
		}
		l.ids = f.ask(t, items)
		return l
	}
	inbox := func(name, code string) *lot {
		l := &lot{name: name, documents: documents(fewJobs), code: code}
		var items []string
		for i, document := range l.documents {
			f.upload(t, name, i, document)
			items = append(items, named(f.inboxBlob(name, i), seal))
		}
		l.ids = f.ask(t, items)
		return l
	}
	shifting := inbox("shifting", "input_changed")
	shifting.either = true // befall replaces them meanwhile
	replaced := inbox("replaced", "input_changed")
	for i := range replaced.documents {
		f.upload(t, replaced.name, i, killDocument(number+i))
	}
	aged := inline("aged", fewJobs, seal, "job_expired")
	for _, id := range aged.ids {
		f.age(t, id, 25*time.Hour)
	}
	sky.full.Store(true)
	unqueued := inline("unqueued", fewJobs, seal, "")
	sky.full.Store(false)
	return []*lot{shifting, replaced, aged, unqueued, inbox("kept", ""),
		inline("withdrawn", fewJobs, held, "certificate_not_found"), inline("plain", *killDocuments, seal, "")}
}

func (f *fleet) inboxBlob(lot string, number int) string {
	return fmt.Sprintf("%s/%s/%s/%d.pdf", f.TenantID, f.User.ObjectID, lot, number)
}

// upload puts a document of a lot into the inbox.
func (f *fleet) upload(t *testing.T, lot string, number int, document []byte) {
	t.Helper()
	if err := f.PutBlob(t.Context(), cloudtest.InboxContainer, f.inboxBlob(lot, number), document); err != nil {
		t.Fatal(err)
	}
}

// befall kills handlers, duplicates messages, replaces inputs of the first lot and sweeps, until
// all jobs have ended.
func (f *fleet) befall(t *testing.T, lots []*lot) (kills int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(1, uint64(*killDocuments)))
	killed, swept := time.Now(), time.Now()
	var open []string
	for _, l := range lots {
		open = append(open, l.ids...)
	}
	for round := 0; len(open) > 0; round++ {
		f.replace(t)
		if t.Context().Err() != nil {
			t.Fatalf("%d jobs have not ended, as %s", len(open), open[0])
		}
		if round < fewJobs {
			f.upload(t, lots[0].name, round, killDocument(-round))
		}
		if kills < max(leastKills, *killDocuments/killShare) && time.Since(killed) > killEvery {
			// A handler that is being started has no process yet, and PID 0 would mean the process
			// group of this test.
			if pid := f.hosts[chance.IntN(2)].PID(); pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				kills++
			}
			killed = time.Now()
		}
		if time.Since(swept) > sweepEvery {
			f.sweep(t, f.hosts[chance.IntN(2)])
			if err := f.PutMessage(t.Context(), cloudtest.JobsQueue, open[chance.IntN(len(open))]); err != nil {
				t.Logf("message: %v", err)
			}
			swept = time.Now()
		}
		time.Sleep(time.Second) // of a caller that looks at its jobs
		open = f.unended(t, open)
	}
	return kills
}

// sweep runs the timer's function. If the storage or a kill interrupts a sweep, another one
// follows. A host that has given up never answers, and is replaced.
func (f *fleet) sweep(t *testing.T, host *hosttest.Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := host.Invoke(ctx, "Sweep"); err != nil {
		t.Logf("sweep: %v", err)
	}
}

// judgedAtOnce is how many jobs are judged at once: each waits for three answers.
const judgedAtOnce = 8

// judge compares each job with its expected outcome. It returns how many jobs several runs have
// signed; each of them has one result.
func (f *fleet) judge(t *testing.T, lots []*lot) (again int64) {
	t.Helper()
	records := f.signatures(t)
	var all sync.WaitGroup
	var repeated atomic.Int64
	turn := make(chan struct{}, judgedAtOnce)
	for _, l := range lots {
		for i, id := range l.ids {
			turn <- struct{}{}
			all.Go(func() {
				f.judgeJob(t, l, i, records[id])
				if len(records[id]) > 1 {
					repeated.Add(1)
				}
				<-turn
			})
		}
	}
	all.Wait()
	return repeated.Load()
}

// judgeJob compares one job of a lot with its expected outcome.
func (f *fleet) judgeJob(t *testing.T, l *lot, number int, records []signature) {
	job, ok := f.look(t, f.host, l.ids[number])
	failed := ok && job.Status == "Error" && job.Result == nil && job.Error != nil && l.code != "" &&
		job.Error.Code == l.code
	switch {
	case failed && len(records) == 0:
	case ok && job.Status == "Done" && job.Result != nil && (l.code == "" || l.either):
		f.judgeResult(t, fmt.Sprint(l.name, " ", number), job, l.documents[number], records)
	default:
		t.Errorf("%s %d: got %+v with %d signatures, want the error %q", l.name, number, job, len(records), l.code)
	}
}

// judgeResult compares a result with the document that was sent and with the records of the job.
func (f *fleet) judgeResult(t *testing.T, what string, job jobAnswer, original []byte, records []signature) {
	t.Helper()
	document, err := f.get(t, f.host, "/api/jobs/"+job.ID+"/document")
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	sum := sha256.Sum256(document)
	digest := hex.EncodeToString(sum[:])
	if digest != job.Result.SHA256 || !bytes.HasPrefix(document, original) {
		t.Errorf("%s: got the digest %s, want %s of what was sent", what, digest, job.Result.SHA256)
	}
	records = slices.DeleteFunc(slices.Clone(records),
		func(s signature) bool { return s.invocation != job.Result.InvocationID })
	if len(records) != 1 || records[0].digest != digest {
		t.Errorf("%s: got the records %v, want one of %s", what, records, digest)
	}
	report, err := f.clientAs(f.user).Verify(t.Context(), bytes.NewReader(document))
	if err != nil || report.Verdict.Indication != "TOTAL-PASSED" || len(report.Signatures) != 1 {
		t.Errorf("%s: got %+v (%v), want one signature that holds", what, report, err)
	}
}

// signature is what an audit record states about a signed document.
type signature struct{ invocation, digest string }

// signatures are the signatures of all audit records, by job.
func (f *fleet) signatures(t *testing.T) map[string][]signature {
	t.Helper()
	found := map[string][]signature{}
	for _, line := range f.audits(t, 0) {
		var entry struct {
			Audit struct {
				Outcome, Job string
				InvocationID string `json:"invocation_id"`
				SignedDigest string `json:"signed_digest"`
			}
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if a := entry.Audit; a.Outcome == "signed" {
			found[a.Job] = append(found[a.Job], signature{a.InvocationID, a.SignedDigest})
		}
	}
	return found
}
