package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
)

const (
	jobHosts = 2
	// jobsAtOnce is the number of jobs that a host runs at a time, by functions/jobs/host.json.
	// Each host also has this many waiting callers, so that both ways wait equally for other
	// services.
	jobsAtOnce = 32
	// The shortest answer times of other services, in Azure or near it.
	storageTakes   = 5 * time.Millisecond
	authorityTakes = 50 * time.Millisecond // a timestamp authority
	keyTakes       = 30 * time.Millisecond // a signature of the vault
	// mostRequests is the number of blob requests of one job: writing the record and the input,
	// reading them, and writing claim, result and end.
	mostRequests = 5
)

// jobKinds are the kinds of documents requested in both ways. least is the smallest number of jobs
// that run in the processor time of one seal for a waiting caller, where as many are asked for in a
// second as jobs run: a process that sleeps between requests takes more time for each, whatever it
// waits for. With a key in the vault a seal takes the least, and the vault's own limit comes first
// for both.
var jobKinds = []struct {
	what, options string
	least         float64
}{
	{"B-B", "", 0.8},
	{"B-B, key in the vault", "certificate=" + heldName, 0.6},
	{"B-T", "level=B-T", 0.8},
	{"B-LTA", "level=B-LTA", 0.8},
}

// storageMeter counts the requests to the blob storage. While it is closed, it hands out no
// messages.
type storageMeter struct {
	closed atomic.Bool
	blobs  atomic.Int64
}

func (m *storageMeter) disturb(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.Contains(r.URL.Path, "/messages"):
			m.blobs.Add(1)
		case r.Method == http.MethodGet && m.closed.Load():
			w.Header().Set("X-Ms-Error-Code", "ServerBusy")
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		time.Sleep(storageTakes)
		next.ServeHTTP(w, r)
	})
}

// jobsLoad signs the same documents twice on the same hosts: by requests that wait, and by jobs.
type jobsLoad struct {
	period time.Duration
	meter  storageMeter
}

func (j *jobsLoad) config() cloudtest.Config {
	return cloudtest.Config{Jobs: true, HeldName: heldName, Disturb: j.meter.disturb}
}

// spent is what a number of documents cost.
type spent struct {
	documents int
	took      time.Duration
	processor time.Duration // of the handlers
	requests  int64         // to blobs
}

func (s spent) perSecond() float64 { return float64(s.documents) / s.took.Seconds() }

// each returns the processor time of one document, in milliseconds.
func (s spent) each() float64 { return s.processor.Seconds() * 1000 / float64(s.documents) }

func (j *jobsLoad) run(ctx context.Context, t *loadtest.Target, c *claims) error {
	authority, err := slowAuthority(t.Cloud.Trust.TSAURL())
	if err != nil {
		return err
	}
	defer authority.Close()
	t.Cloud.Vault.SetSigning(keyvaulttest.Signing{Takes: keyTakes})
	var processes []*loadtest.Process
	for range jobHosts {
		p, err := t.Start(ctx, []string{"sign", "sign?level=B-LTA", "sign?certificate=" + heldName},
			"INFLUXION_TSA_URL="+authority.URL)
		if err != nil {
			return err
		}
		defer p.Host.Close()
		processes = append(processes, p)
	}
	for _, kind := range jobKinds {
		waited, asked, ran, err := j.compare(ctx, t, processes, kind.options)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.what, err)
		}
		rested, err := j.sealAsOften(ctx, processes, ran, kind.options)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.what, err)
		}
		what := kind.what + ": "
		c.note(what+"seals/s", waited.perSecond(), "")
		c.note(what+"processor time of a seal", waited.each(), "ms")
		c.note(what+"processor time of submitting a job", asked.each(), "ms")
		c.note(what+"processor time of running a job", ran.each(), "ms")
		c.note(what+"jobs/s", ran.perSecond(), "")
		c.note(what+"seals/s at the rate of the jobs", rested.perSecond(), "")
		c.note(what+"processor time of a seal at the rate of the jobs", rested.each(), "ms")
		c.note(what+"jobs that the processor time of a seal runs", waited.each()/ran.each(), "×")
		c.atLeast(what+"jobs that the processor time of such a seal runs", rested.each()/ran.each(), "×", kind.least)
		c.note(what+"jobs in the elapsed time of a seal, on a machine that storage and hosts share",
			ran.perSecond()/waited.perSecond(), "×")
		c.atMost(what+"requests to blobs for each job", float64(asked.requests+ran.requests)/float64(ran.documents), "",
			mostRequests+0.1)
	}
	return nil
}

