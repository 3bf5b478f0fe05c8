package form

import (
	"cmp"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// fieldWalk traverses the field tree. A node that is reached twice, or that contains itself, counts
// only once, where the walk first reaches it.
type fieldWalk struct {
	file  *pdf.File
	seen  map[pdf.Ref]bool
	path  map[pdf.Ref]bool // from the root to where the walk is
	found []Field
	nodes []pdf.Ref
	names int      // bytes
	left  []string // see Form.LeftOut
	at    pdf.Ref  // the object that the walk is in
	signs bool     // the form says that there are signatures
}

// descend notes that the walk is in an object, until leave is called.
func (w *fieldWalk) descend(ref pdf.Ref) (leave func()) {
	above := w.at
	w.path[ref], w.at = true, ref
	return func() {
		delete(w.path, ref)
		w.at = above
	}
}

func (w *fieldWalk) visit(node pdf.Object, parent Field, depth int) error {
	dict, isNew, err := w.enter(node, depth)
	if err != nil || !isNew || dict == nil { // a reference to nothing: readers pass over it
		return err
	}
	ref, indirect := node.(pdf.Ref)
	if indirect {
		defer w.descend(ref)()
	}
	current, err := InheritField(w.file, parent, ref, dict)
	if err != nil {
		return w.hidesNone(w.file.At(w.at, err), dict)
	}
	if w.names += len(current.Name); w.names > maxFieldNames {
		return tooMany("bytes of names", maxFieldNames)
	}
	if err := w.file.Take(fieldMemory + int64(len(current.Name))); err != nil {
		return err
	}
	fields, widgets, err := w.kids(dict, depth)
	if err != nil {
		return w.hidesNone(w.file.At(w.at, err), dict)
	}
	signed, err := w.widgetValues(&current, widgets)
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		if err := w.find(current); err != nil {
			return err
		}
	}
	w.found = append(w.found, signed...)
	before := len(w.found)
	for _, child := range fields {
		if _, err := w.leaveOut(w.visit(child, current, depth+1), nil,
			fmt.Sprintf("a kid of object %d", ref.Number)); err != nil {
			return err
		}
	}
	if len(fields) > 0 && dict["V"] != nil {
		return w.keepValue(current, before)
	}
	return nil
}

// find records a terminal field. Only the dictionaries of signature fields are kept.
func (w *fieldWalk) find(field Field) error {
	var err error
	if field.Kind != "Sig" {
		field.Dict = nil
	} else if (field.Ref != pdf.Ref{}) { // else it is a part of what was read
		err = w.file.Take(pdf.Footprint(field.Dict))
	}
	w.found = append(w.found, field)
	return err
}

// keepValue records the signature of a non-terminal field if no field below inherits it.
func (w *fieldWalk) keepValue(field Field, before int) error {
	ref, indirect := field.Value.(pdf.Ref)
	if slices.ContainsFunc(w.found[before:], func(below Field) bool { return indirect && below.Value == ref }) {
		return nil
	}
	dict, err := field.Signature(w.file)
	if err == nil && dict != nil {
		field.Beside = true
		w.found = append(w.found, field)
	}
	return err
}

// enter reads a node of the tree and reports whether this is the first time.
func (w *fieldWalk) enter(node pdf.Object, depth int) (dict pdf.Dict, isNew bool, err error) {
	switch {
	case depth > MaxFieldDepth:
		return nil, false, tooMany("levels", MaxFieldDepth)
	case len(w.seen) > 4*maxFields || len(w.found) > maxFields:
		return nil, false, tooMany("fields", maxFields)
	}
	if err := cmp.Or(w.file.Spend(FieldCost), w.file.Take(nodeMemory)); err != nil {
		return nil, false, err
	}
	if ref, indirect := node.(pdf.Ref); indirect {
		if w.seen[ref] {
			return nil, false, nil
		}
		w.seen[ref] = true
		w.nodes = append(w.nodes, ref)
	}
	if dict, err = w.file.Dict(node); err != nil {
		return nil, false, w.file.At(w.at, fmt.Errorf("read form field: %w", err))
	}
	return dict, true, nil
}

