package pades

import (
	"fmt"
	"maps"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of the field tree: real forms stay far below.
const (
	maxFields     = 100_000
	maxFieldDepth = 64
	maxFieldName  = 4096    // bytes: every field below repeats the name of those above
	maxFieldNames = 8 << 20 // bytes of all names
)

// field is a terminal field of the interactive form (ISO 32000-2, 12.7.4): one without children of its own name.
type field struct {
	ref   pdf.Ref // zero when the field is a direct object
	dict  pdf.Dict
	name  string     // fully qualified: partial names joined by full stops
	kind  pdf.Name   // /FT, inherited
	value pdf.Object // /V, not resolved, inherited
}

// form is the document's interactive form with its terminal fields in tree order.
type form struct {
	holder pdf.Object // the catalog's /AcroForm entry as it stands: nil, a reference or a dictionary
	dict   pdf.Dict
	fields []field
	nodes  []pdf.Ref      // every field and widget of the tree that is an object of its own
	names  map[string]int // index of the first field of each name
}

// readForm reads the form of a catalog. A document without one gives an empty form.
func readForm(file *pdf.File, catalog pdf.Dict) (*form, error) {
	f := &form{holder: catalog["AcroForm"]}
	dict, err := file.Dict(f.holder)
	if err != nil {
		return nil, fmt.Errorf("read /AcroForm: %w", err)
	}
	f.dict = dict
	roots, err := file.Array(dict["Fields"])
	if err != nil {
		return nil, fmt.Errorf("read /Fields: %w", err)
	}
	walk := fieldWalk{file: file, seen: map[pdf.Ref]bool{}}
	for _, root := range roots {
		if err := walk.visit(root, field{}, 0); err != nil {
			return nil, err
		}
	}
	f.fields, f.nodes, f.names = walk.found, walk.nodes, map[string]int{}
	for i := len(f.fields) - 1; i >= 0; i-- {
		f.names[f.fields[i].name] = i
	}
	return f, nil
}

// find gives the terminal field of that fully qualified name, or nil.
func (f *form) find(name string) *field {
	if i, ok := f.names[name]; ok && name != "" {
		return &f.fields[i]
	}
	return nil
}

// freeName gives a field name that no field has or begins with, and that no lock covers.
func (f *form) freeName(r *restrictions) (string, error) {
	taken := map[string]bool{}
	for _, one := range f.fields {
		taken[rootName(one.name)] = true
	}
	for n := 1; n <= len(f.fields)+maxLockedNames+1; n++ {
		if name := fmt.Sprintf("Signature%d", n); !taken[name] && !r.locked(name, false) {
			return name, nil
		}
	}
	return "", &Error{Code: CodeChangesForbidden, Detail: "an earlier signature has locked every field that could be added"}
}

type fieldWalk struct {
	file  *pdf.File
	seen  map[pdf.Ref]bool
	found []field
	nodes []pdf.Ref
	names int // bytes
}

func (w *fieldWalk) visit(node pdf.Object, parent field, depth int) error {
	if depth > maxFieldDepth || len(w.seen) > maxFields || len(w.found) > maxFields {
		return &Error{Code: CodeTooComplex, Detail: "the form has too many fields or levels"}
	}
	if err := w.file.Spend(fieldCost); err != nil {
		return err
	}
	ref, indirect := node.(pdf.Ref)
	if indirect && w.seen[ref] {
		return &Error{Code: CodeDamaged, Detail: "a form field is reached twice"}
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
	current, err := inheritField(w.file, parent, ref, dict)
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
	if w.names += len(current.name); w.names > maxFieldNames {
		return &Error{Code: CodeTooComplex, Detail: "the form's fields have too long names"}
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

// inheritField makes the field of a dictionary below its parent: /FT and /V are inheritable (ISO 32000-2, table 226).
func inheritField(file *pdf.File, parent field, ref pdf.Ref, dict pdf.Dict) (field, error) {
	current := field{ref: ref, dict: dict, name: parent.name, kind: parent.kind, value: parent.value}
	partial, err := file.String(dict["T"])
	if err != nil {
		return field{}, fmt.Errorf("read /T of a form field: %w", err)
	}
	if len(partial)+len(current.name) > maxFieldName {
		return field{}, &Error{Code: CodeTooComplex, Detail: "a form field has too long a name"}
	}
	if name := partial.Text(); name != "" {
		if current.name != "" {
			current.name += "."
		}
		current.name += name
	}
	kind, err := file.Name(dict["FT"])
	if err != nil {
		return field{}, fmt.Errorf("read /FT of a form field: %w", err)
	}
	if kind != "" {
		current.kind = kind
	}
	if value, ok := dict["V"]; ok {
		current.value = value
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

func rootName(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}

// with gives a copy of a dictionary with some entries replaced: objects of the file are shared and never changed in place.
func with(dict pdf.Dict, changes pdf.Dict) pdf.Dict {
	changed := make(pdf.Dict, len(dict)+len(changes))
	maps.Copy(changed, dict)
	maps.Copy(changed, changes)
	return changed
}
