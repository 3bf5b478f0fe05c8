package report

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// maxListed bounds the things that one sentence names.
const maxListed = 4

// later describes a class of change in words.
type later struct {
	change pades.Change
	word   string // in a word or two
	text   string // as a sentence about later revisions, without its full stop
}

// changes describes each class of change, from harmless to grave.
func changes() []later {
	return []later{
		{pades.ChangeNone, "Nothing changed", "nothing that matters was changed"},
		{
			pades.ChangeDSS,
			"Only proofs added",
			"certificates, revocation data or timestamps were added, which are not visible",
		},
		{pades.ChangeMetadata, "Only dates updated", "dates or the producer in the file's properties were updated"},
		{pades.ChangeSignature, "Signature added", "further signatures or timestamps were added"},
		{pades.ChangeFormFilling, "Form filled in", "form fields were filled in"},
		{pades.ChangeAnnotation, "Comments added", "comments or other annotations were added, changed or removed"},
		{pades.ChangeOther, "Document changed", "the document was changed in ways that can alter what it shows"},
	}
}

// gravity is the rank of a change among changes; -1 for an unknown class.
func gravity(change pades.Change) int {
	return slices.IndexFunc(changes(), func(l later) bool { return l.change == change })
}

// afterwards says what was changed after a signature.
func afterwards(s *pades.Signature, r *pades.Report) facet {
	f := facet{Label: "Afterwards", State: Unknown, Word: "Unknown", weight: gravity(s.ChangesAfter)}
	switch {
	case s.ChangesAfter == pades.ChangeNotEvaluated:
		f.Word, f.Text = "Not checked", "What was added later was not compared."
		return f
	case f.weight < 0:
		return f
	}
	f.State, f.Word = Good, changes()[f.weight].word
	revisions := since(s, r)
	switch {
	case s.ChangesAfter == pades.ChangeNone && len(revisions) == 0:
		f.Text = "Nothing was added to the file after this signature."
		return f
	case s.ChangesAfter == pades.ChangeAnnotation || s.ChangesAfter == pades.ChangeOther:
		f.State = Doubt
		if s.Indication == pades.TotalPassed {
			f.State = Good
		}
	}
	if added := things(revisions); s.ChangesAfter == pades.ChangeAnnotation && added != "" {
		f.Word = capital(added) + " added"
	}
	if s.ChangesAfter == pades.ChangeSignature && len(signatures(revisions)) > 0 {
		f.Word = countSigned(signatures(revisions), r)
	}
	f.Text = describeChanges(s, revisions)
	if len(s.ForbiddenRevisions) > 0 {
		f.State = Doubt
		if restricts(s) {
			f.Word += ", not permitted"
		}
		if s.Indication == pades.TotalFailed {
			f.State = Bad
		}
	}
	return f
}

// signatures gives the revisions that only added a signature, or a timestamp in a field that waited
// for a signature.
func signatures(revisions []pades.Revision) (found []pades.Revision) {
	for _, revision := range revisions {
		if revision.Change == pades.ChangeSignature {
			found = append(found, revision)
		}
	}
	return found
}

// countSigned says how many signatures and timestamps the revisions added, one each.
func countSigned(revisions []pades.Revision, r *pades.Report) string {
	timestamps := 0
	for _, revision := range revisions {
		if isTimestamp(revision, r) {
			timestamps++
		}
	}
	stamped := plural(timestamps, "timestamp added", "timestamps added")
	switch signed := len(revisions) - timestamps; {
	case timestamps == 0:
		return plural(signed, "signature added", "signatures added")
	case signed == 0:
		return stamped
	default:
		return plural(signed, "signature", "signatures") + " and " + stamped
	}
}

// isTimestamp reports whether what was signed in a revision is a document timestamp.
func isTimestamp(revision pades.Revision, r *pades.Report) bool {
	return slices.ContainsFunc(r.Signatures, func(s pades.Signature) bool {
		return s.Revision == revision.Number && s.Kind == pades.KindDocumentTimestamp
	})
}

// since gives the revisions after the one that a signature covers.
func since(s *pades.Signature, r *pades.Report) []pades.Revision {
	if s.Revision == 0 {
		return nil
	}
	return slices.DeleteFunc(
		slices.Clone(r.Revisions),
		func(one pades.Revision) bool { return one.Number <= s.Revision },
	)
}

// describeChanges says what was changed, the gravest change first, and which changes the signature
// forbids.
func describeChanges(s *pades.Signature, revisions []pades.Revision) string {
	var sentences []string
	drawn, worst := places(revisions), gravity(s.ChangesAfter)
	counted := s.ChangesAfter == pades.ChangeAnnotation && drawn != "" ||
		s.ChangesAfter == pades.ChangeSignature && len(signatures(revisions)) > 0
	if !counted { // the word already states a counted change
		sentences = append(sentences, sentence(changes()[worst].text))
	}
	if drawn != "" {
		sentences = append(sentences, drawn)
	}
	var others []string
	for _, lesser := range changes()[1:max(worst, 1)] {
		if slices.ContainsFunc(revisions, func(r pades.Revision) bool { return r.Change == lesser.change }) {
			others = append(others, lesser.text)
		}
	}
	if len(others) > 0 {
		sentences = append(sentences, "Also, "+strings.Join(others, "; ")+".")
	}
	if names := touched(revisions); len(names) > 0 {
		sentences = append(sentences, "Fields concerned: "+enumerate(names)+".")
	}
	return strings.Join(append(sentences, forbidden(s)...), " ")
}

// touched gives the first fields that revisions filled, signed or added, each once, as many as one
// sentence can name: hostile documents have many revisions that touch many fields.
func touched(revisions []pades.Revision) []string {
	var names []string
	for _, revision := range revisions {
		for _, field := range revision.Fields {
			name := quoted(short(field, maxTitle))
			switch {
			case slices.Contains(names, name):
			case len(names) == maxListed:
				return append(names, "others")
			default:
				names = append(names, name)
			}
		}
	}
	return names
}

// restricts reports whether a signature is a certification or permits less than annotations.
func restricts(s *pades.Signature) bool {
	return s.Certification != pades.NoCertification || s.ChangesAfter != pades.ChangeAnnotation
}

// forbidden says which later changes a signature does not permit.
func forbidden(s *pades.Signature) []string {
	if len(s.ForbiddenRevisions) == 0 || !restricts(s) {
		return nil
	}
	var numbers []string
	for _, number := range s.ForbiddenRevisions[:min(len(s.ForbiddenRevisions), maxListed)] {
		numbers = append(numbers, fmt.Sprint(number))
	}
	noun := "revision "
	if len(numbers) > 1 {
		noun = "revisions "
	}
	if more := len(s.ForbiddenRevisions) - maxListed; more > 0 {
		numbers = append(numbers, plural(more, "more", "more"))
	}
	return []string{"This signature does not permit the changes of " + noun + enumerate(numbers) + "."}
}
