package verify

import (
	"context"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

const replaced = "a later revision replaced the signature dictionary, or removed it from the document"

// takeInFormer handles the sighting of a signature dictionary to which the cross-references of the
// document do not lead. If the cross-references of the revision at the end of its /ByteRange lead
// to it, takeInFormer adds it, and it is judged by that revision. Replacing the object of a
// signature must not hide the signature.
func (e *examination) takeInFormer(ctx context.Context, found *searcher, s sighting) (taken bool, err error) {
	end, err := found.endAt(ctx, s.at)
	if err != nil || end <= s.at || end > e.file.Size() {
		return false, err
	}
	revision, err := e.former(ctx, end)
	if err != nil || revision == nil || !listed(revision, s) {
		return false, err
	}
	entry, _ := revision.Entry(s.number)
	ref := pdf.Ref{Number: s.number, Generation: entry.Generation}
	dict, err := revision.Dict(ref)
	if pades.IsOfDocument(err) || err == nil && !form.IsSignature(dict) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	field, err := fieldOf(revision, ref)
	if err != nil {
		return false, err
	}
	if err := e.addSignature(field, dict, replaced); err != nil {
		return false, err
	}
	last := e.signatures[len(e.signatures)-1]
	last.former, last.shared = revision, false
	last.outcome.changes = pades.Undecided(pades.SigConstraintsFailure, replaced)
	return true, nil
}

// former opens the revision that ends at an offset; nil = none does, or too many were opened.
func (e *examination) former(ctx context.Context, end int64) (*pdf.File, error) {
	revision, known := e.aside.former[end]
	if known || len(e.aside.former) == maxFormer {
		return revision, nil
	}
	revision, err := e.file.Revision(ctx, end, budget.For(e.file.Size()).Work)
	if err != nil && !pades.IsOfDocument(err) {
		return nil, err
	}
	if err != nil {
		revision = nil
	}
	e.aside.former[end] = revision
	return revision, nil
}

// fieldOf finds the field of a revision that has a signature dictionary as its value.
func fieldOf(revision *pdf.File, value pdf.Ref) (form.Field, error) {
	none := form.Field{Kind: "Sig", Value: value}
	_, catalog, err := revision.Catalog()
	if err == nil {
		var all *form.Form
		if all, err = form.Read(revision, catalog); err == nil {
			for _, field := range all.Fields {
				if field.Value == value {
					return field, nil
				}
			}
		}
	}
	if pades.IsOfDocument(err) && pades.LimitOf(err) == nil {
		err = nil // the field only stays without a name
	}
	return none, err
}

// fileOf gives the file whose cross-references lead to a signature dictionary.
func (e *examination) fileOf(s *signedField) *pdf.File {
	if s.former != nil {
		return s.former
	}
	return e.file
}
