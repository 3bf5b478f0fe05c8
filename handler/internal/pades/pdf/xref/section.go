package xref

import (
	"cmp"
	"iter"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// SectionKind is the form of a cross-reference section.
type SectionKind int

// The kinds of section.
const (
	KindTable  SectionKind = iota + 1 // ISO 32000-2, 7.5.4
	KindStream                        // ISO 32000-2, 7.5.8
	KindHybrid                        // a table with a stream beside it: ISO 32000-2, 7.5.8.4
)

// Section is one cross-reference section: what a revision of the file, or a part of a linearised
// one, defines.
type Section struct {
	Offset  int64 // of the xref keyword or of the stream object, in bytes from the start of the file
	Kind    SectionKind
	Trailer syntax.Dict
	Objects []Range // the object numbers that it defines or frees: ascending, without overlap
	// Ambiguous: the section defines a number twice, and other readers may take the other entry.
	Ambiguous bool
	// Odd: an entry has a type that ISO 32000-2, 7.5.8.3, does not define, or an object in use has
	// the offset 0.
	Odd bool
}

const rangeSize = 16 // bytes of memory of a Range

// Range is the object numbers [First, First+Count).
type Range struct{ First, Count int }

// Defines reports whether the section has an entry for the number.
func (s *Section) Defines(number int) bool {
	i, found := slices.BinarySearchFunc(s.Objects, number, func(r Range, n int) int { return cmp.Compare(r.First, n) })
	return found || i > 0 && number < s.Objects[i-1].First+s.Objects[i-1].Count
}

// Numbers yields the object numbers that the section defines or frees, ascending.
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

// addRange records object numbers for which a section has entries.
func (c *chaining) addRange(section *Section, r Range) error {
	if c.ranges++; c.ranges > c.src.Limits.Elements {
		return bounds.TooComplex.Errorf("the cross-references have more than %d subsections", c.src.Limits.Elements)
	}
	if len(section.Objects) == cap(section.Objects) {
		grown := max(4, 2*cap(section.Objects))
		if err := c.src.Account.Take(int64(grown) * rangeSize); err != nil {
			return err
		}
		c.src.Account.Give(int64(cap(section.Objects)) * rangeSize)
		section.Objects = append(make([]Range, 0, grown), section.Objects...)
	}
	section.Objects = append(section.Objects, r)
	return nil
}

// MergeRanges puts ranges in order and joins those that touch. overlap reports whether two of them
// had a number in common.
func MergeRanges(ranges []Range) (merged []Range, overlap bool) {
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
	return merged, overlap
}
