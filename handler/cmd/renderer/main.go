// Command renderer prints HTML pages as PDF with the Chromium of this machine. It offers the part
// of Gotenberg's HTTP API (version 8) that Influxion uses: POST /forms/chromium/convert/html, GET
// /health and GET /version. It is for laptops and tests; deployments run Gotenberg itself.
//
// It must never listen beyond loopback, be linked into the handler, let a page read or fetch
// anything but the files of its own form, run a script, or keep anything of a page. Each page gets
// its own browser process and profile, which end with the answer.
//
// Read server.go first, then browser.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// browserNames are the names of Chromium and related browsers in PATH.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
	"headless-shell", "chrome-headless-shell"}

var errNoBrowser = errors.New("no Chromium in PATH: install it, or name one with -browser")

// options is the command line.
type options struct {
	port    int
	browser string
	limits  limits
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "renderer:", err)
		os.Exit(2)
	}
	if err := run(ctx, o, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "renderer:", err)
		os.Exit(1)
	}
}

func parse(arguments []string, out io.Writer) (options, error) {
	o := options{limits: usualLimits()}
	flags := flag.NewFlagSet("renderer", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&o.port, "port", 3000, "port to listen on, on 127.0.0.1; 0 = any free one")
	flags.StringVar(&o.browser, "browser", "", "`file` of the browser (default: a Chromium in PATH)")
	flags.IntVar(&o.limits.printing, "concurrent", o.limits.printing, "number of pages that print at a time")
	flags.IntVar(&o.limits.waiting, "queue", o.limits.waiting, "number of pages that wait beside them")
	flags.DurationVar(&o.limits.time, "timeout", o.limits.time, "time limit of one page, its wait included")
	flags.Int64Var(&o.limits.printed, "max-bytes", o.limits.printed, "size limit of one print")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("got %q, want flags alone", flags.Args())
	case o.port < 0 || o.port > 65535:
		return o, fmt.Errorf("-port %d: not a port", o.port)
	}
	return o, o.limits.check()
}

// findBrowser returns the path of the browser.
func findBrowser(named string) (string, error) {
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("find the browser: %w", err)
		}
		return path, nil
	}
	for _, name := range browserNames {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// run serves until ctx ends. The first line on out is the address.
func run(ctx context.Context, o options, out io.Writer, log *slog.Logger) error {
	path, err := findBrowser(o.browser)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return err
	}
	s := newServer(&browser{path: path, limit: o.limits.printed}, o.limits, log)
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		BaseContext:    func(net.Listener) context.Context { return ctx },
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	log.Info("listening", "address", listener.Addr().String(), "browser", path)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// The end of ctx also ends the browsers: the server only has to finish its answers.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(closing)
}
