package verify

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// outcome is what became known of one signature, by question. Each error is a *pades.VerdictError,
// or nil.
type outcome struct {
	integrity  error // why it does not hold, or why that was not found out
	intact     bool  // the bytes that it covers and its value hold, whatever else is wrong
	form       error // what its form lacks for what it says to be
	constraint error // what its algorithms and its times lack
	judged     bool  // the trust in its signer was looked at
	trust      error // why the signer's certificate was not good
	permission error // why it is not known what it allows to come later
	changes    error // why what came later is not allowed
	oddClaim   bool  // /M is there, and is no date
	unread     error // the limit that left out timestamps; nil = all were looked at
}

// sound says whether the signature is intact, of the form that it claims, and covers a revision.
func (o *outcome) sound() bool { return o.intact && o.integrity == nil && o.form == nil }

// broken says whether the signature is known not to hold.
func (o *outcome) broken() bool {
	why, ok := errors.AsType[*pades.VerdictError](o.integrity)
	return ok && why.Indication == pades.TotalFailed
}

// lasting is what is wrong whatever the time and whoever the signer.
func (o *outcome) lasting() error { return cmp.Or(o.integrity, o.form, o.changes) }

// verdict is what counts: the first question that is not answered well, or the first answer that is
// a failure. Its detail tells the others too: who reads that a signer is not known must not miss
// that the document was changed.
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

// tell writes the outcome into the finding.
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

// weakness says why an intact signature proves less than it seems to: a broken algorithm lets
// others make one that is intact too.
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
