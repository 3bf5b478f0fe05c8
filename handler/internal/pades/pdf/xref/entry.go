package xref

import "influxion/handler/internal/pades/pdf/syntax"

// EntryKind is the type of a cross-reference entry.
type EntryKind int

// The kinds of entry.
const (
	EntryFree     EntryKind = iota + 1 // no such object
	EntryOffset                        // at an offset in the file
	EntryInStream                      // in an object stream
)

// Entry is a cross-reference entry: ISO 32000-2, 7.5.4 and 7.5.8.3.
type Entry struct {
	Kind EntryKind
	// EntryOffset: bytes from the start of the file; it may lie behind the end, which Object then
	// reports
	Offset       int64
	Generation   int
	StreamNumber int // EntryInStream: the object stream
	Index        int // EntryInStream: the place in it
}

const (
	maxOffset = 1<<46 - 1
	maxStream = 1<<31 - 1
)

// packed is an Entry in 64 bits, zero for none: two bits of kind; then either 46 of offset and 16
// of generation, or 31 each of stream number and index.
type packed uint64

func packFree(generation int64) packed {
	// Some writers give object 0 the generation 65536; nobody ever uses it.
	return packed(EntryFree)<<62 | packed(min(generation, syntax.MaxGeneration))
}

func packOffset(offset, generation int64) packed {
	return packed(EntryOffset)<<62 | packed(offset)<<16 | packed(generation)
}

func packInStream(number, index int64) packed {
	return packed(EntryInStream)<<62 | packed(number)<<31 | packed(index)
}

func (e Entry) packed() packed {
	switch e.Kind {
	case EntryOffset:
		return packOffset(e.Offset, int64(e.Generation))
	case EntryInStream:
		return packInStream(int64(e.StreamNumber), int64(e.Index))
	}
	return packFree(int64(e.Generation))
}

func (p packed) kind() EntryKind { return EntryKind(p >> 62) }

func (p packed) entry() Entry {
	switch p.kind() {
	case EntryOffset:
		return Entry{Kind: EntryOffset, Offset: int64(p >> 16 & maxOffset), Generation: int(p & syntax.MaxGeneration)}
	case EntryInStream:
		return Entry{Kind: EntryInStream, StreamNumber: int(p >> 31 & maxStream), Index: int(p & maxStream)}
	}
	return Entry{Kind: EntryFree, Generation: int(p & syntax.MaxGeneration)}
}
