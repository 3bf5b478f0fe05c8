package pades

import (
	"context"
	"fmt"
	"hash"
)

// PieceSize is how many bytes of a document are hashed at a time.
const PieceSize = 8 << 10

// ReadInto writes a range of a document to hashes, piece by piece, so that it takes only the memory
// of one piece.
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
