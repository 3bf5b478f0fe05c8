package trustservices

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

// RevocationConfig is the configuration of a Revocation. The zero value is usable.
type RevocationConfig struct {
	// AllowedNetworks are private networks that addresses in certificates may lead to.
	AllowedNetworks []netip.Prefix
	Timeout         time.Duration // of one request; 0 = 10 seconds
	// Own answers questions about the certificates that Trusted names. If it is set, all other
	// questions are for documents, within the document's budget: four questions at once, one
	// deadline for all, eight questions for each signature.
	Own      *Revocation
	Proxy    *Proxy           // for the hosts that it lists; nil = none
	Resolver *net.Resolver    // nil = the system's
	Roots    *x509.CertPool   // for TLS; nil = the system's
	Now      func() time.Time // nil = time.Now
	Log      *slog.Logger     // for failures that are recovered from; nil = nowhere
}

// Revocation asks OCSP responders by POST, and reads CRLs where no responder helps. It implements
// pades.RevocationSource and is safe for concurrent use.
//
// It caches evidence by the issuer's name and key and the serial number until nextUpdate, or for 5
// minutes without one; it caches CRLs and CA certificates by address too. An answer that was cached
// for an hour, or has a quarter of its life left, is renewed in the background when it is asked
// for. Until a renewal succeeds, the old answer serves until it ends. Concurrent callers with the
// same question share one request. A failure is remembered for 30 seconds. At most 64 questions are
// open at once: beyond that, the oldest is ended in favour of another document's. The caches are
// bounded: 4096 answers of 24 MiB, 48 MiB of CRLs, 8 MiB of CA certificates.
type Revocation struct {
	config RevocationConfig
	client *http.Client

	evidence *cache[*revocation.Evidence]
	lists    *cache[*revocation.List]
	bundles  *cache[[]*x509.Certificate]
	refusals *cache[*pades.ServiceError]

	calls   singleflight.Group
	places  places
	trusted *cache[struct{}] // certificates, by their digest

	background
}

var _ pades.RevocationSource = (*Revocation)(nil)

