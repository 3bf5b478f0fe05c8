package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/queuetest"
	"influxion/handler/internal/trusttest"
)

// remembered is how long after its end a fault explains answers: the handler remembers failures of
// trust services for 30 s, and a request may take a minute.
const remembered = 90 * time.Second

// skew is an adjustable clock error. Safe for concurrent use.
type skew struct{ by atomic.Int64 }

func (s *skew) now() time.Time { return time.Now().Add(time.Duration(s.by.Load())) }

// event is a fault in one part of the system, and the problem codes that it explains.
type event struct {
	name     string
	begin    func()
	end      func()
	explains []string
}

// The problem codes by their cause. Load explains the codes of load at any time.
var (
	ofLoad     = []string{"busy", "deadline_exceeded"}
	ofVault    = []string{"vault_unavailable", "vault_forbidden", "key_unusable", "certificate_not_found"}
	ofEntra    = []string{"identity_unavailable", "invalid_token"}
	ofTrust    = []string{"level_unreachable"}
	ofStorage  = []string{"audit_unavailable", "jobs_unavailable", pendingJob}
	ofQueue    = []string{"jobs_unavailable", pendingJob}
	ofIdentity = append(append([]string{}, ofStorage...), ofVault...)
	ofKill     = []string{"client_gone", "body_incomplete", pendingJob}
)

// killed is the fault that lasts until the host has started another handler.
const killed = "handler: killed"

// pendingJob is the code of a job that has not ended.
const pendingJob = "not ended"

// possible lists the faults.
func (s *storm) possible() []event {
	nothing := func() {}
	return slices.Concat(s.vaultFaults(), s.entraFaults(), s.trustFaults(), s.storageFaults(), []event{
		{"token keys change", func() { _ = s.cloud.Entra.RotateKeys() }, nothing, ofEntra},
		{"certificate changes", func() { _, _ = s.cloud.RotateCertificate() }, nothing, ofVault},
		s.clockFault("ahead", 20*time.Minute),
		s.clockFault("behind", -20*time.Minute),
		{"memory: a crowd of large documents", s.crowd, nothing, nil},
		{killed, s.kill, s.awaitHandler, slices.Concat(ofKill, ofEntra)},
	})
}

func (s *storm) clockFault(where string, by time.Duration) event {
	return event{"clock: Azure is 20 minutes " + where, func() { s.clock.by.Store(int64(by)) },
		func() { s.clock.by.Store(0) }, slices.Concat(ofEntra, ofTrust, ofIdentity)}
}

func (s *storm) vaultFaults() (all []event) {
	for _, kind := range []keyvaulttest.Kind{keyvaulttest.Down, keyvaulttest.Slow, keyvaulttest.Throttled,
		keyvaulttest.ServerError, keyvaulttest.Unavailable, keyvaulttest.Garbage, keyvaulttest.Empty,
		keyvaulttest.ForbiddenByRBAC, keyvaulttest.TokenRefused, keyvaulttest.NotFound, keyvaulttest.OtherName,
		keyvaulttest.BrokenChallenge, keyvaulttest.Huge} {
		all = append(all, event{"vault: " + string(kind),
			func() { s.cloud.Vault.SetFault(keyvaulttest.Fault{Kind: kind}) }, s.cloud.Vault.ClearFault, ofVault})
	}
	return all
}

func (s *storm) entraFaults() (all []event) {
	for _, endpoint := range []entratest.Endpoint{entratest.Discovery, entratest.Keys, entratest.ManagedIdentity} {
		explains := ofEntra
		if endpoint == entratest.ManagedIdentity {
			explains = ofIdentity
		}
		for _, kind := range []entratest.Fault{entratest.Down, entratest.Slow, entratest.Garbage, entratest.ServerError,
			entratest.Throttled} {
			all = append(all, event{string(endpoint) + ": " + string(kind),
				func() { s.cloud.Entra.SetFault(endpoint, kind) },
				func() { s.cloud.Entra.SetFault(endpoint, entratest.None) }, explains})
		}
	}
	return all
}

