package chain

import (
	"context"
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
// returns an error only where the document cannot be read or the context ends.
func (v *Validator) Validate(ctx context.Context, q Question) (*Chain, error) {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if reason := v.refusal(q.Signer); reason != "" && !v.anchors.has(q.Signer) {
		return &Chain{Err: pades.Undecided(pades.ChainGeneralFailure,
			"the certificate is not as X.509 has it, and not relied on: "+reason)}, nil
	}
	if !certificate.Permits(q.Signer, signing) {
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

// judgePath judges the revocation status of every certificate below the anchor, and the dates of
// the signer. That a certificate is revoked outranks what the signer's dates say, and these outrank
// everything else.
func (v *Validator) judgePath(ctx context.Context, q Question, path []*x509.Certificate) (*Chain, error) {
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

// forServices reports whether a certificate is only for services such as TSAs and OCSP responders:
// RFC 5280, 4.2.1.12.
func forServices(c *x509.Certificate) bool {
	others := slices.ContainsFunc(c.ExtKeyUsage, func(usage x509.ExtKeyUsage) bool {
		return usage != x509.ExtKeyUsageTimeStamping && usage != x509.ExtKeyUsageOCSPSigning
	})
	return len(c.ExtKeyUsage) > 0 && !others && len(c.UnknownExtKeyUsage) == 0
}
