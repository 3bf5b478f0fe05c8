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
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

const (
	maxResponse = 64 << 10  // bytes of an OCSP response
	maxList     = 10 << 20  // bytes of a CRL: it goes into documents whole, and root programs ask CAs to stay below
	maxIssuers  = 256 << 10 // bytes of a caIssuers answer

	renewAfter  = time.Hour        // however long an answer says that it holds
	retryAfter  = time.Minute      // when an answer that is held could not be renewed
	unboundLife = 5 * time.Minute  // of an answer without nextUpdate
	unboundAge  = 24 * time.Hour   // how old such an answer may be
	issuersLife = 24 * time.Hour   // of CA certificates
	refusalLife = 30 * time.Second // how long a failure is remembered

	maxFlights  = 16               // at once
	flightLimit = 30 * time.Second // for all requests about one certificate
)

// RevocationConfig is what a Revocation is made of. The zero RevocationConfig is complete.
type RevocationConfig struct {
	// AllowedNetworks are networks that addresses of certificates may lead to although they are not public.
	AllowedNetworks []netip.Prefix
	Timeout         time.Duration    // of one request; 0 = 10 seconds
	Resolver        *net.Resolver    // nil = the system's
	Roots           *x509.CertPool   // for TLS; nil = the system's
	Now             func() time.Time // nil = time.Now
	Log             *slog.Logger     // for what fails and is got over; nil = nowhere
}

// Revocation asks OCSP responders by POST, and reads CRLs where no responder helps. It implements pades.RevocationSource and is safe for
// concurrent use.
//
// What it finds is held by the issuer's name and key and the serial number, until nextUpdate (5 minutes where there is none); CRLs and CA
// certificates are held by address as well. Whatever is held for an hour, or has a quarter of its life left, is renewed in the background
// by whoever asks for it next; while that fails, it serves to its end. All who ask for the same wait for one request. A failure is
// remembered for 30 seconds. At most 4096 answers and 64 MiB of them are held, 32 MiB of CRLs, and 8 MiB of CA certificates.
type Revocation struct {
	config RevocationConfig
	client *http.Client

	evidence *cache[*revocation.Evidence]
	lists    *cache[*revocation.List]
	bundles  *cache[[]*x509.Certificate]
	refusals *cache[*pades.ServiceError]

	flights singleflight.Group
	slots   chan struct{}

	ctx    context.Context // of all requests; ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

var _ pades.RevocationSource = (*Revocation)(nil)

// NewRevocation checks the settings. It does not touch the network.
func NewRevocation(config RevocationConfig) (*Revocation, error) {
	guard, err := newGuard(config.AllowedNetworks)
	if err != nil {
		return nil, err
	}
	config.Timeout, config.Now, config.Log = orDefaults(config.Timeout, config.Now, config.Log)
	// No proxy: it would make the connection in our place, beyond the guard.
	transport := newTransport(net.Dialer{Control: guard.control, Resolver: config.Resolver}, config.Roots)
	r := &Revocation{
		config: config, client: &http.Client{Transport: transport, CheckRedirect: checkRedirect},
		evidence: newCache[*revocation.Evidence](4096, 64<<20), lists: newCache[*revocation.List](64, 32<<20),
		bundles: newCache[[]*x509.Certificate](64, 8<<20), refusals: newCache[*pades.ServiceError](1024, 8<<20),
		slots: make(chan struct{}, maxFlights),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Close ends all requests and waits for them. Later questions are answered from what is held, or fail.
func (r *Revocation) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
	r.client.CloseIdleConnections()
}

// Revocation gives current evidence about a certificate; that it is revoked is evidence too. The issuer must be the one whose key signed
// the certificate. Its error is a *pades.ServiceError.
func (r *Revocation) Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	key, now := keyOf(certificate, issuer), r.config.Now()
	fetch := func(ctx context.Context) (*revocation.Evidence, *pades.ServiceError) {
		return r.fetchEvidence(ctx, key, certificate, issuer)
	}
	held, due, ok := r.evidence.get(key, now)
	if ok && due && issued(certificate, issuer) { // whose addresses are asked now
		r.renew(key, certificate, fetch)
	}
	if ok {
		return held, nil
	}
	// Before anything is fetched or remembered under the issuer's name, it must be the issuer's certificate.
	if !issued(certificate, issuer) {
		return nil, &pades.ServiceError{
			Service: roleResponder, Subject: pades.CommonName(certificate), Detail: "the certificate's signature does not verify with the issuer's key",
		}
	}
	return found(wait(ctx, r, key, roleResponder, certificate, func(ctx context.Context) (*revocation.Evidence, *pades.ServiceError) {
		if held, _, ok := r.evidence.get(key, r.config.Now()); ok { // another flight has landed since
			return held, nil
		}
		e, refused := fetch(ctx)
		if e == nil {
			if e = r.listedLast(certificate, issuer); e != nil {
				r.config.Log.WarnContext(ctx, "a CRL that is held had to help", "certificate", refused.Subject, "error", refused)
				return r.hold(key, e), nil
			}
		}
		return e, refused
	}))
}

// Issuers gives the certificates of those who signed a certificate, from the addresses that it names. Its error is a
// *pades.ServiceError.
func (r *Revocation) Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error) {
	_, _, addresses := revocation.Sources(certificate)
	addresses = followable(addresses)
	for _, address := range addresses {
		bundle, _, _ := r.bundles.get(address, r.config.Now())
		if issuers := issuersOf(certificate, bundle); len(issuers) > 0 {
			return issuers, nil
		}
	}
	key := sha256.Sum256(certificate.Raw)
	return found(wait(ctx, r, "issuers "+string(key[:]), roleIssuers, certificate,
		func(ctx context.Context) ([]*x509.Certificate, *pades.ServiceError) {
			return r.fetchIssuers(ctx, certificate, addresses)
		}))
}

