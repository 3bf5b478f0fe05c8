package form

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of the search for widgets outside the form.
const (
	maxOrphanPages   = 2000
	maxOrphanWidgets = 20_000
)

// Orphan is a field that a page shows and no field of the form leads to.
type Orphan struct {
	Field Field
	Top   pdf.Ref // the field at the top, which belongs into /Fields; zero where one above is in the form
	Links []Field // fields above that do not list the one below; their dictionaries list it
}

// FindOrphan finds the widget of a name that the form does not lead to; nil = there is none.
// Whoever names it means that one, and readers would show two fields of the name if another were
// made. What cannot be read shows nothing, and beyond the bounds it is not looked for.
func (f *Form) FindOrphan(file *pdf.File, name string) (*Orphan, error) {
	listed := make(map[pdf.Ref]bool, len(f.Nodes))
	for _, node := range f.Nodes {
		listed[node] = true
	}
	var found *Orphan
	var fault error
	pages, widgets := 0, 0
	err := file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		annotations, err := file.Array(page["Annots"])
		fault = ofReading(err)
		for _, annotation := range annotations {
			ref, indirect := annotation.(pdf.Ref)
			if indirect && listed[ref] || found != nil || fault != nil || widgets == maxOrphanWidgets {
				continue
			}
			widgets++
			widget, err := file.Dict(annotation)
			if fault = ofReading(err); err == nil && widget["Subtype"] == pdf.Name("Widget") &&
				NameOf(file, widget) == name {
				found, fault = newOrphan(file, listed, ref, widget)
			}
		}
		pages++
		return fault == nil && found == nil && pages < maxOrphanPages && widgets < maxOrphanWidgets
	})
	if fault == nil {
		fault = ofReading(err)
	}
	return found, fault
}

// ofReading leaves out an error that the document is to blame for.
func ofReading(err error) error {
	if pades.IsOfDocument(err) {
		return nil
	}
	return err
}

// newOrphan reads a widget as the field that it is, or shows, and the fields above that.
func newOrphan(file *pdf.File, listed map[pdf.Ref]bool, ref pdf.Ref, widget pdf.Dict) (*Orphan, error) {
	if (ref == pdf.Ref{}) {
		return nil, &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "a page shows a field of this name that is not in the form and not an object of its own"}
	}
	nodes, err := nodesAbove(file, listed, ref, widget)
	if err != nil {
		return nil, err
	}
	o := &Orphan{}
	if top := nodes[len(nodes)-1].Ref; !listed[top] {
		o.Top = top
	}
	for i := range nodes[1:] {
		if err := o.link(file, &nodes[i+1], nodes[i].Ref); err != nil {
			return nil, file.At(nodes[i+1].Ref, err)
		}
	}
	var current Field
	for _, node := range slices.Backward(nodes) {
		if node.Dict["T"] == nil && current.Name != "" {
			break // a widget alone
		}
		if current, err = InheritField(file, current, node.Ref, node.Dict); err != nil {
			return nil, file.At(node.Ref, err)
		}
	}
	o.Field = current
	return o, nil
}

// nodesAbove are a widget and what is above it, up to what the form lists.
func nodesAbove(file *pdf.File, listed map[pdf.Ref]bool, ref pdf.Ref, widget pdf.Dict) ([]Field, error) {
	nodes := []Field{{Ref: ref, Dict: widget}}
	for len(nodes) < MaxFieldDepth && !listed[nodes[len(nodes)-1].Ref] {
		last := nodes[len(nodes)-1]
		above, ok := last.Dict["Parent"].(pdf.Ref)
		if !ok || slices.ContainsFunc(nodes, func(n Field) bool { return n.Ref == above }) {
			break
		}
		dict, err := file.Dict(above)
		if err != nil {
			return nil, file.At(last.Ref, err)
		}
		if dict == nil {
			break
		}
		nodes = append(nodes, Field{Ref: above, Dict: dict})
	}
	return nodes, nil
}

// link makes a node list the one below it.
func (o *Orphan) link(file *pdf.File, node *Field, below pdf.Ref) error {
	kids, err := file.Array(node.Dict["Kids"])
	if err != nil || slices.Contains(kids, pdf.Object(below)) {
		return err
	}
	node.Dict = node.Dict.Clone()
	node.Dict["Kids"] = append(kids[:len(kids):len(kids)], below)
	o.Links = append(o.Links, *node)
	return nil
}
