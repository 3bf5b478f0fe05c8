package pades

import (
	"context"
	"fmt"
	"hash"
)

// PieceSize is the number of bytes of a document that are hashed at a time.
const PieceSize = 8 << 10

// ReadInto writes a range of a document to hashes, piece by piece. It needs only the memory of one
// piece.
func ReadInto(ctx context.Context, doc Document, from, to int64, buffer []byte, hashes ...hash.Hash) error {
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := buffer[:min(int64(len(buffer)), to-from)]
		if n, err := doc.ReadAt(piece, from); n < len(piece) {
			return fmt.Errorf("read %d bytes at %d: %w", len(piece), from, err)
		}
		for _, h := range hashes {
			h.Write(piece)
		}
		from += int64(len(piece))
	}
	return nil
}
