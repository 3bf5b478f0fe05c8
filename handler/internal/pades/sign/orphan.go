package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// adopt signs a field that a page shows and takes it into the form. Where there is a signature
// already, nothing that was there can become a field: verifiers would take it for a change of what
// was signed.
func (r *increment) adopt(orphan *form.Orphan, signature pdf.Ref) error {
	if r.allowed.Signed() {
		return &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "a page shows a field of this name that is not in the form, and an earlier signature " +
				"does not let " +
				"it be taken in"}
	}
	for _, link := range orphan.Links {
		r.update.Set(link.Ref, link.Dict)
		if link.Ref == orphan.Field.Ref {
			orphan.Field.Dict = link.Dict
		}
	}
	r.remark("the field was shown by a page and not in the form: it is in the form now")
	if (orphan.Top == pdf.Ref{}) {
		return r.fillField(&orphan.Field, signature)
	}
	return r.fillField(&orphan.Field, signature, orphan.Top)
}
