package pades

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades/revocation"
)

// Statuses of Revocation beside those of package revocation.
const (
	statusNoneNamed = "none_named"
	statusMissing   = "missing"
	statusNotNeeded = "not_needed"
)

// CRLReasons of RFC 5280, 5.3.1, that are not for ever.
const (
	reasonHold   = 6
	reasonLifted = 8 // removeFromCRL
)

// standing is what is known of a certificate's revocation at the time of a question: ETSI EN 319 102-1, 5.2.6.4 and 5.2.5.
type standing struct {
	told       *Revocation
	fault      error // a *failure; nil = the certificate was good
	revoked    bool  // the fault is a revocation, which outweighs all others
	documented bool  // needs no evidence from elsewhere than the document
	archived   bool  // the same, and the evidence is proved to be older than now
}

// standingKey is the digests of a certificate and its issuer, whose status was asked for.
type standingKey struct{ certificate, issuer [sha256.Size]byte }

// standing looks for evidence in the document and, where that does not do, online.
func (e *examination) standing(ctx context.Context, q question, c, issuer *x509.Certificate) (standing, error) {
	if neverRevoked(c) {
		return standing{told: &Revocation{Status: statusNotNeeded}, documented: true, archived: true}, nil
	}
	store, err := e.evidence(ctx)
	if err != nil {
		return standing{}, err
	}
	var usable []holding
	unproved := false // there is evidence that could have been made after its signer's certificate had expired
	use := func(h holding) error {
		credible, late, err := e.credible(ctx, q, h, c, issuer)
		if credible {
			usable = append(usable, h)
		}
		unproved = unproved || late
		return err
	}
	for _, h := range store.about(c, issuer) {
		if err := use(h); err != nil {
			return standing{}, err
		}
	}
	recent := q.fresh
	if e.trust.Online != nil {
		recent = q.at // a TSA that was found out since is not trusted for what it said before, if we can know
	}
	found := e.weigh(q, c, usable, recent)
	if found.fault != nil && !found.revoked && e.trust.Online != nil && !e.trust.Time.After(c.NotAfter) {
		current, err := e.ask(ctx, c, issuer)
		if err != nil {
			return standing{}, err
		}
		if current != nil {
			if err := use(holding{current, nil}); err != nil {
				return standing{}, err
			}
		}
		found = e.weigh(q, c, usable, q.fresh)
	}
	if len(usable) == 0 && unproved && found.fault != nil {
		found.fault = undecided(RevocationOutOfBounds,
			about(q, c)+" has revocation evidence, but nothing proves that it was made before its signer's certificate expired")
	}
	return found, nil
}

// weigh draws the conclusion from evidence that can be believed.
func (e *examination) weigh(q question, c *x509.Certificate, usable []holding, recent time.Time) standing {
	slices.SortStableFunc(usable, func(a, b holding) int { return b.ThisUpdate.Compare(a.ThisUpdate) })
	if revoked := firstRevocation(usable); revoked != nil {
		found := e.by(*revoked, true)
		if revoked.RevokedAt.After(q.at) { // after the signature was made, as may be shown by evidence from that time
			if fresh := e.freshest(usable, recent); fresh != nil {
				then := e.by(*fresh, true)
				found.documented, found.archived = then.documented, then.archived
			}
			return found
		}
		sub, detail := RevokedCANoPOE, "an issuer's certificate was revoked on %s, and nothing proves that the signature was made before"
		if c == q.signer {
			sub, detail = RevokedNoPOE, "the certificate was revoked on %s, and nothing proves that the signature was made before"
		}
		found.fault, found.revoked = undecided(sub, fmt.Sprintf(detail, revoked.RevokedAt.UTC().Format(time.DateTime))), true
		return found
	}
	if len(usable) > 0 && usable[0].Status == revocation.Revoked && usable[0].Reason == reasonHold && !usable[0].RevokedAt.After(q.at) {
		found := e.by(usable[0], true)
		found.fault = undecided(TryLater, about(q, c)+" is suspended")
		return found
	}
	if fresh := e.freshest(usable, recent); fresh != nil {
		return e.by(*fresh, true)
	}
	return e.without(q, c, usable)
}

// firstRevocation gives the evidence of a revocation for good, the earliest. It stands against whatever else is said: lists leave out
// certificates that have expired, and the newest answer is not always the one that is in the document.
func firstRevocation(usable []holding) *holding {
	var first *holding
	for i, h := range usable {
		final := h.Status == revocation.Revoked && h.Reason != reasonHold && h.Reason != reasonLifted
		if final && (first == nil || h.RevokedAt.Before(first.RevokedAt)) {
			first = &usable[i]
		}
	}
	return first
}

