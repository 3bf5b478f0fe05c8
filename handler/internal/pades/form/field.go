package form

import (
	"fmt"

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

// FieldCost is what it costs to take a field into the form, beside reading it, in units of pdf.Limits.
const FieldCost = 200

// Field is a terminal field of the interactive form (ISO 32000-2, 12.7.4): one without children of its own name.
type Field struct {
	Ref   pdf.Ref // zero when the field is a direct object
	Dict  pdf.Dict
	Name  string     // fully qualified: partial names joined by full stops
	Kind  pdf.Name   // /FT, inherited
	Value pdf.Object // /V, not resolved, inherited
}

// Form is the document's interactive form with its terminal fields in tree order.
type Form struct {
	Holder pdf.Object // the catalog's /AcroForm entry as it stands: nil, a reference or a dictionary
	Dict   pdf.Dict
	Fields []Field
	Nodes  []pdf.Ref      // every field and widget of the tree that is an object of its own
	names  map[string]int // index of the first field of each name
}

// Read reads the form of a catalog. A document without one gives an empty form.
func Read(file *pdf.File, catalog pdf.Dict) (*Form, error) {
	f := &Form{Holder: catalog["AcroForm"]}
	dict, err := file.Dict(f.Holder)
	if err != nil {
		return nil, fmt.Errorf("read /AcroForm: %w", err)
	}
	f.Dict = dict
	roots, err := file.Array(dict["Fields"])
	if err != nil {
		return nil, fmt.Errorf("read /Fields: %w", err)
	}
	walk := fieldWalk{file: file, seen: map[pdf.Ref]bool{}}
	for _, root := range roots {
		if err := walk.visit(root, Field{}, 0); err != nil {
			return nil, err
		}
	}
	f.Fields, f.Nodes, f.names = walk.found, walk.nodes, map[string]int{}
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
	return "", &pades.Error{Code: pades.CodeChangesForbidden, Detail: "an earlier signature has locked every field that could be added"}
}

type fieldWalk struct {
	file  *pdf.File
	seen  map[pdf.Ref]bool
	found []Field
	nodes []pdf.Ref
	names int // bytes
}

func (w *fieldWalk) visit(node pdf.Object, parent Field, depth int) error {
	if depth > MaxFieldDepth || len(w.seen) > maxFields || len(w.found) > maxFields {
		return &pades.Error{Code: pades.CodeTooComplex, Detail: "the form has too many fields or levels"}
	}
	if err := w.file.Spend(FieldCost); err != nil {
		return err
	}
	ref, indirect := node.(pdf.Ref)
	if indirect && w.seen[ref] {
		return &pades.Error{Code: pades.CodeDamaged, Detail: "a form field is reached twice"}
	}
	if indirect {
		w.seen[ref] = true
		w.nodes = append(w.nodes, ref)
	}
	dict, err := w.file.Dict(node)
	if err != nil {
		return fmt.Errorf("read form field: %w", err)
	}
	if dict == nil {
		return nil // a reference to nothing: readers pass over it
	}
	current, err := InheritField(w.file, parent, ref, dict)
	if err != nil {
		return err
	}
	kids, err := w.file.Array(dict["Kids"])
	if err != nil {
		return fmt.Errorf("read /Kids of a form field: %w", err)
	}
	children, err := w.named(kids)
	if err != nil {
		return err
	}
	if w.names += len(current.Name); w.names > maxFieldNames {
		return &pades.Error{Code: pades.CodeTooComplex, Detail: "the form's fields have too long names"}
	}
	if len(children) == 0 {
		w.found = append(w.found, current)
		return nil
	}
	for _, child := range children {
		if err := w.visit(child, current, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// InheritField makes the field of a dictionary below its parent: /FT and /V are inheritable (ISO 32000-2, table 226).
func InheritField(file *pdf.File, parent Field, ref pdf.Ref, dict pdf.Dict) (Field, error) {
	current := Field{Ref: ref, Dict: dict, Name: parent.Name, Kind: parent.Kind, Value: parent.Value}
	partial, err := file.String(dict["T"])
	if err != nil {
		return Field{}, fmt.Errorf("read /T of a form field: %w", err)
	}
	if len(partial)+len(current.Name) > maxFieldName {
		return Field{}, &pades.Error{Code: pades.CodeTooComplex, Detail: "a form field has too long a name"}
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

// named gives the kids that are fields and notes the others, which are the field's widgets.
func (w *fieldWalk) named(kids pdf.Array) (pdf.Array, error) {
	var children pdf.Array
	for _, kid := range kids {
		dict, err := w.file.Dict(kid)
		if err != nil {
			return nil, fmt.Errorf("read /Kids of a form field: %w", err)
		}
		if _, ok := dict["T"]; ok {
			children = append(children, kid)
			continue
		}
		if ref, ok := kid.(pdf.Ref); ok {
			w.nodes = append(w.nodes, ref)
		}
	}
	return children, nil
}

func RootName(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}
