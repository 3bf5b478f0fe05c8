package report

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
)

// maxListed bounds the things that one sentence names.
const maxListed = 4

// later is a class of change in words.
type later struct {
	change pades.Change
	word   string // in a word or two
	text   string // as a sentence about later revisions, without its full stop
}

// changes puts each class of change into words, from harmless to grave.
func changes() []later {
	return []later{
		{pades.ChangeNone, "Nothing changed", "nothing that counts was changed"},
		{
			pades.ChangeDSS,
			"Only proofs added",
			"certificates, revocation data or timestamps were added, which show nothing",
		},
		{pades.ChangeMetadata, "Only dates updated", "dates or the producer in the file's properties were updated"},
		{pades.ChangeSignature, "Signature added", "further signatures were added"},
		{pades.ChangeFormFilling, "Form filled in", "form fields were filled in"},
		{pades.ChangeAnnotation, "Comments added", "comments or other annotations were added, changed or removed"},
		{pades.ChangeOther, "Document changed", "the document was changed in ways that can alter what it shows"},
	}
}

// gravity is the place of a change among changes; -1 for what is no class.
func gravity(change pades.Change) int {
	return slices.IndexFunc(changes(), func(l later) bool { return l.change == change })
}

// afterwards says what was changed after a signature.
func afterwards(s *pades.Signature, r *pades.Report) facet {
	f := facet{Label: "Afterwards", State: Unknown, Word: "Not told", weight: gravity(s.ChangesAfter)}
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
		f.Word = added + " added"
	}
	if n := signatures(revisions); s.ChangesAfter == pades.ChangeSignature && n > 0 {
		f.Word = plural(n, "signature added", "signatures added")
	}
	f.Text = told(s, revisions)
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

// signatures counts the revisions that a signature came with.
func signatures(revisions []pades.Revision) int {
	n := 0
	for _, revision := range revisions {
		if revision.Change == pades.ChangeSignature {
			n++
		}
	}
	return n
}

// since gives the revisions behind the one that a signature covers.
func since(s *pades.Signature, r *pades.Report) []pades.Revision {
	if s.Revision == 0 {
		return nil
	}
	return slices.DeleteFunc(
		slices.Clone(r.Revisions),
		func(one pades.Revision) bool { return one.Number <= s.Revision },
	)
}

// told says what was changed, the gravest first, and what of it the signature does not permit.
func told(s *pades.Signature, revisions []pades.Revision) string {
	var sentences []string
	drawn, worst := places(revisions), gravity(s.ChangesAfter)
	counted := s.ChangesAfter == pades.ChangeAnnotation && drawn != "" ||
		s.ChangesAfter == pades.ChangeSignature && signatures(revisions) > 0
	if !counted { // else the word has said it
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

// touched gives the first fields that revisions filled, signed or added, each once, and no more
// than one sentence can name. Hostile documents have many revisions that touch many.
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

// restricts says whether a signature forbids something by what it says, rather than leaving it
// open.
func restricts(s *pades.Signature) bool {
	return s.Certification != pades.NoCertification || s.ChangesAfter != pades.ChangeAnnotation
}

// forbidden says what a signature does not permit of what came later.
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
