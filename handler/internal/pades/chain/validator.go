package chain

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/certificate"
)

// Validator decides whether the certificates of one document were fit to sign at a given time. It
// uses the document's validation data and, if Trust has a source, current answers of the
// authorities. Not safe for concurrent use.
type Validator struct {
	trust   pades.Trust
	anchors anchors
	load    func(context.Context, *Store) error // fills the store, once
	store   *Store                              // validation data; nil = not loaded yet
	proofs  proofs
	cost    cost
	budget  *budget.Budget              // nil = none
	roots   timeless                    // the anchors, for path building
	built   map[[sha256.Size]byte]built // chains, by the digest of the signer's certificate
	asked   map[statusKey]asked
	// refusals are the reasons why certificates are not used.
	refusals map[*x509.Certificate]string
	names    describer
}

// NewValidator returns the validator of one document. It calls load when validation data is first
// needed. With anyRoot, every root in the document is an anchor too.
func NewValidator(trust pades.Trust, anyRoot bool, load func(context.Context, *Store) error) *Validator {
	return &Validator{
		trust: trust, anchors: anchors{trust.Anchors, anyRoot}, load: load, proofs: proofs{now: trust.Time},
		built: map[[sha256.Size]byte]built{}, asked: map[statusKey]asked{},
		refusals: map[*x509.Certificate]string{},
		names:    describer{map[*x509.Certificate]*pades.Certificate{}, map[string]string{}},
	}
}

// Draw makes the validator charge memory and work to a budget. Without a budget, only this
// package's own bounds hold.
func (v *Validator) Draw(b *budget.Budget) { v.budget = b }

// Evidence returns the store, and loads it when it is first needed.
func (v *Validator) Evidence(ctx context.Context) (*Store, error) {
	if v.store != nil {
		return v.store, nil
	}
	v.store = newStore(v.anchors)
	v.store.proven = v.trust.Proven
	if v.store.budget = v.budget; v.budget != nil {
		v.store.memory = func(bytes int64) error { return v.budget.Take(ctx, bytes) }
	}
	return v.store, cmp.Or(v.load(ctx, v.store), v.store.short)
}

// Limit names the limit that left out validation data; "" = all of it was used.
func (v *Validator) Limit() string {
	if v.store == nil {
		return ""
	}
	return v.store.limit
}

// Prove records a valid document timestamp of the time at. It proves that everything up to end
// existed, except the gap of its own /Contents.
func (v *Validator) Prove(gap Span, end int64, at time.Time) { v.proofs.add(gap, end, at) }

// Proved returns the earliest time at which a part of the document is proved to have existed; the
// time of verification if there is no proof.
func (v *Validator) Proved(part Span) (at time.Time, proved bool) { return v.proofs.of(part) }

// AnyProved reports whether the existence of one of the parts is proved.
func (v *Validator) AnyProved(parts []Span) bool { return v.proofs.any(parts) }

// Pieces returns the places of the validation data in the document that is about a path. The
// evidence must have been loaded before.
func (v *Validator) Pieces(path []*x509.Certificate) []Span { return v.store.pieces(path) }

// Question asks whether a certificate was fit to sign: ETSI EN 319 102-1, 5.2.6.
type Question struct {
	Signer       *x509.Certificate
	At           time.Time // when the signature existed at the latest: the time at which the chain must be valid
	Proved       bool      // At is proved; else it is the time of verification
	Fresh        time.Time // revocation evidence must be valid at this time or be newer
	Timestamping bool      // the signer is a TSA
	responder    bool      // it is an OCSP responder
}

// Chain is the answer to a Question.
type Chain struct {
	Path       []*x509.Certificate
	Links      []pades.Link
	Err        error // a *pades.VerdictError; nil = valid at the time
	Documented bool  // all revocation evidence that is needed is in the document
	Archived   bool  // and is proved to have been there before the time of verification
}

