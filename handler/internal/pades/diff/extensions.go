package diff

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeExtensions accepts a change below /Extensions if that holds then what ISO 32000-2, 7.12,
// defines: the developers whose extensions the document uses. Validation data can need one of them.
// before and after are the value of /Extensions, or an object below it.
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
		s.changes.refuse("the extensions that the document uses hold something else")
	}
	return err
}

// areExtensions reports whether an object is an extensions dictionary or null. In PDF 2.0 a
// developer can have an array of extensions.
func (s *step) areExtensions(object pdf.Object) (bool, error) {
	dict, ok, err := s.dictOrNull(object)
	if err != nil || !ok {
		return false, err
	}
	for key, value := range dict {
		value, err := s.new.Resolve(value)
		if err != nil {
			return false, err
		}
		if key == "Type" {
			if value != pdf.Name("Extensions") {
				return false, nil
			}
			continue
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
	}
	return true, nil
}

// isExtension reports whether an object is a developer extensions dictionary or null: ISO 32000-2,
// table 49.
func (s *step) isExtension(object pdf.Object) (bool, error) {
	if err := s.new.Spend(elementCost); err != nil {
		return false, err
	}
	dict, ok, err := s.dictOrNull(object)
	if err != nil || !ok {
		return false, err
	}
	for key, value := range dict {
		value, err := s.new.Resolve(value)
		if err != nil {
			return false, err
		}
		switch value := value.(type) {
		case nil:
		case pdf.Name:
			ok = key == "Type" && value == "DeveloperExtensions" || key == "BaseVersion"
		case pdf.Integer:
			ok = key == "ExtensionLevel"
		case pdf.String:
			ok = key == "URL" || key == "ExtensionRevision"
		default:
			ok = false
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

// dictOrNull reads a dictionary; ok = the object is one, or null.
func (s *step) dictOrNull(object pdf.Object) (dict pdf.Dict, ok bool, err error) {
	object, err = s.new.Resolve(object)
	dict, ok = object.(pdf.Dict)
	if err != nil {
		return nil, false, err
	}
	return dict, ok || object == nil, s.new.Spend(int64(len(dict)) * keyCost)
}
