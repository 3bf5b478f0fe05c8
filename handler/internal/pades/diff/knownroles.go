package diff

import (
	"context"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of the records in a known, and their costs.
const (
	maxDoubtful = 10_000  // objects that cannot be read, or that appended bytes could change
	maxNodes    = 200_000 // fields and widgets of the form

	visitCost = 150 // for each object that is reached, in addition to reading it, in units of pdf.Limits.Work
	visitSize = 48  // bytes of memory of a visit
	ownerSize = 64  // bytes of memory of an owner, or of a doubtful object
	nodeSize  = 160 // bytes of memory of a node, in addition to its name
)

// Limits are the bounds of this package that a verdict can name, for the report.
func Limits() map[string]int64 {
	return map[string]int64{
		"damaged_objects": maxDoubtful, "form_nodes": maxNodes, "metadata_bytes": maxPacket,
		"metadata_nesting": maxPacketDepth, "metadata_namespace_bytes": maxNamespace,
		"object_header_bytes": pdf.MaxLookBack, "unreadable_number_bytes": pdf.MaxNumber,
		"unreadable_object_bytes": pdf.MaxMention,
	}
}

// known records the objects that readers reach from the catalog, each with its roles: those of the
// signed revision, and those that later updates added. Readers show only what they reach. An object
// that nothing reaches has no role, and its change does not count. Roles are never removed: an
// object that is no longer reached keeps its roles.
type known struct {
	root         pdf.Ref
	roles        roleMap
	nodes        []node       // fields and widgets; the first stands for the form itself
	nodeOf       map[int]int  // index in nodes, by object number
	parents      map[int]int  // the node whose fields an array lists, by object number
	owners       map[int]int  // node above the objects below fields, by object number; or several
	annotationOf map[int]int  // object number of the annotation above, likewise; or several
	doubtful     map[int]bool // objects to read again in each revision; true = readable
	todo         [3][]visit   // objects to visit, by rank
	mostTodo     int          // the most visits that were pending so far: memory was charged for these
	// blind: an object was reached that cannot be read, or that readers may read in two ways. Other
	// readers may reach objects from there that have no role here. So an object without a role that
	// was in use before counts as content.
	blind   bool
	outside outside
}

// outside are the annotations that are no widgets of the form, but that readers draw with its help.
type outside struct {
	widgets bool // there are widgets that no field has
	bare    bool // there are annotations without an appearance whose text readers draw
}

// Owners of an object that is below more than one field or annotation. The objects below it then
// have the same owner.
const (
	several        = -1 // fields that are filled in, or annotations
	severalSpecial = -2 // fields, of which one at least is a signature field or has no type
)

// visit is an object to examine in a role. An object in the role content can turn out to be a page,
// for example, and to have that role.
type visit struct {
	ref   pdf.Ref
	role  role
	refer bool // the reference means a field or an annotation, and nothing that is drawn
	drawn bool // the object is a named resource: it is drawn, in addition to its other roles
	owner int  // node of the field, or object number of the annotation, or several
}

func newKnown() *known {
	return &known{nodes: make([]node, 1), nodeOf: map[int]int{}, parents: map[int]int{}, owners: map[int]int{},
		annotationOf: map[int]int{}, doubtful: map[int]bool{}}
}

// rank is the order in which roles are visited: fields before the pages that show them, and pages
// before what refers to them.
func (r role) rank() int {
	switch r {
	case catalog, formDict, fieldList, field:
		return 0
	case pageTree, page, annotations, annotation:
		return 1
	}
	return 2
}

// reach visits the pending objects and all that they reach in a revision, and records their roles.
func (k *known) reach(ctx context.Context, file *pdf.File) error {
	w := walker{known: k, file: file}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rank := slices.IndexFunc(k.todo[:], func(some []visit) bool { return len(some) > 0 })
		if rank < 0 {
			return nil
		}
		last := len(k.todo[rank]) - 1
		next := k.todo[rank][last]
		k.todo[rank] = k.todo[rank][:last]
		if err := w.visit(next); err != nil {
			return err
		}
	}
}

// begin adds the objects from which readers reach the others: the catalog, and the document
// information dictionary.
func (k *known) begin(file *pdf.File) error {
	root, _, err := file.Catalog()
	if err != nil {
		return err
	}
	k.root = root
	w := walker{known: k, file: file}
	if err := w.push(visit{ref: root, role: catalog}); err != nil {
		return err
	}
	return w.information(file.Trailer()["Info"])
}
