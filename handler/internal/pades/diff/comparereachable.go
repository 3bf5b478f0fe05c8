package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Slots: the entries in which later revisions may change an object that is reached as what it is.
var (
	catalogSlots = []pdf.Name{"AcroForm", "DSS", "Perms", "Extensions", "Version", "Metadata"}
	pageSlots    = []pdf.Name{"Annots", "LastModified"}
	fieldSlots   = []pdf.Name{"V", "AP", "AS", "M", "RV", "I", "MK"} // what filling a field changes

	fieldAndKids    = append([]pdf.Name{"Kids"}, fieldSlots...)
	fieldAndKindred = append([]pdf.Name{"Parent"}, fieldAndKids...)
)

// resources are the keys whose values hold what content streams draw with, under names that the document chooses: ISO 32000-2, 7.8.3 and
// 9.6.4. An object under such a name is drawn, whatever else it may be.
var resources = []pdf.Name{"ColorSpace", "ExtGState", "Font", "Pattern", "Properties", "Shading", "XObject", "CharProcs"}

// refers says whether an entry refers to fields and annotations as what they are: in a structure tree, in an action, or from a field to
// the one above. Anywhere else such an object is something else besides, and must not change at all: page and name trees have keys of
// the same names.
func refers(holder pdf.Dict, key pdf.Name, fromField bool) bool {
	switch key {
	case "Obj":
		return holder["Type"] == pdf.Name("OBJR")
	case "T":
		return holder["S"] == pdf.Name("Hide")
	case "Fields":
		return holder["S"] == pdf.Name("SubmitForm") || holder["S"] == pdf.Name("ResetForm")
	case "Parent":
		return fromField
	}
	return false
}

// walk goes through all that the earlier revision reaches from its catalog and holds it against the document.
func (c *comparison) walk() error {
	w := walker{comparison: c, seen: map[visit]bool{}}
	w.todo = []visit{{ref: c.root, role: true}}
	for len(w.todo) > 0 && c.Gravest != pades.ChangeOther {
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
	ref   pdf.Ref
	role  bool
	named bool // its keys are names that the document chose for resources
}

type walker struct {
	*comparison
	seen map[visit]bool
	todo []visit
}

func (w *walker) visit(v visit) error {
	if w.seen[v] || w.seen[visit{ref: v.ref, named: v.named}] {
		return nil
	}
	w.seen[v] = true
	if err := w.new.Spend(visitCost); err != nil {
		return err
	}
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
			w.Add(pades.ChangeOther)
		}
		w.push(before, false, v.named)
		return nil
	}
	was, isDict := before.(pdf.Dict)
	now, stillDict := after.(pdf.Dict)
	if !isDict || !stillDict || !differOnlyIn(was, now, slots...) {
		w.Add(pades.ChangeOther)
		return nil
	}
	isField := v.ref != w.root && !w.pages[v.ref]
	for key, entry := range was {
		if !slices.Contains(slots, key) {
			w.push(entry, refers(was, key, isField), slices.Contains(resources, key))
		}
	}
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
		return fieldAndKids
	}
	return nil
}

// push notes what a value refers to; asRole = fields and annotations as what they are, named = it holds resources under their names.
func (w *walker) push(value pdf.Object, asRole, named bool) {
	switch value := value.(type) {
	case pdf.Ref:
		if asRole && w.notes[value] {
			return // comparePages looks at annotations
		}
		role := !named && (w.pages[value] || asRole && w.fields[value])
		w.todo = append(w.todo, visit{value, role, named})
	case pdf.Array:
		for _, element := range value {
			w.push(element, asRole, false)
		}
	case *pdf.Stream:
		w.pushEntries(value.Dict, false)
	case pdf.Dict:
		w.pushEntries(value, named)
	}
}

func (w *walker) pushEntries(dict pdf.Dict, named bool) {
	for key, entry := range dict {
		w.push(entry, !named && refers(dict, key, false), !named && slices.Contains(resources, key))
	}
}
