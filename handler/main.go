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

	"influxion/handler/internal/entra"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
)

// Stamped by build.sh.
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
		// The host never restarts a handler that exits with 0: only a signal may end this program
		// so.
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
	// Only the Functions host, which runs on this machine, may call.
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return run(ctx, c, listener, os.Stdout)
}

// run serves on listener until ctx ends, then finishes the requests under way. It does not touch
// the network before the first request. The log and the audit records share out, which must write
// each call of Write as a whole, as an os.File does.
func run(ctx context.Context, c *config, listener net.Listener, out io.Writer) error {
	logger := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: c.LogLevel}))

	trust, err := newTrust(c, logger)
	if err != nil {
		return err
	}
	defer trust.close()
	credential, err := keyvault.NewCredential(c.identity())
	if err != nil {
		return err
	}
	source, err := newSource(c, keyvault.Config{Credential: credential}, trust, logger)
	if err != nil {
		return err
	}
	defer source.Close()
	authenticator, err := entra.New(entra.Config{
		AuthorityHost: c.Azure.AuthorityHost, TenantID: c.Azure.TenantID, Audiences: c.audiences(),
		DefaultScope:   c.Azure.DefaultScope,
		AllowedTenants: c.Access.AllowedTenants, AllowedClients: c.Access.AllowedClients, Logger: logger, Now: time.Now,
	})
	if err != nil {
		return err
	}

	records, err := newAudit(storage.Config{URL: c.Audit.Container, Credential: credential}, trust, out, logger)
	if err != nil {
		return err
	}
	defer records.Close()

	renderer, err := newRenderer(c)
	if err != nil {
		return err
	}
	policy := c.policy()
	certificates := vaultChains{source, trust}
	directory := &signing.Directory{Source: certificates, Policy: policy}
	checks := []server.Check{{Name: "token_keys", Check: authenticator.Ready}, {Name: "vault", Check: source.Ready}}
	if c.Audit.Container != "" {
		checks = append(checks, server.Check{Name: "audit", Check: records.Ready})
	}
	memory := memoryInForce()
	documents, working := shares(memory, c.Documents.MaxDocumentBytes)
	api := server.New(server.Config{
		Authenticator: authenticator,
		Sealer: &signing.Sealer{Source: certificates, Policy: policy, Services: trust.services(trust.own),
			Level: pades.Level(c.Documents.DefaultLevel), Font: c.Documents.Font, Now: time.Now},
		Extender: &signing.Extender{Services: trust.services(trust.foreign), Now: time.Now},
		Verifier: &signing.Verifier{Directory: directory, Anchors: c.Trust.Anchors, Online: trust.foreign,
			Now: time.Now, Version: version},
		Directory: directory,
		Renderer:  renderer,
		Hashes:    hashSigner(c, certificates, policy, trust),
		Audit:     records,
		Ready:     checks,
		Challenge: server.Challenge{
			AuthorizationURI: c.Azure.AuthorityHost + "/" + c.Azure.TenantID + "/oauth2/v2.0/authorize",
			Scope:            c.Azure.DefaultScope},
		Rate:             c.limiter(),
		MaxDocumentBytes: c.Documents.MaxDocumentBytes,
		MaxInFlightBytes: documents,
		MaxWorkingBytes:  working,
		Heap:             newHeap(),
		Logger:           logger,
		Now:              time.Now,
		Version:          version,
	})

	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	background.Go(func() {
		source.Warm(ctx, c.Access.SigningCertificates)
		certificates.warm(ctx, c.Access.SigningCertificates)
		watch(ctx, source, c.Access.SigningCertificates)
	})
	background.Go(func() { authenticator.Run(ctx) })

	logger.Info("listening", "address", listener.Addr().String(), "version", version, "commit", commit,
		"memory_limit_mib", memory>>20)
	return serve(ctx, api.Handler(), listener, logger)
}

// hashSigner signs hashes; nil where that is not asked for.
func hashSigner(c *config, source signing.CertificateSource, policy signing.Policy, t *trust) *signing.HashSigner {
	if !c.Access.HashSigning {
		return nil
	}
	return &signing.HashSigner{Source: source, Policy: policy,
		Timestamper: t.services(t.own).Timestamper}
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
