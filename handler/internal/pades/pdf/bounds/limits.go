package bounds

import "cmp"

// Limits bound what reading one File may cost. A field that is zero takes its default. Reading over
// a limit ends in an Error of Kind TooComplex. Reading over the budget of the document, which
// bounds all its Files together, ends in a *budget.Error instead, so that no caller takes it for a
// property of the document.
type Limits struct {
	Objects  int // object numbers: the highest one plus one, also after an update
	Sections int // cross-reference sections, counting the stream of a hybrid one
	Depth    int // arrays and dictionaries within each other
	// array elements, dictionary keys and values in one indirect object; each array or dictionary
	// counts as 8
	Elements     int
	Token        int   // bytes of a name, a number or a keyword
	String       int   // bytes of a string
	Indirections int   // references that lead to references, and object streams that need others to be read
	PageDepth    int   // levels of the page tree
	Decoded      int64 // bytes of one decoded stream
	Inflated     int64 // bytes that filters give, in total over the life of the File
	// Work is the total over the life of the File: about one unit for a byte that is parsed or
	// inflated, 128 for a jump to another place, an eighth for a byte that is searched. One unit is
	// in the order of 5 ns. All allocations over the life of the File are in the order of 4 MB and
	// 32 bytes a unit. The memory in use at one time counts against the budget.
	Work int64
}

// DefaultLimits returns limits that are enough for documents of 2 GB, and that end the reading of
// hostile ones within about a second.
func DefaultLimits() Limits {
	return Limits{
		Objects: 8 << 20, Sections: 4096, Depth: 100, Elements: 1 << 20, Token: 4096, String: 16 << 20,
		Indirections: 32, PageDepth: 100, Decoded: 16 << 20, Inflated: 64 << 20, Work: 128 << 20,
	}
}

// WithDefaults replaces the fields that are zero by their defaults.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Objects: cmp.Or(l.Objects, d.Objects), Sections: cmp.Or(l.Sections, d.Sections),
		Depth:    cmp.Or(l.Depth, d.Depth),
		Elements: cmp.Or(l.Elements, d.Elements), Token: cmp.Or(l.Token, d.Token), String: cmp.Or(l.String, d.String),
		Indirections: cmp.Or(l.Indirections, d.Indirections), PageDepth: cmp.Or(l.PageDepth, d.PageDepth),
		Decoded: cmp.Or(l.Decoded, d.Decoded), Inflated: cmp.Or(l.Inflated, d.Inflated), Work: cmp.Or(l.Work, d.Work),
	}
}

// Prices in units of Limits.Work.
const (
	JumpCost      = 128
	EntryCost     = 4  // of a cross-reference entry, which is parsed faster than bytes in general
	ContainerCost = 16 // of an array or a dictionary
	KeyCost       = 8  // of a key in a dictionary
	SortCost      = 16 // of a subsection among others
	SearchRate    = 8  // bytes searched for one unit
)
