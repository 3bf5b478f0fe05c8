package form

import (
	"cmp"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of the search for widgets outside the form.
const (
	maxOrphanPages   = 2000
	maxOrphanWidgets = 20_000
)

// AnnotationCost is the cost of examining an entry of /Annots in addition to reading it, in units
// of pdf.Limits.Work. Many pages can share the entries.
const AnnotationCost = 10

// levelCost is the cost of each ancestor field in a name, in addition to reading it and the bytes
// of its partial name, in the same units.
const levelCost = 100

// Orphan is a field that a page shows but that the form does not list.
type Orphan struct {
	Field Field
	Top   pdf.Ref // the topmost field, which belongs in /Fields; zero if a field above is in the form
	Links []Field // fields above whose /Kids lack the field below; their Dict has it added
}

// FindOrphan finds the widget with a name that the form does not list; nil = there is none. A
// caller who gives the name means this widget. A second field of the same name would confuse
// readers. Unreadable objects are skipped. The search ends at its bounds.
func (f *Form) FindOrphan(file *pdf.File, name string) (*Orphan, error) {
	s := orphanSearch{file: file, name: name, listed: make(map[pdf.Ref]bool, len(f.Nodes)), without: map[rest]bool{}}
	defer func() { file.Give(int64(len(s.without)) * restMemory) }()
	for _, node := range f.Nodes {
		s.listed[node] = true
	}
	var invalid error
	pages := 0
	err := file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		invalid = s.page(page)
		pages++
		return invalid == nil && s.found == nil && pages < maxOrphanPages && s.widgets < maxOrphanWidgets
	})
	if invalid == nil {
		invalid = ofReading(err)
	}
	return s.found, invalid
}

// orphanSearch searches for the widget with a name.
type orphanSearch struct {
	file    *pdf.File
	name    string
	listed  map[pdf.Ref]bool // what the form leads to
	without map[rest]bool    // rests whose answer is no
	widgets int              // that were examined
	found   *Orphan
}

// rest is a question: does the name of the field equal the first bytes of the wanted name? Each one
// is answered once, because many widgets can share their ancestors.
type rest struct {
	field pdf.Ref
	bytes int
}

// Memory of a rest in a map, and of an entry of /Kids that is written again, in bytes.
const (
	restMemory = 64
	kidMemory  = 16
)

// page examines the annotations of a page.
func (s *orphanSearch) page(page pdf.Dict) error {
	annotations, err := s.file.OptionalArray(page["Annots"])
	if err != nil {
		return ofReading(err)
	}
	if err := s.file.Spend(int64(len(annotations)) * AnnotationCost); err != nil {
		return err
	}
	for _, annotation := range annotations {
		ref, indirect := annotation.(pdf.Ref)
		if indirect && s.listed[ref] {
			continue
		}
		if s.found != nil || s.widgets == maxOrphanWidgets {
			return nil
		}
		s.widgets++
		if err := s.annotation(ref, annotation); err != nil {
			return err
		}
	}
	return nil
}

func (s *orphanSearch) annotation(ref pdf.Ref, annotation pdf.Object) error {
	widget, err := s.file.Dict(annotation)
	if err != nil || widget["Subtype"] != pdf.Name("Widget") {
		return ofReading(err)
	}
	named, err := s.named(widget)
	if err == nil && named {
		s.found, err = newOrphan(s.file, s.listed, ref, widget)
	}
	return err
}

// named reports whether a widget has the name, as NameOf defines it. It visits ancestors only while
// their partial names match the end of the name.
func (s *orphanSearch) named(widget pdf.Dict) (bool, error) {
	left, ok, err := s.cut(s.name, widget)
	if err != nil || !ok {
		return false, err
	}
	above, indirect := widget["Parent"].(pdf.Ref)
	question := rest{above, len(left)}
	if indirect && s.without[question] {
		return false, nil
	}
	ok, err = s.above(left, widget)
	if err != nil || ok || !indirect {
		return ok, err
	}
	if err := s.file.Take(restMemory); err != nil {
		return false, err
	}
	s.without[question] = true
	return false, nil
}

