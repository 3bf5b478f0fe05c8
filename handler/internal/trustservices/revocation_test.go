package trustservices_test

import (
	"context"
	"crypto/x509"
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/logtest"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

func TestRevocation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		delegated bool
		without   trusttest.Service
		revoke    bool
		kind      revocation.Kind
		status    revocation.Status
	}{
		{"OCSP by the authority", false, "", false, revocation.KindOCSP, revocation.Good},
		{"OCSP by a responder", true, "", false, revocation.KindOCSP, revocation.Good},
		{"CRL", false, trusttest.OCSP, false, revocation.KindCRL, revocation.Good},
		{"OCSP, revoked", true, "", true, revocation.KindOCSP, revocation.Revoked},
		{"CRL, revoked", false, trusttest.OCSP, true, revocation.KindCRL, revocation.Revoked},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			services := startTrust(t, trusttest.Config{Delegated: c.delegated})
			chain := issue(t, services, nil, c.without)
			at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
			if c.revoke {
				if err := services.Revoke(chain[0], at, 1); err != nil {
					t.Fatal(err)
				}
			}
			source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
			e, err := source.Revocation(t.Context(), chain[0], chain[1])
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != c.kind || e.Status != c.status || c.revoke && (!e.RevokedAt.Equal(at) || e.Reason != 1) {
				t.Errorf("got %s, %s at %v for %d, want %s, %s at %v", e.Kind, e.Status, e.RevokedAt, e.Reason, c.kind,
					c.status, at)
			}
		})
	}
}

// TestRevocationFaults makes the services fail in every way that they can. If a certificate names
// both services, the CRL replaces a failed OCSP answer.
func TestRevocationFaults(t *testing.T) {
	t.Parallel()
	elsewhere := "http://elsewhere.example.org/"
	for _, c := range []struct {
		service trusttest.Service
		fault   trusttest.Fault
		detail  string // a part of it
		retry   bool
	}{
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.TryLater}, "tryLater", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.InternalError}, "internalError", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Unauthorized}, "unauthorized", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Unknown}, "does not know the certificate", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.OtherCertificate}, "covers other certificates", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Stale}, "out of date", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Future}, "from the future", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Forged}, "signature", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.ForeignSigner}, "another issuer", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Redirect, Location: elsewhere}, "HTTP status 302", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Huge}, "more than 64 KiB", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.WrongType}, "another content type", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.NoType}, "another content type", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Garbage}, "cannot be read", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Empty}, "cannot be read", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Truncated}, "cannot be read", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Trailing}, "cannot be read", false},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Down}, "cannot be reached", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow}, "timed out", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.SlowBody}, "timed out", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.ServerError}, "HTTP status 500", true},
		{trusttest.OCSP, trusttest.Fault{Kind: trusttest.NotFound}, "HTTP status 404", false},

		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Stale}, "out of date", true},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Future}, "from the future", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Forged}, "signature", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.OtherIssuer}, "another issuer", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Redirect, Location: "ftp://elsewhere.example.org/"},
			"not followed", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Redirect, Location: "http://10.0.0.1/"}, "not public", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Redirect,
			Location: "/issuing/ca.crl?" + strings.Repeat("a", 2<<10)}, "not followed", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Redirect, Location: "http://u@elsewhere.example.org/"},
			"not followed", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Huge}, "more than 32768 KiB", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Garbage}, "cannot be read", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.CutPEM}, "PEM block that cannot be read", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Empty}, "cannot be read", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Truncated}, "cannot be read", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Trailing}, "cannot be read", false},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Down}, "cannot be reached", true},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.Slow}, "timed out", true},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.SlowBody}, "timed out", true},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.ServerError}, "HTTP status 500", true},
		{trusttest.CRL, trusttest.Fault{Kind: trusttest.NotFound}, "HTTP status 404", false},
	} {
		t.Run(string(c.service)+" "+string(c.fault.Kind)+" "+c.detail, func(t *testing.T) {
			t.Parallel()
			services := startTrust(t, trusttest.Config{})
			config := trustservices.RevocationConfig{AllowedNetworks: loopback}
			if c.fault.Kind == trusttest.Slow || c.fault.Kind == trusttest.SlowBody {
				config.Timeout = 100 * time.Millisecond
			}
			services.Fault(c.service, c.fault)
			other := map[trusttest.Service]trusttest.Service{trusttest.OCSP: trusttest.CRL,
				trusttest.CRL: trusttest.OCSP}[c.service]
			alone := issue(t, services, nil, other)
			_, err := newRevocation(t, config).Revocation(t.Context(), alone[0], alone[1])
			got := refused(t, err)
			role := map[trusttest.Service]string{trusttest.OCSP: "OCSP responder", trusttest.CRL: "CRL"}[c.service]
			if got.Service != role || got.Subject != "Seal" || !strings.Contains(got.Detail, c.detail) ||
				got.Retry != c.retry {
				t.Errorf("got %s for %s, %q, retry %v, want %q, retry %v", got.Service, got.Subject, got.Detail,
					got.Retry, c.detail, c.retry)
			}

			both := issue(t, services, nil)
			config.Timeout = 0
			if c.fault.Kind == trusttest.Slow || c.fault.Kind == trusttest.SlowBody {
				services.Fault(c.service, trusttest.Fault{Kind: trusttest.ServerError})
			}
			e, err := newRevocation(t, config).Revocation(t.Context(), both[0], both[1])
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == map[trusttest.Service]revocation.Kind{trusttest.OCSP: revocation.KindOCSP,
				trusttest.CRL: revocation.KindCRL}[c.service] {
				t.Errorf("got %s, want the other source", e.Kind)
			}
		})
	}
}