// slowAuthority serves the timestamp authority at that address with the delay of a more distant
// one.
func slowAuthority(address string) (*httptest.Server, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	near := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL = at }}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(authorityTakes)
		near.ServeHTTP(w, r)
	})), nil
}

// compare lets waiting callers sign documents for the period, and then lets jobs make the same
// number of documents.
func (j *jobsLoad) compare(ctx context.Context, t *loadtest.Target, processes []*loadtest.Process, options string) (
	waited, asked, ran spent, err error) {
	made := func() int { return len(t.Cloud.Blobs.ContentOf(cloudtest.ResultsContainer)) }
	before := made()
	j.meter.closed.Store(true)
	waited, err = j.measure(processes, func() (int, error) {
		return sealAll(ctx, &fleet{period: j.period, clients: jobsAtOnce}, processes, options)
	})
	if err != nil {
		return waited, asked, ran, err
	}
	count := waited.documents
	asked, err = j.measure(processes, func() (int, error) { return count, ask(ctx, processes, count, options) })
	if err != nil {
		return waited, asked, ran, err
	}
	j.meter.closed.Store(false)
	ran, err = j.measure(processes, func() (int, error) { return count, drained(ctx, t.Cloud) })
	if err == nil && made() != before+count {
		err = fmt.Errorf("%d results of %d jobs", made()-before, count)
	}
	return waited, asked, ran, err
}

// sealAsOften measures callers who wait for as many seals a second as jobs ran.
func (j *jobsLoad) sealAsOften(ctx context.Context, processes []*loadtest.Process, ran spent, options string) (
	spent, error) {
	every := time.Duration(jobHosts * jobsAtOnce / ran.perSecond() * float64(time.Second))
	return j.measure(processes, func() (int, error) {
		return sealAll(ctx, &fleet{j.period, jobsAtOnce, every}, processes, options)
	})
}

// sealAll returns the number of documents that callers got signed. Another answer is an error.
func sealAll(ctx context.Context, callers *fleet, processes []*loadtest.Process, options string) (int, error) {
	seals, others := callers.seal(ctx, processes, "sign?"+options)
	if others > 0 {
		return 0, fmt.Errorf("%d documents were not signed", others)
	}
	return seals, nil
}

// measure returns what work cost. work returns its number of documents.
func (j *jobsLoad) measure(processes []*loadtest.Process, work func() (int, error)) (s spent, err error) {
	before, err := processorTime(processes)
	if err != nil {
		return s, err
	}
	requests, began := j.meter.blobs.Load(), time.Now()
	if s.documents, err = work(); err != nil {
		return s, err
	}
	s.took, s.requests = time.Since(began), j.meter.blobs.Load()-requests
	after, err := processorTime(processes)
	s.processor = after - before
	if err == nil && s.documents == 0 {
		err = errors.New("nothing was signed")
	}
	return s, err
}

// ask submits count jobs for the document, from as many callers as those that wait for seals.
func ask(ctx context.Context, processes []*loadtest.Process, count int, options string) error {
	document := pdftest.Sample(sealBytes)
	var left, refused atomic.Int64
	left.Store(int64(count))
	var all sync.WaitGroup
	for _, p := range processes {
		for range jobsAtOnce {
			all.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				for ctx.Err() == nil && left.Add(-1) >= 0 {
					if !askOnce(ctx, p, client, document, options) {
						refused.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	if n := refused.Load(); n > 0 {
		return fmt.Errorf("%d jobs were refused", n)
	}
	return ctx.Err()
}

func askOnce(ctx context.Context, p *loadtest.Process, client *http.Client, document []byte, options string) bool {
	request, err := p.Request(ctx, "jobs?operation=sign&"+options, bytes.NewReader(document), int64(len(document)))
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusAccepted
}

// drained waits until the hosts have taken and deleted all messages.
func drained(ctx context.Context, cloud *cloudtest.Cloud) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for len(cloud.Queue.Messages(cloudtest.JobsQueue)) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
