package form

import (
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of the field tree. Real forms stay far below them.
const (
	maxFields     = 100_000
	MaxFieldDepth = 64
	maxFieldName  = 4096    // bytes: the name of a field repeats the names of the fields above
	maxFieldNames = 8 << 20 // bytes of all names
)

// Limits are the bounds of this package that a verdict can name, for the report.
func Limits() map[string]int64 {
	return map[string]int64{
		"fields": maxFields, "field_levels": MaxFieldDepth, "field_name_bytes": maxFieldName,
		"field_names_bytes": maxFieldNames, "locks": maxLocks, "locked_names": maxLockedNames,
	}
}

// FieldCost is the cost of one field in addition to reading it, in units of pdf.Limits.Work.
const FieldCost = 200

// Memory of a node of the tree and of a field in bytes, without their names and dictionaries.
const (
	nodeMemory  = 96
	fieldMemory = 256
)

// Field is a terminal field of the interactive form (ISO 32000-2, 12.7.4): a field without fields
// below it.
type Field struct {
	Ref  pdf.Ref  // zero when the field is a direct object
	Dict pdf.Dict // of a signature field; else nil
	Name string   // fully qualified: partial names joined by full stops
	Kind pdf.Name // /FT, inherited
	// /V, inherited and not resolved. A signature field without /V has the /V of its first widget
	// that has one.
	Value pdf.Object
	// Beside marks a widget or a non-terminal field with a signature that no terminal field has.
	Beside bool
}

// Form is the document's interactive form with its terminal fields in tree order.
type Form struct {
	Holder pdf.Object // the catalog's /AcroForm entry, not resolved: nil, a reference or a dictionary
	Dict   pdf.Dict
	Roots  pdf.Array // the entries of /Fields that are fields, or null, each once
	Fields []Field
	Nodes  []pdf.Ref // every field and widget of the tree that is an object of its own
	// LeftOut has one sentence for each entry of /Fields and /Kids that is no field, with its
	// place. It holds the first ones only.
	LeftOut []string
	names   map[string]int // index of the first field of each name
}

// Read reads the form of a catalog. The form is empty if the document has none. Read omits entries
// that are no fields, as readers do. An unreadable entry that may hold a signature is an error.
func Read(file *pdf.File, catalog pdf.Dict) (*Form, error) {
	f := &Form{Holder: catalog["AcroForm"]}
	holder, indirect := f.Holder.(pdf.Ref)
	if !indirect {
		holder, _ = file.Trailer()["Root"].(pdf.Ref)
	}
	walk := fieldWalk{file: file, seen: map[pdf.Ref]bool{}, path: map[pdf.Ref]bool{}, at: holder}
	dict, err := file.Dict(f.Holder)
	if err = walk.ignore(err, "/AcroForm of the catalog"); err != nil {
		return nil, file.At(holder, fmt.Errorf("read /AcroForm: %w", err))
	}
	f.Dict, walk.signs = dict, saysSigned(file, dict)
	roots, err := file.Array(dict["Fields"])
	if err = walk.ignore(err, "/Fields of the form"); err != nil {
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

// Find returns the terminal field with that fully qualified name, or nil.
func (f *Form) Find(name string) *Field {
	if i, ok := f.names[name]; ok && name != "" {
		return &f.Fields[i]
	}
	return nil
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
