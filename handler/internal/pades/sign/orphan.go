package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// adopt signs a field that a page shows and adds it to the form. It refuses this in a signed
// document: if an existing object became a field, verifiers would see a change of the signed
// content.
func (r *increment) adopt(orphan *form.Orphan, signature pdf.Ref) error {
	if r.allowed.Signed() {
		return &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "a page shows a field of this name that is not in the form, and an earlier signature " +
				"does not allow " +
				"that it is added"}
	}
	for _, link := range orphan.Links {
		r.update.Set(link.Ref, link.Dict)
		if link.Ref == orphan.Field.Ref {
			orphan.Field.Dict = link.Dict
		}
	}
	r.remark("the field was shown by a page and was not in the form: it was added to the form")
	if (orphan.Top == pdf.Ref{}) {
		return r.fillField(&orphan.Field, signature)
	}
	return r.fillField(&orphan.Field, signature, orphan.Top)
}
