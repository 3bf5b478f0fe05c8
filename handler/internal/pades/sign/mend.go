package sign

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

const maxRemarks = 20

// maxChecked is how many annotations of a page are looked at for what is none.
const maxChecked = 200

// mend begins an update that says what of the document is not as it should be. While nothing is
// signed, the increment also puts it right, so that readers which are stricter than those that show
// the document come to the signature: a complete cross-reference section, and arrays that hold what
// they are for. What a signature covers stays as it is.
func (r *increment) mend() {
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

// remark says something of the document, unless much was said already: a page can have thousands of
// such entries.
func (r *increment) remark(text string) {
	if len(r.remarks) < maxRemarks {
		r.remarks = append(r.remarks, text)
	}
}

// endsDefaults says whether /NeedAppearances goes: with it readers draw all fields anew, and what
// was signed would look otherwise. A lock on fields holds what they look like now.
func (r *increment) endsDefaults() bool {
	return r.options.Appearance != nil && r.form.Dict["NeedAppearances"] != nil && len(r.allowed.Locks) == 0
}

// fields gives the array that new fields are added to.
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

// annotations gives the annotations of a page, without what is none.
func (r *increment) annotations(page *form.Page) (pdf.Array, error) {
	entries, err := r.file.Array(page.Dict["Annots"])
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
				r.remark(fmt.Sprintf("entry %d of /Annots is no annotation and is left out: %s", i+1,
					detail(r.file.At(page.Ref, err))))
				continue
			}
		}
		kept = append(kept, entry)
	}
	return kept, nil
}

// leftOut says whether an error is one of a value that readers pass over.
func leftOut(err error) bool {
	fault, ok := errors.AsType[*pdf.Error](err)
	return ok && fault.Kind == pdf.Damaged && !fault.Repairable
}

func detail(err error) string {
	fault, _ := errors.AsType[*pdf.Error](err)
	return fault.Detail
}