func tooMany(what string, most int) error {
	return &pades.Error{Code: pades.CodeTooComplex, Detail: fmt.Sprintf("the form has more than %d %s", most, what)}
}

// kids returns the children of a node: those with a name are fields, all others are its widgets.
func (w *fieldWalk) kids(dict pdf.Dict, depth int) (fields pdf.Array, widgets []Field, err error) {
	kids, err := w.file.Array(dict["Kids"])
	if err != nil {
		return nil, nil, fmt.Errorf("read /Kids of a form field: %w", err)
	}
	for i, kid := range kids {
		if ref, ok := kid.(pdf.Ref); ok && w.path[ref] {
			continue // a loop
		}
		below, err := w.file.Dict(kid)
		if left, err := w.leaveOut(err, nil, fmt.Sprintf("entry %d of /Kids", i+1)); err != nil {
			return nil, nil, fmt.Errorf("read /Kids of a form field: %w", err)
		} else if left {
			continue
		}
		if _, named := below["T"]; named {
			fields = append(fields, kid)
			continue
		}
		below, isNew, err := w.enter(kid, depth+1)
		if err != nil {
			return nil, nil, err
		}
		if !isNew || below == nil {
			continue
		}
		ref, _ := kid.(pdf.Ref)
		widgets = append(widgets, Field{Ref: ref, Dict: below, Beside: true})
		deeperFields, deeperWidgets, err := w.kids(below, depth+1)
		if err != nil {
			return nil, nil, err
		}
		fields, widgets = append(fields, deeperFields...), append(widgets, deeperWidgets...)
	}
	return fields, widgets, nil
}

// widgetValues finds signatures that only widgets hold. Readers differ in whether they look there.
// A field without a value takes the first one. widgetValues returns the others.
func (w *fieldWalk) widgetValues(field *Field, widgets []Field) ([]Field, error) {
	var others []Field
	for _, widget := range widgets {
		value := widget.Dict["V"]
		if ref, ok := value.(pdf.Ref); value == nil || ok && ref == field.Value {
			continue
		}
		dict, err := signatureValue(w.file, value)
		if err != nil {
			return nil, err
		}
		if dict == nil {
			continue
		}
		own, err := w.file.Resolve(field.Value)
		if err != nil && !pades.IsOfDocument(err) {
			return nil, err
		}
		if own == nil && err == nil {
			field.Value, field.Kind = value, "Sig"
			continue
		}
		widget.Name, widget.Kind, widget.Value = field.Name, "Sig", value
		others = append(others, widget)
	}
	return others, nil
}

// InheritField builds the field of a dictionary from its parent: /FT and /V are inheritable (ISO
// 32000-2, table 226).
func InheritField(file *pdf.File, parent Field, ref pdf.Ref, dict pdf.Dict) (Field, error) {
	current := Field{Ref: ref, Dict: dict, Name: parent.Name, Kind: parent.Kind, Value: parent.Value}
	partial, err := file.String(dict["T"])
	if err != nil {
		return Field{}, fmt.Errorf("read /T of a form field: %w", err)
	}
	if len(partial)+len(current.Name) > maxFieldName {
		return Field{}, &pades.Error{Code: pades.CodeTooComplex,
			Detail: fmt.Sprintf("a form field has a name of more than %d bytes", maxFieldName)}
	}
	if name := partial.Text(); name != "" {
		if current.Name != "" {
			current.Name += "."
		}
		current.Name += name
	}
	kind, err := file.Name(dict["FT"])
	if err != nil {
		return Field{}, fmt.Errorf("read /FT of a form field: %w", err)
	}
	if kind != "" {
		current.Kind = kind
	}
	if value, ok := dict["V"]; ok {
		current.Value = value
	}
	return current, nil
}
