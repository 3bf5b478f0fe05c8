package main

import (
	"crypto/x509"
	"log/slog"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/trustservices"
)

// trust is the edge to trust services. What signing with our own certificates asks, and what documents from anywhere want asked, goes
// through two sources of revocation data: no address in a hostile document can hold up signing, or push what it needs out of a cache.
type trust struct {
	own, foreign *trustservices.Revocation
	timestamper  *trustservices.Timestamper // nil = none is configured
	known        []*x509.Certificate
}

// newTrust does not touch the network.
func newTrust(c *config, logger *slog.Logger) (*trust, error) {
	t := &trust{known: c.Anchors}
	for _, source := range []**trustservices.Revocation{&t.own, &t.foreign} {
		var err error
		*source, err = trustservices.NewRevocation(trustservices.RevocationConfig{AllowedNetworks: c.Networks, Now: time.Now, Log: logger})
		if err != nil {
			return nil, err
		}
	}
	if len(c.TSAURL) == 0 {
		return t, nil
	}
	var err error
	t.timestamper, err = trustservices.NewTimestamper(trustservices.TimestamperConfig{
		URLs: c.TSAURL, Anchors: c.pool(), Issuers: t.own.Issuers, Now: time.Now, Log: logger,
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

// close ends what is under way.
func (t *trust) close() {
	if t.timestamper != nil {
		t.timestamper.Close()
	}
	t.own.Close()
	t.foreign.Close()
}
