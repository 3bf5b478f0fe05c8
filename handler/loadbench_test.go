package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// poster gives a function that has the staged handler sign a document, for the given number of
// concurrent callers.
func (p *program) poster(b *testing.B, document []byte, callers int) func() error {
	b.Helper()
	api := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	b.Cleanup(api.CloseIdleConnections)
	bearer := "Bearer " + p.token(b)
	return func() error {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, p.host.HandlerURL()+"/api/sign",
			bytes.NewReader(document))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", bearer)
		request.Header.Set("Content-Type", "application/pdf")
		response, err := api.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		got, err := io.Copy(io.Discard, response.Body)
		if err != nil || response.StatusCode != http.StatusOK || got <= int64(len(document)) {
			return fmt.Errorf("status %d, %d bytes: %w", response.StatusCode, got, err)
		}
		return nil
	}
}

// BenchmarkPeakMemory measures the peak memory of the staged handler while it signs four documents
// of 50 MB at once, as a multiple of these documents.
func BenchmarkPeakMemory(b *testing.B) {
	const callers, size = 4, 50 << 20
	p := start(b, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	post := p.poster(b, pdftest.Sample(size), callers)
	for b.Loop() {
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				for range 3 { // what one leaves behind counts for the next one
					if err := post(); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wait.Wait()
	}
	b.ReportMetric(peakMemory(b, p.host.PID())/(callers*size), "documents")
	b.ReportMetric(1.35, "documents-limit")
}

// peakMemory is the most bytes that a process had in memory: proc_pid_status(5), VmHWM.
func peakMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes * 1024
}

// BenchmarkPercentiles measures how long 64 callers wait that sign without a pause: the 99th
// percentile against the median. The callers run on the handler's cores.
func BenchmarkPercentiles(b *testing.B) {
	const callers, each = 64, 40
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048}, hosttest.Config{})
	post := p.poster(b, pdftest.Sample(100<<10), callers)
	var mu sync.Mutex
	var waited []time.Duration
	for b.Loop() {
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				own := make([]time.Duration, 0, each)
				for i := range each + 1 {
					began := time.Now()
					if err := post(); err != nil {
						b.Error(err)
						return
					}
					if i > 0 { // the first one connects
						own = append(own, time.Since(began))
					}
				}
				mu.Lock()
				defer mu.Unlock()
				waited = append(waited, own...)
			})
		}
		wait.Wait()
	}
	if len(waited) == 0 {
		b.Fatal("got no answer, want some")
	}
	slices.Sort(waited)
	middle, late := waited[len(waited)/2], waited[len(waited)*99/100]
	b.ReportMetric(float64(middle.Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(late.Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(late)/float64(middle), "p50s")
	b.ReportMetric(5, "p50s-limit")
}
