package chain

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
)

// Question asks whether a certificate was fit to sign: ETSI EN 319 102-1, 5.2.6.
type Question struct {
	Signer       *x509.Certificate
	At           time.Time // when the signature existed at the latest: the time at which the chain must be valid
	Proved       bool      // at is proved; else it is now
	Fresh        time.Time // revocation evidence must have held at this time or be newer
	Timestamping bool      // the signer is a TSA
	responder    bool      // it is an OCSP responder
}

// Chain is the answer.
type Chain struct {
	Path       []*x509.Certificate
	Links      []pades.Link
	Err        error // a *pades.VerdictError; nil = valid at the time
	Documented bool  // all revocation evidence that is needed is in the document
	Archived   bool  // and is proved to have been there before now
}

// Validate builds chains from the signer to an anchor and judges them until one is valid. Only
// failures to read the document and the context's end are errors.
func (v *Validator) Validate(ctx context.Context, q Question) (*Chain, error) {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if reason := v.refusal(q.Signer); reason != "" && !v.anchors.has(q.Signer) {
		return &Chain{Err: pades.Undecided(pades.ChainGeneralFailure,
			"the certificate is not as X.509 has it, and not relied on: "+reason)}, nil
	}
	if q.Signer.KeyUsage != 0 && q.Signer.KeyUsage&signing == 0 {
		return &Chain{Err: pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate's key usage does not allow signing")}, nil
	}
	if !q.Timestamping && forServices(q.Signer) {
		return &Chain{Err: pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate is one for timestamps or OCSP responses alone")}, nil
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

// withinLimits gives the reason why a certificate was not good. It gives the limit instead where
// validation data that a limit left out could have changed the answer.
func (v *Validator) withinLimits(reason error) error {
	verdict, ok := errors.AsType[*pades.VerdictError](reason)
	if !ok || v.store == nil || v.store.limit == "" {
		return reason
	}
	switch verdict.Sub {
	case pades.NoCertificateChain, pades.TryLater, pades.RevocationOutOfBounds, pades.OutOfBoundsNoPOE:
		return pades.LimitedBy(v.store.limit + "; without the rest " + verdict.Detail)
	}
	return reason
}

// refusal gives the reason why a certificate is not used; "" if it is. It is computed once for each
// certificate, because that reads the certificate again.
func (v *Validator) refusal(c *x509.Certificate) string {
	reason, known := v.refusals[c]
	if !known && certificate.Refused(c) {
		reason = certificate.Refusal(c)
		v.refusals[c] = reason
	}
	return reason
}

// forServices tells whether a certificate is only for the services that signatures rely on: RFC
// 5280, 4.2.1.12.
func forServices(c *x509.Certificate) bool {
	others := slices.ContainsFunc(c.ExtKeyUsage, func(usage x509.ExtKeyUsage) bool {
		return usage != x509.ExtKeyUsageTimeStamping && usage != x509.ExtKeyUsageOCSPSigning
	})
	return len(c.ExtKeyUsage) > 0 && !others && len(c.UnknownExtKeyUsage) == 0
}

// paths gives the chains from the signer to an anchor, and asks online for missing issuers.
func (v *Validator) paths(ctx context.Context, q Question) ([][]*x509.Certificate, error) {
	if v.anchors.has(q.Signer) {
		return [][]*x509.Certificate{{q.Signer}}, nil
	}
	key := sha256.Sum256(q.Signer.Raw)
	if known, ok := v.built[key]; ok {
		return known.paths, known.fault
	}
	paths, err := v.find(ctx, q.Signer)
	if _, ok := errors.AsType[*pades.VerdictError](err); ok || err == nil {
		v.built[key] = built{paths, err}
	}
	return paths, err
}

// built is the result of the search for a signer's chains.
type built struct {
	paths [][]*x509.Certificate
	fault error // a *pades.VerdictError
}

func (v *Validator) find(ctx context.Context, signer *x509.Certificate) ([][]*x509.Certificate, error) {
	if v.cost.signers++; v.cost.signers > maxSigners {
		return nil, pades.LimitedBy(fmt.Sprintf("the document has more than %d different signers", maxSigners))
	}
	store, err := v.Evidence(ctx)
	if err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		paths, err := v.build(signer, store)
		if _, ok := errors.AsType[*pades.VerdictError](err); ok || err == nil {
			return paths, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
		switch {
		case !unknown || v.trust.Online == nil || len(v.trust.Anchors) == 0:
			return nil, v.pathFailure(err, signer)
		case round == maxRounds:
			return nil, pades.LimitedBy(
				fmt.Sprintf("more than %d issuers of the signer's certificate are missing", maxRounds))
		case v.cost.sought == maxSought:
			return nil, pades.LimitedBy(fmt.Sprintf("issuers were asked for %d times already", maxSought))
		}
		v.cost.sought++
		found, _ := v.trust.Online.Issuers(ctx, v.partial(signer)) // what cannot be had is missing
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := len(store.Certificates)
		for _, c := range found {
			store.addCertificate(c, Span{})
		}
		if len(store.Certificates) == before {
			return nil, v.pathFailure(err, signer)
		}
	}
}

// build looks for chains by RFC 5280, 6.1, whatever the time. The dates of the signer and of its
// issuers are judged later. Those of anchors are never judged, because an anchor is trusted by
// itself.
func (v *Validator) build(signer *x509.Certificate, store *Store) ([][]*x509.Certificate, error) {
	if v.roots.pool == nil {
		v.roots = newTimeless()
		for _, anchor := range v.trust.Anchors {
			v.roots.add(anchor)
		}
		for _, c := range store.Certificates {
			if v.anchors.anyRoot && selfIssued(c) {
				v.roots.add(c)
			}
		}
	}
	asked := search{anchors: v.roots, issuers: store.issuers}
	effort := asked.from(signer)
	if v.cost.effort += effort; v.cost.effort > MaxEffort || !ChargeEffort(v.budget, effort) {
		return nil, pades.LimitedBy(
			fmt.Sprintf("finding the chains of the document's signers takes more work than %d units", MaxEffort))
	}
	paths, err := signer.Verify(x509.VerifyOptions{
		Roots: v.roots.pool, Intermediates: store.issuers.pool, CurrentTime: signer.NotBefore,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if asked.checks >= maxChecks && endedByLimit(err) {
		return nil, pades.LimitedBy(fmt.Sprintf("more than %d certificates could be the issuers in the signer's chain",
			maxChecks))
	}
	for _, path := range paths {
		for i, c := range path[1:] {
			path[i+1] = cmp.Or(v.roots.originals[c], store.issuers.originals[c])
		}
	}
	return paths, err
}

// endedByLimit tells whether crypto/x509 stopped at its own limit: that error alone has none of its
// types.
func endedByLimit(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, critical := errors.AsType[x509.UnhandledCriticalExtension](err)
	return err != nil && !unknown && !invalid && !critical
}

// timeless is a certificate pool of copies that are always valid.
type timeless struct {
	pool      *x509.CertPool
	originals map[*x509.Certificate]*x509.Certificate
	named     map[string][]*x509.Certificate // the originals, by subject
	highest   int                            // effort of one check
}

func newTimeless() timeless {
	return timeless{x509.NewCertPool(), map[*x509.Certificate]*x509.Certificate{}, map[string][]*x509.Certificate{}, 0}
}

func (t *timeless) add(c *x509.Certificate) {
	t.named[string(c.RawSubject)] = append(t.named[string(c.RawSubject)], c)
	t.highest = max(t.highest, Effort(c))
	always := *c
	always.NotBefore, always.NotAfter = time.Time{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	t.originals[&always] = c
	t.pool.AddCert(&always)
}

// partial gives the last certificate upwards from c whose issuer is missing.
func (v *Validator) partial(c *x509.Certificate) *x509.Certificate {
	for range maxDepth {
		issuer := v.issuerOf(c)
		if issuer == nil {
			return c
		}
		c = issuer
	}
	return c
}

func (v *Validator) issuerOf(c *x509.Certificate) *x509.Certificate {
	for _, candidate := range v.store.Certificates {
		if !bytes.Equal(candidate.RawSubject, c.RawIssuer) || candidate.Equal(c) {
			continue
		}
		if v.cost.tries++; v.cost.tries > maxTries || !v.Charge(candidate) {
			return nil
		}
		if c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

// pathFailure says why there is no chain.
func (v *Validator) pathFailure(err error, signer *x509.Certificate) *pades.VerdictError {
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate chain breaks a constraint of one of its certificates")
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate has a critical extension that is not understood")
	}
	switch v.partial(signer).SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return pades.Undecided(pades.CryptoConstraintsNoPOE,
			"a certificate of the chain is signed with an algorithm that is too weak")
	}
	return pades.Undecided(pades.NoCertificateChain, "no chain leads from the signer's certificate to a trust anchor")
}

// judgePath judges the revocation of every certificate below the anchor, and the dates of the
// signer.
func (v *Validator) judgePath(ctx context.Context, q Question, path []*x509.Certificate) (*Chain, error) {
	judged := &Chain{Path: path, Links: make([]pades.Link, 0, len(path)), Documented: true, Archived: true}
	var open error // the least of the faults
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
			judged.Err = found.fault
		}
		if open == nil {
			open = found.fault
		}
		if open == nil && i > 0 {
			open = reliableIssuer(c, q.At, q.Proved)
		}
		if i > 0 && (q.At.Before(c.NotBefore) || q.At.After(c.NotAfter)) {
			open = pades.Undecided(pades.OutOfBoundsNoPOE,
				"an issuer's certificate was not valid when the signature is known to have been there")
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
func (q Question) dates(told *pades.Revocation) error {
	switch {
	case q.At.Before(q.Signer.NotBefore) && q.Proved:
		return pades.Failed(pades.NotYetValid, "the signature is proved to be older than the certificate")
	case q.At.Before(q.Signer.NotBefore):
		return pades.Undecided(pades.NotYetValid, "the certificate is not valid yet")
	case !q.At.After(q.Signer.NotAfter):
		return nil
	}
	detail := "the certificate has expired, and nothing proves that the signature was made before"
	if told != nil && told.Status == "good" && told.Fresh {
		return pades.Undecided(pades.OutOfBoundsNotRevoked, detail)
	}
	return pades.Undecided(pades.OutOfBoundsNoPOE, detail)
}