// above reports whether the remainder of the name is the name of the ancestors of a widget.
func (s *orphanSearch) above(left string, dict pdf.Dict) (ok bool, err error) {
	for range MaxFieldDepth - 1 {
		if dict, err = fieldAbove(s.file, dict); err != nil {
			return false, err
		}
		if dict == nil {
			break
		}
		if left, ok, err = s.cut(left, dict); err != nil || !ok {
			return false, err
		}
	}
	return left == "", nil
}

// cut removes the partial name of a field from the end of the remaining name, if it is there.
func (s *orphanSearch) cut(left string, dict pdf.Dict) (string, bool, error) {
	below := len(s.name) - len(left)
	part, err := partialName(s.file, dict, below)
	if err != nil || part == "" {
		return left, err == nil, err
	}
	if below > 0 {
		part += "."
	}
	left, ok := strings.CutSuffix(left, part)
	return left, ok, nil
}

// ofReading drops an error that the document causes.
func ofReading(err error) error {
	if pades.IsOfDocument(err) {
		return nil
	}
	return err
}

// NameOf returns the fully qualified name of a field or widget from its ancestors. It omits the
// parts that it cannot read and those beyond the longest name. A damaged field or ancestor is not
// an error.
func NameOf(file *pdf.File, dict pdf.Dict) (string, error) {
	var parts []string // from below
	length := 0        // of the name of these
	for range MaxFieldDepth {
		part, err := partialName(file, dict, length)
		if err != nil {
			return "", err
		}
		if part != "" {
			length += min(len(parts), 1) + len(part)
			parts = append(parts, part)
		}
		if dict, err = fieldAbove(file, dict); err != nil {
			return "", err
		}
		if dict == nil {
			break
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, "."), nil
}

// partialName gives the partial name of a field. below is the length in bytes of the name that
// follows it. The result is empty if NameOf omits the partial name.
func partialName(file *pdf.File, dict pdf.Dict, below int) (string, error) {
	if err := file.Spend(levelCost); err != nil {
		return "", err
	}
	partial, err := file.String(dict["T"])
	if err != nil {
		return "", ofReading(err)
	}
	most := maxFieldName - below
	if len(partial) > 2*most { // in UTF-16 a character takes at most twice the bytes
		return "", nil
	}
	if err := file.Spend(int64(len(partial))); err != nil {
		return "", err
	}
	text := partial.Text()
	if len(text) >= most {
		return "", nil
	}
	return text, nil
}

// fieldAbove returns the parent of a field or widget; nil = there is none, or it cannot be read.
func fieldAbove(file *pdf.File, dict pdf.Dict) (pdf.Dict, error) {
	above, err := file.Dict(dict["Parent"])
	return above, ofReading(err)
}

// newOrphan reads the field that a widget is or shows, and its ancestors.
func newOrphan(file *pdf.File, listed map[pdf.Ref]bool, ref pdf.Ref, widget pdf.Dict) (*Orphan, error) {
	if (ref == pdf.Ref{}) {
		return nil, &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "a page shows a field of this name that is not in the form and is a direct object"}
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

// nodesAbove are a widget and its ancestors, up to the one that the form lists.
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

// link adds a node to the /Kids of its parent.
func (o *Orphan) link(file *pdf.File, node *Field, below pdf.Ref) error {
	kids, err := file.Array(node.Dict["Kids"])
	if err != nil || slices.Contains(kids, pdf.Object(below)) {
		return err
	}
	if err := cmp.Or(file.Spend(int64(len(kids))), file.Take(int64(len(kids)+1)*kidMemory)); err != nil {
		return err
	}
	node.Dict = node.Dict.Clone()
	node.Dict["Kids"] = append(kids[:len(kids):len(kids)], below)
	o.Links = append(o.Links, *node)
	return nil
}
