package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
)

const (
	heldName    = "hardware-seal"
	fleetTTL    = 4 * time.Second // of the certificates: an instance reads each again after half of it
	vaultTakes  = 20 * time.Millisecond
	vaultRate   = 100 // signatures a second that the vault allows, of all instances
	fleetSize   = 4
	eachClients = 8 // callers of an instance
	sealBytes   = 100 << 10

	// mostDearer is the largest ratio of the processor time of a seal in a fleet to that with one
	// instance. In a fleet the instances share the caches of a processor.
	mostDearer   = 1.4
	mostKeySigns = 1.05 // of the vault for each seal
	leastOfRate  = 0.85 // of what the vault allows
)

// fleet runs several handlers that share one vault.
type fleet struct {
	period  time.Duration
	clients int           // callers of an instance
	every   time.Duration // begins a request of each caller; 0 = one after the other
}

// outcome is the result of a fleet in one period.
type outcome struct {
	seals        int
	perSecond    float64
	processor    time.Duration // of one seal
	reads, signs int           // of the vault
	otherAnswers int
	period       time.Duration
}

func (f *fleet) run(ctx context.Context, t *loadtest.Target, c *claims) error {
	alone, err := f.measure(ctx, t, 1, t.Cloud.CertificateName)
	if err != nil {
		return err
	}
	many, err := f.measure(ctx, t, fleetSize, t.Cloud.CertificateName)
	if err != nil {
		return err
	}
	t.Cloud.Vault.SetSigning(keyvaulttest.Signing{Takes: vaultTakes, PerSecond: vaultRate})
	held, err := f.measure(ctx, t, fleetSize, heldName)
	if err != nil {
		return err
	}
	claimMemory(c, "1 instance", alone, 1)
	claimMemory(c, fmt.Sprint(fleetSize, " instances"), many, fleetSize)
	c.atMost("processor time of a seal, against one instance", float64(many.processor)/float64(alone.processor), "×",
		mostDearer)
	what := fmt.Sprintf("%d instances, key in the vault, which allows %d signatures/s: ", fleetSize, vaultRate)
	c.atLeast(what+"seals/s", held.perSecond, "", leastOfRate*vaultRate)
	c.atMost(what+"signatures of the vault for each seal", float64(held.signs)/float64(held.seals), "", mostKeySigns)
	c.atMost(what+"answers other than 200", float64(held.otherAnswers), "", 0)
	return nil
}

// claimMemory compares a fleet with keys in memory with the claims of docs/scale.md.
func claimMemory(c *claims, what string, got outcome, instances int) {
	// Each instance reads a certificate at its start, and again after each half of its cache time.
	reads := float64(instances) * (2 + got.period.Seconds()/(fleetTTL/2).Seconds())
	c.atLeast(what+", keys in memory: seals/s", got.perSecond, "", 1)
	c.atMost(what+", keys in memory: processor time of a seal", got.processor.Seconds()*1000, "ms", 5)
	c.atMost(what+", keys in memory: secret reads of the vault", float64(got.reads), "", reads)
	// of the other certificate, whose key is in the vault: the self-test of that key
	c.atMost(what+", keys in memory: signatures of the vault", float64(got.signs), "", float64(instances))
	c.atMost(what+", keys in memory: answers other than 200", float64(got.otherAnswers), "", 0)
}

// measure lets the given number of handlers seal with a certificate for the period.
func (f *fleet) measure(ctx context.Context, t *loadtest.Target, instances int, certificate string) (outcome, error) {
	path := "sign?certificate=" + certificate
	vault := t.Cloud.Vault
	reads, signs := vault.Asked(keyvaulttest.GetSecret), vault.Signatures()
	began := time.Now()
	var processes []*loadtest.Process
	for range instances {
		p, err := t.Start(ctx, []string{path})
		if err != nil {
			return outcome{}, err
		}
		defer p.Host.Close()
		processes = append(processes, p)
	}
	before, err := processorTime(processes)
	if err != nil {
		return outcome{}, err
	}
	warm := instances // seals while the handlers started
	started := time.Now()
	seals, others := f.seal(ctx, processes, path)
	took := time.Since(started)
	after, err := processorTime(processes)
	if err != nil {
		return outcome{}, err
	}
	if seals == 0 || ctx.Err() != nil {
		return outcome{}, fmt.Errorf("nothing was sealed by %d instances: %w", instances, ctx.Err())
	}
	return outcome{seals: seals + warm, perSecond: float64(seals) / took.Seconds(),
		processor: (after - before) / time.Duration(seals), reads: vault.Asked(keyvaulttest.GetSecret) - reads,
		signs: vault.Signatures() - signs, otherAnswers: others, period: time.Since(began)}, nil
}

// seal counts the answers that the callers of all handlers get: those with 200, and the others.
func (f *fleet) seal(ctx context.Context, processes []*loadtest.Process, path string) (seals, others int) {
	document := pdftest.Sample(sealBytes)
	var good, bad atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(f.period)
	for _, p := range processes {
		for i := range f.clients {
			all.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				next := time.Now().Add(f.every * time.Duration(i) / time.Duration(f.clients)) // not all at once
				for ; ; next = next.Add(f.every) {
					time.Sleep(time.Until(next))
					if ctx.Err() != nil || time.Now().After(end) {
						return
					}
					if ok := sealOnce(ctx, p, client, path, document); ok {
						good.Add(1)
					} else {
						bad.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	return int(good.Load()), int(bad.Load())
}

func sealOnce(ctx context.Context, p *loadtest.Process, client *http.Client, path string, document []byte) bool {
	request, err := p.Request(ctx, path, bytes.NewReader(document), int64(len(document)))
	if err != nil {
		return false
	}
	longer := false
	a, err := loadtest.Do(client, request, func(body io.Reader) error {
		n, err := io.Copy(io.Discard, body)
		longer = n > int64(len(document))
		return err
	})
	return err == nil && a.Status == http.StatusOK && longer
}

// processorTime is the processor time that all processes have used.
func processorTime(processes []*loadtest.Process) (total time.Duration, err error) {
	for _, p := range processes {
		used, err := p.ProcessorTime()
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}
