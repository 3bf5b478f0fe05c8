package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of the search for widgets outside the form.
const (
	maxOrphanPages   = 2000
	maxOrphanWidgets = 20_000
)

// checkOrphans refuses a field of a name that a widget on a page has which no field of the form leads to: whoever named it means that one,
// and readers would show two. Beyond the bounds it is not looked for.
func (r *increment) checkOrphans(name string) error {
	listed := map[pdf.Ref]bool{}
	for _, node := range r.form.Nodes {
		listed[node] = true
	}
	pages, widgets, found := 0, 0, false
	err := r.file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		annotations, err := r.file.Array(page["Annots"])
		for _, annotation := range annotations {
			ref, indirect := annotation.(pdf.Ref)
			if err != nil || indirect && listed[ref] {
				continue
			}
			var widget pdf.Dict
			widget, err = r.file.Dict(annotation)
			widgets++
			found = found || widget["Subtype"] == pdf.Name("Widget") && form.NameOf(r.file, widget) == name
		}
		pages++
		return err == nil && !found && pages < maxOrphanPages && widgets < maxOrphanWidgets
	})
	if found {
		return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "a page shows a field of this name that is not in the form"}
	}
	if pades.IsOfDocument(err) {
		return nil // pages that cannot be read show nothing
	}
	return err
}