// Validate builds chains from the signer to an anchor and judges them until one is valid. It
// returns an error only if the document cannot be read or the context ends.
func (v *Validator) Validate(ctx context.Context, q Question) (*Chain, error) {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if reason := v.refusal(q.Signer); reason != "" && !v.anchors.has(q.Signer) {
		return &Chain{Err: pades.Undecided(pades.ChainGeneralFailure,
			"the certificate does not conform to X.509, and is not relied on: "+reason)}, nil
	}
	if !certificate.Permits(q.Signer, signing) {
		return &Chain{Err: pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate's key usage does not allow signing")}, nil
	}
	if !q.Timestamping && forServices(q.Signer) {
		return &Chain{Err: pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate is only for timestamps or OCSP responses")}, nil
	}
	paths, err := v.paths(ctx, q)
	if err != nil {
		if _, ok := errors.AsType[*pades.VerdictError](err); ok {
			return &Chain{Err: v.withinLimits(err)}, nil
		}
		return nil, err
	}
	var first *Chain
	for i, path := range paths {
		if i == maxPaths {
			if verdict, _ := errors.AsType[*pades.VerdictError](first.Err); verdict.Sub != pades.RevokedNoPOE &&
				verdict.Indication != pades.TotalFailed {
				first.Err = pades.LimitedBy(
					fmt.Sprintf("none of the first %d chains to trust anchors is valid", maxPaths))
			}
			break
		}
		judged, err := v.judgePath(ctx, q, path)
		if err != nil || judged.Err == nil {
			return judged, err
		}
		if first == nil {
			first = judged
		}
	}
	first.Err = v.withinLimits(first.Err)
	return first, nil
}

// judgePath judges the revocation status of every certificate below the anchor, and the dates of
// the signer. A revocation outranks the dates of the signer, and these outrank everything else.
func (v *Validator) judgePath(ctx context.Context, q Question, path []*x509.Certificate) (*Chain, error) {
	// The path may have been built for another copy of the signer's certificate, parsed from the
	// same bytes. What holds for the signer alone is found by comparing pointers.
	q.Signer = path[0]
	judged := &Chain{Path: path, Links: make([]pades.Link, 0, len(path)), Documented: true, Archived: true}
	var open error // the first other reason against the chain
	for i, c := range path {
		link := pades.Link{Certificate: *v.Describe(c)}
		if i == len(path)-1 {
			link.Anchor = true
			judged.Links = append(judged.Links, link)
			break
		}
		found, err := v.revocationStatus(ctx, q, c, path[i+1])
		if err != nil {
			return nil, err
		}
		link.Revocation = found.reported
		judged.Links = append(judged.Links, link)
		judged.Documented = judged.Documented && found.documented
		judged.Archived = judged.Archived && found.archived
		if judged.Err == nil && found.revoked {
			judged.Err = found.err
		}
		if open == nil {
			open = found.err
		}
		if open == nil && i > 0 {
			open = reliableIssuer(c, q.At, q.Proved)
		}
		if i > 0 && (q.At.Before(c.NotBefore) || q.At.After(c.NotAfter)) {
			open = pades.Undecided(pades.OutOfBoundsNoPOE,
				"an issuer's certificate was not valid at the time at which the signature is known to have existed")
		}
	}
	if judged.Err == nil {
		judged.Err = q.dates(judged.Links[0].Revocation)
	}
	if judged.Err == nil {
		judged.Err = open
	}
	return judged, nil
}

// dates judges the validity of the signer's certificate: ETSI EN 319 102-1, 5.2.6.4 and 5.5.4, step
// 4.
func (q Question) dates(status *pades.Revocation) error {
	switch {
	case q.At.Add(ClockSkew).Before(q.Signer.NotBefore) && q.Proved:
		return pades.Failed(pades.NotYetValid, "the signature is proved to be older than the certificate")
	case q.At.Before(q.Signer.NotBefore):
		return pades.Undecided(pades.NotYetValid, "the certificate is not valid yet")
	case !q.At.After(q.Signer.NotAfter):
		return nil
	}
	detail := "the certificate has expired, and nothing proves that the signature was made before"
	if status != nil && status.Status == "good" && status.Fresh {
		return pades.Undecided(pades.OutOfBoundsNotRevoked, detail)
	}
	return pades.Undecided(pades.OutOfBoundsNoPOE, detail)
}

// withinLimits returns the reason why a certificate was not good. If a limit left out validation
// data that could have changed the answer, it returns the limit instead.
func (v *Validator) withinLimits(reason error) error {
	verdict, ok := errors.AsType[*pades.VerdictError](reason)
	limit := v.Limit()
	if !ok || limit == "" {
		return reason
	}
	switch verdict.Sub {
	case pades.NoCertificateChain, pades.TryLater, pades.RevocationOutOfBounds, pades.OutOfBoundsNoPOE:
		return pades.LimitedBy(limit + "; without the rest " + verdict.Detail)
	}
	return reason
}

// refusal returns the reason why a certificate is not used; "" = it is used. It computes the reason
// once for each certificate, because that means reading the certificate again.
func (v *Validator) refusal(c *x509.Certificate) string {
	reason, known := v.refusals[c]
	if !known && certificate.Refused(c) {
		reason = certificate.Refusal(c)
		v.refusals[c] = reason
	}
	return reason
}

// forServices reports whether a certificate is only for services such as TSAs and OCSP responders:
// RFC 5280, 4.2.1.12.
func forServices(c *x509.Certificate) bool {
	others := slices.ContainsFunc(c.ExtKeyUsage, func(usage x509.ExtKeyUsage) bool {
		return usage != x509.ExtKeyUsageTimeStamping && usage != x509.ExtKeyUsageOCSPSigning
	})
	return len(c.ExtKeyUsage) > 0 && !others && len(c.UnknownExtKeyUsage) == 0
}
