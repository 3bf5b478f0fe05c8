package sign

import (
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// widgetPage finds the page that shows an existing widget: the one whose /Annots lists it. If no
// page lists it, widgetPage gives the page in the widget's /P, which does not show the widget, and
// listed is false.
func (r *increment) widgetPage(ref pdf.Ref, widget pdf.Dict) (page *form.Page, listed bool, err error) {
	named, isRef := widget["P"].(pdf.Ref)
	var dict pdf.Dict
	if isRef {
		if dict, err = r.file.Dict(named); err != nil {
			return nil, false, err
		}
		isRef = dict["Type"] == pdf.Name("Page")
	}
	if isRef {
		if listed, err = r.lists(dict, ref); err != nil {
			return nil, false, err
		}
	}
	if !listed {
		found, other, err := r.listing(ref)
		switch {
		case err != nil:
			return nil, false, err
		case other != nil:
			named, dict, listed = found, other, true
		case !isRef:
			return nil, false, &pades.Error{Code: pades.CodeFieldUnusable,
				Detail: "the field of this name is on no page"}
		}
	}
	page, err = form.NewPage(r.file, named, dict)
	return page, listed, err
}

// listing finds the first page that lists an annotation; nil = none does.
func (r *increment) listing(annotation pdf.Ref) (found pdf.Ref, dict pdf.Dict, err error) {
	var invalid error
	err = r.file.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
		var lists bool
		if lists, invalid = r.lists(page, annotation); lists {
			found, dict = ref, page
		}
		return invalid == nil && dict == nil
	})
	if err == nil {
		err = invalid
	}
	return found, dict, err
}

// lists reports whether a page lists an annotation.
func (r *increment) lists(page pdf.Dict, annotation pdf.Ref) (bool, error) {
	listed, err := r.file.OptionalArray(page["Annots"])
	return slices.Contains(listed, pdf.Object(annotation)), err
}

// list adds the widgets of a visible signature that no page lists to the /Annots of their pages,
// because readers draw what /Annots lists, whatever page a widget names (ISO 32000-2, 12.5.2). In a
// signed document the pages do not change, and a remark says that the signature is not shown.
func (r *increment) list(widgets []pdf.Ref) error {
	var pages []*form.Page
	missing := map[pdf.Ref]pdf.Array{} // by page
	for _, ref := range widgets {
		widget, err := r.file.Dict(ref)
		if err != nil {
			return err
		}
		page, listed, err := r.widgetPage(ref, widget)
		if err != nil {
			return err
		}
		if listed {
			continue
		}
		if missing[page.Ref] == nil {
			pages = append(pages, page)
		}
		missing[page.Ref] = append(missing[page.Ref], ref)
	}
	if len(pages) > 0 && r.allowed.Signed() {
		r.remark("no page lists the field of this name, and an earlier signature allows no page to list it now: " +
			"readers do not show the signature")
		return nil
	}
	for _, page := range pages {
		annotations, err := r.annotations(page)
		if err != nil {
			return fmt.Errorf("list widgets: %w", err)
		}
		r.remark("no page listed the field of this name: the page that it names lists it now")
		annotations = append(annotations[:len(annotations):len(annotations)], missing[page.Ref]...)
		r.update.Set(page.Ref, page.Dict.With(r.pageEntries(page).With(pdf.Dict{"Annots": annotations})))
	}
	return nil
}
