package report

import (
	"strings"

	"influxion/handler/internal/pades"
)

// entry is what a reader is shown of one signature or document timestamp.
type entry struct {
	Number int
	Noun   string // "signature" or "document timestamp"
	Title  string // who signed, as far as that is known
	Name   string // the same without a verb
	From   string // organisation and country
	When   string
	outcome
	Facets  []facet // content, signer, afterwards
	Note    string  // the reason of the result, where no facet has it
	Gist    []row   // of the details, for a terminal
	Details []group
}

// outcome is the result of a signature's verification.
type outcome struct {
	State      State
	Word       string // the state in one word
	Indication string
	Reason     string // sub-indication, for programs
}

// group is a part of the details under a title.
type group struct {
	Title string
	Rows  []row
}

func newEntry(number int, s *pades.Signature, r *pades.Report) entry {
	e := entry{
		Number: number,
		Noun:   "signature",
		Title:  title(s),
		When:   when(s, r),
	}
	if isDocumentTimestamp(s) {
		e.Noun = "document timestamp"
	}
	if s.Signer != nil {
		e.Name = called(s.Signer.Subject)
		if s.Trust != pades.SignerTrusted {
			e.Name = quoted(e.Name) // a claim, not a fact
		}
		e.From = short(where(s.Signer.Subject), maxTitle)
	}
	if e.Name == "" {
		e.Name = "unknown"
	}
	e.outcome = newOutcome(s)
	e.Facets = []facet{content(s), signer(s), afterwards(s, r)}
	if reason := otherReason(s); reason != "" {
		e.explain(sentence(short(reason, maxLine)))
	}
	e.Gist, e.Details = gist(s), details(s)
	return e
}

func newOutcome(s *pades.Signature) outcome {
	state, word := verdict(s.Indication)
	return outcome{state, word, string(s.Indication), string(s.SubIndication)}
}

// otherReason is the part of the reason that concerns neither the content nor the signer.
func otherReason(s *pades.Signature) string {
	reason := s.Detail
	for _, detail := range []string{s.IntegrityDetail, s.TrustDetail} {
		if detail != "" {
			reason = strings.Replace(reason, detail, "", 1)
		}
	}
	return strings.Trim(reason, "; ")
}

// explain shows a reason that concerns neither the content nor the signer. It puts the reason into
// the answer about what came afterwards, or into Note if that answer is good.
func (e *entry) explain(reason string) {
	switch last := &e.Facets[len(e.Facets)-1]; last.State {
	case Good:
		e.Note = reason
	case Unknown:
		last.Text = reason
	default:
		last.Text = strings.TrimSpace(reason + " " + last.Text)
	}
}

func isDocumentTimestamp(s *pades.Signature) bool { return s.Kind == pades.KindDocumentTimestamp }

// title names the signer. A name that no trusted issuer confirms is a claim, and is shown as one.
func title(s *pades.Signature) string {
	verb := "Signed"
	switch {
	case isDocumentTimestamp(s):
		verb = "Timestamp"
	case s.Certification != pades.NoCertification:
		verb = "Certified"
	}
	switch {
	case s.Signer == nil && isDocumentTimestamp(s):
		return "Timestamp by an unknown authority"
	case s.Signer == nil:
		return verb + " by an unknown signer"
	case s.Trust == pades.SignerTrusted:
		return verb + " by " + called(s.Signer.Subject)
	}
	return verb + " in the name of " + quoted(called(s.Signer.Subject))
}

// when says what is known of the time of signing. A time before that of the verification needs a
// proof.
func when(s *pades.Signature, r *pades.Report) string {
	claimed, proved := date(s.ClaimedTime), ""
	if s.BestSignatureTime.Before(r.VerifiedAt) {
		proved = date(s.BestSignatureTime)
	}
	switch {
	case isDocumentTimestamp(s) && proved != "":
		return proved
	case proved != "" && claimed != "":
		return "No later than " + proved + ", which a timestamp proves. The signer states " + claimed + "."
	case proved != "":
		return "No later than " + proved + ", which a timestamp proves."
	case claimed != "":
		return "The signer states " + claimed + ". No timestamp proves it."
	}
	return "The time is not known."
}

func content(s *pades.Signature) facet {
	f := facet{Label: "Content", State: Unknown, Word: "Unknown"}
	switch s.Integrity {
	case pades.IntegrityIntact:
		f.State, f.Word, f.Text = Good, "Intact", "Nothing that was signed has been altered. "+covers(s)
		if s.IntegrityDetail != "" {
			f.State, f.Word = Doubt, "Intact, weakly protected"
			f.Text = "What was signed matches the signature, but: " + stopped(short(s.IntegrityDetail, maxLine))
		}
	case pades.IntegrityBroken:
		f.State, f.Word, f.Text = Bad, "Not intact", sentence(short(s.IntegrityDetail, maxLine))
		if s.SubIndication == pades.HashFailure || s.SubIndication == pades.SigCryptoFailure {
			f.Text = "The signature does not match what this file holds: " + stopped(short(s.IntegrityDetail, maxLine))
		}
	case pades.IntegrityNotEvaluated:
		f.Word, f.Text = "Not checked", sentence(short(s.IntegrityDetail, maxLine))
		if s.SignatureAlgorithm != "" {
			f.Text += " The algorithm is " + short(algorithm(s.SignatureAlgorithm), maxTitle) + "."
		}
	}
	f.Text = strings.TrimSpace(f.Text)
	return f
}

func covers(s *pades.Signature) string {
	switch {
	case s.CoversWholeDocument == nil:
		return ""
	case *s.CoversWholeDocument:
		return "The signature covers the whole file."
	}
	return "The signature covers the file as it was then; what was added since is listed below."
}

func signer(s *pades.Signature) facet {
	f := facet{Label: "Signer", State: Unknown, Word: "Unknown"}
	detail := sentence(short(s.TrustDetail, maxLine))
	switch s.Trust {
	case pades.SignerTrusted:
		f.State, f.Word, f.Text = Good, "Trusted", vouched(s)
	case pades.SignerNotTrusted:
		f.State, f.Word, f.Text = Doubt, "Not trusted", detail
		if s.Indication == pades.TotalFailed {
			f.State = Bad
		}
		if s.SubIndication == pades.NoCertificateChain && s.Integrity == pades.IntegrityIntact {
			f.Text += " That says nothing against the content, but anybody can make a certificate with this name."
		}
	case pades.SignerIndeterminate:
		f.State, f.Word, f.Text = Doubt, "Not confirmed", detail
	case pades.SignerTrustNotEvaluated:
		f.Word, f.Text = "Not checked", detail
		if detail == "" {
			f.Text = "The signer is judged only after the content is known to be intact."
		}
	}
	f.Text = strings.TrimSpace(f.Text)
	return f
}

// vouched says who confirms a trusted signer's name, and what is known of the revocation of its
// certificate.
func vouched(s *pades.Signature) string {
	if s.Signer == nil {
		return ""
	}
	text := "The certificate was issued by " + quoted(called(s.Signer.Issuer))
	if last := len(s.Chain) - 1; last > 0 && s.Chain[last].Anchor && s.Chain[last].Subject != s.Signer.Issuer {
		text += " under the trust anchor " + quoted(called(s.Chain[last].Subject))
	}
	if len(s.Chain) == 0 || s.Chain[0].Revocation == nil {
		return text + "."
	}
	switch s.Chain[0].Revocation.Status {
	case "good":
		return text + " and was not revoked."
	case "none_named":
		return text + ". Its issuer names no place where a revocation could be looked up."
	case "not_needed":
		return text + ". It is of a kind that is never revoked."
	}
	return text + "."
}
