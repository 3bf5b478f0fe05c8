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
	walk := fieldWalk{file: file, seen: map[pdf.Ref]bool{}, path: map[pdf.Ref]bool{}, at: holder}
	value, err := file.Resolve(f.Holder)
	if err != nil {
		return nil, file.At(holder, fmt.Errorf("read /AcroForm: %w", err))
	}
	if isOther(value) { // readers take the document for one without a form
		walk.leave("the value of /AcroForm is no dictionary and is left out", nil)
		f.Holder = nil
	}
	dict, err := file.Dict(f.Holder)
	if err != nil {
		return nil, file.At(holder, fmt.Errorf("read /AcroForm: %w", err))
	}
	f.Dict, walk.signs = dict, saysSigned(file, dict)
	roots, err := file.Array(dict["Fields"])
	if err != nil {
		return nil, file.At(holder, fmt.Errorf("read /Fields: %w", err))
	}
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

// RootName is the partial name of the field at the top.
func RootName(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}
