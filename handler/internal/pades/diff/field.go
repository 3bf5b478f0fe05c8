package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeField classifies the change of a field or widget that existed before. It may be filled, made
// read-only, or signed.
func (s *step) judgeField(c change) error {
	before, wasDict := c.was.(pdf.Dict)
	after, isDict := c.is.(pdf.Dict)
	at, known := s.nodeOf[c.number]
	if !wasDict || !isDict || !known {
		s.changes.refuse("a field was removed, or replaced by something else")
		return nil
	}
	filled := false
	for _, key := range differing(before, after) {
		implied, err := s.implied(c.number, key, before, after)
		if err != nil {
			return err
		}
		switch {
		case implied:
		case key == "Kids":
			if err := s.judgeFields(at, before[key], after[key]); err != nil {
				return err
			}
		case key == "Ff":
			gains, err := s.becomesReadOnly(at, after[key])
			if err != nil {
				return err
			}
			if !gains {
				s.changes.refuse("the flags of a field were changed")
			}
			filled = true
		case key == "F" && becomesLocked(before[key], after[key]), slices.Contains(fieldSlots, key),
			key == "BS" && hasDefaultBorder(before, after):
			filled = true
		default:
			allowed, err := s.setBySigning(at, key, before, after)
			if err != nil {
				return err
			}
			if !allowed {
				s.changes.refuse(beyondValue(key))
			}
			filled = true
		}
	}
	if !filled {
		return nil
	}
	if slices.ContainsFunc(inherited, func(key pdf.Name) bool { return !alike(before[key], after[key]) }) {
		s.filling.passed[at] = true
	}
	return s.judgeFilled(c.number, at, before, after)
}

// inherited are the entries that change when a field is filled and that the fields below inherit:
// ISO 32000-2, tables 226 and 228.
var inherited = []pdf.Name{"V", "Ff", "DA", "Q"}

func beyondValue(key pdf.Name) string {
	if key == "F" {
		return "the flags of a widget were changed"
	}
	return "a field was changed beyond its value"
}

// setBySigning reports whether an entry of a signature field changed in a way in which writers
// change it when they sign the field: the widget is marked for printing, it names its page, or an
// invisible signature has an empty rectangle.
func (s *step) setBySigning(at int, key pdf.Name, before, after pdf.Dict) (bool, error) {
	if one := s.nodes[at]; one.Kind != "Sig" || one.signed {
		return false, nil
	}
	if signed, err := s.signedNow(at); err != nil || signed == "" {
		return false, err
	}
	switch key {
	case "F":
		was, wasInteger := before[key].(pdf.Integer)
		is, isInteger := after[key].(pdf.Integer)
		return (wasInteger || before[key] == nil) && isInteger && is == was|flagPrint, nil
	case "P":
		named, ok := after[key].(pdf.Ref)
		return ok && before[key] == nil && s.roles.of(named.Number).has(page), nil
	case "Rect":
		box, ok, err := s.rectangle(after[key])
		return ok && (box[0] == box[2] || box[1] == box[3]), err
	}
	return false, nil
}

// becomesReadOnly reports whether new flags of a field are those that it had or inherited, with
// ReadOnly.
func (s *step) becomesReadOnly(at int, after pdf.Object) (bool, error) {
	is, isInteger := after.(pdf.Integer)
	was, known, err := s.flagsOf(at)
	return isInteger && known && is == was|readOnly, err
}

// flagsOf gives the flags that a field had or inherited before the update (ISO 32000-2, table 226).
// known = all readers find the same ones.
func (s *step) flagsOf(at int) (flags pdf.Integer, known bool, err error) {
	for ; at > 0; at = s.nodes[at].parent {
		one := s.nodes[at]
		dict, err := s.old.Dict(one.Ref)
		if err != nil || dict == nil {
			return 0, false, err
		}
		value, err := s.old.Resolve(dict["Ff"])
		if err != nil || value != nil {
			flags, known = value.(pdf.Integer)
			return flags, known, err
		}
		if one.renamed {
			return 0, false, nil
		}
	}
	return 0, true, nil
}

// Annotation flags: ISO 32000-2, table 167.
const (
	flagPrint  = 1 << 2
	flagLocked = 1 << 7
)

// becomesLocked reports whether the flags of an annotation gained Locked, with or without Print,
// and differ in nothing else. Writers set these flags when a field is signed. A flag that hides or
// shows a widget is another change.
func becomesLocked(before, after pdf.Object) bool {
	was, wasInteger := before.(pdf.Integer)
	is, ok := after.(pdf.Integer)
	return ok && (wasInteger || before == nil) && (is == was|flagLocked || is == was|flagLocked|flagPrint)
}