func TestBothSourcesFail(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Unauthorized})
	services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.ServerError})
	chain := issue(t, services, func(template *x509.Certificate) { template.Subject.CommonName = "Seal\u202e\n2" })
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	_, err := source.Revocation(t.Context(), chain[0], chain[1])
	got := refused(t, err)
	const want = "the responder answered unauthorized; CRL: answered with HTTP status 500"
	if got.Service != "OCSP responder" || got.Subject != "Seal2" || got.Detail != want || !got.Retry {
		t.Errorf("got %s for %q: %q, want %q", got.Service, got.Subject, got.Detail, want)
	}
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.TryLater})
	services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.NotFound})
	chain = issue(t, services, nil)
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); !refused(t, err).Retry {
		t.Error("got no retry, although the responder asks for one")
	}
	if !strings.Contains(got.Err.Error(), services.URL(trusttest.Issuing, trusttest.CRL)) {
		t.Errorf("got the cause %q, want the address for the log", got.Err)
	}
}

func TestFallingBackIsLogged(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Unauthorized})
	chain := issue(t, services, nil)
	var log logtest.Log
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Log: log.Logger()})
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "unauthorized") || strings.Count(got, "\n") != 1 {
		t.Errorf("got the log %q, want one line about the responder", got)
	}
}

func TestCertificatesThatNameNothing(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for name, edit := range map[string]func(*x509.Certificate){
		"nothing": nil,
		"addresses that are not followed": func(template *x509.Certificate) {
			template.OCSPServer = []string{"ldap://127.0.0.1/", "http://127.0.0.1:22/", "http://user@127.0.0.1/"}
			template.CRLDistributionPoints = []string{"file:///etc/passwd"}
			template.IssuingCertificateURL = []string{"ftp://127.0.0.1/"}
		},
	} {
		chain := issue(t, services, edit, trusttest.OCSP, trusttest.CRL, trusttest.Issuers)
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		if got := refused(t, err); !strings.Contains(got.Detail, "names no responder and no CRL") || got.Retry {
			t.Errorf("%s: got %q, want that nothing is named", name, got.Detail)
		}
		_, err = source.Issuers(t.Context(), chain[0])
		if got := refused(t, err); got.Service != "CA issuers" || !strings.Contains(got.Detail, "names no address") ||
			got.Retry {
			t.Errorf("%s: got %q, want that nothing is named", name, got.Detail)
		}
	}
}

func TestTheIssuerMustBeTheIssuer(t *testing.T) {
	t.Parallel()
	services, others := startTrust(t, trusttest.Config{}), startTrust(t, trusttest.Config{})
	chain, other := issue(t, services, nil), issue(t, others, nil)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for name, issuer := range map[string]*x509.Certificate{"a namesake": other[1], "another": chain[2],
		"itself": chain[0]} {
		_, err := source.Revocation(t.Context(), chain[0], issuer)
		if got := refused(t, err); !strings.Contains(got.Detail, "does not verify with the issuer's key") {
			t.Errorf("%s: got %q, want it refused", name, got.Detail)
		}
	}
	if got := services.Requests(trusttest.OCSP) + services.Requests(trusttest.CRL); got != 0 {
		t.Errorf("got %d requests, want none", got)
	}
}

