package audit_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/storagetest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// container is a service with one container, and what is needed to write to it.
type container struct {
	*blobtest.Server
	open func() *storage.Container
}

func newContainer(t testing.TB) container {
	t.Helper()
	blobs := blobtest.New(blobtest.Config{Container: "audit",
		Door: storagetest.Door{Authorize: func(string) error { return nil }}})
	server := httptest.NewTLSServer(blobs)
	t.Cleanup(server.Close)
	t.Cleanup(blobs.Clear)
	return container{blobs, func() *storage.Container {
		opened, err := storage.NewContainer(storage.Config{URL: server.URL + "/audit", Credential: credential{},
			Transport: server.Client().Transport})
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}}
}

// output stands for standard output. It sends to lines before it takes each line, if lines is set.
// Safe for concurrent use.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines != nil {
		o.lines <- struct{}{}
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start begins an instance that writes to the container.
func (c container) start(t testing.TB, change ...func(*audit.Config)) (*audit.Log, *output) {
	t.Helper()
	out := &output{}
	config := audit.Config{Out: out, Store: storage.NewAppendLog(c.open(), time.Now), Timeout: time.Minute,
		Pause: time.Millisecond}
	for _, alter := range change {
		alter(&config)
	}
	return audit.New(config), out
}

// verify checks the container, and files beside it.
func (c container) verify(t testing.TB, roots *x509.CertPool, files ...string) verify.Report {
	t.Helper()
	log := &verify.Log{Roots: roots}
	content := c.Content()
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if err := log.AddGrowing(name, bytes.NewReader(content[name]), math.MaxInt64); err != nil {
			t.Fatal(err)
		}
	}
	for i, file := range files {
		if err := log.Add(fmt.Sprintf("file-%d", i), strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	return log.Report()
}

func signed(id string) *signing.Record {
	return &signing.Record{Time: time.Now(), InvocationID: id, Action: signing.Sign,
		RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed}}
}

func wantUnavailable(t testing.TB, err error) {
	t.Helper()
	fault, ok := errors.AsType[*signing.Error](err)
	if !ok || fault.Kind != signing.Unavailable || fault.Code != "audit_unavailable" || fault.RetryAfter <= 0 {
		t.Errorf("got %v, want audit_unavailable with a time to try again", err)
	}
	if ok && (strings.Contains(fault.Detail, "http") || strings.Contains(fault.Detail, "127.0.0.1")) {
		t.Errorf("got the detail %q, want nothing of the store", fault.Detail)
	}
}

// When Write returns, standard output and the store have the line of a signature. Refusals are on
// standard output only.
func TestBothHaveIt(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	log, out := c.start(t)
	for i := range 3 {
		if err := log.Write(t.Context(),
			&signing.Record{RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Refused, Code: "invalid_token"}},
			audit.Refusals); err != nil {
			t.Fatal(err)
		}
		if err := log.Write(t.Context(), signed(fmt.Sprint(i)), audit.Attempts); err != nil {
			t.Fatal(err)
		}
		stored := ""
		for _, content := range c.Content() {
			stored += string(content)
		}
		last := strings.TrimSuffix(out.String(), "\n")
		last = last[strings.LastIndex(last, "\n")+1:]
		if !strings.HasSuffix(stored, last+"\n") {
			t.Errorf("got %q in the container, want it to end with %q", stored, last)
		}
	}
	if err := log.Available(); err != nil {
		t.Error(err)
	}
	if err := log.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	log.Close()
	if err := log.Write(t.Context(), signed("late"), audit.Attempts); err == nil {
		t.Error("got no error after Close, want one")
	}
	for _, content := range c.Content() {
		if strings.Contains(string(content), "invalid_token") || strings.Count(string(content), "\n") != 4 {
			t.Errorf("got %s, want three attempts and the end", content)
		}
	}
	report := c.verify(t, nil, out.String())
	if len(report.Findings) != 0 || report.Records != 8 || !report.Chains[0].Ended || !report.Chains[1].Ended {
		t.Errorf("got %+v, want two whole chains of 8 lines", report)
	}
}

