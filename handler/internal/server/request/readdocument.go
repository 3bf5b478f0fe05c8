package request

import (
	"context"
	"fmt"
	"io"
)

// Document is the one copy of a document in memory. It is a pades.Document, immutable once read and
// safe for concurrent reads, until the request that it came with is released.
type Document struct {
	segments [][]byte // all but the last are segmentSize long
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
		copied := copy(p[n:], d.segments[off/segmentSize][off%segmentSize:])
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
	return d.segments[offset/segmentSize][offset%segmentSize:]
}

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

// memoryFor is what reading a document of a known size takes, the sight of its end included.
func memoryFor(size int64) int64 {
	if rest := size % segmentSize; rest >= lentFrom {
		return size - rest + segmentSize
	}
	return size + smallSegment
}

// readDocument reads r to its end, or to one byte more than limit. The expected size (0 = unknown)
// decides only the size of the segments: no memory is taken for bytes that never come, and bytes
// beyond the expected size are read as well.
func readDocument(ctx context.Context, r io.Reader, expected, limit int64, reserved *reservation) (*Document, error) {
	d := &Document{}
	for {
		segment, err := d.readSegment(ctx, r, expected, limit, reserved)
		if len(segment) > 0 {
			d.segments = append(d.segments, segment)
			d.size += int64(len(segment))
		}
		if d.size > limit {
			return nil, tooLarge(limit)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if d.size == 0 {
		return nil,
			invalidRequest(codeMissing,
				"the request holds no document: is its body empty, or sent without a Content-Length?", nil)
	}
	return d, nil
}

// readSegment reads up to segmentSize bytes; a short segment comes with io.EOF or another error.
func (d *Document) readSegment(
	ctx context.Context, r io.Reader, expected, limit int64, reserved *reservation,
) ([]byte, error) {
	// One byte more than expected, so that the end is seen without another segment.
	first := min(expected-d.size+1, segmentSize)
	switch {
	case first > lentFrom:
		first = segmentSize
	case expected <= 0 && d.size > 0:
		first = segmentSize // the document is not small after all
	case first <= 1:
		first = smallSegment
	}
	var segment []byte
	if first == segmentSize {
		segment = reserved.segments.lend()
	} else {
		segment = make([]byte, 0, first)
	}
	for {
		if err := ctx.Err(); err != nil {
			return segment, err
		}
		if err := reserved.atLeast(ctx, d.size+int64(cap(segment))); err != nil {
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
		if len(segment) == segmentSize || d.size+int64(len(segment)) > limit {
			return segment, nil
		}
		grown := make([]byte, len(segment), min(2*cap(segment), segmentSize))
		copy(grown, segment)
		segment = grown
	}
}
