package pades

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"influxion/handler/internal/pades/pdf"
)

// Document is a file with random access, such as a *bytes.Reader or an *io.SectionReader. It must
// not change while in use, and must be safe for concurrent reads, as io.ReaderAt asks. A read that
// fails is the error of whoever needed it, and never a finding about the document.
type Document interface {
	io.ReaderAt
	Size() int64 // bytes
}

// WithPassword gives a context in which encrypted documents open with a password, the user's or the
// owner's, in Unicode. Without it, a document opens if its user password is empty.
func WithPassword(ctx context.Context, password string) context.Context {
	return pdf.WithPassword(ctx, password)
}

// Join gives the document that is original followed by increment. It copies neither.
func Join(original Document, increment []byte) Document {
	return &joined{original, bytes.NewReader(increment), increment}
}

type joined struct {
	head Document
	tail *bytes.Reader
	text []byte // of the tail
}

func (j *joined) Size() int64 { return j.head.Size() + j.tail.Size() }

// Piece implements Pieces.
func (j *joined) Piece(offset int64) []byte {
	if behind := offset - j.head.Size(); behind >= 0 && behind < j.tail.Size() {
		return j.text[behind:]
	}
	return pieceOf(j.head, offset, mostPiece)
}

func (j *joined) ReadAt(p []byte, off int64) (int, error) {
	head := j.head.Size()
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	if off >= head {
		return j.tail.ReadAt(p, off-head)
	}
	n := min(int64(len(p)), head-off)
	read, err := j.head.ReadAt(p[:n], off)
	if int64(read) < n {
		return read, err
	}
	if read == len(p) {
		return read, nil
	}
	more, err := j.tail.ReadAt(p[read:], 0)
	return read + more, err
}