// freshest gives evidence that the certificate is good which held at a time or is newer: what an archive timestamp covers rather than
// what is in the document, and that rather than what was found online. Of usable, the newest comes first.
func (e *examination) freshest(usable []holding, recent time.Time) *holding {
	var found *holding
	var best standing
	for i, h := range usable {
		good := h.Status == revocation.Good || h.Status == revocation.Revoked && (h.Reason == reasonLifted || h.RevokedAt.After(recent))
		if !good || cmp.Or(h.NextUpdate, h.ThisUpdate.Add(clockSkew)).Before(recent) {
			continue
		}
		by := e.by(h, true)
		if found == nil || by.archived && !best.archived || by.documented && !best.documented {
			found, best = &usable[i], by
		}
	}
	return found
}

// without judges a certificate for which there is no evidence that is good and fresh. One that names no place to ask cannot be asked about.
func (e *examination) without(q question, c *x509.Certificate, usable []holding) standing {
	// A distribution point need not be an address: one in a directory is a place to ask as well.
	named := len(c.OCSPServer) > 0 || hasExtension(c, asn1.ObjectIdentifier{2, 5, 29, 31})
	found := standing{told: &Revocation{Status: statusNoneNamed}, documented: true, archived: true}
	detail := "%s has no usable revocation evidence"
	switch {
	case len(usable) > 0:
		found = e.by(usable[0], false)
		detail = "%s has no revocation evidence that is recent enough"
		if usable[0].Status == revocation.Unknown {
			detail = "%s is not known to its responder"
			named = true
		}
	case named:
		found = standing{told: &Revocation{Status: statusMissing}}
	}
	// Evidence about the issuers of TSAs is often missing, and not asked for by the reference implementation either.
	if named && (!q.timestamping || c == q.signer) {
		found.fault = undecided(TryLater, fmt.Sprintf(detail, about(q, c)))
	}
	return found
}

// by is a standing by one piece of evidence.
func (e *examination) by(h holding, fresh bool) standing {
	source := "document"
	if h.places == nil {
		source = "online"
	}
	_, archived := e.proofs.first(h.places)
	return standing{
		told: &Revocation{
			Status: string(h.Status), Source: source, Kind: string(h.Kind),
			ThisUpdate: h.ThisUpdate, NextUpdate: h.NextUpdate, RevokedAt: h.RevokedAt, Fresh: fresh,
		},
		documented: h.places != nil && fresh, archived: archived && fresh,
	}
}

// credible says whether evidence can be believed: it speaks of a time at which the certificate was there, and was made while its signer's
// certificate was valid. late = that is not proved.
func (e *examination) credible(ctx context.Context, q question, h holding, c, issuer *x509.Certificate) (credible, late bool, err error) {
	existed, _ := e.proofs.first(h.places)
	if h.ThisUpdate.After(existed.Add(clockSkew)) || h.ThisUpdate.Before(c.NotBefore) {
		return false, false, nil
	}
	if h.Status != revocation.Revoked && !h.Remembers(c) {
		return false, false, nil
	}
	made := h.ThisUpdate
	if h.ProducedAt.After(made) {
		made = h.ProducedAt
	}
	signer := h.Signer
	if !e.trust.isAnchor(signer) {
		if made.Before(signer.NotBefore) || made.After(signer.NotAfter) {
			return false, false, nil
		}
		// Only for the signer of a document is a proof asked that the evidence is older than the end of its own signer, as by the
		// reference implementation: TSAs would outlive what was said of them, as responders' certificates are short-lived.
		if c == q.signer && !q.timestamping && existed.After(signer.NotAfter) {
			return false, true, nil
		}
	}
	if signer.Equal(issuer) || h.NoCheck {
		return true, false, nil
	}
	if q.responder {
		return false, false, nil // responders do not vouch for each other, nor for themselves
	}
	// A delegated responder: RFC 6960, section 4.2.2.2.1.
	responder, err := e.standing(ctx, question{signer: signer, at: existed, fresh: made, responder: true}, signer, issuer)
	return err == nil && responder.fault == nil, false, err
}

// ask gets current evidence, once for each certificate. What cannot be had is nil.
func (e *examination) ask(ctx context.Context, c, issuer *x509.Certificate) (*revocation.Evidence, error) {
	key := e.store.key(c, issuer)
	if known, ok := e.asked[key]; ok {
		return known, nil
	}
	evidence, err := e.trust.Online.Revocation(ctx, c, issuer)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		evidence = nil
	}
	e.asked[key] = evidence
	return evidence, nil
}

// about names the certificate in a sentence.
func about(q question, c *x509.Certificate) string {
	if c == q.signer {
		return "the certificate"
	}
	return "an issuer's certificate"
}

// neverRevoked says whether a certificate states that it will never be revoked: validity-assured short-term (ETSI EN 319 412-1, 5.2) or
// noRevAvail (RFC 9608).
func neverRevoked(c *x509.Certificate) bool {
	shortTerm, noRevAvail := asn1.ObjectIdentifier{0, 4, 0, 194121, 2, 1}, asn1.ObjectIdentifier{2, 5, 29, 56}
	return !c.IsCA && (hasExtension(c, shortTerm) || hasExtension(c, noRevAvail))
}

func hasExtension(c *x509.Certificate, id asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
}
