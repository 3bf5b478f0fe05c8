package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// comments are the types of annotation that comment on the document (ISO 32000-2, 12.5.6.2), and
// links without an action. Annotations of any other type belong to what the document shows or does.
var comments = []pdf.Name{
	"Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly",
	"StrikeOut", "Caret", "Stamp",
	"Ink", "FileAttachment", "Popup", "Link",
}

// judgePage classifies the changes of a page. Only its annotations and the date of its last change
// may differ.
func (s *step) judgePage(c change) error {
	before, _ := c.was.(pdf.Dict)
	after, ok := c.is.(pdf.Dict)
	if !ok || before == nil {
		s.changes.refuse("a page was removed, or replaced by something else")
		return nil
	}
	for _, key := range differing(before, after) {
		_, isDate := after[key].(pdf.String)
		switch {
		case key == "Annots":
			if err := s.judgeAnnotations(before[key], after[key]); err != nil {
				return err
			}
		case key != "LastModified" || !isDate && after[key] != nil:
			s.changes.refuse("a page was changed beyond its annotations")
		}
	}
	return nil
}

func (s *step) judgeAnnotationList(c change) error { return s.judgeAnnotations(c.was, c.is) }

// judgeAnnotations compares the annotations of a page before and after the update. The widgets of
// fields were judged with the form.
func (s *step) judgeAnnotations(before, after pdf.Object) error {
	old, now, again, err := s.lists(before, after)
	if err != nil {
		return err
	}
	if again { // each time that a page lists an annotation, readers draw it
		s.changes.refuse("an annotation is drawn more or fewer times than before")
	}
	was, wasDirect := references(old)
	is, isDirect := references(now)
	if err := s.judgeDirect(wasDirect, isDirect); err != nil {
		return err
	}
	known, kept := setOf(was), setOf(is)
	for _, ref := range was {
		if !kept[ref] {
			if err := s.removedAnnotation(ref); err != nil {
				return err
			}
		}
	}
	for _, ref := range is {
		if !known[ref] && s.arrived[ref.Number] == "" {
			if err := s.addedAnnotation(ref); err != nil {
				return err
			}
		}
	}
	if !slices.Equal(only(was, kept), only(is, known)) {
		s.comment(pdf.Ref{}) // the order decides which annotation covers which
	}
	return nil
}

// references splits an array into its references and its other elements.
func references(array pdf.Array) (refs []pdf.Ref, direct pdf.Array) {
	for _, element := range array {
		if ref, ok := element.(pdf.Ref); ok {
			refs = append(refs, ref)
			continue
		}
		direct = append(direct, element)
	}
	return refs, direct
}

func setOf(refs []pdf.Ref) map[pdf.Ref]bool {
	set := make(map[pdf.Ref]bool, len(refs))
	for _, ref := range refs {
		set[ref] = true
	}
	return set
}

// only gives those of the references that are in a set.
func only(refs []pdf.Ref, set map[pdf.Ref]bool) []pdf.Ref {
	return slices.DeleteFunc(slices.Clone(refs), func(ref pdf.Ref) bool { return !set[ref] })
}

