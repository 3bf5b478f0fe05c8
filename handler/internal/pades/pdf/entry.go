package pdf

// EntryKind is what a cross-reference entry says of its object.
type EntryKind int

// The kinds of entry.
const (
	EntryFree     EntryKind = iota + 1 // no such object
	EntryOffset                        // at an offset in the file
	EntryInStream                      // in an object stream
)

// Entry is a cross-reference entry: ISO 32000-2, 7.5.4 and 7.5.8.3.
type Entry struct {
	Kind         EntryKind
	Offset       int64 // EntryOffset: bytes from the start of the file; it may lie behind the end, which Object then reports
	Generation   int
	StreamNumber int // EntryInStream: the object stream
	Index        int // EntryInStream: the place in it
}

const (
	maxGeneration = 65535
	maxOffset     = 1<<46 - 1
	maxStream     = 1<<31 - 1
	entryPage     = 64
)

// packed is an Entry in 64 bits, zero for none: two bits of kind; then either 46 of offset and 16 of generation, or 31 each of
// stream number and index.
type packed uint64

func packFree(generation int64) packed {
	// Some writers give object 0 the generation 65536; nobody ever uses it.
	return packed(EntryFree)<<62 | packed(min(generation, maxGeneration))
}

func packOffset(offset, generation int64) packed {
	return packed(EntryOffset)<<62 | packed(offset)<<16 | packed(generation)
}

func packInStream(number, index int64) packed {
	return packed(EntryInStream)<<62 | packed(number)<<31 | packed(index)
}

func (p packed) kind() EntryKind { return EntryKind(p >> 62) }

func (p packed) entry() Entry {
	switch p.kind() {
	case EntryOffset:
		return Entry{Kind: EntryOffset, Offset: int64(p >> 16 & maxOffset), Generation: int(p & maxGeneration)}
	case EntryInStream:
		return Entry{Kind: EntryInStream, StreamNumber: int(p >> 31 & maxStream), Index: int(p & maxStream)}
	}
	return Entry{Kind: EntryFree, Generation: int(p & maxGeneration)}
}

// index finds the newest entry of each object number. Its memory follows the entries that exist, not the highest number.
type index struct {
	pages   []*[entryPage]packed
	highest int
}

func (x *index) get(number int) packed {
	if page := number / entryPage; number >= 0 && page < len(x.pages) && x.pages[page] != nil {
		return x.pages[page][number%entryPage]
	}
	return 0
}

// add sets the entry of a number that has none: sections are read newest first.
func (x *index) add(number int, entry packed) {
	slot := &x.pages[number/entryPage][number%entryPage]
	if *slot == 0 {
		*slot = entry
	}
}

// set gives a number another entry.
func (x *index) set(number int, entry packed) { x.pages[number/entryPage][number%entryPage] = entry }

// ranges are the numbers that have entries.
func (x *index) ranges() []Range {
	var all []Range
	for i, page := range x.pages {
		if page == nil {
			continue
		}
		for j, entry := range page {
			number := i*entryPage + j
			if entry == 0 {
				continue
			}
			if n := len(all); n > 0 && all[n-1].First+all[n-1].Count == number {
				all[n-1].Count++
				continue
			}
			all = append(all, Range{number, 1})
		}
	}
	return all
}

// reserve makes place for the numbers [first, first+count), count > 0.
func (x *index) reserve(first, count int) {
	from, to := first/entryPage, (first+count-1)/entryPage+1
	x.highest = max(x.highest, first+count-1)
	if to > len(x.pages) {
		x.pages = append(x.pages, make([]*[entryPage]packed, to-len(x.pages))...)
	}
	var slab [][entryPage]packed
	for i := from; i < to; i++ {
		if x.pages[i] != nil {
			continue
		}
		if len(slab) == 0 {
			slab = make([][entryPage]packed, to-i)
		}
		x.pages[i], slab = &slab[0], slab[1:]
	}
}
