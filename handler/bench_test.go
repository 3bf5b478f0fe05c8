package main_test

import (
	"bufio"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// BenchmarkPostSign measures signatures a second over HTTP, without a host in between, at the
// staged handler with real access tokens. It compares them with the bare private-key operations a
// second on the same cores. The client runs on these cores too.
func BenchmarkPostSign(b *testing.B) {
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048}, hosttest.Config{})
	key, err := pkitest.NewKey(pkitest.RSA2048)
	if err != nil {
		b.Fatal(err)
	}
	document := pdftest.Sample(100 << 10)
	// The client runs on the same cores, so it does as little as possible: it sends prepared bytes
	// over connections that stay open.
	address := strings.TrimPrefix(p.host.HandlerURL(), "http://")
	request := fmt.Appendf(nil, "POST /api/sign HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: "+
		"application/pdf\r\nContent-Length: %d\r\n\r\n",
		address, p.token(b), len(document))
	request = append(request, document...)
	connections := make(chan *bufio.ReadWriter, 2*runtime.GOMAXPROCS(0))
	for range cap(connections) {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		defer connection.Close()
		connections <- bufio.NewReadWriter(bufio.NewReaderSize(connection, 128<<10),
			bufio.NewWriterSize(connection, 16))
	}
	post := func() error {
		connection := <-connections
		defer func() { connections <- connection }()
		if _, err := connection.Write(request); err != nil {
			return err
		}
		if err := connection.Flush(); err != nil {
			return err
		}
		response, err := http.ReadResponse(connection.Reader, nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK || response.ContentLength <= int64(len(document)) {
			return fmt.Errorf("status %d, %d bytes", response.StatusCode, response.ContentLength)
		}
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	digest := sha256.Sum256(document)
	bare := func() error {
		_, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		return err
	}
	for range 20 { // connections, keys and certificate are there before the clock runs
		if err := post(); err != nil {
			b.Fatal(err)
		}
	}
	var bareRate, postRate, busy float64
	for b.Loop() {
		bareRate += rate(b, runtime.GOMAXPROCS(0), bare)
		before := processorTime(b, p.host.PID())
		postRate += rate(b, 2*runtime.GOMAXPROCS(0), post)
		busy += processorTime(b, p.host.PID()) - before
	}
	b.ReportMetric(postRate/float64(b.N), "signatures/s")
	// The client takes its share of the cores. The handler's own share is the time of its key
	// operations in all of its processor time.
	b.ReportMetric(float64(runtime.GOMAXPROCS(0))/bareRate*postRate*float64(b.N)/busy, "handler-share")
	b.ReportMetric(postRate/bareRate, "ratio")
	b.ReportMetric(0.7, "ratio-floor")
}

// costEach is the processor time that a process takes for a call, in seconds: the mean of so many.
func costEach(b *testing.B, pid, calls int, call func()) float64 {
	before := processorTime(b, pid)
	for range calls {
		call()
	}
	return (processorTime(b, pid) - before) / float64(calls)
}

// rate is how many calls the workers complete a second, measured over one second.
func rate(b *testing.B, workers int, call func() error) float64 {
	return rateOver(b, time.Second, workers, call)
}

// rateOver is rate, measured over another period.
func rateOver(b *testing.B, period time.Duration, workers int, call func() error) float64 {
	var done atomic.Int64
	var wait sync.WaitGroup
	began := time.Now()
	for range workers {
		wait.Go(func() {
			for time.Since(began) < period {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}