// TestNamesakesAreToldApart: two authorities of one name have issued certificates with the same
// serial number.
func TestNamesakesAreToldApart(t *testing.T) {
	t.Parallel()
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for range 2 {
		services := startTrust(t, trusttest.Config{})
		chain := issue(t, services, func(template *x509.Certificate) { template.SerialNumber = big.NewInt(4711) })
		e, err := source.Revocation(t.Context(), chain[0], chain[1])
		if err != nil || !e.Signer.Equal(chain[1]) {
			t.Errorf("got %v, want evidence of the certificate's own issuer", err)
		}
	}
}

func TestEvidenceIsHeldAndRenewed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		service  trusttest.Service
		lifetime time.Duration
		due      time.Duration // after which it is renewed
	}{
		{"a day", trusttest.OCSP, 24 * time.Hour, trustservices.RenewAfter},
		{"short", trusttest.OCSP, 40 * time.Minute, 30 * time.Minute},
		{"CRL", trusttest.CRL, 40 * time.Minute, 30 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := newClock()
			services := startTrust(t, trusttest.Config{Now: now.Now, Lifetime: c.lifetime})
			other := map[trusttest.Service]trusttest.Service{trusttest.OCSP: trusttest.CRL,
				trusttest.CRL: trusttest.OCSP}[c.service]
			chain := issue(t, services, nil, other)
			var log logtest.Log
			source := newRevocation(t,
				trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now, Log: log.Logger()})
			ask := func() *revocation.Evidence {
				t.Helper()
				e, err := source.Revocation(t.Context(), chain[0], chain[1])
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			first := ask()
			now.Advance(c.due - time.Second)
			if ask() != first || services.Requests(c.service) != 1 {
				t.Errorf("got %d requests, want what is held", services.Requests(c.service))
			}

			now.Advance(time.Second)
			services.Fault(c.service, trusttest.Fault{Kind: trusttest.ServerError})
			started := services.Started(c.service)
			if ask() != first {
				t.Error("got other evidence, want what is held while it is renewed")
			}
			<-started
			source.WaitForBackground()
			if got := log.String(); !strings.Contains(got, "could not be renewed") || !strings.Contains(got, "500") {
				t.Errorf("got the log %q, want the failure", got)
			}
			services.ClearFault(c.service)
			if ask() != first || services.Requests(c.service) != 2 {
				t.Errorf("got %d requests, want a pause after a failure", services.Requests(c.service))
			}
			now.Advance(trustservices.RetryAfter)
			ask()
			source.WaitForBackground()
			renewed := ask()
			if !renewed.ThisUpdate.After(first.ThisUpdate) || services.Requests(c.service) != 3 {
				t.Errorf("got evidence of %v after %d requests, want a new one after 3", renewed.ThisUpdate,
					services.Requests(c.service))
			}

			services.Fault(c.service, trusttest.Fault{Kind: trusttest.ServerError})
			now.Advance(renewed.NextUpdate.Sub(now.Now()) - time.Second)
			if ask() != renewed {
				t.Error("got other evidence, want what is held to its end")
			}
			source.WaitForBackground()
			now.Advance(time.Second)
			if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err == nil {
				t.Error("got evidence whose nextUpdate has come")
			}
		})
	}
}

func TestEvidenceWithoutNextUpdate(t *testing.T) {
	t.Parallel()
	now := newClock()
	services := startTrust(t, trusttest.Config{Now: now.Now})
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.NoNextUpdate})
	chain := issue(t, services, nil, trusttest.CRL)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now})
	for step, want := range []int{1, 1, 2} {
		if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
			t.Fatal(err)
		}
		if got := services.Requests(trusttest.OCSP); got != want {
			t.Errorf("step %d: got %d requests, want %d", step, got, want)
		}
		now.Advance(trustservices.UnboundLife / 2)
	}
	for age, good := range map[time.Duration]bool{trustservices.UnboundAge: true,
		trustservices.UnboundAge + time.Second: false} {
		late := func() time.Time { return now.Now().Add(age) }
		later := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: late})
		_, err := later.Revocation(t.Context(), chain[0], chain[1])
		if (err == nil) != good {
			t.Errorf("%v old: got %v, want accepted: %v", age, err, good)
		}
	}
}

