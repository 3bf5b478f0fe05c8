package diff

import (
	"context"
	"errors"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// step judges one incremental update. Each object that the update defines or frees must be
// permitted to change in each of its roles.
type step struct {
	*known
	ctx      context.Context
	old, new *pdf.File
	changes  *Changes
	changed  []change
	// the class of the signature, by the nodes that the update signed: ChangeSignature, or
	// ChangeDSS for a document timestamp
	signed    map[int]pades.Change
	commented map[int]bool         // annotations that were counted, by object number
	arrived   map[int]pades.Change // objects of signature fields that were added, as what they were accepted
	once      map[role]bool        // roles whose objects were all judged or touched
	filling   filling
	pages     counted // empty = not counted yet
}

// filling is what a step knows of the fields that were filled, by node.
type filling struct {
	drawn  map[int]bool // the appearances were examined
	passed map[int]bool // the value or the flags changed, which the nodes below may inherit
	shared bool         // something changed that may be the value of several
}

// change is an object that differs, or may differ, between two revisions.
type change struct {
	number int
	roles  roleSet
	was    pdf.Object
	is     pdf.Object
}

// isDamaged reports whether an error is caused by the document, and not by a limit of this
// verifier.
func isDamaged(err error) bool {
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok {
		return pdfErr.Kind == pdf.Damaged || pdfErr.OfEncryption()
	}
	padesErr, ok := errors.AsType[*pades.Error](err)
	return ok && padesErr.Code == pades.CodeDamaged
}

// compare classifies what an update changed, and records the objects that it added.
func (k *known) compare(ctx context.Context, old, new *pdf.File) (Changes, error) {
	changes := Changes{Gravest: pades.ChangeNone}
	s := &step{
		known: k, ctx: ctx, old: old, new: new, changes: &changes, signed: map[int]pades.Change{},
		arrived:   map[int]pades.Change{},
		commented: map[int]bool{}, once: map[role]bool{},
		filling: filling{drawn: map[int]bool{}, passed: map[int]bool{}},
	}
	err := s.run()
	new.Give(s.pages.taken)
	if isDamaged(err) {
		changes.refuse("what was appended cannot be read")
		err = nil
	}
	if err == nil { // few bytes can touch many fields
		err = new.Take(int64(cap(changes.Touched)) * nameSize)
	}
	return changes, err
}

const nameSize = 16 // bytes of memory of a name, in addition to its text

func (s *step) run() error {
	if err := s.collect(); err != nil {
		return err
	}
	if followed, err := s.followCatalog(); err != nil || !followed {
		return err
	}
	if err := s.judgeTrailer(); err != nil {
		return err
	}
	// Fields come before the pages that show them, and pages before the objects below annotations.
	for _, some := range [][]role{
		{catalog, formDict, formDefaults}, {fieldList, field}, {page, annotations, annotation},
		{content, resources, pageTree, fieldValue, annotated, store, metadata, information, extensions, permissions,
			structure, treeRoot, parentNodes, parentPairs},
	} {
		for _, c := range s.changed {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			if err := s.judgeAs(c, some); err != nil {
				return err
			}
		}
	}
	if err := s.judgeInherited(); err != nil {
		return err
	}
	if err := s.followChanged(); err != nil {
		return err
	}
	for number := range s.new.Ambiguities() {
		was, _ := s.old.Entry(number)
		if is, _ := s.new.Entry(number); was != is {
			s.changes.refuse("an object was written in a form that readers interpret differently")
		}
	}
	return nil
}

// followCatalog compares a catalog that is another object now with the catalog before. The number
// of the new object must not have been in use. It reports whether the comparison can go on.
func (s *step) followCatalog() (bool, error) {
	root, _ := s.new.Trailer()["Root"].(pdf.Ref)
	if root == s.root {
		return true, nil
	}
	if was, _ := s.old.Entry(root.Number); was.Kind == pdf.EntryOffset || was.Kind == pdf.EntryInStream ||
		s.roles.of(root.Number) != 0 {
		s.changes.refuse("the document has another catalog")
		return false, nil
	}
	was, err := s.old.Object(s.root)
	if err != nil {
		return false, err
	}
	is, err := s.new.Object(root)
	if err != nil {
		return false, err
	}
	if _, err := s.roles.add(s.new, root.Number, catalog); err != nil {
		return false, err
	}
	s.root = root
	s.changed = append(s.changed, change{root.Number, 1 << catalog, was, is})
	return true, nil
}

// collect finds the objects with a role that the update defines or frees. It also finds the objects
// that appended bytes may have changed although their entries are the same.
func (s *step) collect() error {
	err := s.new.Differences(s.old, func(number int, was, is pdf.Entry) error {
		roles := s.roles.of(number)
		if roles == 0 && s.blind && (was.Kind == pdf.EntryOffset || was.Kind == pdf.EntryInStream) {
			roles = 1 << content
		}
		if roles == 0 {
			return nil
		}
		// Every reader takes a freed object for null, whatever its generation was.
		if is.Kind != pdf.EntryFree && was.Generation != is.Generation {
			s.changes.refuse("an object has another generation")
		}
		return s.note(number, roles, was.Generation, is.Generation)
	})
	if err != nil {
		return err
	}
	for number := range s.doubtful {
		was, _ := s.old.Entry(number)
		is, _ := s.new.Entry(number)
		if was != is {
			continue // found above
		}
		if err := s.note(number, s.roles.of(number)|1<<content, was.Generation, is.Generation); err != nil {
			return err
		}
	}
	slices.SortFunc(s.changed, func(a, b change) int { return a.number - b.number })
	return nil
}

// note reads an object in both revisions and adds it to those that changed.
func (s *step) note(number int, roles roleSet, oldGeneration, newGeneration int) error {
	if err := s.new.Spend(visitCost); err != nil {
		return err
	}
	was, err := s.old.Object(pdf.Ref{Number: number, Generation: oldGeneration})
	unreadable := isDamaged(err)
	if err != nil && !unreadable {
		return err
	}
	is, err := s.new.Object(pdf.Ref{Number: number, Generation: newGeneration})
	switch {
	case isDamaged(err) && unreadable:
		if entry, _ := s.new.Entry(number); entry.Kind == pdf.EntryOffset && entry.Offset >= s.old.Size() {
			s.changes.refuse("an object that only some readers can read was written again")
		}
		return nil // unreadable in both revisions
	case isDamaged(err) || unreadable && err == nil:
		s.changes.refuse("appended bytes change how an object is read")
		return nil
	case err != nil:
		return err
	}
	if s.old.Ambiguous(number) || s.new.Ambiguous(number) {
		s.changes.refuse("an object was written again in a form that readers interpret differently")
	}
	if nulls := s.new.Nulls(number); nulls != 0 && nulls != s.old.Nulls(number) && was != nil {
		s.changes.refuse("an object was written again with a null entry, which not all readers take for an absent one")
	}
	if err := s.new.Take(changeSize); err != nil {
		return err
	}
	s.changed = append(s.changed, change{number, roles, was, is})
	return nil
}

const changeSize = 64 // bytes

// judgeAs judges an object in those of the given roles that it has.
func (s *step) judgeAs(c change, some []role) error {
	for _, r := range some {
		if !c.roles.has(r) {
			continue
		}
		if err := s.judge(c, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) judge(c change, r role) error {
	switch r {
	case catalog:
		return s.judgeCatalog(c)
	case formDict:
		return s.judgeFormObject(c)
	case formDefaults:
		return s.judgeDefaults()
	case fieldList:
		return s.judgeFieldList(c)
	case field:
		return s.judgeField(c)
	case fieldValue:
		return s.judgeFieldValue(c)
	case page:
		return s.judgePage(c)
	case annotations:
		return s.judgeAnnotationList(c)
	case annotation:
		return s.judgeAnnotation(c)
	case annotated:
		return s.judgeAnnotated(c)
	case store:
		return s.judgeStore()
	case metadata:
		return s.judgeMetadata(c.was, c.is)
	case information:
		return s.judgeInformation(c.was, c.is)
	case extensions:
		return s.judgeExtensions(c.was, c.is)
	case permissions:
		return s.judgePermissions(c)
	case structure, treeRoot:
		return s.judgeStructure(c)
	case pageTree:
		return s.judgePageTree(c)
	case parentNodes, parentPairs:
		return s.judgeParents(c)
	}
	return s.judgeContent(c)
}

// both reads an entry in the old revision and in the new one.
func both[T any](s *step, read func(*pdf.File, pdf.Object) (T, error), before, after pdf.Object) (
	was, is T, err error) {
	if was, err = read(s.old, before); err == nil {
		is, err = read(s.new, after)
	}
	return was, is, err
}

// lists reads an array in both revisions, as far as they differ: see rests. In the old revision
// alone, an entry of another type counts as absent.
func (s *step) lists(before, after pdf.Object) (was, is pdf.Array, again bool, err error) {
	if was, err = s.old.OptionalArray(before); err == nil {
		is, err = s.new.Array(after)
	}
	if err != nil {
		return nil, nil, false, err
	}
	if err := s.new.Spend(int64(len(was)+len(is)) * elementCost); err != nil {
		return nil, nil, false, err
	}
	was, is, again = rests(was, is)
	return was, is, again, nil
}

const elementCost = 20 // for each element of a list that is compared, in units of pdf.Limits.Work

// judgeContent makes sure that an object which must not change is the same as before.
func (s *step) judgeContent(c change) error {
	same, err := equal(s.old, s.new, c.was, c.is)
	if err == nil && !same {
		s.changes.refuse("content of the document was changed")
	}
	return err
}
