package diff

import (
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// glance collects the references in an object with the same roles as walker.value gives them. It
// needs no memory for the object, and suffices for most objects. It is a pdf.Visitor.
type glance struct {
	as    role
	owner int
	open  []level
	found []visit
	many  bool // the object has more than maxGlance references
}

// maxGlance bounds the references that a glance collects: their memory is not charged before they
// are pushed.
const maxGlance = 4096

// level is an open dictionary or array.
type level struct {
	as   role // in which it is followed
	next role // of the next value in it
	dict bool
}

func (g *glance) Begin() { g.open, g.found, g.many = g.open[:0], g.found[:0], false }

// Open gives the container the role of the value that it is. An array in the role resources is
// content, because only the keys of the next dictionary are names that the document chose.
func (g *glance) Open(dict bool) {
	as := g.as
	if n := len(g.open); n > 0 {
		as = g.open[n-1].next
	}
	if !dict {
		as = as.inArray()
	}
	g.open = append(g.open, level{as: as, next: as, dict: dict})
}

func (g *glance) Close() { g.open = g.open[:len(g.open)-1] }

// Key returns false where the role of an entry depends on other entries of the dictionary: see
// refers.
func (g *glance) Key(name []byte) bool {
	in := &g.open[len(g.open)-1]
	if in.as == resources {
		in.next = content
		return true
	}
	switch string(name) {
	case "Obj", "T", "Fields", "Data":
		return false
	}
	in.next = in.as.under(pdf.Name(name))
	return true
}

func (g *glance) Reference(ref pdf.Ref) {
	if g.many = g.many || len(g.found) == maxGlance; g.many {
		return
	}
	in := g.open[len(g.open)-1]
	if in.dict && in.as == resources {
		g.found = append(g.found, visit{ref: ref, role: content, drawn: true})
		return
	}
	g.found = append(g.found, visit{ref: ref, role: in.next, owner: g.owner})
}

// glance follows an object by its references alone, in the roles where they suffice. It reports
// whether it did.
func (w *walker) glance(v visit) (bool, error) {
	switch v.role {
	case content, resources, metadata, fieldValue, annotated, store, extensions, permissions, formDefaults, structure,
		treeRoot, parentNodes, parentPairs:
	default:
		return false, nil
	}
	w.seen.as, w.seen.owner = v.role, v.owner
	if v.role == content || v.role == resources {
		w.seen.owner = 0
	}
	done, err := w.file.Visit(v.ref, &w.seen)
	if isDamaged(err) {
		return true, w.doubt(v.ref.Number, false)
	}
	if err != nil || !done || w.seen.many {
		return false, err
	}
	// The object that is pushed last is read first. In this order, that is mostly the one that
	// stands first in the file.
	for _, one := range slices.Backward(w.seen.found) {
		if err := w.push(one); err != nil {
			return false, err
		}
	}
	return true, nil
}