func (s *storm) trustFaults() (all []event) {
	for _, service := range []trusttest.Service{trusttest.TSA, trusttest.OCSP, trusttest.CRL} {
		for _, kind := range []trusttest.Kind{trusttest.Down, trusttest.Slow, trusttest.SlowBody, trusttest.ServerError,
			trusttest.Garbage, trusttest.Empty, trusttest.Truncated, trusttest.Huge} {
			all = append(all, event{fmt.Sprint(service, ": ", kind),
				func() { s.cloud.Trust.Fault(service, trusttest.Fault{Kind: kind}) },
				func() { s.cloud.Trust.ClearFault(service) }, ofTrust})
		}
	}
	for _, kind := range []trusttest.Kind{trusttest.WrongNonce, trusttest.WrongImprint, trusttest.WrongSignature,
		trusttest.Untrusted, trusttest.WrongTime} {
		all = append(all, event{"TSA: " + string(kind),
			func() { s.cloud.Trust.Fault(trusttest.TSA, trusttest.Fault{Kind: kind}) },
			func() { s.cloud.Trust.ClearFault(trusttest.TSA) }, ofTrust})
	}
	return all
}

// storageFaults lists the faults of the containers and of the queue.
func (s *storm) storageFaults() (all []event) {
	for _, kind := range []blobtest.Kind{blobtest.Down, blobtest.Slow, blobtest.Full, blobtest.Throttled,
		blobtest.Lost} {
		all = append(all, event{"container: " + string(kind), func() { s.cloud.Blobs.Fail(kind, 0) },
			s.cloud.Blobs.Clear, ofStorage})
	}
	for _, kind := range []queuetest.Kind{queuetest.Down, queuetest.Throttled, queuetest.Lost} {
		all = append(all, event{"queue: " + string(kind), func() { s.cloud.Queue.Fail(kind, 0) },
			s.cloud.Queue.Clear, ofQueue})
	}
	return all
}

// kill kills the handler without warning; the host starts another.
func (s *storm) kill() {
	s.notePeak()
	s.kills.Add(1)
	if pid := s.host.PID(); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// awaitHandler waits for the handler that the host starts after a kill.
func (s *storm) awaitHandler() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if a, err := s.health(ctx, ""); err == nil && a.status == http.StatusOK {
			return
		}
		wait(ctx, healthPeriod)
	}
}

// health requests the health without checking the answer.
func (s *storm) health(ctx context.Context, query string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.host.URL()+"/api/health"+query, nil)
	if err != nil {
		return answer{}, err
	}
	return do(request)
}

// faults causes one fault after the other, some of them at once, until the context ends.
func (s *storm) faults(ctx context.Context, random *rand.Rand) {
	possible := s.possible()
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		chosen := possible[random.IntN(len(possible))]
		lasts := time.Duration(200+random.IntN(5000)) * time.Millisecond
		all.Go(func() {
			over := s.events.begin(chosen)
			defer over()
			chosen.begin()
			defer chosen.end()
			wait(ctx, lasts)
		})
		wait(ctx, time.Duration(500+random.IntN(3000))*time.Millisecond)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// events records the faults that have occurred. Safe for concurrent use.
type events struct {
	mu  sync.Mutex
	all []*past
}

// past is a fault with its time.
type past struct {
	event
	from, to time.Time // to is zero while it lasts
}

// begin records the start of a fault; over records its end.
func (e *events) begin(of event) (over func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := &past{event: of, from: time.Now()}
	e.all = append(e.all, p)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		p.to = time.Now()
	}
}

// explain reports whether a fault explains a code: a fault since that time, or an earlier one that
// is still remembered.
func (e *events) explain(code string, since time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.all {
		if !p.to.IsZero() && p.to.Add(remembered).Before(since) {
			continue
		}
		for _, explained := range p.explains {
			if explained == code {
				return true
			}
		}
	}
	return false
}

// killed reports whether there was no handler at any time since then.
func (e *events) killed(since time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.all {
		if p.name == killed && (p.to.IsZero() || p.to.After(since)) {
			return true
		}
	}
	return false
}

func (e *events) print(out io.Writer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kinds := map[string]int{}
	for _, p := range e.all {
		kinds[p.name]++
	}
	fmt.Fprintf(out, "%d faults of %d kinds\n", len(e.all), len(kinds))
}
