package diff

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// readOnly is the flag of /Ff that ends the filling of a field: ISO 32000-2, table 227.
const readOnly = 1

func (s *step) judgeFormObject(c change) error {
	before, _ := c.was.(pdf.Dict)
	after, ok := c.is.(pdf.Dict)
	if !ok {
		s.changes.refuse("the form was taken away")
		return nil
	}
	return s.judgeForm(before, after)
}

// judgeForm classifies the changes of the form dictionary: fields that were added, and entries that
// concern the form as a whole.
func (s *step) judgeForm(before, after pdf.Dict) error {
	for _, key := range differing(before, after) {
		var err error
		switch key {
		case "Fields":
			err = s.judgeFields(0, before[key], after[key])
		case "SigFlags":
			if _, isInteger := after[key].(pdf.Integer); !isInteger {
				s.changes.refuse("the signature flags of the form are no integer")
			}
			s.changes.add(pades.ChangeDSS)
		case "DR", "DA":
			err = s.judgeDefaults()
		case "NeedAppearances":
			_, err = s.judgeNeedAppearances()
		default:
			s.changes.refuse("the form was changed beyond its fields")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeDefaults classifies a change of what all fields share: /DR and /DA. Other fonts can make
// readers show other text in the fields for which they generate an appearance: in all fields if
// /NeedAppearances is true, and otherwise in those that have a value and no appearance.
func (s *step) judgeDefaults() error {
	all, err := s.judgeNeedAppearances()
	if err != nil || all || s.once[formDefaults] {
		return err
	}
	s.once[formDefaults] = true
	for _, one := range s.nodes[1:] {
		dict, err := s.new.Dict(one.Ref)
		if err != nil {
			return err
		}
		if one.Kind != "Sig" && one.Value != nil && dict["AP"] == nil {
			s.touch(one.Name)
		}
	}
	return nil
}

// judgeNeedAppearances counts every field as filled if /NeedAppearances is true before or after the
// update, and reports whether it is. Readers then show the values, whatever the appearances show.
func (s *step) judgeNeedAppearances() (bool, error) {
	s.changes.add(pades.ChangeFormFilling)
	for _, file := range []*pdf.File{s.old, s.new} {
		if anew, err := needAppearances(file); err != nil {
			return false, err
		} else if anew {
			s.touchAll()
			return true, nil
		}
	}
	return false, nil
}

// needAppearances reports whether readers generate all appearances in a revision.
func needAppearances(file *pdf.File) (bool, error) {
	_, catalog, err := file.Catalog()
	if err != nil {
		return false, err
	}
	dict, err := file.OptionalDict(catalog["AcroForm"])
	if err != nil {
		return false, err
	}
	anew, err := file.Resolve(dict["NeedAppearances"])
	return anew == true, err
}

// touchAll touches every field, once in a step: few bytes can change many objects that all fields
// share.
func (s *step) touchAll() {
	if s.once[field] {
		return
	}
	s.once[field] = true
	for _, one := range s.nodes[1:] {
		s.touch(one.Name)
	}
}

// touch records the name of a field that changed, once for all its widgets.
func (s *step) touch(name string) {
	if n := len(s.changes.Touched); n == 0 || s.changes.Touched[n-1] != name {
		s.changes.Touched = append(s.changes.Touched, name)
	}
}

func (s *step) judgeFieldList(c change) error {
	return s.judgeFields(s.parents[c.number], c.was, c.is)
}

// judgeFields compares two arrays of fields. The old elements must remain, in their order, and each
// new element must be a signature field.
func (s *step) judgeFields(parent int, before, after pdf.Object) error {
	old, now, err := s.lists(before, after)
	if err != nil {
		return err
	}
	old, now = unique(old), unique(now) // a field that is listed twice is one
	next := 0
	for _, element := range now {
		if next < len(old) && alike(old[next], element) {
			next++
			continue
		}
		if err := s.addedField(parent, element); err != nil {
			return err
		}
	}
	if next < len(old) {
		s.changes.refuse("a field was taken away, or fields changed their order")
	}
	return nil
}

// unique removes repeated references from an array.
func unique(array pdf.Array) pdf.Array {
	seen := make(map[pdf.Ref]bool, len(array))
	var kept pdf.Array
	for _, element := range array {
		ref, ok := element.(pdf.Ref)
		if ok && seen[ref] {
			continue
		}
		if ok {
			seen[ref] = true
		}
		kept = append(kept, element)
	}
	return kept
}

// addedField accepts a field that was added if it is a signature field, signed or unsigned.
func (s *step) addedField(parent int, added pdf.Object) error {
	ref, ok := added.(pdf.Ref)
	if !ok {
		s.changes.refuse("a field was added that is no object of its own")
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
		s.endsTerminal(parent) {
		s.changes.refuse("a field was added that is no new signature field")
		return nil
	}
	signed, err := s.newSignature(dict["V"])
	if err != nil {
		return err
	}
	if dict["V"] != nil && signed == "" {
		s.changes.refuse("a signature field was added whose value is no new signature")
		return nil
	}
	widgets, err := s.newWidgets(ref, dict)
	if err != nil || widgets == nil {
		return err
	}
	switch signed {
	case pades.ChangeDSS:
		s.changes.stamped = append(s.changes.stamped, current.Name)
	case "":
		s.touch(current.Name)
		signed = pades.ChangeFormFilling // an empty field for the next signer
		if err := s.judgeEmptyField(widgets); err != nil {
			return err
		}
	default:
		s.touch(current.Name)
	}
	s.changes.add(signed)
	s.arrived[ref.Number] = true
	return s.arrive(widgets)
}

// judgeEmptyField counts a widget of an added, unsigned signature field as a comment if it has an
// appearance: no signer is responsible for what it draws.
func (s *step) judgeEmptyField(widgets []pdf.Ref) error {
	for _, widget := range widgets {
		dict, err := s.new.Dict(widget)
		if err != nil {
			return err
		}
		if dict["AP"] != nil || dict["MK"] != nil {
			s.comment(widget)
		}
	}
	return nil
}

// endsTerminal reports whether a field below this node would turn it from a terminal field into a
// non-terminal one. Reports would then no longer tell what it shows or signs.
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

// newWidgets gives the widgets of an added field: the field itself, or its kids. nil = the field
// was refused. Readers would show an annotation of another type whatever its rectangle is, and an
// action would do something.
func (s *step) newWidgets(ref pdf.Ref, dict pdf.Dict) ([]pdf.Ref, error) {
	widgets := []pdf.Ref{ref}
	kids, err := s.new.Array(dict["Kids"])
	if err != nil {
		return nil, err
	}
	for i, kid := range kids {
		ref, ok := kid.(pdf.Ref)
		if !ok {
			s.changes.refuse("a field was added whose widget is no object of its own")
			return nil, nil
		}
		if i == 0 {
			widgets = nil
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
		named := widget != ref && (dict["T"] != nil || dict["Kids"] != nil)
		if was != nil || named || dict["A"] != nil || dict["AA"] != nil || subtype != "" && subtype != "Widget" {
			s.changes.refuse("a signature field was added that is more than a field and its widget")
			return nil, nil
		}
	}
	return widgets, nil
}

// arrive records the widgets of a field that was accepted, and adds those that can be seen to the
// additions.
func (s *step) arrive(widgets []pdf.Ref) error {
	for _, widget := range widgets {
		s.arrived[widget.Number] = true
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
