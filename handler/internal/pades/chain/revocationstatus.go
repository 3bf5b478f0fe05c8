package chain

import (
	"cmp"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

// Statuses of Revocation in addition to those of package revocation.
const (
	statusNoneNamed = "none_named"
	statusMissing   = "missing"
	statusNotNeeded = "not_needed"
)

// reasonHold is the CRLReason (RFC 5280, 5.3.1) that is not final. Package revocation accepts no
// evidence with the other one, removeFromCRL.
const reasonHold = 6

// revocationStatus is what is known about a certificate's revocation at the time of a question:
// ETSI EN 319 102-1, 5.2.6.4 and 5.2.5.
type revocationStatus struct {
	reported   *pades.Revocation
	err        error // a *pades.VerdictError; nil = the certificate was good
	revoked    bool  // err is a revocation, which precedes every other reason
	open       bool  // newer evidence could change the status: it is to be asked for, where that is possible
	documented bool  // no evidence from outside the document is needed
	archived   bool  // documented, and the evidence is proved to have existed before the time of verification
}

// revocationStatus looks for evidence in the document. If that does not suffice, or is from before
// the time of the question, it looks online.
func (v *Validator) revocationStatus(ctx context.Context, q Question,
	c, issuer *x509.Certificate) (revocationStatus, error) {
	if NeverRevoked(c) {
		return revocationStatus{reported: &pades.Revocation{Status: statusNotNeeded}, documented: true,
			archived: true}, nil
	}
	store, err := v.Evidence(ctx)
	if err != nil {
		return revocationStatus{}, err
	}
	usable, unproved, err := v.usable(ctx, q, store.EvidenceAbout(c, issuer), c, issuer)
	if err != nil {
		return revocationStatus{}, err
	}
	recent := q.Fresh
	if v.trust.Online != nil {
		// if a TSA's certificate is known to have been revoked later, earlier timestamps are not
		// trusted either
		recent = q.At
	}
	found := v.weigh(q, c, usable, recent)
	wanted := found.open || found.err == nil && outdated(q, c, usable)
	if wanted && v.trust.Online != nil && !v.trust.Time.After(c.NotAfter) {
		current, late, err := v.askUsable(ctx, q, c, issuer)
		if err != nil {
			return revocationStatus{}, err
		}
		usable, unproved = append(usable, current...), unproved || late
		found = v.weigh(q, c, usable, q.Fresh)
		if found.err == nil && v.prevented(c, issuer) {
			found.err = pades.Undecided(pades.TryLater,
				subjectOf(q, c)+" has no revocation evidence that is recent enough")
		}
	}
	if len(usable) == 0 && unproved && found.err != nil {
		found.err = pades.Undecided(pades.RevocationOutOfBounds,
			subjectOf(q, c)+
				" has revocation evidence, but nothing proves that it was made before its signer's certificate expired")
	}
	return found, nil
}

// usable returns the evidence that counts. unproved reports that some was possibly made after the
// certificate of its signer had expired.
func (v *Validator) usable(ctx context.Context, q Question, all []locatedEvidence,
	c, issuer *x509.Certificate) (usable []locatedEvidence, unproved bool, err error) {
	for _, h := range all {
		credible, late, err := v.credible(ctx, q, h, c, issuer)
		if err != nil {
			return nil, false, err
		}
		if credible {
			usable = append(usable, h)
		}
		unproved = unproved || late
	}
	return usable, unproved, nil
}

// weigh derives the status from credible evidence.
func (v *Validator) weigh(q Question, c *x509.Certificate, usable []locatedEvidence,
	recent time.Time) revocationStatus {
	slices.SortStableFunc(usable, func(a, b locatedEvidence) int { return b.ThisUpdate.Compare(a.ThisUpdate) })
	newest := newestStatement(usable)
	if revoked := firstRevocation(usable); revoked != nil {
		found, since := v.by(*revoked, true), revoked.RevokedAt
		// a hold that was not lifted before is the beginning of the revocation
		if newest.holds() && newest.RevokedAt.Before(since) {
			since = newest.RevokedAt
		}
		// revoked only after the signature was made, which evidence from that time may prove
		if since.After(q.At) {
			if fresh := v.freshest(usable, recent); fresh != nil {
				then := v.by(*fresh, true)
				found.documented, found.archived = then.documented, then.archived
			}
			return found
		}
		sub, detail := pades.RevokedCANoPOE,
			"an issuer's certificate was revoked on %s, and nothing proves that the signature was made before"
		if c == q.Signer {
			sub, detail = pades.RevokedNoPOE,
				"the certificate was revoked on %s, and nothing proves that the signature was made before"
		}
		found.err, found.revoked = pades.Undecided(sub,
			fmt.Sprintf(detail, since.UTC().Format(time.DateTime))), true
		return found
	}
	if newest.holds() && !newest.RevokedAt.After(q.At) {
		found := v.by(*newest, true)
		found.err, found.open = pades.Undecided(pades.TryLater, subjectOf(q, c)+" is suspended"), true
		return found
	}
	if fresh := v.freshest(usable, recent); fresh != nil {
		return v.by(*fresh, true)
	}
	return v.without(q, c, usable)
}

// firstRevocation returns the earliest evidence of a final revocation. It outranks all other
// evidence: CRLs omit certificates that have expired, and the newest answer need not be the one in
// the document.
func firstRevocation(usable []locatedEvidence) *locatedEvidence {
	var first *locatedEvidence
	for i, h := range usable {
		if h.final() && (first == nil || h.RevokedAt.Before(first.RevokedAt)) {
			first = &usable[i]
		}
	}
	return first
}

// final reports whether the evidence states a revocation that is final.
func (h *locatedEvidence) final() bool {
	return h.Status == revocation.Revoked && h.Reason != reasonHold
}

// holds reports whether there is evidence, and it states a hold.
func (h *locatedEvidence) holds() bool {
	return h != nil && h.Status == revocation.Revoked && h.Reason == reasonHold
}

// newestStatement returns the newest evidence with a status other than unknown: a responder that
// does not know the certificate cannot lift a hold. Nor can a final revocation, which is left out
// too. Of evidence of the same time, a hold counts. usable must have the newest first.
func newestStatement(usable []locatedEvidence) (newest *locatedEvidence) {
	for i, h := range usable {
		if h.Status == revocation.Unknown || h.final() {
			continue
		}
		if newest == nil || h.ThisUpdate.Equal(newest.ThisUpdate) && h.Status == revocation.Revoked {
			newest = &usable[i]
		}
	}
	return newest
}

// freshest returns evidence that the certificate is good and that is from the given time or newer.
// It prefers evidence that an archive timestamp covers, then evidence in the document, then
// evidence found online. usable must have the newest first.
func (v *Validator) freshest(usable []locatedEvidence, recent time.Time) *locatedEvidence {
	var found *locatedEvidence
	var best revocationStatus
	for i, h := range usable {
		good := h.Status == revocation.Good || h.RevokedAt.After(recent)
		if !good || cmp.Or(h.NextUpdate, h.ThisUpdate.Add(ClockSkew)).Before(recent) {
			continue
		}
		by := v.by(h, true)
		if found == nil || by.archived && !best.archived || by.documented && !best.documented {
			found, best = &usable[i], by
		}
	}
	return found
}

// without judges a certificate for which there is no good and fresh evidence. If the certificate
// names no responder and no CRL, there is nobody to ask.
func (v *Validator) without(q Question, c *x509.Certificate, usable []locatedEvidence) revocationStatus {
	named := namesService(c)
	found := revocationStatus{reported: &pades.Revocation{Status: statusNoneNamed}, documented: true, archived: true}
	detail := "%s has no usable revocation evidence"
	switch {
	case len(usable) > 0:
		found = v.by(usable[0], false)
		detail = "%s has no revocation evidence that is recent enough"
		if usable[0].Status == revocation.Unknown {
			detail = "%s is not known to its responder"
			named = true
		}
	case named:
		found = revocationStatus{reported: &pades.Revocation{Status: statusMissing}}
	}
	// Evidence about the issuers of TSAs is often missing, and the reference implementation does
	// not demand it. A revocation counts there too.
	found.open = named
	if named && (!q.Timestamping || c == q.Signer) {
		found.err = pades.Undecided(pades.TryLater, fmt.Sprintf(detail, subjectOf(q, c)))
	}
	return found
}

// namesService reports whether a certificate says where its status is told. A distribution point
// can be a directory entry instead of an address. That is a place to ask, too.
func namesService(c *x509.Certificate) bool {
	return len(c.OCSPServer) > 0 || hasExtension(c, asn1.ObjectIdentifier{2, 5, 29, 31})
}

// by returns the status that one piece of evidence proves.
func (v *Validator) by(h locatedEvidence, fresh bool) revocationStatus {
	source := "document"
	if h.places == nil {
		source = "online"
	}
	_, archived := v.proofs.first(h.places)
	return revocationStatus{
		reported: &pades.Revocation{
			Status: string(h.Status), Source: source, Kind: string(h.Kind),
			ThisUpdate: h.ThisUpdate, NextUpdate: h.NextUpdate, RevokedAt: h.RevokedAt, Fresh: fresh,
		},
		documented: h.places != nil && fresh, archived: archived && fresh,
	}
}

// credible reports whether evidence counts. Evidence counts if it is about a time at which the
// certificate existed, and was made while its own signer's certificate was valid. late reports that
// the second condition is not proved.
func (v *Validator) credible(ctx context.Context, q Question, h locatedEvidence,
	c, issuer *x509.Certificate) (credible, late bool, err error) {
	existed, _ := v.proofs.first(h.places)
	if h.ThisUpdate.After(existed.Add(ClockSkew)) || h.ThisUpdate.Before(c.NotBefore) {
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
	if !v.anchors.has(signer) {
		if made.Before(signer.NotBefore) || made.After(signer.NotAfter) {
			return false, false, nil
		}
		// As in the reference implementation, only evidence about the signer of a document must be
		// proved older than the end of its own signer's certificate. Responders' certificates are
		// short-lived: evidence about a TSA would otherwise become void before the TSA's
		// certificate expires.
		if c == q.Signer && !q.Timestamping && existed.After(signer.NotAfter) {
			return false, true, nil
		}
	}
	if signer.Equal(issuer) || h.NoCheck {
		return true, false, nil
	}
	if q.responder {
		return false, false, nil // no responder proves the status of a responder
	}
	// A delegated responder: RFC 6960, section 4.2.2.2.1.
	responder, err := v.revocationStatus(ctx, Question{Signer: signer, At: existed, Fresh: made, responder: true},
		signer, issuer)
	return responder.err == nil, false, err
}

// subjectOf names the certificate in a sentence.
func subjectOf(q Question, c *x509.Certificate) string {
	if c == q.Signer {
		return "the certificate"
	}
	return "an issuer's certificate"
}

// NeverRevoked reports whether a certificate states that it will never be revoked: validity-assured
// short-term (ETSI EN 319 412-1, 5.2) or noRevAvail (RFC 9608).
func NeverRevoked(c *x509.Certificate) bool {
	shortTerm, noRevAvail := asn1.ObjectIdentifier{0, 4, 0, 194121, 2, 1}, asn1.ObjectIdentifier{2, 5, 29, 56}
	return !c.IsCA && (hasExtension(c, shortTerm) || hasExtension(c, noRevAvail))
}

func hasExtension(c *x509.Certificate, id asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
}
