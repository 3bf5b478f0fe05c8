package sign

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

const maxRemarks = 20

// maxChecked is the number of annotations of a page that are checked.
const maxChecked = 200

// repair adds remarks on the faults of the document. If the document is unsigned, the increment
// also repairs them, so that strict readers reach the signature: it writes a complete
// cross-reference section, and arrays without invalid entries. Signed content never changes.
func (r *increment) repair() {
	r.remarks = append(r.remarks, r.form.LeftOut...)
	switch tolerated := r.file.Tolerated(); {
	case r.file.Rebuilt():
		r.remark("the cross-references could not be used: the new ones are complete")
	case tolerated != "" && !r.allowed.Signed():
		r.update.Complete()
		r.remark(tolerated + ": the new cross-references are complete")
	case tolerated != "":
		r.remark(tolerated)
	}
}

// remark adds a remark on the document, up to maxRemarks: a page can have thousands of bad entries.
func (r *increment) remark(text string) {
	if len(r.remarks) < maxRemarks {
		r.remarks = append(r.remarks, text)
	}
}

// endsDefaults reports whether the increment removes /NeedAppearances. With this entry, readers
// generate all appearances again, and the signed content would look different. If fields are
// locked, the entry stays, because the lock also fixes how they look now.
func (r *increment) endsDefaults() bool {
	return r.options.Appearance != nil && r.form.Dict["NeedAppearances"] != nil && len(r.allowed.Locks) == 0
}

// fields returns the array that gets the new fields.
func (r *increment) fields() (pdf.Array, error) {
	if !r.allowed.Signed() {
		return r.form.Roots, nil
	}
	fields, err := r.file.Array(r.form.Dict["Fields"])
	if err != nil {
		return nil, fmt.Errorf("read /Fields: %w", err)
	}
	return fields, nil
}

// annotations returns the entries of a page's /Annots that are annotations.
func (r *increment) annotations(page *form.Page) (pdf.Array, error) {
	entries, err := r.file.Array(page.Dict["Annots"])
	if pdf.OtherType(err) {
		r.remark("/Annots of the page counts as absent: " + detail(r.file.At(page.Ref, err)))
		return nil, nil
	}
	if err != nil {
		return nil, r.file.At(page.Ref, fmt.Errorf("read /Annots: %w", err))
	}
	if r.allowed.Signed() {
		return entries, nil
	}
	kept := make(pdf.Array, 0, len(entries)+1)
	for i, entry := range entries {
		if i < maxChecked {
			if _, err := r.file.Dict(entry); leftOut(err) {
				r.remark(fmt.Sprintf("entry %d of /Annots is not an annotation and is left out: %s", i+1,
					detail(r.file.At(page.Ref, err))))
				continue
			}
		}
		kept = append(kept, entry)
	}
	return kept, nil
}

// leftOut reports whether an error concerns a value that readers ignore.
func leftOut(err error) bool {
	pdfErr, ok := errors.AsType[*pdf.Error](err)
	return ok && pdfErr.Kind == pdf.Damaged && !pdfErr.Repairable
}

func detail(err error) string {
	pdfErr, _ := errors.AsType[*pdf.Error](err)
	return pdfErr.Detail
}