// judgeDirect compares annotations that are direct objects.
func (s *step) judgeDirect(old, now pdf.Array) error {
	has := func(array pdf.Array, element pdf.Object) bool {
		return slices.ContainsFunc(array, func(other pdf.Object) bool { return alike(other, element) })
	}
	if err := s.new.Spend(int64(len(old)) * int64(len(now)) * elementCost); err != nil {
		return err
	}
	for _, element := range now {
		if !has(old, element) {
			if err := s.addedAnnotation(element); err != nil {
				return err
			}
		}
	}
	for _, element := range old {
		if !has(now, element) {
			if err := s.removedAnnotation(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// addedAnnotation classifies an annotation that a page lists now and did not list before. The
// widgets of signature fields that were accepted do not come here; any other widget is refused.
func (s *step) addedAnnotation(annotation pdf.Object) error {
	dict, err := s.new.Dict(annotation)
	if err != nil {
		return err
	}
	ref, _ := annotation.(pdf.Ref)
	if err := s.judgeKind(ref, dict); err != nil {
		return err
	}
	_, err = s.tellAddition(ref, dict)
	return err
}

// judgeKind classifies an annotation by its type. Comments may be permitted, everything else is
// refused.
func (s *step) judgeKind(ref pdf.Ref, dict pdf.Dict) error {
	kind, err := s.new.Name(dict["Subtype"])
	if err != nil {
		return err
	}
	switch {
	case !slices.Contains(comments, kind):
		s.changes.refuse("an annotation that is not a comment was added or changed")
	case dict["A"] != nil || dict["AA"] != nil || dict["PA"] != nil:
		s.changes.refuse("an annotation with an action was added or changed")
	}
	s.comment(ref)
	return nil
}

// comment counts an annotation that was added, changed or removed. An indirect object counts once.
func (s *step) comment(ref pdf.Ref) {
	s.changes.add(pades.ChangeAnnotation)
	if ref.Number == 0 || !s.commented[ref.Number] {
		s.changes.comments++
	}
	s.commented[ref.Number] = true
}

func (s *step) removedAnnotation(annotation pdf.Object) error {
	ref, ok := annotation.(pdf.Ref)
	if ok {
		if _, isField := s.nodeOf[ref.Number]; isField {
			s.changes.refuse("the widget of a field was removed from its page")
			return nil
		}
	}
	dict, err := s.old.Dict(annotation)
	if err != nil || dict == nil {
		return err
	}
	return s.removed(ref, dict)
}

func (s *step) removed(ref pdf.Ref, dict pdf.Dict) error {
	kind, err := s.old.Name(dict["Subtype"])
	if err != nil {
		return err
	}
	if !slices.Contains(comments, kind) {
		s.changes.refuse("an annotation that is not a comment was removed")
	}
	s.comment(ref)
	return nil
}

// judgeAnnotation classifies the change of an annotation that existed before.
func (s *step) judgeAnnotation(c change) error {
	if alike(c.was, c.is) {
		return nil
	}
	before, _ := c.was.(pdf.Dict)
	after, _ := c.is.(pdf.Dict)
	entry, _ := s.new.Entry(c.number)
	ref := pdf.Ref{Number: c.number, Generation: entry.Generation}
	if after == nil {
		return s.removed(ref, before)
	}
	if before != nil {
		if implied, err := s.allImplied(c.number, before, after); err != nil || implied {
			return err
		}
		if kind, err := s.old.Name(before["Subtype"]); err != nil || !slices.Contains(comments, kind) {
			s.changes.refuse("an annotation that is not a comment was changed")
			return err
		}
		if !alike(before["A"], after["A"]) || !alike(before["AA"], after["AA"]) || !alike(before["PA"], after["PA"]) {
			s.changes.refuse("an action of an annotation was changed")
		}
		after = after.Clone()
		delete(after, "A")
		delete(after, "AA")
		delete(after, "PA")
	}
	if err := s.judgeKind(ref, after); err != nil {
		return err
	}
	_, err := s.tellAddition(ref, after)
	return err
}

// judgeAnnotated classifies the change of an object below an annotation, such as its appearance.
func (s *step) judgeAnnotated(c change) error {
	same, err := equal(s.old, s.new, c.was, c.is)
	if err != nil || same {
		return err
	}
	has := s.annotationOf[c.number]
	if has <= 0 { // 0 = direct objects, which may be several
		s.changes.refuse("the appearance of several annotations, or of one that is a direct object, was changed")
		return nil
	}
	entry, _ := s.new.Entry(has)
	ref := pdf.Ref{Number: has, Generation: entry.Generation}
	s.comment(ref)
	dict, err := s.new.Dict(ref)
	if err != nil || dict == nil {
		return err
	}
	kind, err := s.new.Name(dict["Subtype"])
	if err != nil {
		return err
	}
	if !slices.Contains(comments, kind) {
		s.changes.refuse("the appearance of an annotation that is not a comment was changed")
	}
	_, err = s.tellAddition(ref, dict)
	return err
}
