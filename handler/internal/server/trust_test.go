package server_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"net/netip"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// trust is the pades.Services: the real clients of a small CA with its TSA. The CA starts on the
// first request. A fault can be set.
type trust struct {
	t     testing.TB
	fault func(ctx context.Context) error
	down  bool // the TSA

	once        sync.Once
	authority   *trusttest.Services
	timestamper *trustservices.Timestamper
	revocation  *trustservices.Revocation
}

func (s *trust) services() pades.Services { return pades.Services{Timestamper: s, Revocation: s} }

func (s *trust) TokenSize() int { return 8 << 10 }

func (s *trust) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	if s.fault != nil {
		if err := s.fault(ctx); err != nil {
			return nil, err
		}
	}
	s.once.Do(s.start)
	return s.timestamper.Timestamp(ctx, hash, digest)
}

func (s *trust) Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	s.once.Do(s.start)
	return s.revocation.Revocation(ctx, certificate, issuer)
}

func (s *trust) Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error) {
	s.once.Do(s.start)
	return s.revocation.Issuers(ctx, certificate)
}

func (s *trust) start() {
	var err error
	if s.authority, err = trusttest.New(trusttest.Config{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.authority.Close() })
	if s.down {
		s.authority.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
	}
	anchors := x509.NewCertPool()
	anchors.AddCert(s.authority.Root)
	s.timestamper,
		err = trustservices.NewTimestamper(trustservices.TimestamperConfig{URLs: []string{s.authority.TSAURL()},
		Anchors: anchors})
	if err != nil {
		s.t.Fatal(err)
	}
	s.revocation,
		err = trustservices.NewRevocation(trustservices.RevocationConfig{
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.revocation.Close)
}

// revoke gives the vault a certificate of this CA that the CA has revoked.
func (s *trust) revoke(v *vault) {
	s.once.Do(s.start)
	key := v.certificate.Key
	chain, err := s.authority.Issue(pkitest.SigningTemplate("Test Seal", time.Now()), key.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	v.certificate.Chain = chain
	if err := s.authority.Revoke(chain[0], time.Now(), 1); err != nil {
		s.t.Fatal(err)
	}
}
