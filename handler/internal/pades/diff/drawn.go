package diff

import (
	"slices"
	"strconv"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// tellAddition records an annotation or a widget that was added or is drawn in another way now, and
// reports whether anything of it can be seen.
func (s *step) tellAddition(ref pdf.Ref, dict pdf.Dict) (seen bool, err error) {
	appearance, err := s.appearanceOf(dict)
	if err != nil {
		return false, err
	}
	if appearance.unbounded {
		s.refuseUnbounded()
	}
	box, err := s.box(dict["Rect"])
	if err != nil || !hasArea(box) && !appearance.draws {
		return false, err
	}
	if len(s.changes.Added) == maxAdditions {
		return true, nil
	}
	kind, err := s.new.Name(dict["Subtype"])
	if err != nil {
		return false, err
	}
	page, err := s.pageOf(ref, dict)
	if err != nil {
		return false, err
	}
	added := pades.Addition{Page: page, Kind: string(kind), Box: box}
	if !slices.Contains(s.changes.Added, added) {
		s.changes.Added = append(s.changes.Added, added)
	}
	return true, nil
}

// box reads a rectangle. An object that is no rectangle to this package may be one to other
// readers, so it counts as visible.
func (s *step) box(object pdf.Object) ([4]float64, error) {
	box, ok, err := s.rectangle(object)
	if !ok {
		box = [4]float64{0, 0, 1, 1}
	}
	return box, err
}

// rectangle reads a rectangle (ISO 32000-2, 7.9.5); ok = the object is one.
func (s *step) rectangle(object pdf.Object) (box [4]float64, ok bool, err error) {
	object, err = s.new.Resolve(object)
	array, isArray := object.(pdf.Array)
	if err != nil || !isArray || len(array) != len(box) {
		return box, false, err
	}
	for i, element := range array {
		element, err := s.new.Resolve(element)
		if err != nil {
			return box, false, err
		}
		switch element := element.(type) {
		case pdf.Integer:
			box[i] = float64(element)
		case pdf.Real:
			if box[i], err = strconv.ParseFloat(string(element), 64); err != nil {
				return box, false, nil
			}
		default:
			return box, false, nil
		}
	}
	return [4]float64{min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])}, true, nil
}

// pageOf gives the number of the page that an annotation is on, by its own /P or by the /Annots of
// a page that changed; 0 = on none.
func (s *step) pageOf(annotation pdf.Ref, dict pdf.Dict) (int, error) {
	numbers, err := s.pageNumbers()
	if err != nil {
		return 0, err
	}
	if named, ok := dict["P"].(pdf.Ref); ok && numbers[named.Number] > 0 {
		return numbers[named.Number], nil
	}
	for _, c := range s.changed {
		page, isDict := c.is.(pdf.Dict)
		if numbers[c.number] == 0 || !isDict {
			continue
		}
		elements, err := s.new.Array(page["Annots"])
		if err != nil {
			return 0, err
		}
		if slices.Contains(elements, pdf.Object(annotation)) {
			return numbers[c.number], nil
		}
	}
	return 0, nil
}

const pageNumberSize = 40 // bytes of memory

// pageNumbers gives the page numbers, from 1, by the object numbers of the pages. It counts the
// pages once in each step that draws something.
func (s *step) pageNumbers() (map[int]int, error) {
	if s.numbers != nil {
		return s.numbers, nil
	}
	s.numbers = map[int]int{}
	var invalid error
	err := s.new.Pages(func(ref pdf.Ref, _ pdf.Dict) bool {
		if s.numbers[ref.Number] == 0 {
			s.numbers[ref.Number] = len(s.numbers) + 1
			invalid = s.new.Take(pageNumberSize)
		}
		return invalid == nil
	})
	if isDamaged(err) {
		err = nil
	}
	if err == nil {
		err = invalid
	}
	return s.numbers, err
}
