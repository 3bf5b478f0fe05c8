package pdf

import (
	"cmp"
	"iter"
	"slices"
)

// SectionKind is the form of a cross-reference section.
type SectionKind int

// The kinds of section.
const (
	KindTable  SectionKind = iota + 1 // ISO 32000-2, 7.5.4
	KindStream                        // ISO 32000-2, 7.5.8
	KindHybrid                        // a table with a stream beside it: ISO 32000-2, 7.5.8.4
)

// Section is one cross-reference section: what a revision of the file, or a part of a linearised one, defines.
type Section struct {
	Offset  int64 // of the xref keyword or of the stream object, in bytes from the start of the file
	Kind    SectionKind
	Trailer Dict
	Objects []Range // the object numbers that it defines or frees: ascending, without overlap
	// Ambiguous: it defines a number twice, and other readers may take the other entry.
	Ambiguous bool
}

// Range is the object numbers [First, First+Count).
type Range struct{ First, Count int }

// Defines says whether the section has an entry for the number.
func (s *Section) Defines(number int) bool {
	i, found := slices.BinarySearchFunc(s.Objects, number, func(r Range, n int) int { return cmp.Compare(r.First, n) })
	return found || i > 0 && number < s.Objects[i-1].First+s.Objects[i-1].Count
}

// Numbers are the object numbers that the section defines or frees, ascending.
func (s *Section) Numbers() iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, r := range s.Objects {
			for n := r.First; n < r.First+r.Count; n++ {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// readSections follows the chain of sections from the newest to the oldest.
func (f *File) readSections(offset int64) error {
	seen := map[int64]bool{}
	for {
		section, older, err := f.readSection(offset, seen)
		if err != nil {
			return err
		}
		f.sections = append(f.sections, *section)
		if older == 0 {
			break
		}
		offset = older
	}
	size, _ := f.Trailer()["Size"].(Integer)
	if int64(size) > int64(f.limits.Objects) {
		return tooComplex("the file claims %d objects, more than the %d allowed", size, f.limits.Objects)
	}
	if size < 0 {
		return damaged("the file claims a negative number of objects")
	}
	return nil
}

// readSection reads one section and gives the offset of the next older one, or 0.
func (f *File) readSection(offset int64, seen map[int64]bool) (*Section, int64, error) {
	p := &f.parser
	p.seek(offset)
	p.skipPadding()
	offset = p.offset()
	if err := f.visit(offset, seen); err != nil {
		return nil, 0, err
	}
	section := &Section{Offset: offset}
	var err error
	if p.hasKeyword("xref") {
		section.Kind = KindTable
		err = f.readTable(section, seen)
	} else {
		section.Kind = KindStream
		section.Trailer, err = f.readXRefStream(section, offset)
	}
	if err != nil {
		return nil, 0, err
	}
	if err := f.budget.spend(int64(len(section.Objects)) * sortCost); err != nil {
		return nil, 0, err
	}
	section.Objects, section.Ambiguous = mergeRanges(section.Objects)
	// Some writers state /Prev 0 for none; the header is at 0.
	older, err := f.sectionOffset(section.Trailer, "Prev")
	return section, older, err
}

// visit notes a section and refuses one that was read before: a loop.
func (f *File) visit(offset int64, seen map[int64]bool) error {
	if seen[offset] {
		return damaged("the cross-reference section at offset %d leads back to itself", offset)
	}
	if len(seen) >= f.limits.Sections {
		return tooComplex("there are more than %d cross-reference sections", f.limits.Sections)
	}
	seen[offset] = true
	return nil
}

// sectionOffset is the place in the file that a trailer key points to, or 0 where the key is absent.
func (f *File) sectionOffset(trailer Dict, key Name) (int64, error) {
	value, present := trailer[key]
	offset, ok := value.(Integer)
	switch {
	case !present || ok && offset == 0:
		return 0, nil
	case !ok || offset < 0 || int64(offset) >= f.size-f.origin:
		return 0, damaged("/%s of a trailer is no offset in the file", key)
	}
	return f.origin + int64(offset), nil
}

// addRange notes object numbers that a section has entries for.
func (f *File) addRange(section *Section, r Range) error {
	if f.ranges++; f.ranges > f.limits.Elements {
		return tooComplex("the cross-references have more than %d subsections", f.limits.Elements)
	}
	section.Objects = append(section.Objects, r)
	return nil
}

func mergeRanges(ranges []Range) (merged []Range, overlap bool) {
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	merged = ranges[:0]
	for _, r := range ranges {
		if n := len(merged); n > 0 && r.First <= merged[n-1].First+merged[n-1].Count {
			overlap = overlap || r.First < merged[n-1].First+merged[n-1].Count && r.Count > 0
			merged[n-1].Count = max(merged[n-1].Count, r.First+r.Count-merged[n-1].First)
			continue
		}
		merged = append(merged, r)
	}
	return slices.Clip(merged), overlap
}
