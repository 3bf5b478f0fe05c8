package memory

import (
	"bytes"
	"io"
	"testing"
)

// TestSegmentsAreWiped reads a document into the memory of another, as a request does after one
// that is released. Nothing of the first may be left.
func TestSegmentsAreWiped(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, lentFrom, SegmentSize, 3*SegmentSize + lentFrom} {
		lender := &segments{}
		reserved := memoryOf(1 << 30)
		reserved.segments = lender
		secret := bytes.Repeat([]byte("secret"), size/6+1)[:size]
		d, err := ReadDocument(t.Context(), bytes.NewReader(secret), int64(size), 1<<20, reserved)
		if err != nil {
			t.Fatal(err)
		}
		held := d.segments
		d.release(lender)
		for _, segment := range held {
			if bytes.ContainsAny(segment[:cap(segment)], "secret") {
				t.Errorf("got a byte of a document of %d bytes in memory that was given back", size)
			}
		}
		var after bytes.Buffer
		n, err := d.WriteTo(&after)
		if _, readErr := d.ReadAt(make([]byte, 1), 0); n != 0 || err != nil || d.Size() != 0 || readErr != io.EOF ||
			d.Piece(0) != nil {
			t.Errorf("got %d bytes (%v, %v) of a document that was released, want none", n, err, readErr)
		}
		d.release(lender) // again: nothing is lent twice
		if first, second := lender.lend(), lender.lend(); &first[:1][0] == &second[:1][0] {
			t.Errorf("got one segment lent to two documents after %d bytes", size)
		}
	}
}

// TestMemoryForADocument compares the memory that is reserved for documents of a known size with
// what reading them takes. A request that needed more would have to wait in the middle of its body.
func TestMemoryForADocument(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, smallSegment, lentFrom - 1, lentFrom, lentFrom + 1, SegmentSize - 1, SegmentSize,
		SegmentSize + 1, SegmentSize + lentFrom - 1, SegmentSize + lentFrom, 2*SegmentSize - 1, 5 * SegmentSize} {
		reserved := memoryOf(1 << 30)
		d, err := ReadDocument(t.Context(), bytes.NewReader(make([]byte, size)), int64(size), 1<<20, reserved)
		if err != nil {
			t.Fatal(err)
		}
		taken := int64(0)
		for _, segment := range d.segments {
			taken += int64(cap(segment))
		}
		if taken > reserved.bytes || reserved.bytes > memoryFor(int64(size)) {
			t.Errorf("got %d bytes taken and %d reserved for a document of %d, want at most %d reserved", taken,
				reserved.bytes, size, memoryFor(int64(size)))
		}
	}
}
