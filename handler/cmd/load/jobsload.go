package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
)

const (
	jobHosts = 2
	// storageTakes is what a request to a storage account takes at least: without it, jobs would
	// not have to wait for anything but processors.
	storageTakes = 5 * time.Millisecond
	// mostRequests is what a job asks of the blobs: its record is written, with the input behind
	// it, and read; claim, result and end are written.
	mostRequests = 5
)

// storageMeter counts what is asked of the storage, and hands out no message while it is closed.
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

// jobsLoad has the same documents signed by requests that wait and by jobs, by the same hosts.
type jobsLoad struct {
	period time.Duration
	meter  storageMeter
}

func (j *jobsLoad) config() cloudtest.Config {
	return cloudtest.Config{Jobs: true, Disturb: j.meter.disturb}
}

// spent is what some documents took.
type spent struct {
	documents int
	took      time.Duration
	processor time.Duration // of the handlers
	requests  int64         // to blobs
}

func (s spent) perSecond() float64 { return float64(s.documents) / s.took.Seconds() }

// each is the processor time of one document, in milliseconds.
func (s spent) each() float64 { return s.processor.Seconds() * 1000 / float64(s.documents) }

func (j *jobsLoad) run(ctx context.Context, t *loadtest.Target, c *claims) error {
	var processes []*loadtest.Process
	j.meter.closed.Store(true)
	for range jobHosts {
		p, err := t.Start(ctx, []string{"sign"})
		if err != nil {
			return err
		}
		defer p.Host.Close()
		processes = append(processes, p)
	}
	waited, err := j.measure(processes, func() (int, error) {
		seals, others := (&fleet{period: j.period}).seal(ctx, processes, "sign")
		if others > 0 {
			return 0, fmt.Errorf("%d documents were not signed", others)
		}
		return seals, nil
	})
	if err != nil {
		return err
	}
	count := waited.documents
	asked, err := j.measure(processes, func() (int, error) { return count, ask(ctx, processes, count) })
	if err != nil {
		return err
	}
	j.meter.closed.Store(false)
	ran, err := j.measure(processes, func() (int, error) { return count, drained(ctx, t.Cloud) })
	if err != nil {
		return err
	}
	if made := len(t.Cloud.Blobs.ContentOf(cloudtest.ResultsContainer)); made != count {
		return fmt.Errorf("%d results of %d jobs", made, count)
	}
	c.atLeast("callers who wait: seals/s", waited.perSecond(), "", 1)
	c.atMost("requests to blobs for each job", float64(asked.requests+ran.requests)/float64(ran.documents), "",
		mostRequests+0.1)
	c.note("jobs, when they are run, against that", ran.perSecond()/waited.perSecond(), "×")
	c.note("processor time of a seal", waited.each(), "ms")
	c.note("processor time of asking for a job", asked.each(), "ms")
	c.note("processor time of running a job", ran.each(), "ms")
	return nil
}

// measure tells what work took, which gives its number of documents.
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

// ask asks for so many jobs of the document, by as many callers as wait for seals.
func ask(ctx context.Context, processes []*loadtest.Process, count int) error {
	document := pdftest.Sample(sealBytes)
	var left, refused atomic.Int64
	left.Store(int64(count))
	var all sync.WaitGroup
	for _, p := range processes {
		for range eachClients {
			all.Go(func() {
				for ctx.Err() == nil && left.Add(-1) >= 0 {
					if !askOnce(ctx, p, document) {
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

func askOnce(ctx context.Context, p *loadtest.Process, document []byte) bool {
	request, err := p.Request(ctx, "jobs?operation=sign", bytes.NewReader(document), int64(len(document)))
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
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
