package form

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of the field tree: real forms stay far below.
const (
	maxFields     = 100_000
	MaxFieldDepth = 64
	maxFieldName  = 4096    // bytes: every field below repeats the name of those above
	maxFieldNames = 8 << 20 // bytes of all names
)

// FieldCost is what it costs to take a field into the form, beside reading it, in units of
// pdf.Limits.
const FieldCost = 200

// What a node of the tree and a field take in memory, beside their names and dictionaries, in
// bytes.
const (
	nodeMemory  = 96
	fieldMemory = 256
)

// Field is a terminal field of the interactive form (ISO 32000-2, 12.7.4): one without children of
// its own name.
type Field struct {
	Ref  pdf.Ref  // zero when the field is a direct object
	Dict pdf.Dict // of a signature field; else nil
	Name string   // fully qualified: partial names joined by full stops
	Kind pdf.Name // /FT, inherited
	// /V, not resolved, inherited; of a signature field without one, that of its first widget that
	// has one
	Value pdf.Object
	// Beside: this is no terminal field, but a widget or a field above others with a signature that
	// no terminal field has.
	Beside bool
}

// Form is the document's interactive form with its terminal fields in tree order.
type Form struct {
	Holder pdf.Object // the catalog's /AcroForm entry as it stands: nil, a reference or a dictionary
	Dict   pdf.Dict
	Roots  pdf.Array // the entries of /Fields that are fields, or null, each once
	Fields []Field
	Nodes  []pdf.Ref // every field and widget of the tree that is an object of its own
	// entries of /Fields and /Kids that are no fields, each in one sentence with its place; the
	// first ones
	LeftOut []string
	names   map[string]int // index of the first field of each name
}

// Read reads the form of a catalog. A document without one gives an empty form. Entries that are no
// fields are left out, as in readers, but for what may be a signature: that is an error.
func Read(file *pdf.File, catalog pdf.Dict) (*Form, error) {
	f := &Form{Holder: catalog["AcroForm"]}
	holder, indirect := f.Holder.(pdf.Ref)
	if !indirect {
		holder, _ = file.Trailer()["Root"].(pdf.Ref)
	}
	dict, err := file.Dict(f.Holder)
	if err != nil {
		return nil, file.At(holder, fmt.Errorf("read /AcroForm: %w", err))
	}
	f.Dict = dict
	roots, err := file.Array(dict["Fields"])
	if err != nil {
		return nil, file.At(holder, fmt.Errorf("read /Fields: %w", err))
	}
	walk := fieldWalk{file: file, seen: map[pdf.Ref]bool{}, path: map[pdf.Ref]bool{}, at: holder,
		signs: saysSigned(file, dict)}
	for i, root := range roots {
		if ref, again := root.(pdf.Ref); again && walk.seen[ref] {
			continue
		}
		left, err := walk.leaveOut(walk.visit(root, Field{}, 0), root, fmt.Sprintf("entry %d of /Fields", i+1))
		if err != nil {
			return nil, err
		}
		if !left {
			f.Roots = append(f.Roots, root)
		}
	}
	f.Fields, f.Nodes, f.LeftOut, f.names = walk.found, walk.nodes, walk.left, map[string]int{}
	for i := len(f.Fields) - 1; i >= 0; i-- {
		f.names[f.Fields[i].Name] = i
	}
	return f, nil
}

// Find gives the terminal field of that fully qualified name, or nil.
func (f *Form) Find(name string) *Field {
	if i, ok := f.names[name]; ok && name != "" {
		return &f.Fields[i]
	}
	return nil
}

// FreeName gives a field name that no field has or begins with, and that no lock covers.
func (f *Form) FreeName(r *Restrictions) (string, error) {
	taken := map[string]bool{}
	for _, one := range f.Fields {
		taken[RootName(one.Name)] = true
	}
	for n := 1; n <= len(f.Fields)+maxLockedNames+1; n++ {
		if name := fmt.Sprintf("Signature%d", n); !taken[name] && !r.Locked(name, false) {
			return name, nil
		}
	}
	return "", &pades.Error{Code: pades.CodeChangesForbidden,
		Detail: "an earlier signature has locked every field that could be added"}
}

// fieldWalk goes through the field tree. What is reached twice, or contains itself, counts where it
// is reached first.
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

func (w *fieldWalk) visit(node pdf.Object, parent Field, depth int) error {
	dict, isNew, err := w.enter(node, depth)
	if err != nil || !isNew || dict == nil { // a reference to nothing: readers pass over it
		return err
	}
	ref, indirect := node.(pdf.Ref)
	if indirect {
		above := w.at
		w.path[ref], w.at = true, ref
		defer func() {
			delete(w.path, ref)
			w.at = above
		}()
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

// find takes a terminal field. The dictionaries of signature fields alone are held.
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

// keepValue makes sure that the signature of a field above others is told where they do not inherit
// it.
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

// enter reads a node of the tree, and says whether it has not been read before.
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

// kids gives what is below a node: the fields, which have a name, and all else, which are its
// widgets.
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

// widgetValues finds the signatures that stand in widgets alone. Readers differ in whether they
// look there: a field without a value of its own takes the first, and gives back the others.
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

// Signature gives the signature dictionary that is the field's value, whether or not the field says
// that it is a signature field; nil = its value is none.
func (f *Field) Signature(file *pdf.File) (pdf.Dict, error) {
	if f.Value == nil {
		return nil, nil
	}
	object, err := file.Resolve(f.Value)
	dict, _ := object.(pdf.Dict)
	if err == nil && f.Kind != "Sig" && !IsSignature(dict) {
		return nil, nil
	}
	return dict, err
}

// signatureValue gives a value that is a dictionary like those of signatures, or nil.
func signatureValue(file *pdf.File, value pdf.Object) (pdf.Dict, error) {
	object, err := file.Resolve(value)
	if fault, ok := errors.AsType[*pdf.Error](err); ok && fault.Kind == pdf.Damaged {
		return nil, nil
	}
	dict, _ := object.(pdf.Dict)
	if err != nil || !IsSignature(dict) {
		return nil, err
	}
	return dict, nil
}

// IsSignature says whether a dictionary looks like one of a signature: ISO 32000-2, table 255.
// /Type is optional, and /ByteRange is in all signatures of the document's bytes.
func IsSignature(dict pdf.Dict) bool {
	return dict["ByteRange"] != nil ||
		dict["Contents"] != nil && (dict["Type"] == pdf.Name("Sig") || dict["Type"] == pdf.Name("DocTimeStamp"))
}

// InheritField makes the field of a dictionary below its parent: /FT and /V are inheritable (ISO
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

// RootName is the partial name of the field at the top.
func RootName(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}
