package chain

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"influxion/handler/internal/pades/revocation"
)

// statusKey identifies a question about a status: the digests of a certificate and its issuer.
type statusKey struct{ certificate, issuer [sha256.Size]byte }

// asked is the outcome of a question to a service.
type asked struct {
	evidence *revocation.Evidence // nil = there is none
	bounded  bool                 // a bound of the document's questions kept it from being asked
}

// outdated reports whether all evidence is from before the time that the question is about. Whoever
// made the document chose it: the certificate may have been revoked in between, even if nextUpdate
// is still to come. A responder that does not know the certificate says nothing about that.
func outdated(q Question, c *x509.Certificate, usable []locatedEvidence) bool {
	return namesService(c) && !slices.ContainsFunc(usable, func(h locatedEvidence) bool {
		return h.Status != revocation.Unknown && !h.ThisUpdate.Add(ClockSkew).Before(q.At)
	})
}

// prevented reports whether a service was not asked because of a bound that the document's author
// can have used up: issuers were requested from addresses that nobody but the author vouches for.
func (v *Validator) prevented(c, issuer *x509.Certificate) bool {
	return v.cost.sought > 0 && v.asked[v.store.key(c, issuer)].bounded
}

// askUsable looks for evidence online, and returns what counts, as usable does.
func (v *Validator) askUsable(ctx context.Context, q Question,
	c, issuer *x509.Certificate) (current []locatedEvidence, unproved bool, err error) {
	evidence, err := v.ask(ctx, c, issuer)
	if evidence == nil {
		return nil, false, err
	}
	return v.usable(ctx, q, []locatedEvidence{{evidence, nil}}, c, issuer)
}

// ask gets current evidence online, once for each certificate; nil = there is none.
func (v *Validator) ask(ctx context.Context, c, issuer *x509.Certificate) (*revocation.Evidence, error) {
	key := v.store.key(c, issuer)
	if known, ok := v.asked[key]; ok {
		return known.evidence, nil
	}
	evidence, err := v.trust.Online.Revocation(ctx, c, issuer)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	known := asked{evidence: evidence}
	if err != nil {
		known = asked{bounded: v.store.leaveOutUnasked(err)}
	}
	v.asked[key] = known
	return known.evidence, nil
}