// TestOlderEvidenceTakesNothingBack replays an answer from before a revocation.
func TestOlderEvidenceTakesNothingBack(t *testing.T) {
	t.Parallel()
	ours, theirs := newClock(), newClock()
	services := startTrust(t, trusttest.Config{Now: theirs.Now})
	chain := issue(t, services, nil)
	if err := services.Revoke(chain[0], theirs.Now(), 1); err != nil {
		t.Fatal(err)
	}
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: ours.Now})
	first, err := source.Revocation(t.Context(), chain[0], chain[1])
	if err != nil {
		t.Fatal(err)
	}
	theirs.Advance(-time.Hour)
	ours.Advance(trustservices.RenewAfter)
	for range 2 {
		e, err := source.Revocation(t.Context(), chain[0], chain[1])
		if err != nil || e != first {
			t.Errorf("got evidence of %v and %v, want that of %v", e.ThisUpdate, err, first.ThisUpdate)
		}
		source.WaitForBackground()
	}
	if got := services.Requests(trusttest.OCSP); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
}

func TestEvidenceMustBeAboutThePresent(t *testing.T) {
	t.Parallel()
	theirs := newClock()
	services := startTrust(t, trusttest.Config{Now: theirs.Now, Lifetime: time.Hour})
	at := theirs.Now()
	for _, without := range []trusttest.Service{trusttest.OCSP, trusttest.CRL} {
		chain := issue(t, services, nil, without)
		for offset, good := range map[time.Duration]bool{
			-5*time.Minute - time.Second: false, -5 * time.Minute: true, 0: true, time.Hour - time.Second: true,
			time.Hour: false,
		} {
			ours := func() time.Time { return at.Add(offset) }
			source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: ours})
			if _, err := source.Revocation(t.Context(), chain[0], chain[1]); (err == nil) != good {
				t.Errorf("without %s, our clock %v ahead: got %v, want accepted: %v", without, offset, err, good)
			}
		}
	}
}

func TestResponderMustBeValidYet(t *testing.T) {
	t.Parallel()
	now := newClock()
	services := startTrust(t, trusttest.Config{Now: now.Now, Delegated: true})
	chain := issue(t, services, nil, trusttest.CRL)
	now.Advance(-2 * time.Hour)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now})
	_, err := source.Revocation(t.Context(), chain[0], chain[1])
	if got := refused(t, err); !strings.Contains(got.Detail, "not valid now") {
		t.Errorf("got %q, want the responder's certificate refused", got.Detail)
	}
}

func TestResponderMustBeValidNow(t *testing.T) {
	t.Parallel()
	now := newClock()
	services := startTrust(t, trusttest.Config{Now: now.Now, Delegated: true})
	chain := issue(t, services, func(template *x509.Certificate) { template.NotAfter = now.Now().AddDate(5, 0, 0) },
		trusttest.CRL)
	now.Advance(2 * 365 * 24 * time.Hour)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now})
	_, err := source.Revocation(t.Context(), chain[0], chain[1])
	if got := refused(t, err); !strings.Contains(got.Detail, "not valid now") {
		t.Errorf("got %q, want the responder's certificate refused", got.Detail)
	}
}

func TestListsAreSharedByAddress(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for range 3 {
		chain := issue(t, services, nil, trusttest.OCSP)
		if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := services.Requests(trusttest.CRL); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
	// A CRL of one authority at the address of another is not accepted, but the search goes on.
	others := startTrust(t, trusttest.Config{Name: "Other"})
	chain := issue(t, others, func(template *x509.Certificate) {
		template.CRLDistributionPoints = []string{services.URL(trusttest.Issuing, trusttest.CRL),
			others.URL(trusttest.Issuing, trusttest.CRL)}
	}, trusttest.OCSP)
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Error(err)
	}
}