// NewRevocation checks the settings. It does not touch the network.
func NewRevocation(config RevocationConfig) (*Revocation, error) {
	guard, err := newGuard(config.AllowedNetworks)
	if err != nil {
		return nil, err
	}
	config.Timeout, config.Now, config.Log = orDefaults(config.Timeout, config.Now, config.Log)
	// The proxy of the environment is not used: it would connect in our place, without the guard.
	transport := waysOf(newTransport(net.Dialer{Control: guard.control, Resolver: config.Resolver}, config.Roots),
		config.Proxy)
	r := &Revocation{
		config: config, client: &http.Client{Transport: transport, CheckRedirect: checkRedirect},
		evidence: newCache[*revocation.Evidence](4096, 24<<20), lists: newCache[*revocation.List](64, maxList*3/2),
		bundles: newCache[[]*x509.Certificate](64, 8<<20), refusals: newCache[*pades.ServiceError](1024, 8<<20),
		places: places{most: maxPlaces}, trusted: newCache[struct{}](1024, 8<<20),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Close ends all requests and waits for them. Later questions are answered from the caches, or
// fail.
func (r *Revocation) Close() {
	r.background.close()
	r.client.CloseIdleConnections()
}

// Revocation gives current evidence about a certificate. The evidence may be that the certificate
// is revoked. The issuer must be the certificate whose key signed it. The error is a
// *pades.ServiceError.
func (r *Revocation) Revocation(ctx context.Context,
	certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	if r.isOwn(certificate) {
		return r.config.Own.Revocation(ctx, certificate, issuer)
	}
	key, now := keyOf(certificate, issuer), r.config.Now()
	asked := inquiry[*revocation.Evidence]{key: key, role: roleResponder, about: certificate,
		fetch: func(ctx context.Context) (*revocation.Evidence, *pades.ServiceError) {
			return r.fetchEvidence(ctx, key, certificate, issuer)
		}}
	cached, due, ok := r.evidence.get(key, now)
	if ok && due && issued(certificate, issuer) { // only then may its addresses be asked
		r.renew(ctx, asked)
	}
	if ok {
		return cached, nil
	}
	// Nothing may be fetched or remembered under the issuer's name unless this is the issuer's
	// certificate.
	if !issued(certificate, issuer) {
		return nil, &pades.ServiceError{
			Service: roleResponder, Subject: pades.CommonName(certificate),
			Detail: "the certificate's signature does not verify with the issuer's key",
		}
	}
	asked.fetch = func(ctx context.Context) (*revocation.Evidence, *pades.ServiceError) {
		return r.firstEvidence(ctx, key, certificate, issuer)
	}
	return found(wait(ctx, r, asked))
}

// firstEvidence is fetchEvidence for a certificate without cached evidence. If no service helps, a
// cached CRL may.
func (r *Revocation) firstEvidence(ctx context.Context, key string, certificate, issuer *x509.Certificate) (
	*revocation.Evidence, *pades.ServiceError) {
	if cached, _, ok := r.evidence.get(key, r.config.Now()); ok { // another call has ended since
		return cached, nil
	}
	e, refused := r.fetchEvidence(ctx, key, certificate, issuer)
	if e != nil {
		return e, nil
	}
	if e = r.listedLast(ctx, certificate, issuer); e == nil {
		return nil, refused
	}
	r.config.Log.WarnContext(ctx, "a cached CRL answered", "certificate", refused.Subject, "error", refused)
	return r.hold(key, e), nil
}

// Issuers gives the certificates of those who signed a certificate, from the addresses that it
// names. Its error is a *pades.ServiceError.
func (r *Revocation) Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error) {
	if r.isOwn(certificate) {
		return r.config.Own.Issuers(ctx, certificate)
	}
	_, _, addresses := revocation.Sources(certificate)
	addresses = followable(addresses)
	for _, address := range addresses {
		bundle, _, _ := r.bundles.get(address, r.config.Now())
		if issuers := issuersOf(certificate, bundle); len(issuers) > 0 {
			return issuers, nil
		}
	}
	key := sha256.Sum256(certificate.Raw)
	return found(wait(ctx, r, inquiry[[]*x509.Certificate]{
		key: "issuers " + string(key[:]), role: roleIssuers, about: certificate,
		fetch: func(ctx context.Context) ([]*x509.Certificate, *pades.ServiceError) {
			return r.fetchIssuers(ctx, certificate, addresses)
		}}))
}

// trustedLife is how long a certificate counts as our own after Trusted named it.
const trustedLife = 24 * time.Hour

// Trusted names certificates of our own: questions about them go through Own, where no document can
// delay them.
func (r *Revocation) Trusted(certificates ...*x509.Certificate) {
	end := r.config.Now().Add(trustedLife)
	for _, one := range certificates {
		sum := sha256.Sum256(one.Raw)
		r.trusted.put(string(sum[:]), struct{}{}, 0, lifetime{end, end})
	}
}

func (r *Revocation) isOwn(certificate *x509.Certificate) bool {
	if r.config.Own == nil {
		return false
	}
	sum := sha256.Sum256(certificate.Raw)
	_, _, ok := r.trusted.get(string(sum[:]), r.config.Now())
	return ok
}

// found turns a *pades.ServiceError into an error: a nil pointer must not become an error that is
// not nil.
func found[V any](value V, refused *pades.ServiceError) (V, error) {
	if refused != nil {
		return value, refused
	}
	return value, nil
}

// keyOf is the cache key of a certificate: the issuer's name and key, and the serial number.
func keyOf(certificate, issuer *x509.Certificate) string {
	authority := sha256.Sum256(slices.Concat(issuer.RawSubject, issuer.RawSubjectPublicKeyInfo))
	return string(authority[:]) + certificate.SerialNumber.Text(62)
}
