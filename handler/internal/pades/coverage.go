package pades

import (
	"context"
	"errors"
	"io"

	"influxion/handler/internal/pades/pdf"
)

// comparisonWork bounds what comparing revisions may cost in one verification, in units of pdf.Limits: hostile documents could ask
// for a comparison per signature.
const comparisonWork = 512 << 20

// coverage finds out whether the signature covers the document to its end or else a complete earlier revision that holds the same
// signature, and what was appended since. An end in the middle of a revision is how forged documents hide what they add.
func (e *examination) coverage(ctx context.Context, s signedField, finding *Signature) (changes, error) {
	if s.end() == e.doc.Size() {
		finding.CoversWholeDocument, finding.ChangesAfter = true, ChangeNone
		return changes{gravest: ChangeNone}, nil
	}
	limits := pdf.Limits{Work: max(comparisonWork-e.compared, 1)}
	earlier, err := pdf.Open(ctx, io.NewSectionReader(e.doc, 0, s.end()), limits)
	if _, ok := errors.AsType[*pdf.Error](err); ok {
		return changes{}, failed(FormatFailure, "what the signature covers is not a complete revision of the document")
	}
	if err != nil {
		return changes{}, err
	}
	start, end, err := earlier.Span(s.field.value.(pdf.Ref), "Contents")
	if _, ok := errors.AsType[*pdf.Error](err); ok || err == nil && (start != s.ranges[1] || end != s.ranges[2]) {
		return changes{}, failed(FormatFailure, "the revision that the signature covers does not hold this signature")
	}
	if err != nil {
		return changes{}, err
	}
	whole, err := pdf.Open(ctx, e.doc, limits)
	if err != nil {
		return changes{}, err
	}
	later, err := compareRevisions(ctx, earlier, whole)
	e.compared += earlier.Spent() + whole.Spent()
	finding.ChangesAfter = later.gravest
	return later, err
}

// allowed judges what was appended after a sound signature: the document must still show what was signed, and a certification or
// a lock of this signature must have been obeyed (ISO 32000-2, 12.8.2).
func (e *examination) allowed(ctx context.Context, s signedField, own *restrictions, later changes) error {
	switch {
	case later.gravest == ChangeOther:
		return undecided(SigConstraintsFailure, "what was appended after this signature changes the document")
	case own.certification == NoChanges && (graver(later.gravest, ChangeSignature) || e.signedLater(s)),
		own.certification == FormFilling && graver(later.gravest, ChangeFormFilling):
		return undecided(SigConstraintsFailure, "what was appended after this certification is more than it permits")
	}
	for _, name := range later.touched {
		if err := ctx.Err(); err != nil {
			return err
		}
		if own.locked(name, true) {
			return undecided(SigConstraintsFailure, "a field that this signature locks was changed")
		}
	}
	return nil
}

// signedLater says whether another signature follows; timestamps of the document do not count.
func (e *examination) signedLater(s signedField) bool {
	for _, other := range e.signatures {
		if name, err := e.file.Name(other.dict["SubFilter"]); err == nil && name != subFilterTimestamp && other.end() > s.end() {
			return true
		}
	}
	return false
}