// A cached CRL whose renewal is due serves whoever first asks about another certificate, while no
// newer CRL is available.
func TestAListServesToItsEnd(t *testing.T) {
	t.Parallel()
	now := newClock()
	services := startTrust(t, trusttest.Config{Now: now.Now, Lifetime: 24 * time.Hour})
	var log logtest.Log
	source := newRevocation(t,
		trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now, Log: log.Logger()})
	ask := func() error {
		chain := issue(t, services, nil, trusttest.OCSP)
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.ServerError})
	now.Advance(trustservices.RenewAfter)
	if err := ask(); err != nil {
		t.Errorf("got %v, want what the list says that is held", err)
	}
	if got := log.String(); !strings.Contains(got, "a cached CRL answered") || !strings.Contains(got, "500") {
		t.Errorf("got the log %q, want the failure", got)
	}
	now.Advance(24*time.Hour - trustservices.RenewAfter)
	if err := ask(); err == nil {
		t.Error("got evidence of a list whose nextUpdate has come")
	}
}

// A certificate with the serial number of another, which the named issuer has not signed, causes no
// request to its own addresses.
func TestForgedCertificatesRenewNothing(t *testing.T) {
	t.Parallel()
	now := newClock()
	services, others := startTrust(t, trusttest.Config{Now: now.Now}), startTrust(t, trusttest.Config{Now: now.Now})
	number := func(template *x509.Certificate) { template.SerialNumber = big.NewInt(4711) }
	chain, forged := issue(t, services, number), issue(t, others, number)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now})
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Fatal(err)
	}
	now.Advance(trustservices.RenewAfter)
	_, _ = source.Revocation(t.Context(), forged[0], chain[1])
	source.WaitForBackground()
	if got := others.Requests(trusttest.OCSP) + others.Requests(trusttest.CRL); got != 0 {
		t.Errorf("got %d requests, want none", got)
	}
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Fatal(err)
	}
	source.WaitForBackground()
	if got := services.Requests(trusttest.OCSP); got != 2 {
		t.Errorf("got %d requests, want one and a renewal", got)
	}
}

func TestOneRequestForAllWhoWait(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	chain := issue(t, services, nil)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow})
	started := services.Started(trusttest.OCSP)
	var waiting sync.WaitGroup
	impatient, leave := context.WithCancel(t.Context())
	waiting.Go(func() {
		_, err := source.Revocation(impatient, chain[0], chain[1])
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of the caller's patience", err)
		}
	})
	<-started
	for range 20 {
		waiting.Go(func() {
			if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	services.ClearFault(trusttest.OCSP)
	waiting.Wait()
	if got := services.Requests(trusttest.OCSP); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
}

func TestFailuresAreRemembered(t *testing.T) {
	t.Parallel()
	now := newClock()
	services := startTrust(t, trusttest.Config{Now: now.Now})
	chain, other := issue(t, services, nil, trusttest.CRL), issue(t, services, nil, trusttest.CRL)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Now: now.Now})
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.ServerError, Times: 1})
	for step, c := range []struct {
		after    time.Duration
		about    []*x509.Certificate
		good     bool
		requests int
	}{
		{0, chain, false, 1}, {trustservices.RefusalLife - time.Second, chain, false, 1}, {0, other, true, 2},
		{time.Second, chain, true, 3},
	} {
		now.Advance(c.after)
		_, err := source.Revocation(t.Context(), c.about[0], c.about[1])
		if got := services.Requests(trusttest.OCSP); (err == nil) != c.good || got != c.requests {
			t.Errorf("step %d: got %v after %d requests, want success %v after %d", step, err, got, c.good, c.requests)
		}
	}
}

func TestRedirectsAreFollowedTwice(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	for times, good := range map[int]bool{1: true, 2: true, 3: false} {
		chain := issue(t, services, nil, trusttest.OCSP)
		services.Fault(trusttest.CRL, trusttest.Fault{
			Kind: trusttest.Redirect, Location: services.URL(trusttest.Issuing, trusttest.CRL), Times: times,
		})
		source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		if (err == nil) != good {
			t.Errorf("%d redirects: got %v, want followed: %v", times, err, good)
		}
		if err != nil {
			if got := refused(t, err); got.Detail != "redirects too often" {
				t.Errorf("got %q, want too many redirects", got.Detail)
			}
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	chain, other := issue(t, services, nil), issue(t, services, nil, trusttest.CRL)
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Fatal(err)
	}
	services.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow})
	started := services.Started(trusttest.OCSP)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_, err := source.Revocation(t.Context(), other[0], other[1])
		if got := refused(t, err); got.Detail != "the request ended before it answered" {
			t.Errorf("got %q, want the request ended", got.Detail)
		}
	})
	<-started
	source.Close()
	waiting.Wait()
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Errorf("got %v, want what is held", err)
	}
	_, err := source.Revocation(t.Context(), other[0], other[1])
	if got := refused(t, err); got.Detail != "is no longer asked" {
		t.Errorf("got %q, want that the source is closed", got.Detail)
	}
	if got := services.Requests(trusttest.OCSP); got != 2 {
		t.Errorf("got %d requests, want none after the end", got)
	}
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	address := services.URL(trusttest.Issuing, trusttest.Issuers)
	for form, path := range map[string]string{"DER": ".crt", "PEM": ".pem", "bundle": ".p7c"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			chain := issue(t, services, func(template *x509.Certificate) {
				template.IssuingCertificateURL = []string{"http://127.0.0.1:1/",
					strings.TrimSuffix(address, ".crt") + path}
			})
			source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
			for range 2 {
				issuers, err := source.Issuers(t.Context(), chain[0])
				if err != nil || len(issuers) != 1 || !issuers[0].Equal(chain[1]) {
					t.Errorf("got %d issuers and %v, want the one", len(issuers), err)
				}
			}
		})
	}
}

