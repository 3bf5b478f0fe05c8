package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
)

const (
	patience     = 100 * time.Second // of a client: more than any deadline of a route
	healthPeriod = 250 * time.Millisecond
)

// storm is the load on one handler.
type storm struct {
	cloud   *cloudtest.Cloud
	clock   *skew // of cloud
	root    string
	host    *hosttest.Host
	witness *witness
	tally   *tally
	events  *events
	peak    atomic.Int64 // bytes, of any of the handler's processes
	kills   atomic.Int64
	queued  queued

	mu    sync.Mutex
	token string
}

// newStorm starts a cloud, and a host with the handler. Close it.
func newStorm(ctx context.Context, root string, tally *tally) (*storm, error) {
	clock := new(skew)
	cloud, err := cloudtest.Start(ctx, cloudtest.Config{AuditContainer: true, Jobs: true, Now: clock.now,
		CacheTTL: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	s := &storm{cloud: cloud, clock: clock, root: root, tally: tally, events: new(events),
		witness: &witness{root: cloud.Root()}}
	if err := s.start(ctx); err != nil {
		cloud.Close()
		return nil, err
	}
	return s, nil
}

func (s *storm) close() {
	s.host.Close()
	s.cloud.Close()
}

// start starts the host and its handler.
func (s *storm) start(ctx context.Context) (err error) {
	s.host, err = s.cloud.StartHost(ctx, hosttest.Config{Root: s.root,
		Environ: []string{fmt.Sprintf("WEBSITE_MEMORY_LIMIT_MB=%d", container)},
		// The host gives up on a handler that fails three times in half an hour, but here this
		// program kills it. So the host's clock moves with each kill.
		Now: func() time.Time { return time.Now().Add(time.Duration(s.kills.Load()) * time.Hour) },
	})
	if err != nil {
		return err
	}
	if err := s.host.Ready(ctx); err != nil {
		return errors.Join(err, s.host.Close())
	}
	return s.renew(ctx)
}

// renew gets another access token.
func (s *storm) renew(ctx context.Context) error {
	token, err := s.cloud.UserCredential().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.cloud.Scope}})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token.Token
	return nil
}

func (s *storm) bearer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// client sends requests of all kinds, one at a time.
func (s *storm) client(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		switch random.IntN(14) {
		case 0:
			s.verify(ctx, random)
		case 1:
			s.cut(ctx, random)
		case 2:
			s.anonymous(ctx)
		case 3, 4:
			s.submit(ctx, random)
		default:
			s.sign(ctx, random)
		}
	}
}

// sign has a document sealed, and verifies the answer.
func (s *storm) sign(ctx context.Context, random *rand.Rand) {
	level := []string{"B-B", "B-B", "B-B", "B-T", "B-LT", "B-LTA"}[random.IntN(6)]
	size := random.IntN(200 << 10)
	if random.IntN(60) == 0 {
		size = 20 << 20
	}
	s.signOne(ctx, pdftest.Sample(size), random.Uint64(), level)
}

// signOne has a document sealed with the number appended, and verifies the answer. All documents
// differ by it, so that a document returned to the wrong caller is noticed.
func (s *storm) signOne(ctx context.Context, document []byte, number uint64, level string) {
	document = fmt.Appendf(document[:len(document):len(document)], "%% %016x\n", number)
	a := s.send(ctx, "sign "+level, "/api/sign?level="+level, bytes.NewReader(document), s.bearer())
	if a.status == http.StatusOK {
		if err := s.witness.document(a.header, document, a.body, level); err != nil {
			s.tally.wrong("a document signed at %s: %v", level, err)
		}
	}
}

// crowd sends more at once than the memory for documents can hold, and waits for the answers.
func (s *storm) crowd() {
	const callers, size = 8, 20 << 20
	document := pdftest.Sample(size)
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() { s.signOne(context.Background(), document, uint64(n), "B-B") })
	}
	all.Wait()
}

