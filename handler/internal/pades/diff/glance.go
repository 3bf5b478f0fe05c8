package diff

import (
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// glance notes what an object refers to as walker.value does, of most objects without making them.
// It is a pdf.Visitor.
type glance struct {
	as    role
	owner int
	open  []level
	found []visit
	many  bool // there are more than maxGlance
}

// maxGlance is how many references are noted at a glance: their memory is not counted before they
// are pushed.
const maxGlance = 4096

// level is a container that is open.
type level struct {
	as   role // of what it refers to
	next role // of the value that comes next
	dict bool
}

func (g *glance) Begin() { g.open, g.found, g.many = g.open[:0], g.found[:0], false }

// Open goes on in the role that the value has: names that the document chose are keys of the next
// dictionary alone.
func (g *glance) Open(dict bool) {
	as := g.as
	if n := len(g.open); n > 0 {
		as = g.open[n-1].next
	}
	if as == resources && !dict {
		as = content
	}
	g.open = append(g.open, level{as: as, next: as, dict: dict})
}

func (g *glance) Close() { g.open = g.open[:len(g.open)-1] }

// Key says no where what the entry refers to depends on others of the dictionary: see refers.
func (g *glance) Key(name []byte) bool {
	in := &g.open[len(g.open)-1]
	switch in.as {
	case resources:
		in.next = content
	case content:
		switch string(name) {
		case "Obj", "T", "Fields":
			return false
		}
		in.next = content
		if slices.Contains(drawn, pdf.Name(name)) {
			in.next = resources
		}
	}
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

// glance follows an object in a role in which it is followed by its references alone, and says
// whether it did.
func (w *walker) glance(v visit) (bool, error) {
	switch v.role {
	case content, resources, metadata, fieldValue, annotated, store, information, extensions, permissions, formDefaults,
		structure:
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
	// What is pushed last is read first: mostly what stands first in the file.
	for _, one := range slices.Backward(w.seen.found) {
		if err := w.push(one); err != nil {
			return false, err
		}
	}
	return true, nil
}
