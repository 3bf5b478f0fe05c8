package main

import (
	"context"
	"log/slog"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
)

// newSource makes the source of certificates and keys. vault has the credential and the transport.
// It does not touch the network.
func newSource(c *config, vault keyvault.Config, t *trust, logger *slog.Logger) (*keyvault.Source, error) {
	mode, err := keyvault.ParseKeyMode(c.Keys.KeyMode)
	if err != nil {
		return nil, err
	}
	vault.VaultURL, vault.TTL, vault.Logger, vault.Now = c.Keys.VaultURL, c.Keys.CertificateCacheTTL, logger, time.Now
	vault.Probes = c.Access.SigningCertificates // a role may be granted on one of them alone
	vault.Keys = keyvault.KeyConfig{
		Mode: mode, URL: c.Keys.KeyURL, Files: c.Keys.Files, Known: t.known, Issuers: t.own.Issuers,
	}
	return keyvault.New(vault)
}

// identity is the identity with which the handler signs in to Azure.
func (c *config) identity() connection.Identity {
	return connection.Identity{
		TenantID: c.Azure.TenantID, ClientID: c.Azure.ClientID, ClientSecret: c.Azure.ClientSecret,
		AuthorityHost: c.Azure.AuthorityHost,
	}
}

// watchEvery is the interval at which certificates are checked that nobody uses, so that a rotation
// or an expiry is noticed.
const watchEvery = time.Hour

// watch checks the certificates until ctx ends.
func watch(ctx context.Context, source *keyvault.Source, names []string) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	source.Watch(ctx, ticker.C, names)
}
