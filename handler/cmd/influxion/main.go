// Command influxion is the command line of Influxion: it signs PDF documents, extends their
// signatures to higher levels, verifies them, and finds out what is wrong with a deployment.
//
// It must never print a token unless told to, write half a document, or let text from a document
// control it or the terminal.
//
// Read first: command.go (the tree of commands), app.go (settings, sign-in and the service),
// batch.go (what sign, extend and timestamp share). A command is in the file of its name, such as
// signcommand.go, verifycommand.go or doctor.go.
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/outfile"
)

// Set by build.sh through the linker.
var (
	version = "development"
	commit  = "unknown"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts...)
	// Without this, the system would kill the program in the middle of a document as soon as nobody
	// reads stdout any more. With it, writes to stdout fail, and the program finishes the documents
	// in progress.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		folders:   folders{config: os.UserConfigDir, cache: os.UserCacheDir},
		transport: newTransport(), now: time.Now,
		version: version,
	}
	go endAtSecond(ctx, &a.files)
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

var interrupts = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// endAtSecond ends the program at once at the second interruption, because the program may be
// waiting for a disk or a pipe. After the first interruption everything else ends within moments.
// Both remove the temporary files.
func endAtSecond(ctx context.Context, files *outfile.Files) {
	<-ctx.Done()
	again := make(chan os.Signal, 1)
	signal.Notify(again, interrupts...)
	<-again
	files.Abandon()
	os.Exit(exit.Interrupted)
}

// newTransport is Go's default transport with one connection for each job.
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
