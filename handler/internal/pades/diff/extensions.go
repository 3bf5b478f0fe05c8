package diff

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeExtensions accepts a change below /Extensions if, after the change, /Extensions contains
// only what ISO 32000-2, 7.12, defines: the developers whose extensions the document uses.
// Validation data can need one of them. before and after are the value of /Extensions, or an object
// below it.
func (s *step) judgeExtensions(before, after pdf.Object) error {
	s.changes.add(pades.ChangeDSS)
	if s.once[extensions] {
		return nil
	}
	_, catalog, err := s.new.Catalog()
	if err != nil {
		return err
	}
	if s.once[extensions], err = s.areExtensions(catalog["Extensions"]); err != nil || s.once[extensions] {
		return err
	}
	same, err := equal(s.old, s.new, before, after)
	if err == nil && !same {
		s.changes.refuse("the developer extensions of the document were changed")
	}
	return err
}

// areExtensions reports whether an object is an extensions dictionary or null. In PDF 2.0 a
// developer can have an array of extensions.
func (s *step) areExtensions(object pdf.Object) (bool, error) {
	return s.eachEntry(object, func(key pdf.Name, value pdf.Object) (bool, error) {
		if key == "Type" {
			return value == pdf.Name("Extensions"), nil
		}
		all, isArray := value.(pdf.Array)
		if !isArray {
			all = pdf.Array{value}
		}
		for _, one := range all {
			if ok, err := s.isExtension(one); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	})
}

// isExtension reports whether an object is a developer extensions dictionary or null: ISO 32000-2,
// table 49.
func (s *step) isExtension(object pdf.Object) (bool, error) {
	if err := s.new.Spend(elementCost); err != nil {
		return false, err
	}
	return s.eachEntry(object, func(key pdf.Name, value pdf.Object) (bool, error) {
		switch value := value.(type) {
		case nil:
			return true, nil
		case pdf.Name:
			return key == "Type" && value == "DeveloperExtensions" || key == "BaseVersion", nil
		case pdf.Integer:
			return key == "ExtensionLevel", nil
		case pdf.String:
			return key == "URL" || key == "ExtensionRevision", nil
		}
		return false, nil
	})
}

// eachEntry reports whether an object is null, or a dictionary of which each entry fits.
func (s *step) eachEntry(object pdf.Object, fits func(key pdf.Name, value pdf.Object) (bool, error)) (bool, error) {
	object, err := s.new.Resolve(object)
	if err != nil {
		return false, err
	}
	dict, ok := object.(pdf.Dict)
	if !ok {
		return object == nil, nil
	}
	if err := s.new.Spend(int64(len(dict)) * keyCost); err != nil {
		return false, err
	}
	for key, value := range dict {
		value, err := s.new.Resolve(value)
		if err != nil {
			return false, err
		}
		if ok, err := fits(key, value); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}
