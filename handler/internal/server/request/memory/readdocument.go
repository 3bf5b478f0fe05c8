package memory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// What ReadDocument refuses.
var (
	ErrTooLarge = errors.New("the document is larger than its limit")
	ErrEmpty    = errors.New("the document is empty")
)

// Document is the one copy of a document in memory. It is a pades.Document, immutable once read and
// safe for concurrent reads, until the request that it came with is released.
type Document struct {
	segments [][]byte // all but the last are SegmentSize long
	size     int64
}

// Size is the document's length in bytes.
func (d *Document) Size() int64 { return d.size }

// ReadAt is io.ReaderAt.
func (d *Document) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	n := 0
	for n < len(p) && off < d.size {
		copied := copy(p[n:], d.segments[off/SegmentSize][off%SegmentSize:])
		n += copied
		off += int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Piece implements pades.Pieces.
func (d *Document) Piece(offset int64) []byte {
	if offset < 0 || offset >= d.size {
		return nil
	}
	return d.segments[offset/SegmentSize][offset%SegmentSize:]
}

// Parts gives the whole document in the pieces in which it lies in memory. They must not be
// changed, but the list is the caller's.
func (d *Document) Parts() [][]byte { return slices.Clone(d.segments) }

// WriteTo is io.WriterTo: it writes the segments as they are.
func (d *Document) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for _, segment := range d.segments {
		n, err := w.Write(segment)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// release gives the memory of the document back. Whoever still has the document finds it empty. A
// nil document has none.
func (d *Document) release(to *segments) {
	if d == nil {
		return
	}
	for _, segment := range d.segments {
		to.takeBack(segment)
	}
	d.segments, d.size = nil, 0
}

// memoryFor is the memory that reading a document of a known size takes, including the byte that
// reveals its end.
func memoryFor(size int64) int64 {
	if rest := size % SegmentSize; rest >= lentFrom {
		return size - rest + SegmentSize
	}
	return size + smallSegment
}

// ReadDocument reads r to its end, or to one byte more than limit. The expected size (0 = unknown)
// decides only the size of the segments: no memory is taken for bytes that never come, and bytes
// beyond the expected size are read as well. Errors: ErrTooLarge, ErrEmpty, those of the
// reservation, the context and r.
func ReadDocument(ctx context.Context, r io.Reader, expected, limit int64, reserved *Reservation) (*Document, error) {
	d := &Document{}
	for {
		segment, err := d.readSegment(ctx, r, expected, limit, reserved)
		if len(segment) > 0 {
			d.segments = append(d.segments, segment)
			d.size += int64(len(segment))
		}
		if d.size > limit {
			return nil, ErrTooLarge
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if d.size == 0 {
		return nil, ErrEmpty
	}
	return d, nil
}

// readSegment reads up to SegmentSize bytes; a short segment comes with io.EOF or another error.
func (d *Document) readSegment(
	ctx context.Context, r io.Reader, expected, limit int64, reserved *Reservation,
) ([]byte, error) {
	// One byte more than expected, so that the end is seen without another segment.
	first := min(expected-d.size+1, SegmentSize)
	switch {
	case first > lentFrom:
		first = SegmentSize
	case expected <= 0 && d.size > 0:
		first = SegmentSize // the document is not small after all
	case first <= 1:
		first = smallSegment
	}
	var segment []byte
	if first == SegmentSize {
		segment = reserved.segments.lend()
	} else {
		segment = make([]byte, 0, first)
	}
	for {
		if err := ctx.Err(); err != nil {
			return segment, err
		}
		if err := reserved.AtLeast(ctx, d.size+int64(cap(segment))); err != nil {
			return segment, err
		}
		// Not io.ReadFull: its io.ErrUnexpectedEOF hides whether the body was truncated.
		for len(segment) < cap(segment) {
			n, err := r.Read(segment[len(segment):cap(segment)])
			segment = segment[:len(segment)+n]
			if err != nil {
				return segment, err
			}
		}
		if len(segment) == SegmentSize || d.size+int64(len(segment)) > limit {
			return segment, nil
		}
		grown := make([]byte, len(segment), min(2*cap(segment), SegmentSize))
		copy(grown, segment)
		segment = grown
	}
}
