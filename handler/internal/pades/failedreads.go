package pades

import (
	"errors"
	"io"
	"sync/atomic"
)

// Reading calls f with doc. If a read of doc fails while f runs, Reading returns the error of that
// read, whatever f made of it: a document that could not be read is neither damaged nor changed.
// f may read concurrently.
func Reading[T any](doc Document, f func(Document) (T, error)) (T, error) {
	watched := &watchedDocument{Document: doc}
	result, err := f(watched)
	if failed := watched.failed.Load(); failed != nil && (!errors.Is(err, *failed) || IsOfDocument(err)) {
		var none T
		return none, *failed
	}
	return result, err
}

// watchedDocument is a document that keeps the error of a read that failed.
type watchedDocument struct {
	Document
	failed atomic.Pointer[error]
}

// ReadAt fails if it gives fewer bytes than the document has there.
func (w *watchedDocument) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.Document.ReadAt(p, off)
	if off >= 0 && int64(n) < min(int64(len(p)), w.Size()-off) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // the document is shorter than it was
		}
		w.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

// Piece implements Pieces.
func (w *watchedDocument) Piece(offset int64) []byte { return pieceOf(w.Document, offset, mostPiece) }
