package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/diff"
	"influxion/handler/internal/pades/form"
)

// comparable reports whether to look for the revision that the signature covers: the gap of
// /ByteRange is its own /Contents, and the signature is not known to be broken. Whether its
// algorithm is known does not matter.
func (s *signedField) comparable() bool { return s.placed && !s.outcome.broken() }

// recordCoverage records that the signature covers an earlier revision, or why it does not.
func (s *signedField) recordCoverage(missing error) {
	switch {
	case missing == nil:
		s.earlier = true
	case s.outcome.integrity == nil:
		s.outcome.integrity = missing
	}
}

// covered reports whether it is known which revision the signature covers.
func (s *signedField) covered() bool { return (s.whole || s.earlier) && !s.outcome.broken() }

// revisions gives the revisions of the document, starting with the first that a signature covers.
func (e *examination) revisions() []pades.Revision {
	first := int64(0)
	for _, s := range e.signatures {
		if s.covered() && (first == 0 || s.end() < first) {
			first = s.end()
		}
	}
	if first == 0 {
		return []pades.Revision{}
	}
	all := []pades.Revision{{Number: 1, End: first}}
	for _, step := range e.steps {
		if step.End > first {
			all = append(all, pades.Revision{
				Number: len(all) + 1, End: step.End, Change: step.Changes.Gravest, Fields: step.Changes.FieldNames(),
				Added: step.Changes.Added, Detail: step.Changes.Detail,
			})
		}
	}
	return all
}

// tellChanges writes into the finding which revision a signature covers and what was appended after
// it, and judges that. The document must still show what was signed, and later revisions must obey
// the certification and the locks of this signature (ISO 32000-2, 12.8.2). Every signature permits
// validation data and document timestamps: table 257.
func (e *examination) tellChanges(s *signedField, revisions []pades.Revision) {
	if !s.covered() {
		return
	}
	s.finding.CoversWholeDocument, s.finding.ChangesAfter = new(s.whole), pades.ChangeNone
	later := e.steps
	if at, found := slices.BinarySearchFunc(revisions, s.end(), byEnd); found {
		s.finding.Revision = revisions[at].Number
	}
	behind, _ := slices.BinarySearchFunc(later, s.end()+1,
		func(step diff.Step, end int64) int { return cmp.Compare(step.End, end) })
	later = later[behind:]
	for i, step := range later {
		if step.Changes.Gravest.Graver(s.finding.ChangesAfter) {
			s.finding.ChangesAfter = step.Changes.Gravest
		}
		why := e.against(s, step)
		if s.outcome.changes == nil {
			s.outcome.changes = why
		}
		if verdict, ok := why.(*pades.VerdictError); ok && verdict.Sub != pades.LimitReached {
			s.finding.ForbiddenRevisions = append(s.finding.ForbiddenRevisions, len(revisions)-len(later)+i+1)
		}
	}
	if s.former != nil {
		s.finding.ChangesAfter = pades.ChangeOther
	}
}

func byEnd(revision pades.Revision, end int64) int { return cmp.Compare(revision.End, end) }

// against gives the reason why a signature does not permit what a later revision did, or nil.
func (e *examination) against(s *signedField, step diff.Step) error {
	if step.Changes.AlwaysAllowed() {
		return nil
	}
	if s.outcome.permission != nil {
		return s.outcome.permission
	}
	if e.spent.locks += len(step.Changes.Touched) * len(s.own.Locks); e.spent.locks > maxLockWork {
		return pades.LimitedBy(fmt.Sprintf(
			"comparing the touched fields with the locks takes more than %d comparisons", maxLockWork))
	}
	deep := func(name string) bool { return strings.Count(name, ".") > form.MaxLockedDepth }
	if len(s.own.Locks) > 0 && slices.ContainsFunc(step.Changes.Touched, deep) {
		return pades.LimitedBy(fmt.Sprintf("a touched field has a name of more than %d levels",
			form.MaxLockedDepth))
	}
	return step.Changes.Against(s.own)
}
