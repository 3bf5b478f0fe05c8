package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign/structure"
)

// tagging is what an increment adds for assistive technology.
type tagging struct {
	tree *structure.Tree // nil = nothing is added to it
	lost string          // why the document is less accessible afterwards; "" = it is not
}

// openStructure reads what is needed to extend the structure tree. It returns nil if the structure
// tree cannot be read or cannot contain forms. It also returns nil if the document is signed,
// because strict readers treat a growing tree as a forbidden change.
func (r *increment) openStructure() (*structure.Tree, error) {
	if r.allowed.Signed() {
		return nil, nil
	}
	s, err := structure.Read(r.file, r.catalog)
	if pades.IsOfDocument(err) {
		return nil, nil
	}
	return s, err
}

// tagged reports whether the document has a structure tree.
func (r *increment) tagged() bool { return r.catalog["StructTreeRoot"] != nil }

// pageEntries are the entries that a page gets with its first annotation: in a tagged document the
// tab order follows the structure (ISO 14289-1, 7.18.3). In a signed document, no page gets a tab
// order.
func (r *increment) pageEntries(page *form.Page) pdf.Dict {
	switch {
	case !r.tagged() || page.Dict["Tabs"] != nil:
	case r.allowed.Signed():
		r.losesAccessibility("the page of the signature has no tab order, and the document is signed")
	default:
		return pdf.Dict{"Tabs": pdf.Name("S")}
	}
	return pdf.Dict{}
}

// maxTabPages bounds the pages that are searched for one with a tab order.
const maxTabPages = 2000

// unseenPage is the page of a new invisible widget: the first page, except in a tagged and signed
// document, where only pages with a tab order may have annotations.
func (r *increment) unseenPage() (pdf.Ref, pdf.Dict, error) {
	ref, dict, err := r.file.FirstPage()
	if err != nil || !r.tagged() || !r.allowed.Signed() || dict["Tabs"] != nil {
		return ref, dict, err
	}
	pages := 0
	invalid := r.file.Pages(func(other pdf.Ref, page pdf.Dict) bool {
		pages++
		if page["Tabs"] != nil {
			ref, dict = other, page
			return false
		}
		return pages < maxTabPages
	})
	if invalid != nil && !pades.IsOfDocument(invalid) {
		return ref, dict, invalid
	}
	return ref, dict, nil
}

// tag returns the entries of a visible widget that the structure tree does not list yet.
func (r *increment) tag(widget, page pdf.Ref) (pdf.Dict, error) {
	if !r.tagged() {
		return nil, nil
	}
	if r.tags.tree == nil {
		var err error
		if r.tags.tree, err = r.openStructure(); err != nil {
			return nil, err
		}
	}
	if r.tags.tree == nil {
		r.losesAccessibility("the structure tree of a document that is signed, or whose tree cannot be read or maps " +
			"Form to another type, stays without the signature's field")
		return nil, nil
	}
	// PDF/UA-2 requires /Contents if there is no label: ISO 14289-2, 8.10.2.3.
	return pdf.Dict{"StructParent": r.tags.tree.Add(r.update, widget, page), "Contents": r.alternateName()}, nil
}

// losesAccessibility records why the document becomes less accessible, and no longer PDF/UA if it
// was. Only the first reason is kept.
func (r *increment) losesAccessibility(reason string) {
	if r.tags.lost == "" {
		r.tags.lost = reason
	}
}