func TestIssuersAreHeld(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for range 3 {
		if _, err := source.Issuers(t.Context(), issue(t, services, nil)[0]); err != nil {
			t.Fatal(err)
		}
	}
	if got := services.Requests(trusttest.Issuers); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
}

func TestIssuerFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  trusttest.Fault
		detail string
		retry  bool
	}{
		{trusttest.Fault{Kind: trusttest.OtherCertificate}, "without a certificate that issued this one", false},
		{trusttest.Fault{Kind: trusttest.Garbage}, "without a certificate that issued this one", false},
		{trusttest.Fault{Kind: trusttest.Empty}, "without a certificate that issued this one", false},
		{trusttest.Fault{Kind: trusttest.Truncated}, "without a certificate that issued this one", false},
		{trusttest.Fault{Kind: trusttest.Huge}, "more than 256 KiB", false},
		{trusttest.Fault{Kind: trusttest.NotFound}, "HTTP status 404", false},
		{trusttest.Fault{Kind: trusttest.ServerError}, "HTTP status 500", true},
		{trusttest.Fault{Kind: trusttest.Down}, "cannot be reached", true},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			t.Parallel()
			services := startTrust(t, trusttest.Config{})
			services.Fault(trusttest.Issuers, c.fault)
			chain := issue(t, services, nil)
			_, err := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback}).Issuers(t.Context(),
				chain[0])
			got := refused(t, err)
			if got.Service != "CA issuers" || got.Subject != "Seal" || !strings.Contains(got.Detail, c.detail) ||
				got.Retry != c.retry {
				t.Errorf("got %s for %s, %q, retry %v, want %q, retry %v", got.Service, got.Subject, got.Detail,
					got.Retry, c.detail, c.retry)
			}
		})
	}
}

// TestWarm counts the requests for a B-LTA signature when everything else is cached: its two
// timestamps.
func TestWarm(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs: []string{services.TSAURL()}, Anchors: pool(services.Root), Issuers: source.Issuers,
	})
	chain := issue(t, services, nil)
	sign := func() {
		t.Helper()
		for range 2 {
			if _, err := timestamp(t, timestamper); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range [][]*x509.Certificate{chain, services.TSAChain()} {
			for i, certificate := range path[:len(path)-1] {
				if _, err := source.Revocation(t.Context(), certificate, path[i+1]); err != nil {
					t.Fatal(err)
				}
				if _, err := source.Issuers(t.Context(), certificate); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	count := func() (all, tsa int) {
		for _, service := range []trusttest.Service{trusttest.TSA, trusttest.OCSP, trusttest.CRL, trusttest.Issuers} {
			all += services.Requests(service)
		}
		return all, services.Requests(trusttest.TSA)
	}
	sign()
	cold, coldTSA := count()
	sign()
	warm, warmTSA := count()
	if warm-cold != 2 || warmTSA-coldTSA != 2 {
		t.Errorf("got %d requests when warm, %d of them to the TSA, want 2 and 2", warm-cold, warmTSA-coldTSA)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, network := range map[string]netip.Prefix{"invalid": {},
		"mapped": netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
		if _, err := trustservices.NewRevocation(
			trustservices.RevocationConfig{AllowedNetworks: []netip.Prefix{network}}); err == nil {
			t.Errorf("%s: got a source, want the network refused", name)
		}
	}
}
