package diff

import (
	"context"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Bounds of what is known of a document.
const (
	maxDoubtful = 10_000  // objects that cannot be read, or that appended bytes could complete
	maxNodes    = 200_000 // fields and widgets of the form

	visitCost = 150 // of an object that is reached, beside reading it, in units of pdf.Limits
	visitSize = 48  // bytes of one that is to be visited
	ownerSize = 64  // bytes of one that has an owner
	nodeSize  = 160 // bytes of a field, beside its name
)

// known is what is known of a document as it was signed, and as it grew since: what a reader shows
// is what it reaches from the catalog, so that each object which is reached has its roles here.
// Objects that nothing reaches have none, and change nothing. It only grows: what is reached no
// longer keeps its roles.
type known struct {
	root     pdf.Ref
	roles    roleMap
	nodes    []node        // fields; the first stands for the form itself
	nodeOf   map[int]int   // of fields, by the numbers of their objects
	owners   map[int]owner // of what is below fields and annotations, by object number
	doubtful map[int]bool  // what must be read again in each revision; true = it could be read
	todo     [3][]visit    // by rank
	mostTodo int           // for which memory was taken
	// blind: something is reached that cannot be read, or reads in two ways, so that what it leads
	// to for others is not known. Then nothing that was in use before may change but in the roles
	// that it has.
	blind bool
}

// node is a field or a widget of the form.
type node struct {
	form.Field
	parent int
	depth  int
	signed bool // it is a signature field that has its signature
}

// owner is the field or annotation that an object is below.
type owner struct {
	number int  // the node of the field, or the object number of the annotation
	many   bool // it was reached in more than one way, so that it may have other owners
}

// visit is an object to look at in a role. One in the role content can turn out to be a page or the
// like, which has a role of its own.
type visit struct {
	ref   pdf.Ref
	role  role
	refer bool // as what it is: a field or an annotation, and not as something that is drawn
	drawn bool // under the name of a resource: it is drawn, whatever else it may be
	owner int
}

func ownerOf(number int) owner { return owner{number: number} }

func newKnown() *known {
	return &known{nodes: make([]node, 1), nodeOf: map[int]int{}, owners: map[int]owner{}, doubtful: map[int]bool{}}
}

// rank is the order of roles: fields must be known before the pages that show them, and these
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

// reach gives roles to all that is reached from what is to be visited, as a revision has it.
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

// begin notes where a revision is reached from.
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
	return w.value(file.Trailer()["Info"], information, false, 0)
}

// walker goes through one revision.
type walker struct {
	*known
	file *pdf.File
	seen glance
}

// push notes an object that is to be visited. One that has the role already has nothing new to
// tell.
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
	if !isNew {
		w.shareOwner(v)
		return nil
	}
	if err := w.own(v); err != nil {
		return err
	}
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

// skips says whether an object is what has a role of its own, in which it is looked at.
func (w *walker) skips(v visit) bool {
	roles := w.roles.of(v.ref.Number)
	switch v.role {
	case content:
		return !v.drawn &&
			(roles.hasAny(page, pageTree) || v.refer && roles.hasAny(field, annotation, formDict) ||
				v.ref.Number == w.root.Number)
	case fieldValue, annotated, store, metadata, information, extensions, permissions, structure:
		return roles.hasAny(page, pageTree, field, catalog) || v.role != annotated && roles.has(annotation)
	case annotation:
		return roles.has(field) // a widget: the form accounts for it
	}
	return false
}

// own notes whom an object is below.
func (w *walker) own(v visit) error {
	if v.role != fieldValue && v.role != annotated {
		return nil
	}
	if has, known := w.owners[v.ref.Number]; known {
		has.many = true
		w.owners[v.ref.Number] = has
		return nil
	}
	w.owners[v.ref.Number] = owner{number: v.owner}
	return w.file.Take(ownerSize)
}

// shareOwner notes that an object was reached again: it may be below others too, and so may what is
// below it.
func (w *walker) shareOwner(v visit) {
	if has, known := w.owners[v.ref.Number]; known && (v.role == fieldValue || v.role == annotated) {
		has.many = true
		w.owners[v.ref.Number] = has
	}
}

// read gives an object, or nil for one that is not there or cannot be read, and the memory that it
// takes until it was followed. What appended bytes could change is noted.
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

// noteContainer gives its role to an object stream, which is read with each object in it.
func (w *walker) noteContainer(number int) error {
	entry, _ := w.file.Entry(number)
	if entry.Kind != pdf.EntryInStream {
		return nil
	}
	_, err := w.roles.add(w.file, entry.StreamNumber, content)
	return err
}

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

// lose notes an object of which others may see more. What it mentions is followed as content.
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

// visitPages takes a node of the page tree, or the page that it turns out to be: one without /Kids,
// whatever its /Type.
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

// list gives the elements of an array that may be an object of its own, which gets a role then.
func (w *walker) list(array pdf.Object, as role, owner int) (pdf.Array, error) {
	ref, ok := array.(pdf.Ref)
	if !ok {
		elements, _ := array.(pdf.Array)
		return elements, nil
	}
	if isNew, err := w.roles.add(w.file, ref.Number, as); err != nil || !isNew {
		return nil, err
	}
	if as == fieldList {
		w.owners[ref.Number] = ownerOf(owner)
	}
	object, size, err := w.read(ref)
	if err != nil {
		return nil, err
	}
	defer w.file.Give(size)
	elements, ok := object.(pdf.Array)
	if !ok && object != nil { // readers may follow it further; nothing here may change
		return nil, w.push(visit{ref: ref, role: content})
	}
	return slices.Clip(elements), nil
}
