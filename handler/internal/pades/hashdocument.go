package pades

import (
	"context"
	"fmt"
	"hash"
)

// pieceSize is the number of bytes that are read at a time from a document that is not in memory.
// mostPiece is the number of bytes that are hashed before the context is checked again.
const (
	pieceSize = 8 << 10
	mostPiece = 128 << 10
)

// Pieces is a Document in memory that need not be copied to be read.
type Pieces interface {
	// Piece gives bytes of the document that begin at an offset, at least one. The caller must not
	// change them. nil = this part of the document must be read with ReadAt.
	Piece(offset int64) []byte
}

// ReadInto writes a range of a document to hashes, piece by piece. It needs only the memory of one
// piece, or none for Pieces.
func ReadInto(ctx context.Context, doc Document, from, to int64, hashes ...hash.Hash) error {
	var buffer []byte
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := pieceOf(doc, from, min(to-from, mostPiece))
		if len(piece) == 0 {
			if buffer == nil {
				buffer = make([]byte, min(to-from, pieceSize))
			}
			piece = buffer[:min(int64(len(buffer)), to-from)]
			if n, err := doc.ReadAt(piece, from); n < len(piece) {
				return fmt.Errorf("read %d bytes at %d: %w", len(piece), from, err)
			}
		}
		for _, h := range hashes {
			h.Write(piece)
		}
		from += int64(len(piece))
	}
	return nil
}

// pieceOf gives up to most bytes of a document at an offset without a copy; nil = it has none.
func pieceOf(doc Document, offset, most int64) []byte {
	inMemory, ok := doc.(Pieces)
	if !ok {
		return nil
	}
	piece := inMemory.Piece(offset)
	return piece[:min(int64(len(piece)), most)]
}