// verify has a document sealed, and then requests reports on it, once unchanged and once with one
// byte changed.
func (s *storm) verify(ctx context.Context, random *rand.Rand) {
	document := pdftest.Sample(random.IntN(100 << 10))
	signed := s.send(ctx, "sign B-B", "/api/sign?level=B-B", bytes.NewReader(document), s.bearer())
	if signed.status != http.StatusOK {
		return
	}
	tampered := bytes.Clone(signed.body)
	tampered[len(document)/2] ^= 1
	for _, sent := range []struct {
		document []byte
		whole    bool
	}{{signed.body, true}, {tampered, false}} {
		a := s.send(ctx, "verify", "/api/verify", bytes.NewReader(sent.document), s.bearer())
		if a.status != http.StatusOK {
			continue
		}
		var report struct {
			Verdict struct{ Indication string }
		}
		err := json.Unmarshal(a.body, &report)
		got := report.Verdict.Indication
		// without the evidence of a service that is down, a good signature can be INDETERMINATE
		if err != nil || sent.whole && got == "TOTAL-FAILED" || !sent.whole && got == "TOTAL-PASSED" || got == "" {
			s.tally.wrong("the report on a complete document (%v): got %q and %v", sent.whole, got, err)
		}
	}
}

// cutBody is a body that breaks off after half its length.
type cutBody struct {
	io.Reader
	after func() error
}

func (b *cutBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.after()
	}
	return n, err
}

var errCut = errors.New("the caller cuts the connection")

// cut sends half of a document and breaks the connection.
func (s *storm) cut(ctx context.Context, random *rand.Rand) {
	document := pdftest.Sample(300 << 10)
	pause := time.Duration(random.IntN(500)) * time.Millisecond
	body := &cutBody{bytes.NewReader(document[:len(document)/2]), func() error {
		time.Sleep(pause)
		return errCut
	}}
	if a := s.send(ctx, "cut", "/api/sign", body, s.bearer()); a.status == http.StatusOK {
		s.tally.wrong("a document of which half arrived was signed")
	}
}

// anonymous sends a document without a token.
func (s *storm) anonymous(ctx context.Context) {
	a := s.send(ctx, "anonymous", "/api/sign", bytes.NewReader(pdftest.Sample(1<<20)), "")
	if a.status == http.StatusOK {
		s.tally.wrong("a document was signed without an access token")
	}
}

// watchHealth requests the health all the time.
func (s *storm) watchHealth(ctx context.Context) {
	tick := time.NewTicker(healthPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.send(ctx, "health", "/api/health", nil, "")
			s.notePeak()
		}
	}
}

// notePeak reads the handler's peak memory: proc_pid_status(5).
func (s *storm) notePeak() {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.host.PID()))
	if err != nil {
		return // it has just ended
	}
	_, after, _ := strings.Cut(string(text), "\nVmHWM:")
	kilobytes, _ := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
	for {
		peak := s.peak.Load()
		if kilobytes<<10 <= peak || s.peak.CompareAndSwap(peak, kilobytes<<10) {
			break
		}
	}
	if kilobytes<<10 > container<<20 {
		s.tally.wrong("the handler took %d MiB", kilobytes>>10)
	}
}

// calm waits until the faults are over, and checks that everything works again.
func (s *storm) calm(ctx context.Context) {
	const within = time.Minute
	began := time.Now()
	for {
		err := s.renew(ctx)
		if err == nil {
			document := pdftest.Sample(1000)
			a := s.send(ctx, "afterwards", "/api/sign?level=B-LTA", bytes.NewReader(document), s.bearer())
			if err = s.witness.document(a.header, document, a.body, "B-LTA"); a.status == http.StatusOK && err == nil {
				return
			}
			err = fmt.Errorf("status %d, code %q, %w", a.status, a.code, err)
		}
		if ctx.Err() != nil || time.Since(began) > within {
			s.tally.wrong("%v after the last fault a document cannot be signed at B-LTA: %v", within, err)
			return
		}
		time.Sleep(time.Second)
	}
}