// With every fault of the container no signature is released. After the fault the container has
// every line exactly once.
func TestFaultsOfTheContainer(t *testing.T) {
	t.Parallel()
	for _, fault := range []blobtest.Kind{blobtest.Down, blobtest.Slow, blobtest.Full, blobtest.Immutable,
		blobtest.Throttled} {
		for _, before := range []int{0, 1} { // records before the fault
			t.Run(fmt.Sprint(fault, before), func(t *testing.T) {
				t.Parallel()
				c := newContainer(t)
				quick := func(config *audit.Config) {
					if fault == blobtest.Slow {
						config.Timeout = 50 * time.Millisecond
					}
				}
				if before == 0 {
					c.Fail(fault, 0)
				}
				log, out := c.start(t, quick)
				for i := range before {
					for log.Write(t.Context(), signed(fmt.Sprint("before-", i)), audit.Attempts) != nil {
						// A busy machine can take longer than 50 ms.
						if fault != blobtest.Slow {
							t.Fatal("got an error before there is a fault")
						}
					}
				}
				c.Fail(fault, 0)
				wantUnavailable(t, log.Write(t.Context(), signed("during"), audit.Attempts))
				if fault != blobtest.Slow { // whose failure is known only after the time-out
					wantUnavailable(t, log.Available())
					wantUnavailable(t, log.Ready(t.Context()))
				}
				// A refusal is then recorded without waiting.
				refused := &signing.Record{InvocationID: "refused",
					RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Failed, Code: "audit_unavailable"}}
				if err := log.Write(t.Context(), refused, audit.Attempts); err != nil {
					t.Errorf("got %v for a refusal, want it recorded", err)
				}
				if !strings.Contains(out.String(), `"refused"`) {
					t.Error("got no record of the refusal on standard output")
				}
				c.Clear()
				for log.Write(t.Context(), signed("after"), audit.Attempts) != nil {
					if t.Context().Err() != nil {
						t.Fatal("got no recovery")
					}
				}
				log.Close()
				stored := ""
				for _, content := range c.Content() {
					stored += string(content)
				}
				if got := strings.Count(stored, `"during"`); got > 1 {
					t.Errorf("got the record of the fault %d times, want it once at most", got)
				}
				report := c.verify(t, nil, out.String())
				if len(report.Findings) != 0 {
					t.Errorf("got %v, want nothing", report.Findings)
				}
			})
		}
	}
}

// An instance that crashes between record and answer leaves a record, in both places or on standard
// output only. The next instance names its head in the container.
func TestCrash(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	crashed, out := c.start(t)
	if err := crashed.Write(t.Context(), signed("recorded"), audit.Attempts); err != nil {
		t.Fatal(err)
	}
	c.Fail(blobtest.Down, 0)
	wantUnavailable(t, crashed.Write(t.Context(), signed("printed"), audit.Attempts))
	crashed.Kill() // without a word
	c.Clear()

	next, nextOut := c.start(t)
	if err := next.Write(t.Context(), signed("next"), audit.Attempts); err != nil {
		t.Fatal(err)
	}
	next.Close()
	if !strings.Contains(nextOut.String(), `"known":[{"instance"`) {
		t.Errorf("got %s, want the head of the chain before", nextOut)
	}
	report := c.verify(t, nil)
	if len(report.Findings) != 0 || len(report.Chains) != 2 {
		t.Errorf("got %+v of the container, want two chains and no finding", report)
	}
	report = c.verify(t, nil, out.String(), nextOut.String())
	if len(report.Findings) != 0 || report.Records != 4 {
		t.Errorf("got %+v of all, want four records and no finding", report)
	}
	for _, chain := range report.Chains {
		if chain.Ended == (chain.Records == 2 && strings.Contains(out.String(), chain.Instance)) {
			t.Errorf("got %+v, want an end of the second instance alone", chain)
		}
	}
}

