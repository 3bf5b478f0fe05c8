package trustservices

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

// fetchEvidence asks the OCSP responders that a certificate names, then reads its CRLs, until one
// helps.
func (r *Revocation) fetchEvidence(ctx context.Context, key string, certificate, issuer *x509.Certificate) (
	*revocation.Evidence, *pades.ServiceError) {
	responders, lists, _ := revocation.Sources(certificate)
	responders, lists = followable(responders), followable(lists)
	var attempts []attempt
	for _, ask := range []struct {
		role      string
		addresses []string
		about     func(ctx context.Context, address string, certificate, issuer *x509.Certificate) (
			*revocation.Evidence, *answerError)
	}{{roleResponder, responders, r.askResponder}, {roleList, lists, r.readList}} {
		for _, address := range ask.addresses {
			e, failed := ask.about(ctx, address, certificate, issuer)
			if failed == nil {
				r.note(ctx, certificate, attempts)
				return r.hold(key, e), nil
			}
			attempts = append(attempts, attempt{ask.role, at(address, failed)})
		}
	}
	if len(attempts) == 0 {
		nothing := &answerError{"the certificate names no responder and no CRL that may be asked", false, nil}
		attempts = append(attempts, attempt{roleResponder, nothing})
	}
	return nil, gather(pades.CommonName(certificate), attempts)
}

// hold caches evidence and returns it. If the cached evidence is newer, hold returns that instead:
// an older answer may be replayed, or come from a mirror that lags.
func (r *Revocation) hold(key string, e *revocation.Evidence) *revocation.Evidence {
	now := r.config.Now()
	if cached, _, ok := r.evidence.get(key, now); ok && cached.ThisUpdate.After(e.ThisUpdate) {
		return cached
	}
	r.evidence.put(key, e, len(e.Raw)+oversize(e.Signer), lifeOf(e, now))
	return e
}

// at adds the address to what is logged of an error.
func at(address string, failed *answerError) *answerError {
	err := fmt.Errorf("at %q", address)
	if failed.err != nil {
		err = fmt.Errorf("at %q: %w", address, failed.err)
	}
	return &answerError{failed.detail, failed.retry, err}
}

// note logs the failures before a success, which nobody else reports.
func (r *Revocation) note(ctx context.Context, certificate *x509.Certificate, attempts []attempt) {
	for _, a := range attempts {
		r.config.Log.WarnContext(ctx, "another trust service answered",
			"service", a.role, "certificate", pades.CommonName(certificate), "error", a.answerError)
	}
}

// askResponder asks by POST, which every responder supports; GET is optional (RFC 6960, appendix
// A).
func (r *Revocation) askResponder(ctx context.Context, address string, certificate, issuer *x509.Certificate) (
	*revocation.Evidence, *answerError) {
	request, err := revocation.Request(certificate, issuer)
	if err != nil {
		return nil, &answerError{"cannot be asked about this certificate", false, err}
	}
	body, failed := exchange{
		method: http.MethodPost, address: address, contentType: "application/ocsp-request", body: request,
		accept: "application/ocsp-response", limit: maxOCSPResponse, timeout: r.config.Timeout,
	}.do(ctx, r.client)
	if failed != nil {
		return nil, failed
	}
	response, err := revocation.ParseResponse(body)
	if err != nil {
		return nil, unusable(err)
	}
	e, err := response.About(certificate, issuer)
	if err != nil {
		return nil, unusable(err)
	}
	if e.Status == revocation.Unknown {
		return nil, &answerError{"does not know the certificate", true, nil}
	}
	if failed := judge(e, issuer, r.config.Now()); failed != nil {
		return nil, failed
	}
	return e, nil
}

// readList gives a CRL from the cache, or fetches it. A CRL is cached once it has proved to be the
// issuer's.
func (r *Revocation) readList(ctx context.Context, address string,
	certificate, issuer *x509.Certificate) (*revocation.Evidence, *answerError) {
	if cached, due, ok := r.lists.get(address, r.config.Now()); ok && !due {
		if e, failed := r.listed(ctx, cached, certificate, issuer); failed == nil {
			return e, nil
		}
	}
	list, failed := r.fetchList(ctx, address)
	if failed != nil {
		return nil, failed
	}
	e, failed := r.listed(ctx, list, certificate, issuer)
	if failed != nil {
		return nil, failed
	}
	// its index takes up to a fifth
	r.lists.put(address, list, len(list.Raw)+len(list.Raw)/4, lifeOf(e, r.config.Now()))
	return e, nil
}

// listedLast gives what a cached CRL says whose renewal is due. While no newer CRL can be fetched,
// the cached one serves until its end. nil = there is none.
func (r *Revocation) listedLast(ctx context.Context, certificate, issuer *x509.Certificate) *revocation.Evidence {
	_, addresses, _ := revocation.Sources(certificate)
	for _, address := range followable(addresses) {
		if cached, _, ok := r.lists.get(address, r.config.Now()); ok {
			if e, failed := r.listed(ctx, cached, certificate, issuer); failed == nil {
				return e
			}
		}
	}
	return nil
}

