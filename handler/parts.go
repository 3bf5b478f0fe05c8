package main

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/entra"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/render"
	"influxion/handler/internal/server"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/server/trigger"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
)

// parts are the components of the handler: one for each outside service, and what they share.
type parts struct {
	logger        *slog.Logger
	trust         *trust
	source        *keyvault.Source
	authenticator *entra.Authenticator
	records       *audit.Log
	renderer      *render.Renderer   // nil = no documents are made here
	templates     *storage.Templates // nil = none are stored
	jobs          *jobParts
}

// connect makes the parts as the settings say. It does not touch the network. Close them.
func connect(c *config, out io.Writer, logger *slog.Logger) (*parts, error) {
	p := &parts{logger: logger}
	if err := p.connect(c, out); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *parts) connect(c *config, out io.Writer) (err error) {
	if p.trust, err = newTrust(c, p.logger); err != nil {
		return err
	}
	credential, err := connection.NewCredential(c.identity())
	if err != nil {
		return err
	}
	vault := keyvault.Config{Credential: credential, Transport: credential.Watch(connection.NewTransport())}
	if p.source, err = newSource(c, vault, p.trust, p.logger); err != nil {
		return err
	}
	p.authenticator, err = entra.New(entra.Config{
		AuthorityHost: c.Azure.AuthorityHost, TenantID: c.Azure.TenantID, Audiences: c.audiences(),
		DefaultScope: c.Azure.DefaultScope, AllowedTenants: c.Access.AllowedTenants,
		AllowedClients: c.Access.AllowedClients, Logger: p.logger, Now: time.Now,
	})
	if err != nil {
		return err
	}
	stored := storage.Config{Credential: credential, Transport: credential.Watch(storage.NewTransport())}
	if p.templates, err = newTemplates(stored.At(c.Renderer.TemplatesContainer)); err != nil {
		return err
	}
	p.renderer = newRenderer(c, p.templates, credential)
	if p.jobs, err = newStoredJobs(c, stored); err != nil {
		return err
	}
	p.records, err = newAudit(stored.At(c.Audit.Container), p.trust, out, p.logger)
	return err
}

// close ends background work, the audit log's first, because it asks for timestamps.
func (p *parts) close() {
	if p.records != nil {
		p.records.Close()
	}
	if p.source != nil {
		p.source.Close()
	}
	if p.trust != nil {
		p.trust.close()
	}
}

func (p *parts) certificates() vaultChains { return vaultChains{p.source, p.trust} }

// api makes the server. memory is the memory limit of the program in bytes.
func (p *parts) api(c *config, memory int64) *server.Server {
	policy, certificates, own := c.policy(), p.certificates(), p.trust.services(p.trust.own)
	directory := &signing.Directory{Source: certificates, Policy: policy}
	documents, working := shares(memory, c.Documents.MaxDocumentBytes)
	if p.jobs == nil {
		p.jobs = newMemoryJobs(memory)
	}
	config := server.Config{
		Authenticator: p.authenticator,
		Sealer: &signing.Sealer{Source: certificates, Policy: policy, Services: own,
			Level: pades.Level(c.Documents.DefaultLevel), Font: c.Documents.Font, Now: time.Now},
		Extender: &signing.Extender{Services: p.trust.services(p.trust.foreign), Now: time.Now},
		Verifier: &signing.Verifier{Directory: directory, Anchors: c.Trust.Anchors, Online: p.trust.foreign,
			Now: time.Now, Version: version, Proven: new(algorithm.Proven)},
		Directory: directory,
		Renderer:  p.renderer,
		Jobs:      &server.Jobs{Store: p.jobs.store, Queue: p.jobs.queue},

		Idempotency: p.jobs.requests,
		Audit:       p.records,
		Ready:       p.checks(c),
		Challenge: server.Challenge{
			AuthorizationURI: c.Azure.AuthorityHost + "/" + c.Azure.TenantID + "/oauth2/v2.0/authorize",
			Scope:            c.Azure.DefaultScope},
		Page:             c.page(),
		Address:          c.Host.Address,
		Disabled:         c.Host.Disabled,
		Rate:             c.limiter(),
		MaxDocumentBytes: c.Documents.MaxDocumentBytes,
		MaxInFlightBytes: documents,
		MaxWorkingBytes:  working,
		Heap:             newHeap(),
		Logger:           p.logger,
		Now:              time.Now,
		Version:          version,
	}
	if c.Access.HashSigning {
		config.Hashes = &signing.HashSigner{Source: certificates, Policy: policy, Timestamper: own.Timestamper}
	}
	api := server.New(config)
	p.runJobs(c, &config, api)
	return api
}

// handler serves the API, and the calls by which the Functions host hands out jobs.
func (p *parts) handler(api *server.Server) http.Handler {
	return &trigger.Handler{Runner: p.jobs.runner, Next: api.Handler(), Logger: p.logger}
}

// checks are the tests of readiness.
func (p *parts) checks(c *config) []server.Check {
	checks := []server.Check{{Name: "token_keys", Check: p.authenticator.Ready}, {Name: "vault", Check: p.source.Ready}}
	if c.Audit.Container != "" {
		checks = append(checks, server.Check{Name: "audit", Check: p.records.Ready})
	}
	if p.templates != nil {
		checks = append(checks, server.Check{Name: "templates", Check: p.templates.Ready})
	}
	if p.jobs.ready != nil {
		checks = append(checks, server.Check{Name: "jobs", Check: p.jobs.ready})
	}
	return checks
}

// page is the configuration of the page for people; nil = there is none.
func (c *config) page() *page.Config {
	if !c.Page.PageShown {
		return nil
	}
	return &page.Config{
		ClientID: c.Page.PageClientID, AuthorityHost: c.Page.PageAuthorityHost, TenantID: c.Azure.TenantID,
		Scope: c.Azure.DefaultScope, Level: c.Documents.DefaultLevel, MaxDocumentBytes: c.Documents.MaxDocumentBytes,
		Version: version,
	}
}
