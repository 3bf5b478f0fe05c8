package trustservices_test

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func newClock() *clocktest.Clock { return clocktest.New(time.Now().Truncate(time.Second)) }

func startTrust(t *testing.T, config trusttest.Config) *trusttest.Services {
	t.Helper()
	services, err := trusttest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	return services
}

func pool(certificates ...*x509.Certificate) *x509.CertPool {
	anchors := x509.NewCertPool()
	for _, certificate := range certificates {
		anchors.AddCert(certificate)
	}
	return anchors
}

func newTimestamper(t *testing.T, config trustservices.TimestamperConfig) *trustservices.Timestamper {
	t.Helper()
	timestamper, err := trustservices.NewTimestamper(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(timestamper.Close)
	return timestamper
}

func newRevocation(t *testing.T, config trustservices.RevocationConfig) *trustservices.Revocation {
	t.Helper()
	source, err := trustservices.NewRevocation(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

// issue makes a signing certificate; edit may be nil.
func issue(t *testing.T, services *trusttest.Services, edit func(*x509.Certificate),
	without ...trusttest.Service) []*x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", time.Now())
	if edit != nil {
		edit(template)
	}
	chain, err := services.Issue(template, key.Public(), without...)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

func timestamp(t *testing.T, timestamper *trustservices.Timestamper) (*cms.Timestamp, error) {
	t.Helper()
	digest := sha256.Sum256([]byte(t.Name()))
	return timestamper.Timestamp(t.Context(), crypto.SHA256, digest[:])
}

// refused checks that an error is a ServiceError with safe public texts, and returns it.
func refused(t *testing.T, err error) *pades.ServiceError {
	t.Helper()
	refused, ok := errors.AsType[*pades.ServiceError](err)
	if !ok {
		t.Fatalf("got %v, want a service error", err)
	}
	for _, public := range []string{refused.Service, refused.Subject, refused.Detail} {
		for _, secret := range []string{"127.0.0.1", "http:", "https:", "internal.example", "sign in", ".example.org"} {
			if strings.Contains(public, secret) {
				t.Errorf("got %q in public words %q", secret, public)
			}
		}
	}
	return refused
}
