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
		s.changes.refuse("the form was removed")
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
			err = s.judgeSignatureFlags(before[key], after[key])
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

// judgeSignatureFlags accepts other signature flags (ISO 32000-2, table 225), but none that the
// standard does not define, and not that the form loses SignaturesExist: readers may then look for
// no signatures. Some of them read a real number as flags, and a number beyond 32 bits as 0.
func (s *step) judgeSignatureFlags(before, after pdf.Object) error {
	const exist, appendOnly = 1 << 0, 1 << 1
	was, err := s.old.Resolve(before)
	flags, wasInteger := was.(pdf.Integer)
	if !wasInteger && was != nil {
		flags = exist
	}
	is, isInteger := after.(pdf.Integer)
	if err == nil && (!isInteger || is&^(exist|appendOnly) != flags&^(exist|appendOnly) || flags&^is&exist != 0) {
		s.changes.refuse("the form lost signature flags, or got others than there are")
	}
	s.changes.add(pades.ChangeDSS)
	return err
}

// judgeDefaults classifies a change of what all fields share: /DR and /DA. With other fonts,
// readers can show other text in the appearances that they generate. They generate them for all
// fields if /NeedAppearances is true, and otherwise for the fields without an appearance.
func (s *step) judgeDefaults() error {
	all, err := s.judgeNeedAppearances()
	if err != nil || s.once[formDefaults] {
		return err
	}
	s.once[formDefaults] = true
	if s.outside.bare {
		s.changes.refuse("the fonts of the form were changed, with which readers draw an annotation")
	}
	if all {
		return nil
	}
	for at, one := range s.nodes {
		if one.Kind == "Sig" || one.Kind != "Btn" && one.Kind != "Ch" && one.Value == nil {
			continue // nothing to draw
		}
		dict, err := s.new.Dict(one.Ref)
		if err == nil {
			err = s.new.Spend(4 * visitCost) // also for its appearance, and for reading both again
		}
		if err != nil {
			return err
		}
		drawn, err := hasAppearance(s.new, dict)
		if err != nil {
			return err
		}
		if dict["Rect"] != nil && !drawn {
			s.touch(at)
		}
	}
	return nil
}

// judgeNeedAppearances counts every field as filled if /NeedAppearances is true before or after the
// update, and reports whether it is. Readers then show the values, whatever the appearances show,
// even in widgets that belong to no field of the form.
func (s *step) judgeNeedAppearances() (bool, error) {
	s.changes.add(pades.ChangeFormFilling)
	for _, file := range []*pdf.File{s.old, s.new} {
		if anew, err := needAppearances(file); err != nil {
			return false, err
		} else if anew {
			s.touchAll()
			if s.outside.widgets {
				s.changes.refuse("readers generate another appearance for a widget that belongs to no field")
			}
			return true, nil
		}
	}
	return false, nil
}

// hasAppearance reports whether every reader takes the normal appearance of an annotation from the
// document: ISO 32000-2, 12.5.5.
func hasAppearance(file *pdf.File, dict pdf.Dict) (bool, error) {
	all, err := file.OptionalDict(dict["AP"])
	if err != nil {
		return false, err
	}
	normal, err := file.Resolve(all["N"])
	if states, isDict := normal.(pdf.Dict); isDict && err == nil {
		var state pdf.Name
		if state, err = file.Name(dict["AS"]); err == nil {
			normal, err = file.Resolve(states[state])
		}
	}
	_, isStream := normal.(*pdf.Stream)
	return isStream && err == nil, err
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

// touchAll touches every field. It does so once in a step, because few bytes can change many
// objects that all fields share.
func (s *step) touchAll() {
	if s.once[field] {
		return
	}
	s.once[field] = true
	for at := range s.nodes[1:] {
		s.touch(at + 1)
	}
}

// touch records that a field changed.
func (s *step) touch(at int) {
	one := s.nodes[at]
	s.touchName(one.Name)
	s.changes.renamed = s.changes.renamed || one.renamed
}

// touchName records the name of a field that changed, once for all its widgets.
func (s *step) touchName(name string) {
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
	old, now, _, err := s.lists(before, after) // a field that is listed twice is one
	if err != nil {
		return err
	}
	if parent > 0 && len(now) == 0 {
		if err := s.judgeNoKids(before, after); err != nil {
			return err
		}
	}
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
		s.changes.refuse("a field was removed, or the order of fields was changed")
	}
	return nil
}

// judgeNoKids refuses an empty /Kids that was added or removed. PDFium finds no field where /Kids
// is an empty array, and then shows neither the field nor its value.
func (s *step) judgeNoKids(before, after pdf.Object) error {
	was, is, err := both(s, (*pdf.File).Resolve, before, after)
	_, wasArray := was.(pdf.Array)
	_, isArray := is.(pdf.Array)
	if err == nil && wasArray != isArray {
		s.changes.refuse("a field got or lost an empty list of fields below it")
	}
	return err
}
