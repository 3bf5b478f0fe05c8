package verify

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// outcome is what is known about one signature: each field answers one question. Each error is a
// *pades.VerdictError, or nil.
type outcome struct {
	integrity  error // why it does not verify, or why it was not evaluated
	intact     bool  // its digest and its signature value are correct, whatever else is wrong
	form       error // what its format lacks
	constraint error // what is wrong with its algorithms and its times
	judged     bool  // the trust in its signer was judged
	trust      error // why the signer's certificate was not good
	permission error // why the changes that the signature permits are not known
	changes    error // why the signature does not permit what came later
	oddClaim   bool  // /M is present, but is not a PDF date
	unread     error // the limit that left out timestamps; nil = all were read
}

// sound reports whether the signature is intact, has the form that it claims, and covers a
// revision.
func (o *outcome) sound() bool { return o.intact && o.integrity == nil && o.form == nil }

// broken reports whether the signature is known not to verify.
func (o *outcome) broken() bool {
	why, ok := errors.AsType[*pades.VerdictError](o.integrity)
	return ok && why.Indication == pades.TotalFailed
}

// lasting is the fault that depends neither on the time nor on the signer; nil = there is none.
func (o *outcome) lasting() error { return cmp.Or(o.integrity, o.form, o.changes) }

// verdict gives the reason that decides the indication: the first failure or, without one, the
// first reason of any kind. Its detail states the other reasons, too, because a reader who learns
// that a signer is not known must not miss that the document was changed.
func (o *outcome) verdict() *pades.VerdictError {
	var first *pades.VerdictError
	var details []string
	for _, reason := range []error{o.integrity, o.form, o.trust, o.constraint, o.changes} {
		verdict, ok := errors.AsType[*pades.VerdictError](reason)
		if !ok {
			continue
		}
		if first == nil || first.Indication != pades.TotalFailed && verdict.Indication == pades.TotalFailed {
			first = verdict
			details = slices.Insert(details, 0, verdict.Detail)
		} else {
			details = append(details, verdict.Detail)
		}
	}
	if first == nil {
		return nil
	}
	return &pades.VerdictError{Indication: first.Indication, Sub: first.Sub, Detail: strings.Join(details, "; ")}
}

// tell writes the outcome to the finding.
func (o *outcome) tell(finding *pades.Signature) {
	finding.Integrity, finding.IntegrityDetail = o.integrityState()
	finding.Trust, finding.TrustDetail = o.trustState()
	finding.Indication = pades.TotalPassed
	if verdict := o.verdict(); verdict != nil {
		finding.Indication, finding.SubIndication, finding.Detail = verdict.Indication, verdict.Sub, verdict.Detail
	}
	if finding.Indication == pades.TotalFailed {
		finding.Level = ""
	}
}

func (o *outcome) integrityState() (pades.Integrity, string) {
	why, _ := errors.AsType[*pades.VerdictError](o.integrity)
	switch {
	case why == nil:
		return pades.IntegrityIntact, weakness(o.constraint)
	case o.broken():
		return pades.IntegrityBroken, why.Detail
	}
	return pades.IntegrityNotEvaluated, why.Detail
}

// weakness gives the reason why an intact signature proves less than it seems to: if an algorithm
// is broken, an attacker can make an intact signature, too.
func weakness(constraint error) string {
	why, ok := errors.AsType[*pades.VerdictError](constraint)
	if ok && (why.Sub == pades.CryptoConstraintsFailure || why.Sub == pades.CryptoConstraintsNoPOE) {
		return why.Detail
	}
	return ""
}

func (o *outcome) trustState() (pades.SignerTrust, string) {
	if !o.judged {
		return pades.SignerTrustNotEvaluated, ""
	}
	why, _ := errors.AsType[*pades.VerdictError](o.trust)
	if why == nil {
		return pades.SignerTrusted, ""
	}
	switch why.Sub {
	case pades.NoCertificateChain, pades.ChainConstraintsFailure, pades.RevokedNoPOE, pades.RevokedCANoPOE,
		pades.NotYetValid:
		return pades.SignerNotTrusted, why.Detail
	}
	return pades.SignerIndeterminate, why.Detail
}
