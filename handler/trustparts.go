package main

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
)

// trust connects the handler to trust services. There are three sources of revocation data: for
// signing, for our own certificates in documents, and for everybody else's. They are separate so
// that an address in a hostile document cannot delay the other sources or displace entries from
// their caches, and so that verifying documents never delays signing.
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

// services are the trust services, with one of the sources of revocation data.
func (t *trust) services(source *trustservices.Revocation) pades.Services {
	services := pades.Services{Revocation: source, Known: t.known}
	if t.timestamper != nil {
		services.Timestamper = t.timestamper
	}
	return services
}

// vaultChains finds certificates in the vault. It tells the source of revocation data for our own
// certificates which chains are ours.
type vaultChains struct {
	signing.CertificateSource
	trust *trust
}

// Certificate gives a certificate of the vault, and registers its chain.
func (v vaultChains) Certificate(ctx context.Context, name, version string) (*signing.Certificate, error) {
	certificate, err := v.CertificateSource.Certificate(ctx, name, version)
	known := certificate
	if failed, ok := errors.AsType[*signing.Error](err); ok {
		known = failed.Certificate // its key cannot be used now, but what it has signed is verified
	}
	if known != nil {
		v.trust.foreign.Trusted(known.Chain...)
	}
	return certificate, err
}

// warm fetches certificates, and so registers their chains, before they are first needed.
func (v vaultChains) warm(ctx context.Context, names []string) {
	for _, name := range names {
		_, _ = v.Certificate(ctx, name, "") // a request for the certificate gets the error
	}
}

// close ends the requests in progress.
func (t *trust) close() {
	if t.timestamper != nil {
		t.timestamper.Close()
	}
	for _, source := range []*trustservices.Revocation{t.own, t.foreign, t.vault} {
		source.Close()
	}
}
