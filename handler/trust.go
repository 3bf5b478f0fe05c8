package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
)

// trust is the edge to trust services. What signing asks, what is asked about our own certificates
// in documents, and what documents from anywhere want asked goes through sources of revocation data
// of their own: no address in a hostile document can hold up the others, or push what they need out
// of a cache, and nobody who looks at a document holds up signing.
type trust struct {
	own, vault, foreign *trustservices.Revocation

	timestamper *trustservices.Timestamper // nil = none is configured
	known       []*x509.Certificate
}

// newTrust does not touch the network.
func newTrust(c *config, logger *slog.Logger) (*trust, error) {
	t := &trust{known: c.Trust.Anchors}
	config := trustservices.RevocationConfig{AllowedNetworks: c.Trust.Networks, Proxy: c.Trust.Proxy, Now: time.Now,
		Log: logger}
	var err error
	for _, source := range []**trustservices.Revocation{&t.own, &t.vault, &t.foreign} {
		config.Own = t.vault // once there is one
		if *source, err = trustservices.NewRevocation(config); err != nil {
			return nil, err
		}
	}
	if len(c.TSA.URLs) == 0 {
		return t, nil
	}
	t.timestamper, err = trustservices.NewTimestamper(trustservices.TimestamperConfig{
		URLs: c.TSA.URLs, Credentials: c.TSA.Credentials, Proxy: c.Trust.Proxy, Anchors: c.pool(),
		Issuers: t.own.Issuers,
		Now:     time.Now, Log: logger,
	})
	return t, err
}

// services are those with one of the sources.
func (t *trust) services(source *trustservices.Revocation) pades.Services {
	services := pades.Services{Revocation: source, Known: t.known}
	if t.timestamper != nil {
		services.Timestamper = t.timestamper
	}
	return services
}

// vaultChains is the vault, of whose certificates the chains are asked about apart from those of
// documents.
type vaultChains struct {
	signing.CertificateSource
	trust *trust
}

// Certificate is that of the vault.
func (v vaultChains) Certificate(ctx context.Context, name, version string) (*signing.Certificate, error) {
	certificate, err := v.CertificateSource.Certificate(ctx, name, version)
	if err == nil {
		v.trust.foreign.Trusted(certificate.Chain...)
	}
	return certificate, err
}

// warm makes the chains of certificates known that the vault has given already.
func (v vaultChains) warm(ctx context.Context, names []string) {
	for _, name := range names {
		_, _ = v.Certificate(ctx, name, "") // whoever needs it learns why it cannot be had
	}
}

// close ends what is under way.
func (t *trust) close() {
	if t.timestamper != nil {
		t.timestamper.Close()
	}
	for _, source := range []*trustservices.Revocation{t.own, t.foreign, t.vault} {
		source.Close()
	}
}
