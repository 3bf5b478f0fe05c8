// Command handler is Influxion's custom handler for Azure Functions. It reads the settings,
// connects the packages, listens on the port that the Functions host names, and finishes the
// requests under way when it is told to stop. The packages below internal do the work:
// docs/architecture.md has the map.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"influxion/handler/internal/server"
	"influxion/handler/internal/server/trace"
)

// Set by build.sh through the linker.
var (
	version = "development"
	commit  = "unknown"
)

const (
	drainTime = 25 * time.Second // for requests under way when told to stop
	writeTime = 4 * time.Minute  // for request and answer together: Azure's load balancer gives up after 230 seconds
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := start(ctx)
	if err == nil && ctx.Err() == nil {
		// The host never restarts a handler that exits with 0. Only a signal may end this program
		// with that code.
		err = errors.New("internal error: the server ended without being told to")
	}
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("influxion cannot serve", "error", err.Error(), "version",
			version)
		os.Exit(1)
	}
}

func start(ctx context.Context) error {
	environ, err := environment(os.Environ(), ".env")
	if err != nil {
		return err
	}
	c, err := loadConfig(environ)
	if err != nil {
		return err
	}
	limitMemory(memoryLimit(os.DirFS("/"), environ))
	loosen(environ)
	// Only the Functions host, which runs on this machine, may call.
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Host.Port)))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return run(ctx, c, listener, os.Stdout)
}

// run serves on listener until ctx ends, then finishes the requests under way. It does not touch
// the network before the first request. The log and the audit records share out. out must write the
// bytes of each Write call together, as an os.File does.
func run(ctx context.Context, c *config, listener net.Listener, out io.Writer) error {
	logger := slog.New(trace.NewHandler(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: c.LogLevel})))
	parts, err := connect(c, out, logger)
	if err != nil {
		return err
	}
	defer parts.close()
	memory := memoryInForce()
	api := parts.api(c, memory)

	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	background.Go(func() {
		parts.source.Warm(ctx, c.Access.SigningCertificates)
		parts.certificates().warm(ctx, c.Access.SigningCertificates)
		watch(ctx, parts.source, c.Access.SigningCertificates)
	})
	background.Go(func() { parts.authenticator.Run(ctx) })
	background.Go(func() { parts.jobs.run(ctx) })

	logger.Info("listening", "address", listener.Addr().String(), "version", version, "commit", commit,
		"memory_limit_mib", memory>>20)
	return serve(ctx, parts.handler(api), listener, logger)
}

// serve answers until ctx ends, then lets the requests under way finish.
func serve(ctx context.Context, handler http.Handler, listener net.Listener, logger *slog.Logger) error {
	httpServer := &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    server.MaxHeaderBytes,
		ReadHeaderTimeout: server.ReadHeaderTimeout,
		WriteTimeout:      writeTime,
		IdleTimeout:       server.IdleTimeout,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- httpServer.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	logger.Info("draining", "seconds", drainTime.Seconds())
	drained, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := httpServer.Shutdown(drained); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}