// found makes an error of a *pades.ServiceError, which must not become an error that is not nil and says nothing.
func found[V any](value V, refused *pades.ServiceError) (V, error) {
	if refused != nil {
		return value, refused
	}
	return value, nil
}

// keyOf names a certificate by the issuer's name and key and its serial number.
func keyOf(certificate, issuer *x509.Certificate) string {
	authority := sha256.Sum256(slices.Concat(issuer.RawSubject, issuer.RawSubjectPublicKeyInfo))
	return string(authority[:]) + certificate.SerialNumber.Text(62)
}

// fetch is one attempt to find something out.
type fetch[V any] func(context.Context) (V, *pades.ServiceError)

// result is what came of it.
type result[V any] struct {
	value   V
	refused *pades.ServiceError
}

// wait gives the outcome of a fetch, which all share who ask for the same at the time, or a failure that is remembered.
func wait[V any](ctx context.Context, r *Revocation, key, role string, about *x509.Certificate, work fetch[V]) (V, *pades.ServiceError) {
	var none V
	if refused, _, ok := r.refusals.get(key, r.config.Now()); ok {
		return none, refused
	}
	impatient := func() *pades.ServiceError {
		return &pades.ServiceError{
			Service: role, Subject: pades.CommonName(about), Detail: leftDetail, Retry: true, Err: context.Cause(ctx),
		}
	}
	if ctx.Err() != nil {
		return none, impatient()
	}
	done := make(chan result[V], 1)
	if !r.launch(func() { done <- fly(r, key, role, about, work) }) {
		return none, &pades.ServiceError{Service: role, Subject: pades.CommonName(about), Detail: "is asked no more", Retry: true}
	}
	select {
	case landed := <-done:
		return landed.value, landed.refused
	case <-ctx.Done():
		return none, impatient()
	}
}

// renew does the same in the background.
func (r *Revocation) renew(key string, about *x509.Certificate, work fetch[*revocation.Evidence]) {
	r.evidence.postpone(key, r.config.Now().Add(retryAfter))
	r.launch(func() {
		if refused := fly(r, key, roleResponder, about, work).refused; refused != nil && r.ctx.Err() == nil {
			r.config.Log.Warn("revocation evidence could not be renewed", "certificate", refused.Subject, "error", refused)
		}
	})
}

// launch runs something that Close waits for, unless that has come.
func (r *Revocation) launch(work func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.running.Go(work)
	return true
}

// fly does the work once for all who wait, within the time and the number of flights that there are.
func fly[V any](r *Revocation, key, role string, about *x509.Certificate, work fetch[V]) result[V] {
	landed, _, _ := r.flights.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(r.ctx, flightLimit)
		defer cancel()
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		case <-ctx.Done():
			return result[V]{refused: busy(role, about)}, nil
		}
		value, refused := work(ctx)
		if refused != nil && r.ctx.Err() == nil {
			now := r.config.Now()
			r.refusals.put(key, refused, 0, lifetime{end: now.Add(refusalLife)})
		}
		return result[V]{value, refused}, nil
	})
	return landed.(result[V])
}

// busy is the outcome of a flight that found no slot in its time.
func busy(role string, about *x509.Certificate) *pades.ServiceError {
	return &pades.ServiceError{Service: role, Subject: pades.CommonName(about), Detail: "too much is being asked at once", Retry: true}
}
