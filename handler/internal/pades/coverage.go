package pades

import (
	"context"
	"errors"
	"io"

	"influxion/handler/internal/pades/pdf"
)

// coverage finds out whether the signature covers the document to its end or else a complete earlier revision that holds the same
// signature, and what was appended since. An end in the middle of a revision is how forged documents hide what they add.
func (e *examination) coverage(ctx context.Context, s signedField, finding *Signature) error {
	if s.end() == e.doc.Size() {
		finding.CoversWholeDocument, finding.ChangesAfter = true, ChangeNone
		return nil
	}
	earlier, err := pdf.Open(ctx, io.NewSectionReader(e.doc, 0, s.end()), pdf.DefaultLimits())
	if _, ok := errors.AsType[*pdf.Error](err); ok {
		return failed(FormatFailure, "what the signature covers is not a complete revision of the document")
	}
	if err != nil {
		return err
	}
	start, end, err := earlier.Span(s.field.value.(pdf.Ref), "Contents")
	if _, ok := errors.AsType[*pdf.Error](err); ok || err == nil && (start != s.ranges[1] || end != s.ranges[2]) {
		return failed(FormatFailure, "the revision that the signature covers does not hold this signature")
	}
	if err != nil {
		return err
	}
	finding.ChangesAfter, err = compareRevisions(ctx, earlier, e.file)
	return err
}
