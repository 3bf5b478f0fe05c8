package diff

import (
	"cmp"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// counted are the pages of a document, by the numbers that readers show, from 1.
type counted struct {
	numbers map[int]int   // of each page, by its object number
	lists   map[int][]int // of the pages that have an array as their /Annots, by its object number
	scaled  bool          // one has a /UserUnit
	holders map[int][]int // of each annotation, by its object number: see searchPages
	taken   int64         // bytes of memory, until the end of the step
}

const (
	pageNumberSize = 40 // bytes of memory
	pageNumberCost = 40 // in addition to reading the page, in units of pdf.Limits.Work
)

// countPages counts the pages once in each step that draws something.
func (s *step) countPages() error {
	if s.pages.numbers != nil {
		return nil
	}
	s.pages = counted{numbers: map[int]int{}, lists: map[int][]int{}}
	var invalid error
	err := s.new.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
		if s.pages.numbers[ref.Number] > 0 {
			return true
		}
		number := len(s.pages.numbers) + 1
		s.pages.numbers[ref.Number] = number
		s.pages.scaled = s.pages.scaled || page["UserUnit"] != nil
		size := int64(pageNumberSize)
		if array, indirect := page["Annots"].(pdf.Ref); indirect {
			s.pages.lists[array.Number] = append(s.pages.lists[array.Number], number)
			size *= 3
		}
		invalid = cmp.Or(s.new.Spend(pageNumberCost), s.takePages(size))
		return invalid == nil
	})
	if isDamaged(err) {
		err = nil
	}
	return cmp.Or(err, invalid)
}

// takePages charges memory for what is known of the pages.
func (s *step) takePages(size int64) error {
	err := s.new.Take(size)
	if err == nil {
		s.pages.taken += size
	}
	return err
}

// searchPages gives the numbers of all pages that hold an annotation; 0 = no page does. The first
// search in a step records which pages, or arrays that pages can share, hold which annotations.
func (s *step) searchPages(annotation pdf.Ref) ([]int, error) {
	if s.pages.holders == nil {
		s.pages.holders = map[int][]int{}
		var invalid error
		err := s.new.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
			holder := ref.Number
			if array, indirect := page["Annots"].(pdf.Ref); indirect {
				holder = array.Number
			}
			invalid = s.noteHolder(holder, page["Annots"])
			return invalid == nil
		})
		if isDamaged(err) {
			err = nil
		}
		if err := cmp.Or(err, invalid); err != nil {
			return nil, err
		}
	}
	var pages []int
	for _, holder := range s.pages.holders[annotation.Number] {
		if pages = append(pages, s.pages.lists[holder]...); s.pages.numbers[holder] > 0 {
			pages = append(pages, s.pages.numbers[holder])
		}
	}
	if len(pages) == 0 {
		pages = []int{0}
	}
	return pages, nil
}

// noteHolder records the annotations of an array, the first time that it is reached.
func (s *step) noteHolder(holder int, array pdf.Object) error {
	elements, err := s.new.OptionalArray(array)
	if isDamaged(err) {
		return nil
	}
	if err := cmp.Or(err, s.new.Spend(int64(len(elements))*elementCost)); err != nil {
		return err
	}
	for _, element := range elements {
		ref, indirect := element.(pdf.Ref)
		holders := s.pages.holders[ref.Number]
		if !indirect || slices.Contains(holders, holder) {
			continue
		}
		if err := cmp.Or(s.new.Spend(int64(len(holders))), s.takePages(holderSize)); err != nil {
			return err
		}
		s.pages.holders[ref.Number] = append(holders, holder)
	}
	return nil
}

const holderSize = 64 // bytes of memory
