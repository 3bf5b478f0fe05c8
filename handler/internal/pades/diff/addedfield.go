package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// addedField accepts a field that was added if it is a signature field, signed or unsigned.
func (s *step) addedField(parent int, added pdf.Object) error {
	ref, ok := added.(pdf.Ref)
	if !ok {
		s.changes.refuse("a field that is a direct object was added")
		return nil
	}
	was, err := s.old.Object(ref)
	if err != nil {
		return err
	}
	dict, err := s.new.Dict(ref)
	if err != nil {
		return err
	}
	current, err := form.InheritField(s.new, s.nodes[parent].Field, ref, dict)
	if err != nil {
		return err
	}
	if parent > 0 && dict["T"] == nil || was != nil || current.Kind != "Sig" || s.nodes[parent].signed ||
		s.endsTerminal(parent) || isRenamed(s.nodes[parent], dict) {
		s.changes.refuse("a field that is not a new signature field was added")
		return nil
	}
	if err := s.judgeAddedName(current.Name); err != nil {
		return err
	}
	signed, err := s.newSignature(dict["V"])
	if err != nil {
		return err
	}
	if dict["V"] != nil && signed == "" {
		s.changes.refuse("a signature field whose value is not a new signature was added")
		return nil
	}
	widgets, err := s.newWidgets(ref, dict)
	if err != nil || widgets == nil {
		return err
	}
	if signed, err = s.countAdded(current.Name, signed, widgets); err != nil {
		return err
	}
	s.changes.add(signed)
	return s.arrive(widgets, signed)
}

// judgeAddedName refuses a name that a field of another type has. Fields of one name are one field
// (ISO 32000-2, 12.7.4.2): scripts, actions and imported data may find the new one instead. The
// name is the same by /Parent, because isRenamed refuses any other.
func (s *step) judgeAddedName(name string) error {
	if err := s.new.Spend(int64(len(s.nodes))); err != nil || name == "" {
		return err
	}
	if slices.ContainsFunc(s.nodes[1:], func(one node) bool { return one.Name == name && one.Kind != "Sig" }) {
		s.changes.refuse("a signature field was added that has the name of another field")
	}
	return nil
}

// countAdded records the name of an added signature field, and returns the change that the field
// is: that of its signature, or filling in for a field without one.
func (s *step) countAdded(name string, signed pades.Change, widgets []pdf.Ref) (pades.Change, error) {
	switch signed {
	case pades.ChangeDSS:
		s.changes.timestamps = append(s.changes.timestamps, name)
		return signed, s.judgeUnsigned(widgets...)
	case "":
		s.touchName(name)
		// an empty field for the next signer
		return pades.ChangeFormFilling, s.judgeUnsigned(widgets...)
	default:
		s.touchName(name)
	}
	return signed, nil
}

// judgeUnsigned counts a widget of a signature field that is empty, or that has a document
// timestamp, as a comment if it draws something: no signer is responsible for that, and anybody can
// get a timestamp. Readers that generate an appearance draw what /MK describes (ISO 32000-2, table
// 192). A rotation alone draws nothing.
func (s *step) judgeUnsigned(widgets ...pdf.Ref) error {
	for _, widget := range widgets {
		dict, err := s.new.Dict(widget)
		if err != nil {
			return err
		}
		appearance, err := s.appearanceOf(dict)
		if err != nil {
			return err
		}
		looks, err := s.new.OptionalDict(dict["MK"])
		if err != nil {
			return err
		}
		looks = looks.Clone()
		delete(looks, "R")
		if appearance.draws || len(looks) > 0 {
			s.comment(widget)
		}
	}
	return nil
}

// endsTerminal reports whether a field below this node would turn it from a terminal field into a
// non-terminal one. Reports would then no longer list its value or its signature.
func (s *step) endsTerminal(parent int) bool {
	if parent == 0 {
		return false
	}
	for _, one := range s.nodes[1:] {
		if one.parent == parent && one.Name != s.nodes[parent].Name {
			return false
		}
	}
	return true
}

// brings reports whether a field or widget has an action or an associated file (ISO 32000-2, table
// 166), which no signature needs.
func brings(dict pdf.Dict) bool { return dict["A"] != nil || dict["AA"] != nil || dict["AF"] != nil }

// newWidgets gives the widgets of an added field: its kids, and the field itself where it can be a
// widget, too. It refuses an annotation of another type, because readers show it whatever its
// rectangle is, and a field or widget that brings more. nil = the field was refused.
func (s *step) newWidgets(ref pdf.Ref, dict pdf.Dict) ([]pdf.Ref, error) {
	kids, err := s.new.Array(dict["Kids"])
	if err != nil {
		return nil, err
	}
	var widgets []pdf.Ref
	if len(kids) == 0 || dict["Subtype"] != nil || dict["Rect"] != nil || dict["AP"] != nil {
		widgets = append(widgets, ref)
	} else if brings(dict) {
		s.changes.refuse("a signature field with an action or a file was added")
		return nil, nil
	}
	for _, kid := range kids {
		ref, ok := kid.(pdf.Ref)
		if !ok {
			s.changes.refuse("a field whose widget is a direct object was added")
			return nil, nil
		}
		widgets = append(widgets, ref)
	}
	for _, widget := range widgets {
		was, err := s.old.Object(widget)
		if err != nil {
			return nil, err
		}
		dict, err := s.new.Dict(widget)
		if err != nil {
			return nil, err
		}
		subtype, err := s.new.Name(dict["Subtype"])
		if err != nil {
			return nil, err
		}
		other := dict["T"] != nil || dict["Kids"] != nil || dict["Parent"] != nil && dict["Parent"] != pdf.Object(ref)
		if was != nil || widget != ref && other || brings(dict) || subtype != "" && subtype != "Widget" {
			s.changes.refuse("a signature field was added that is more than a field and its widget")
			return nil, nil
		}
	}
	return widgets, nil
}

// arrive records the widgets of a field and the change as which it was accepted. It adds those that
// can be seen to the additions.
func (s *step) arrive(widgets []pdf.Ref, as pades.Change) error {
	for _, widget := range widgets {
		s.arrived[widget.Number] = as
		dict, err := s.new.Dict(widget)
		if err != nil {
			return err
		}
		seen, err := s.tellAddition(widget, dict)
		if err != nil {
			return err
		}
		s.changes.shown = s.changes.shown || seen
	}
	return nil
}

// newSignature classifies a value that is a signature dictionary and was added by the update:
// ChangeDSS for a document timestamp, ChangeSignature for a signature. "" = it is neither.
func (s *step) newSignature(value pdf.Object) (pades.Change, error) {
	ref, ok := value.(pdf.Ref)
	if !ok {
		return "", nil
	}
	was, err := s.old.Object(ref)
	if err != nil || was != nil {
		return "", err
	}
	dict, err := s.new.Dict(ref)
	if err != nil || dict["ByteRange"] == nil || dict["Contents"] == nil {
		return "", err
	}
	if subFilter, err := s.new.Name(dict["SubFilter"]); err != nil || subFilter == pades.SubFilterTimestamp {
		return pades.ChangeDSS, err
	}
	return pades.ChangeSignature, nil
}
