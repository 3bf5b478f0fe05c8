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
	if err != nil {
		return false, err
	}
	if shows, err := s.mayShow(box); err != nil || !shows && !appearance.draws {
		return false, err
	}
	if len(s.changes.Added) == pades.MaxAdditions {
		return true, nil
	}
	kind, err := s.new.Name(dict["Subtype"])
	if err != nil {
		return false, err
	}
	pages, err := s.pagesOf(ref, dict)
	if err != nil {
		return false, err
	}
	for _, page := range pages {
		added := pades.Addition{Page: page, Kind: string(kind), Box: box}
		if len(s.changes.Added) < pades.MaxAdditions && !slices.Contains(s.changes.Added, added) {
			s.changes.Added = append(s.changes.Added, added)
		}
	}
	return true, nil
}

// mayShow reports whether a rectangle may have an area on a page. A large /UserUnit (ISO 32000-2,
// table 31) makes a small rectangle a large one.
func (s *step) mayShow(box [4]float64) (bool, error) {
	if hasArea(box) || box[2] == box[0] || box[3] == box[1] {
		return hasArea(box), nil
	}
	err := s.countPages()
	return s.pages.scaled, err
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

// pagesOf gives the numbers of the pages that show an annotation; 0 = no page does. If the
// annotations of pages changed and include it, these are its pages. Otherwise its page is the one
// that /P names, if that page lists it. Otherwise its pages are all that list it. Readers draw what
// a page lists, whatever /P says.
func (s *step) pagesOf(annotation pdf.Ref, dict pdf.Dict) ([]int, error) {
	if err := s.countPages(); err != nil {
		return nil, err
	}
	held := pdf.Object(annotation)
	if annotation.Number == 0 {
		held = dict // a direct object
	}
	var pages []int
	for _, c := range s.changed {
		on, list := s.pages.lists[c.number], c.is
		if page, isDict := c.is.(pdf.Dict); isDict && s.pages.numbers[c.number] > 0 {
			on, list = []int{s.pages.numbers[c.number]}, page["Annots"]
		}
		if len(on) == 0 {
			continue
		}
		if found, err := s.holds(list, held); err != nil {
			return nil, err
		} else if found {
			pages = append(pages, on...)
		}
	}
	if len(pages) > 0 {
		return pages, nil
	}
	named, _ := dict["P"].(pdf.Ref)
	page, err := s.new.Dict(named)
	if err != nil {
		return nil, err
	}
	if number := s.pages.numbers[named.Number]; number > 0 {
		if found, err := s.holds(page["Annots"], held); err != nil || found {
			return []int{number}, err
		}
	}
	return s.searchPages(annotation)
}

// holds reports whether an array holds a reference or a direct object.
func (s *step) holds(array, element pdf.Object) (bool, error) {
	elements, err := s.new.OptionalArray(array)
	if err != nil {
		return false, err
	}
	cost := int64(1)
	if _, direct := element.(pdf.Dict); direct {
		cost = elementCost
	}
	if err := s.new.Spend(int64(len(elements)) * cost); err != nil {
		return false, err
	}
	return slices.ContainsFunc(elements, func(one pdf.Object) bool { return alike(one, element) }), nil
}
