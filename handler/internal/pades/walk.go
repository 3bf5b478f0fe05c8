package pades

import (
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// Slots: the entries in which later revisions may change an object that is reached as what it is.
var (
	catalogSlots = []pdf.Name{"AcroForm", "DSS", "Perms", "Extensions", "Version", "Metadata"}
	pageSlots    = []pdf.Name{"Annots", "LastModified"}
	fieldSlots   = []pdf.Name{"V", "AP", "AS", "M", "RV", "I", "MK"} // what filling a field changes
)

// referrers are the keys under which fields and annotations are referred to as what they are: in the form, on a page, from a structure
// tree, from an action. Under any other key such an object is something else besides, and must not change at all.
var referrers = []pdf.Name{"Fields", "Kids", "Annots", "Parent", "Obj", "T", "Popup", "IRT"}

// walk goes through all that the earlier revision reaches from its catalog and holds it against the document.
func (c *comparison) walk() error {
	w := walker{comparison: c, seen: map[pdf.Ref]bool{}}
	w.todo = []visit{{ref: c.root, role: true}}
	for len(w.todo) > 0 && c.gravest != ChangeOther {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if err := w.visit(next); err != nil {
			return err
		}
	}
	return nil
}

// visit is an object to look at. As its role, only what is outside its slots must be the same.
type visit struct {
	ref  pdf.Ref
	role bool
}

type walker struct {
	*comparison
	seen map[pdf.Ref]bool // whether it was looked at whole; absent = not at all
	todo []visit
}

func (w *walker) visit(v visit) error {
	if whole, seen := w.seen[v.ref]; seen && (whole || v.role) {
		return nil
	}
	w.seen[v.ref] = !v.role
	before, after, err := w.both(v.ref)
	if err != nil {
		return err
	}
	slots := w.slots(v)
	if slots == nil {
		same, err := w.equal(v.ref, before, after)
		if err != nil {
			return err
		}
		if !same {
			w.add(ChangeOther)
		}
		w.push("", before, nil)
		return nil
	}
	was, isDict := before.(pdf.Dict)
	now, stillDict := after.(pdf.Dict)
	if !isDict || !stillDict || !differOnlyIn(was, now, slots...) {
		w.add(ChangeOther)
		return nil
	}
	w.push("", was, slots)
	return nil
}

// slots gives what may change in an object that is visited as its role; nil = nothing.
func (w *walker) slots(v visit) []pdf.Name {
	switch {
	case !v.role:
		return nil
	case v.ref == w.root:
		return catalogSlots
	case w.pages[v.ref]:
		return pageSlots
	case w.fields[v.ref]:
		return append([]pdf.Name{"Kids"}, fieldSlots...)
	}
	return nil
}

// push notes what a value refers to, under the key where it stands.
func (w *walker) push(key pdf.Name, value pdf.Object, slots []pdf.Name) {
	switch value := value.(type) {
	case pdf.Ref:
		if w.notes[value] && slices.Contains(referrers, key) {
			return // comparePages looks at annotations
		}
		role := w.pages[value] || w.fields[value] && slices.Contains(referrers, key)
		w.todo = append(w.todo, visit{value, role})
	case pdf.Array:
		for _, element := range value {
			w.push(key, element, nil)
		}
	case *pdf.Stream:
		w.push(key, value.Dict, nil)
	case pdf.Dict:
		for name, entry := range value {
			if !slices.Contains(slots, name) {
				w.push(name, entry, nil)
			}
		}
	}
}
