// Command localazure runs Azure on this machine for one Function App: Entra ID, managed identity, a
// Key Vault with a signing certificate and a Functions host that runs the unmodified handler as its
// own process. It signs a PDF through the API, verifies it, prints a report and curl lines to try
// next, and keeps serving.
//
// Nobody must use it as an identity provider, because it gives access tokens to whoever asks.
// Therefore it is a separate program, listens on loopback only and makes new keys at each start.
//
// Read first: main.go. Its servers are in package cloudtest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/rendertest"
)

// certificateCacheTTL is shorter than the handler's default, so that a person soon sees the effect
// of the controls.
const certificateCacheTTL = 5 * time.Second

// options is the command line.
type options struct {
	root string
	port int
	mode string
	once bool
	out  string
	file string // "" = a sample

	environ   string // "" = none
	renderer  string // program; "" = none
	storage   storage
	hashes    bool
	algorithm string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "localazure:", err)
		os.Exit(2)
	}
	if err := run(ctx, o, os.Stdout, newLogPrinter(os.Stderr)); err != nil {
		fmt.Fprintln(os.Stderr, "localazure:", err)
		os.Exit(1)
	}
}

// parse reads the arguments; flags may follow the file.
func parse(arguments []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("localazure", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprintln(out, "usage: localazure [flags] [FILE.pdf]")
		flags.PrintDefaults()
	}
	o.flags(flags)
	var files []string
	for rest := arguments; ; {
		if err := flags.Parse(rest); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		files, rest = append(files, flags.Arg(0)), flags.Args()[1:]
	}
	switch {
	case len(files) > 1:
		return o, fmt.Errorf("one file at a time: got %q", files)
	case len(files) == 1:
		o.file = files[0]
	}
	if o.port < 0 || o.port > 65535 {
		return o, fmt.Errorf("-port %d: not a port", o.port)
	}
	if mode := hosttest.Mode(o.mode); mode != "" && mode != hosttest.Proxy && mode != hosttest.Forward {
		return o, fmt.Errorf("-mode %q: must be proxy or forward", o.mode)
	}
	return o, o.storage.check()
}

func (o *options) flags(flags *flag.FlagSet) {
	flags.StringVar(&o.root, "root", "dist", "script `folder`: host.json, the function folders, the handler")
	flags.IntVar(&o.port, "port", 7071, "of the Functions host, on 127.0.0.1; 0 = any free one")
	flags.StringVar(&o.mode, "mode", "",
		"how the host calls the handler: proxy or forward (default: as host.json says)")
	flags.BoolVar(&o.once, "once", false, "end after the report")
	flags.StringVar(&o.out, "out", "signed.pdf", "`file` for the signed document")
	flags.StringVar(&o.environ, "environ", "",
		"`file` for the environment of client programs, to be read by a shell; removed at the end")
	flags.BoolVar(&o.hashes, "hash-signing", false,
		"sign hashes too (docs/hash-signing.md), for the client that -environ is for")
	flags.StringVar(&o.renderer, "renderer", "",
		"`program` that prints pages for /api/generate, such as cmd/renderer; not started with -once")
	o.storage.flags(flags)
	flags.StringVar(&o.algorithm, "algorithm", string(pkitest.RSA2048),
		"of the signing key: RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521")
}