// Two instances write at the same time. A timestamp of one covers both, so a cut in the other is
// found.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	trust, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer trust.Close()
	roots := x509.NewCertPool()
	roots.AddCert(trust.Root)
	timestamper, err := trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{trust.TSAURL()}, Anchors: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer timestamper.Close()
	c := newContainer(t)
	timestamped := func(config *audit.Config) { config.Timestamper = timestamper }
	first, _ := c.start(t, timestamped)
	second, _ := c.start(t, timestamped)
	var group sync.WaitGroup
	for _, log := range []*audit.Log{first, second} {
		for w := range 4 {
			group.Go(func() {
				for i := range 25 {
					if err := log.Write(t.Context(), signed(fmt.Sprint(w, i)), audit.Attempts); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if err := first.TimestampHeads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.TimestampHeads(t.Context()); err != nil { // there is nothing new
		t.Fatal(err)
	}
	first.Close()
	second.Close()
	report := c.verify(t, roots)
	if len(report.Findings) != 0 || report.Records != 203 || len(report.Chains) != 2 {
		t.Fatalf("got %+v, want two whole chains", report)
	}
	for _, chain := range report.Chains {
		if chain.Proved != 100 || !chain.Ended {
			t.Errorf("got %+v, want 100 records proved", chain)
		}
	}
	content := c.Content()
	for name, text := range content {
		if bytes.Contains(text, []byte(`"audit timestamp"`)) {
			continue
		}
		lines := bytes.SplitAfter(text, []byte("\n"))
		c.Replace(name, bytes.Join(lines[:60], nil))
		cut := c.verify(t, roots)
		if !slices.ContainsFunc(cut.Findings, func(f verify.Finding) bool {
			return f.Kind == verify.Cut && f.Place.Source == name && f.Place.Line == 60 && f.Sequence == 61
		}) {
			t.Errorf("got %v, want the cut behind line 60 of %s", cut.Findings, name)
		}
		c.Replace(name, nil)
		if gone := c.verify(t, roots); !slices.ContainsFunc(gone.Findings, func(f verify.Finding) bool {
			return f.Kind == verify.Missing
		}) {
			t.Errorf("got %v, want a missing chain", gone.Findings)
		}
	}
}

// Lines that arrive while a block is written form the next block together.
func TestWritesAreGrouped(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	log, out := c.start(t)
	if err := log.Write(t.Context(), signed("first"), audit.Attempts); err != nil {
		t.Fatal(err)
	}
	const writers = 50
	out.lines = make(chan struct{}, writers)
	c.Fail(blobtest.Slow, 1) // the next call, until all others wait
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			if err := log.Write(t.Context(), signed(fmt.Sprint(i)), audit.Attempts); err != nil {
				t.Error(err)
			}
		})
	}
	for range writers {
		<-out.lines
	}
	c.Clear()
	group.Wait()
	if got := c.Appends(); got > 4 {
		t.Errorf("got %d blocks for %d records, want them in groups", got, writers+1)
	}
	out.lines = nil
	log.Close()
}

// shortWriter writes some bytes of one line and then fails.
type shortWriter struct {
	bytes.Buffer
	take int // bytes of the next line; below 0 = all
}

func (w *shortWriter) Write(p []byte) (int, error) {
	if w.take < 0 {
		return w.Buffer.Write(p)
	}
	n := min(w.take, len(p))
	w.take = -1
	w.Buffer.Write(p[:n])
	return n, io.ErrShortWrite
}

// A line that was written in part is no record: the next line gets its sequence number.
func TestTornLine(t *testing.T) {
	t.Parallel()
	for _, take := range []int{0, 1, 100} {
		out := &shortWriter{take: -1}
		log := audit.New(audit.Config{Out: out})
		_ = log.Write(t.Context(), signed("first"), audit.Attempts)
		out.take = take
		if err := log.Write(t.Context(), signed("torn"), audit.Attempts); err == nil {
			t.Error("got no error for a line that was not written")
		}
		if err := log.Write(t.Context(), signed("next"), audit.Attempts); err != nil {
			t.Error(err)
		}
		log.Close()
		found := &verify.Log{}
		if err := found.Add("log", bytes.NewReader(out.Bytes())); err != nil {
			t.Fatal(err)
		}
		for _, finding := range found.Report().Findings {
			if finding.Kind != verify.Unreadable {
				t.Errorf("%d bytes: got %v, want the torn line alone", take, finding)
			}
		}
	}
}
