package diff

import (
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// implied reports whether an entry that a widget or another annotation did not have says what
// readers assume without it, so that it changes nothing: ISO 32000-2, tables 166, 168 and 226.
// Writers add such entries when they read an annotation and write it again.
func (s *step) implied(number int, key pdf.Name, before, after pdf.Dict) (bool, error) {
	if before["Subtype"] == nil || !alike(before["Subtype"], after["Subtype"]) {
		return false, nil // no annotation
	}
	if key == "BS" {
		if before[key] != nil || !hasDefaultBorder(before, after) {
			return hasDefaultBorder(before, after), nil
		}
		return s.drawsNoBorder(after)
	}
	if before[key] != nil {
		return false, nil
	}
	switch key {
	case "Type":
		return after[key] == pdf.Name("Annot"), nil
	case "F":
		return after[key] == pdf.Integer(0), nil
	case "Ff":
		alone := before["Parent"] == nil && after["Parent"] == nil && s.nodes[s.nodeOf[number]].parent == 0
		return alone && after[key] == pdf.Integer(0), nil
	case "P":
		return s.isOn(after[key], number)
	}
	return false, nil
}

// drawsNoBorder reports whether an annotation has no border whatever its width is: the widget of a
// field without a border color (ISO 32000-2, table 192). Without /BS and /Border, Acrobat and
// pdf.js draw no border of other annotations, although table 166 says that its width is 1.
func (s *step) drawsNoBorder(annotation pdf.Dict) (bool, error) {
	looks, err := s.new.Dict(annotation["MK"])
	return annotation["Subtype"] == pdf.Name("Widget") && looks["BC"] == nil, err
}

// hasDefaultBorder reports whether a border style differs from before only in entries that have
// their default values. Without any, /Border draws the border.
func hasDefaultBorder(before, after pdf.Dict) bool {
	was, wasDict := before["BS"].(pdf.Dict)
	is, isDict := after["BS"].(pdf.Dict)
	if !isDict || !wasDict && (before["BS"] != nil || before["Border"] != nil || after["Border"] != nil) {
		return false
	}
	defaults := pdf.Dict{"Type": pdf.Name("Border"), "W": pdf.Integer(1), "S": pdf.Name("S")}
	return !slices.ContainsFunc(differing(was, is), func(key pdf.Name) bool {
		return was[key] != nil || defaults[key] == nil || !alike(is[key], defaults[key])
	})
}

// isOn reports whether an object is a page that has the annotation, and had it before.
func (s *step) isOn(object pdf.Object, number int) (bool, error) {
	ref, ok := object.(pdf.Ref)
	if !ok || !s.roles.of(ref.Number).has(page) {
		return false, nil
	}
	was, is, err := both(s, (*pdf.File).Dict, ref, ref)
	if err != nil {
		return false, err
	}
	for _, annotations := range []struct {
		file *pdf.File
		list pdf.Object
	}{{s.old, was["Annots"]}, {s.new, is["Annots"]}} {
		array, err := annotations.file.OptionalArray(annotations.list)
		if err != nil {
			return false, err
		}
		if err := s.new.Spend(int64(len(array)) * elementCost); err != nil {
			return false, err
		}
		if !slices.ContainsFunc(array, func(one pdf.Object) bool {
			ref, ok := one.(pdf.Ref)
			return ok && ref.Number == number
		}) {
			return false, nil
		}
	}
	return true, nil
}

// allImplied reports whether an annotation got nothing but entries that say what readers assume
// without them.
func (s *step) allImplied(number int, before, after pdf.Dict) (bool, error) {
	for _, key := range differing(before, after) {
		if implied, err := s.implied(number, key, before, after); err != nil || !implied {
			return false, err
		}
	}
	return true, nil
}
