package diff

import (
	"influxion/handler/internal/pades"
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