// run starts everything, signs one document and serves until ctx ends.
func run(ctx context.Context, o options, out io.Writer, log *logPrinter) error {
	if err := checkSystem(runtime.GOOS); err != nil {
		return err
	}
	source, err := openSource(o)
	if err != nil {
		return err
	}
	defer source.Close()
	begin := time.Now()
	cloud, err := o.startCloud(ctx)
	if err != nil {
		return err
	}
	defer cloud.Close()
	pages, err := o.startRenderer(ctx, out, log)
	if err != nil {
		return err
	}
	defer pages.Close()
	host, err := cloud.StartHost(ctx, hosttest.Config{
		Environ: pages.Environ(), Root: o.root, Mode: hosttest.Mode(o.mode), Log: log.print,
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)),
	})
	if err != nil {
		return explain(err, o)
	}
	defer host.Close()
	if err := host.Ready(ctx); err != nil {
		return fmt.Errorf("%w (its log is above)", err)
	}
	printBanner(out, host, time.Since(begin))

	if err := o.demonstrate(ctx, cloud, host, source, out); err != nil || o.once {
		return err
	}
	if o.environ != "" {
		defer os.Remove(o.environ)
		if err := writeEnviron(o.environ, cloud, host); err != nil {
			return err
		}
	}
	printNext(out, cloud, host, o.out, pages != nil)
	return wait(ctx, host, out)
}

func (o *options) startCloud(ctx context.Context) (*cloudtest.Cloud, error) {
	emulator, err := o.storage.emulator()
	if err != nil {
		return nil, err
	}
	return cloudtest.Start(ctx, cloudtest.Config{
		Emulator: emulator, Jobs: emulator != nil,
		CacheTTL: certificateCacheTTL, HashSigning: o.hashes, Algorithm: pkitest.Algorithm(o.algorithm),
		HeldName: heldCertificate,
	})
}

// checkSystem returns the reason why the local Azure cannot run on a system; nil if it can.
func checkSystem(system string) error {
	if system == "darwin" || system == "windows" {
		// On these systems crypto/x509 takes roots only from the system. A switch for other roots
		// in the handler would exist in production too.
		return errors.New("programs in Go take no trust anchors from SSL_CERT_FILE on " + system +
			": run this in Linux, for instance in a container")
	}
	return nil
}

// wait returns when ctx or the handler ends.
func wait(ctx context.Context, host *hosttest.Host, out io.Writer) error {
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nstopped; all keys are discarded")
		return nil
	case <-host.Done():
		return errors.New("the handler has ended (its log is above)")
	}
}

// demonstrate signs the source with each kind of key and, if the source is small enough, by a job.
func (o options) demonstrate(ctx context.Context, cloud *cloudtest.Cloud, host *hosttest.Host, source *source,
	out io.Writer) error {
	for _, s := range []signature{{out: o.out}, {certificate: heldCertificate}} {
		result, err := s.seal(ctx, cloud, host, source)
		if err != nil {
			return err
		}
		result.print(out)
	}
	if source.Size() > maxShownJob {
		return nil
	}
	return showJob(ctx, cloud, host, source, out)
}

// startRenderer starts the named renderer. If no renderer starts, it prints a remark and no error:
// everything but /api/generate works without one.
func (o options) startRenderer(ctx context.Context, out io.Writer, log *logPrinter) (*rendertest.Program, error) {
	if o.renderer == "" || o.once {
		return nil, nil
	}
	started, err := rendertest.Start(ctx, o.renderer, log.out)
	if err == nil && started == nil {
		fmt.Fprintln(out, "No renderer has started, so that POST /api/generate makes no documents: "+
			"it needs a Chromium in PATH.")
	}
	return started, err
}

// openSource opens the document to sign, or makes one.
func openSource(o options) (*source, error) {
	if o.file == "" {
		return sampleSource(time.Now()), nil
	}
	s, err := fileSource(o.file)
	if err != nil {
		return nil, err
	}
	if target, err := os.Stat(o.out); err == nil && os.SameFile(s.info, target) {
		s.Close()
		return nil, fmt.Errorf("%s would be overwritten: name another file with -out", o.out)
	}
	return s, nil
}

// explain adds a remedy to the errors that people meet first.
func explain(err error, o options) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d of this machine is in use, perhaps by another localazure or by func start: "+
			"stop that one, or choose another port with -port (0 = any free one)", o.port)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w; stage the function app first (./build.sh stage) or name its folder with -root (now %s)",
			err, filepath.Clean(o.root))
	}
	return err
}
