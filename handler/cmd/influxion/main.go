// Command influxion is the command line of Influxion: it signs PDF documents, lengthens the life of signatures, verifies them, and finds out
// what is wrong with a deployment.
//
// It never prints a token unless it is told to, never writes half a document, and never obeys text that comes out of a document.
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Stamped by build.sh.
var (
	version = "development"
	commit  = "unknown"
)

func main() {
	// A second Ctrl-C changes nothing: the first one ends everything within moments, and takes the temporary files along.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, configFolder: os.UserConfigDir, transport: newTransport(), now: time.Now,
	}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// newTransport is Go's own with a connection for each job.
func newTransport() http.RoundTripper {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = maxJobs
	transport.ResponseHeaderTimeout = answerTime
	return transport
}
