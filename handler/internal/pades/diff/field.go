package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeField classes what became of a field or widget that was there before: it may be filled, made
// read-only, or get its signature.
func (s *step) judgeField(c change) error {
	before, wasDict := c.was.(pdf.Dict)
	after, isDict := c.is.(pdf.Dict)
	at, known := s.nodeOf[c.number]
	if !wasDict || !isDict || !known {
		s.changes.refuse("a field was taken away, or is something else now")
		return nil
	}
	filled := false
	for _, key := range differing(before, after) {
		switch {
		case key == "Kids":
			if err := s.judgeFields(at, before[key], after[key]); err != nil {
				return err
			}
		case key == "Ff":
			if !becomesReadOnly(before[key], after[key]) {
				s.changes.refuse("the flags of a field were changed")
			}
			filled = true
		case key == "F":
			if !becomesLocked(before[key], after[key]) {
				s.changes.refuse("the flags of a widget were changed")
			}
			filled = true
		case slices.Contains(fieldSlots, key):
			filled = true
		default:
			s.changes.refuse("a field was changed beyond its value")
		}
	}
	if !filled {
		return nil
	}
	return s.judgeFilled(c.number, at, before, after)
}

// becomesReadOnly says whether flags got the bit that ends filling, and no other.
func becomesReadOnly(before, after pdf.Object) bool {
	was, _ := before.(pdf.Integer)
	is, ok := after.(pdf.Integer)
	return ok && is == was|readOnly
}

// Annotation flags: ISO 32000-2, table 167.
const (
	flagPrint  = 1 << 2
	flagLocked = 1 << 7
)

// becomesLocked says whether annotation flags got those which writers set when a field is signed,
// and no other: what hides a widget, or shows it, is something else.
func becomesLocked(before, after pdf.Object) bool {
	was, wasInteger := before.(pdf.Integer)
	is, ok := after.(pdf.Integer)
	return ok && (wasInteger || before == nil) && (is == was|flagLocked || is == was|flagLocked|flagPrint)
}

// judgeFilled classes a new value or appearance of a field. An empty signature field may be signed;
// one that was signed must stay.
func (s *step) judgeFilled(number, at int, before, after pdf.Dict) error {
	one := s.nodes[at]
	s.touch(one.Name)
	if !alike(before["AP"], after["AP"]) || !alike(before["AS"], after["AS"]) {
		if err := s.judgeDrawing(after); err != nil {
			return err
		}
	}
	switch {
	case one.Kind == "":
		// No field by itself: what is below inherits it, which may be a signature.
		s.changes.refuse("a field without a type was filled")
		return nil
	case one.Kind != "Sig":
		s.changes.add(pades.ChangeFormFilling)
		return nil
	case one.signed:
		s.changes.refuse("a field that was signed was changed")
		return nil
	}
	if !alike(before["V"], after["V"]) {
		signed, err := s.newSignature(after["V"])
		if err != nil {
			return err
		}
		if signed == "" {
			s.changes.refuse("a signature field got a value that is no new signature")
			return nil
		}
		s.signed[at] = signed
		s.changes.add(pades.ChangeSignature) // of a field that the signer may have meant for others
	} else if err := s.judgeAppearance(at); err != nil {
		return err
	}
	if alike(before["AP"], after["AP"]) {
		return nil
	}
	entry, _ := s.new.Entry(number)
	_, err := s.tellAddition(pdf.Ref{Number: number, Generation: entry.Generation}, after)
	return err
}

// judgeAppearance classes another appearance of an unsigned signature field, or of a widget below
// one.
func (s *step) judgeAppearance(at int) error {
	signed, err := s.signedNow(at)
	if err != nil {
		return err
	}
	if signed != "" {
		s.changes.add(signed)
		return nil
	}
	s.comment(s.nodes[at].Ref) // an appearance without a signature
	return nil
}

// signedNow says whether a field, or one above, gets its signature in this update.
func (s *step) signedNow(at int) (pades.Change, error) {
	for ; at > 0; at = s.nodes[at].parent {
		if signed, ok := s.signed[at]; ok {
			return signed, nil
		}
		ref := s.nodes[at].Ref
		if ref.Number == 0 || s.nodes[at].signed {
			continue
		}
		was, err := s.old.Dict(ref)
		if err != nil {
			return "", err
		}
		is, err := s.new.Dict(ref)
		if err != nil {
			return "", err
		}
		if alike(was["V"], is["V"]) {
			continue
		}
		return s.newSignature(is["V"])
	}
	return "", nil
}

// judgeDrawings is judgeDrawing for the widgets that may show something which was changed below
// them: of all, where it can be reached in more than one way. Each is looked at once.
func (s *step) judgeDrawings(has owner) error {
	const all = -1
	which, some := has.number, s.nodes[has.number:has.number+1]
	if has.many {
		which, some = all, s.nodes[1:]
	}
	if s.drawn[which] {
		return nil
	}
	s.drawn[which] = true
	for _, one := range some {
		if one.Ref.Number == 0 {
			continue // it is no object of its own, which no page shows
		}
		widget, err := s.new.Dict(one.Ref)
		if err == nil {
			err = s.judgeDrawing(widget)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeFieldValue classes a change below a value or an appearance of a field.
func (s *step) judgeFieldValue(c change) error {
	same, err := equal(s.old, s.new, c.was, c.is)
	if err != nil || same {
		return err
	}
	has := s.owners[c.number]
	if has.many {
		s.touchAll() // it may be shown by any of them
	}
	if err := s.judgeDrawings(has); err != nil {
		return err
	}
	one := s.nodes[has.number]
	s.touch(one.Name)
	switch {
	case one.Kind == "":
		s.changes.refuse("the value of a field without a type was changed")
	case one.Kind != "Sig":
		s.changes.add(pades.ChangeFormFilling)
	case one.signed:
		s.changes.refuse("the appearance of a field that was signed was changed")
	default:
		return s.judgeAppearance(has.number)
	}
	return nil
}
