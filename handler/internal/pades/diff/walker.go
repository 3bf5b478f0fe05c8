package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// walker goes through the objects of one revision.
type walker struct {
	*known
	file *pdf.File
	seen glance
}

// push adds an object to those to visit. It skips an object that has the role already, unless the
// role is one for which it may have another owner.
func (w *walker) push(v visit) error {
	if v.role != fieldValue && v.role != annotated && w.roles.of(v.ref.Number).has(v.role) {
		return w.file.Spend(visitCost)
	}
	todo := &w.todo[v.role.rank()]
	*todo = append(*todo, v)
	if n := len(w.todo[0]) + len(w.todo[1]) + len(w.todo[2]); n > w.mostTodo {
		w.mostTodo = n
		return w.file.Take(visitSize)
	}
	return nil
}

func (w *walker) visit(v visit) error {
	number := v.ref.Number
	if w.skips(v) {
		return nil
	}
	if err := w.file.Spend(visitCost); err != nil {
		return err
	}
	if v.role == pageTree {
		return w.visitPages(v)
	}
	isNew, err := w.roles.add(w.file, number, v.role)
	if err != nil {
		return err
	}
	all, changed, err := w.own(v)
	if err != nil || !isNew && !changed {
		return err
	}
	v.owner = all // of what is below it, too
	if err := w.noteContainer(number); err != nil {
		return err
	}
	if done, err := w.glance(v); done || err != nil {
		return err
	}
	object, size, err := w.read(v.ref)
	if err != nil || object == nil {
		return err
	}
	defer w.file.Give(size)
	return w.follow(v, object)
}

// skips reports whether an object is not examined in a role, because it has a role of its own in
// which it is examined.
func (w *walker) skips(v visit) bool {
	roles := w.roles.of(v.ref.Number)
	switch v.role {
	case content:
		return !v.drawn && (roles.has(page) || v.refer && roles.hasAny(field, annotation, formDict, catalog))
	case fieldValue, annotated, store, metadata, information, extensions, permissions, structure, treeRoot,
		parentNodes, parentPairs:
		return roles.has(page) || v.role == structure && roles.has(treeRoot) ||
			v.refer && roles.hasAny(field, annotation, catalog)
	case annotation:
		return roles.has(field) // a widget: it is judged with the form
	}
	return false
}

// own adds an owner to the owners of an object, and reports whether that changes anything. An
// object changes its owners twice at most.
func (w *walker) own(v visit) (all int, changed bool, err error) {
	owners := w.owners
	switch v.role {
	case annotated:
		owners = w.annotationOf
	case fieldValue:
	default:
		return v.owner, false, nil
	}
	has, known := owners[v.ref.Number]
	if !known {
		owners[v.ref.Number] = v.owner
		return v.owner, true, w.file.Take(ownerSize)
	}
	all = has
	if has != v.owner {
		all = several
		if v.role == fieldValue && (w.isSpecial(has) || w.isSpecial(v.owner)) {
			all = severalSpecial
		}
	}
	owners[v.ref.Number] = all
	return all, all != has, nil
}

// read gives an object, or nil for an object that is not there or cannot be read. The caller gives
// back size, the bytes of memory that the object takes, when it has followed the object. read
// records which objects appended bytes could change.
func (w *walker) read(ref pdf.Ref) (pdf.Object, int64, error) {
	if err := w.noteContainer(ref.Number); err != nil {
		return nil, 0, err
	}
	object, size, err := w.file.Once(ref)
	if err != nil {
		if isDamaged(err) {
			err = w.doubt(ref.Number, false)
		}
		return nil, 0, err
	}
	lost := w.file.Ambiguous(ref.Number)
	if entry, _ := w.file.Entry(ref.Number); object == nil && entry.Kind != pdf.EntryFree && !lost {
		saysNull, err := w.file.SaysNull(ref)
		if err != nil {
			return nil, 0, err
		}
		lost = !saysNull
	}
	if lost {
		if err := w.lose(ref.Number); err != nil {
			return nil, 0, err
		}
	}
	exact := !w.file.OpenEnded(ref.Number)
	if stream, ok := object.(*pdf.Stream); ok && exact {
		if exact, err = w.file.Exact(stream); isDamaged(err) {
			exact, err = false, nil
		}
	}
	if err == nil && !exact {
		err = w.doubt(ref.Number, true)
	}
	return object, size, err
}

// noteContainer gives the role content to the object stream that contains an object, because
// readers need the stream to read the object.
func (w *walker) noteContainer(number int) error {
	entry, _ := w.file.Entry(number)
	if entry.Kind != pdf.EntryInStream {
		return nil
	}
	_, err := w.roles.add(w.file, entry.StreamNumber, content)
	return err
}

// doubt records an object that must be read again in each revision. It returns an error if there
// are too many.
func (w *walker) doubt(number int, readable bool) error {
	if len(w.doubtful) == maxDoubtful {
		return &pades.Error{Code: pades.CodeTooComplex,
			Detail: "too many objects of the document are damaged to tell whether they change"}
	}
	w.doubtful[number] = readable
	if !readable {
		if err := w.lose(number); err != nil {
			return err
		}
	}
	return w.file.Take(ownerSize)
}

// lose records that other readers may see more in an object than this package does. The objects
// that it mentions are followed as content.
func (w *walker) lose(number int) error {
	w.blind = true
	numbers, err := w.file.Mentions(number)
	for _, one := range numbers {
		if err == nil {
			err = w.push(visit{ref: pdf.Ref{Number: one}, role: content})
		}
	}
	return err
}

// visitPages visits a node of the page tree. A node without /Kids is a page, whatever its /Type.
func (w *walker) visitPages(v visit) error {
	if w.roles.of(v.ref.Number).hasAny(page, pageTree) {
		return nil
	}
	object, size, err := w.read(v.ref)
	if err != nil {
		return err
	}
	defer w.file.Give(size)
	dict, isDict := object.(pdf.Dict)
	switch {
	case !isDict:
		v.role = content
	case dict["Kids"] == nil:
		v.role = page
	}
	if _, err := w.roles.add(w.file, v.ref.Number, v.role); err != nil || object == nil {
		return err
	}
	return w.follow(v, object)
}

// list gives the elements of an array. An array that is an indirect object gets the role; if it had
// the role already, list gives no elements.
func (w *walker) list(array pdf.Object, as role, parent int) (pdf.Array, error) {
	ref, ok := array.(pdf.Ref)
	if !ok {
		elements, _ := array.(pdf.Array)
		return elements, nil
	}
	if isNew, err := w.roles.add(w.file, ref.Number, as); err != nil || !isNew {
		return nil, err
	}
	if as == fieldList {
		w.parents[ref.Number] = parent
	}
	object, size, err := w.read(ref)
	if err != nil {
		return nil, err
	}
	defer w.file.Give(size)
	elements, ok := object.(pdf.Array)
	if !ok && object != nil { // other readers may follow it, so nothing below may change
		return nil, w.push(visit{ref: ref, role: content})
	}
	return slices.Clip(elements), nil
}