// judgeFilled classifies a new value or appearance of a field. An empty signature field may be
// signed; a signed field must not change.
func (s *step) judgeFilled(number, at int, before, after pdf.Dict) error {
	one := s.nodes[at]
	s.touch(at)
	if slices.ContainsFunc([]pdf.Name{"AP", "AS", "Rect"},
		func(key pdf.Name) bool { return !alikeUnder(key, before[key], after[key]) }) {
		if err := s.judgeDrawing(after); err != nil {
			return err
		}
	}
	switch {
	case one.signed:
		s.changes.refuse("a field that was signed was changed")
		return nil
	case one.Kind == "":
		// A node without /FT is no field by itself. The nodes below inherit its value, and one of
		// them may be a signature field.
		s.changes.refuse("a field without a type was filled")
		return nil
	case one.Kind != "Sig":
		s.changes.add(pades.ChangeFormFilling)
		return nil
	}
	entry, _ := s.new.Entry(number)
	ref := pdf.Ref{Number: number, Generation: entry.Generation}
	if !alike(before["V"], after["V"]) {
		signed, err := s.newSignature(after["V"])
		if err != nil {
			return err
		}
		if signed == "" {
			s.changes.refuse("a signature field got a value that is not a new signature")
			return nil
		}
		s.signed[at] = signed
		s.changes.add(pades.ChangeSignature) // the field may be meant for another signer
		if err := s.judgeLook(signed, ref); err != nil {
			return err
		}
	} else if err := s.judgeAppearance(at); err != nil {
		return err
	}
	if alike(before["AP"], after["AP"]) {
		return nil
	}
	_, err := s.tellAddition(ref, after)
	return err
}

// judgeAppearance classifies a new appearance of an unsigned signature field, or of a widget below
// one.
func (s *step) judgeAppearance(at int) error {
	signed, err := s.signedNow(at)
	if err != nil {
		return err
	}
	if signed != "" {
		s.changes.add(signed)
		return s.judgeLook(signed, s.nodes[at].Ref)
	}
	s.comment(s.nodes[at].Ref) // an appearance without a signature is a comment
	return nil
}

// judgeLook judges what a widget shows whose field was signed in this update.
func (s *step) judgeLook(signed pades.Change, widget pdf.Ref) error {
	if signed != pades.ChangeDSS {
		return nil // its signer is responsible for it
	}
	return s.judgeUnsigned(widget)
}

// signedNow gives the class of the signature that a field, or one above it, gets in this update. It
// is empty if there is no such signature.
func (s *step) signedNow(at int) (pades.Change, error) {
	for ; at > 0; at = s.nodes[at].parent {
		if signed, ok := s.signed[at]; ok {
			return signed, nil
		}
		ref := s.nodes[at].Ref
		if ref.Number == 0 || s.nodes[at].signed {
			continue
		}
		was, is, err := both(s, (*pdf.File).Dict, ref, ref)
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

// judgeDrawings calls judgeDrawing for the widgets that may show an object which changed below
// them. If the object was reached in more than one way, these are all widgets. A step examines each
// widget once.
func (s *step) judgeDrawings(has int) error {
	const all = -1
	which, some := all, s.nodes[1:]
	if has >= 0 {
		which, some = has, s.nodes[has:has+1]
	}
	if s.filling.drawn[which] {
		return nil
	}
	s.filling.drawn[which] = true
	for _, one := range some {
		if one.Ref.Number == 0 {
			continue // a direct object, which no page shows
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

// judgeFieldValue classifies the change of an object below a value or an appearance of a field.
func (s *step) judgeFieldValue(c change) error {
	same, err := equal(s.old, s.new, c.was, c.is)
	if err != nil || same {
		return err
	}
	has := s.owners[c.number]
	if err := s.judgeDrawings(has); err != nil {
		return err
	}
	if has < 0 {
		s.touchAll() // each of the fields may show it
		s.filling.shared = true
		s.changes.add(pades.ChangeFormFilling)
		if has == severalSpecial {
			s.changes.refuse("an object was changed that a signature field or a field without a type shares " +
				"with others")
		}
		return nil
	}
	one := s.nodes[has]
	s.touch(has)
	s.filling.passed[has] = true
	switch {
	case one.Kind == "":
		s.changes.refuse("the value of a field without a type was changed")
	case one.Kind != "Sig":
		s.changes.add(pades.ChangeFormFilling)
	case one.signed:
		s.changes.refuse("the appearance of a field that was signed was changed")
	default:
		return s.judgeAppearance(has)
	}
	return nil
}
