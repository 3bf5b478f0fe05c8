package memory

import "sync"

// SegmentSize is the unit in which a document's memory grows: a false Content-Length costs one
// segment at most, and a document is never copied into a larger buffer.
const SegmentSize = 128 << 10

// smallSegment is the first size of a segment for a document of unknown length.
const smallSegment = 8 << 10

// lentFrom is how many bytes of a document must be left for a whole segment to be taken for them.
const lentFrom = SegmentSize / 2

// segments lends whole segments, which are wiped between two documents. New memory for each
// document would have to be taken from the system and collected as garbage. Segments that are not
// lent are freed by the garbage collector. The zero value is ready for use; nil lends new ones.
// Safe for concurrent use.
type segments struct{ free sync.Pool }

// lend gives a segment of zeros.
func (s *segments) lend() []byte {
	if s != nil {
		if segment, ok := s.free.Get().(*[SegmentSize]byte); ok {
			return segment[:0]
		}
	}
	return make([]byte, 0, SegmentSize)
}

// takeBack wipes a segment and takes it back, if it is a whole one. Nobody may use it afterwards.
func (s *segments) takeBack(segment []byte) {
	clear(segment)
	if s != nil && cap(segment) == SegmentSize {
		s.free.Put((*[SegmentSize]byte)(segment[:SegmentSize]))
	}
}