// fetchList fetches a CRL, once for all callers that want it at the time: an authority has one CRL
// for many certificates.
func (r *Revocation) fetchList(ctx context.Context, address string) (*revocation.List, *answerError) {
	type outcome struct {
		list   *revocation.List
		failed *answerError
	}
	shared, _, _ := r.calls.Do("list "+address, func() (any, error) {
		body, failed := exchange{
			method: http.MethodGet, address: address, limit: maxList, timeout: r.config.Timeout, decode: crlBody,
		}.do(ctx, r.client)
		if failed != nil {
			return outcome{failed: failed}, nil
		}
		list, err := revocation.ParseList(body)
		if err != nil {
			return outcome{failed: unusable(err)}, nil
		}
		return outcome{list: list}, nil
	})
	got := shared.(outcome)
	return got.list, got.failed
}

// listed gives what a CRL says about a certificate. It fetches the certificate of an indirect CRL's
// signer if that is missing.
func (r *Revocation) listed(ctx context.Context, list *revocation.List,
	certificate, issuer *x509.Certificate) (*revocation.Evidence, *answerError) {
	e, err := list.About(certificate, issuer)
	if revocationErr, ok := errors.AsType[*revocation.Error](err); ok &&
		revocationErr.Kind == revocation.SignerForbidden {
		e, err = list.About(certificate, issuer, r.listSigners(ctx, list)...)
	}
	if err != nil {
		return nil, unusable(err)
	}
	return e, judge(e, issuer, r.config.Now())
}

// listSigners gives the certificates at the addresses that a CRL names for its signer's
// certificate. The CRL itself decides which of them may sign it.
func (r *Revocation) listSigners(ctx context.Context, list *revocation.List) []*x509.Certificate {
	var found []*x509.Certificate
	for _, address := range followable(list.SignerAddresses) {
		bundle, _, failed := r.fetchBundle(ctx, address)
		if failed != nil {
			r.config.Log.WarnContext(ctx, "the certificate of a CRL's signer is not available", "error",
				at(address, failed))
		}
		found = append(found, bundle...)
	}
	return found
}

// unusable describes an error in an answer.
func unusable(err error) *answerError {
	revocationErr, ok := errors.AsType[*revocation.Error](err)
	if !ok {
		return &answerError{"answered with something that cannot be read", false, err}
	}
	return &answerError{revocationErr.Detail, revocationErr.Retry, nil}
}

// judge says why evidence is not current: because of its own dates, or of those of the responder's
// certificate.
func judge(e *revocation.Evidence, issuer *x509.Certificate, now time.Time) *answerError {
	switch {
	case e.ThisUpdate.After(now.Add(clockSkew)):
		return &answerError{"answered with a status from the future", false, nil}
	case !e.NextUpdate.IsZero() && !now.Before(e.NextUpdate),
		e.NextUpdate.IsZero() && now.Sub(e.ThisUpdate) > unboundAge:
		return &answerError{"answered with a status that is out of date", true, nil}
	case !e.Signer.Equal(issuer) && (now.Before(e.Signer.NotBefore) || now.After(e.Signer.NotAfter)):
		return &answerError{"signs with a certificate that is not valid now", false, nil}
	}
	return nil
}

// lifeOf says how long evidence is cached.
func lifeOf(e *revocation.Evidence, now time.Time) lifetime {
	if e.NextUpdate.IsZero() {
		end := now.Add(unboundLife)
		return lifetime{end, end}
	}
	left := e.NextUpdate.Sub(now)
	return lifetime{now.Add(min(left-left/4, renewAfter)), e.NextUpdate}
}

// fetchIssuers fetches the bundles at a certificate's addresses until one has an issuer.
func (r *Revocation) fetchIssuers(ctx context.Context, certificate *x509.Certificate, addresses []string) (
	[]*x509.Certificate, *pades.ServiceError) {
	var attempts []attempt
	for _, address := range addresses {
		bundle, size, failed := r.fetchBundle(ctx, address)
		if failed == nil {
			if issuers := issuersOf(certificate, bundle); len(issuers) > 0 {
				r.note(ctx, certificate, attempts)
				end := r.config.Now().Add(issuersLife)
				r.bundles.put(address, bundle, len(bundle)*entryCost+size+oversize(bundle...), lifetime{end, end})
				return issuers, nil
			}
			failed = &answerError{"answered without a certificate that issued this one", false, nil}
		}
		attempts = append(attempts, attempt{roleIssuers, at(address, failed)})
	}
	if len(attempts) == 0 {
		attempts = append(attempts,
			attempt{roleIssuers, &answerError{"the certificate names no address that may be asked", false, nil}})
	}
	return nil, gather(pades.CommonName(certificate), attempts)
}

// fetchBundle fetches certificates from an address, and gives the number of bytes that they had.
func (r *Revocation) fetchBundle(ctx context.Context, address string) ([]*x509.Certificate, int, *answerError) {
	body, failed := exchange{method: http.MethodGet, address: address, limit: maxIssuers,
		timeout: r.config.Timeout}.do(ctx, r.client)
	if failed != nil {
		return nil, 0, failed
	}
	return parseBundle(body), len(body), nil
}
