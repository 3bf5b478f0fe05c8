package pades

import (
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"
	"hash"

	"influxion/handler/internal/pades/pdf"
)

// growth is a document to which increments are appended, one after the other. The document is read once and never copied: a digest
// of all of it runs along.
type growth struct {
	original Document
	appended []byte
	digest   hash.Hash         // SHA-256 of the original and of what is appended; nil before the original was read
	document [sha256.Size]byte // SHA-256 of the original
}

// whole is the document with what is appended.
func (g *growth) whole() Document {
	if len(g.appended) == 0 {
		return g.original
	}
	return Join(g.original, g.appended)
}

func (g *growth) open(ctx context.Context) (*pdf.File, error) {
	return pdf.Open(ctx, g.whole(), pdf.DefaultLimits())
}

// read takes the pass over the original, if that was not done before, for SHA-256 and a second algorithm, whose running digest it
// gives. The second one can only be had the first time.
func (g *growth) read(ctx context.Context, algorithm crypto.Hash) (hash.Hash, error) {
	if g.digest != nil && algorithm == crypto.SHA256 {
		return g.digest, nil
	}
	sum := sha256.New()
	second := sum
	hashes := []hash.Hash{sum}
	if algorithm != crypto.SHA256 {
		second = algorithm.New()
		hashes = append(hashes, second)
	}
	if err := readInto(ctx, g.original, 0, g.original.Size(), make([]byte, pieceSize), hashes...); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	sum.Sum(g.document[:0])
	g.digest = sum
	return second, nil
}

// append takes an increment that follows all that is there.
func (g *growth) append(increment []byte) {
	g.appended = append(g.appended, increment...)
	g.digest.Write(increment)
}

// increment is all that was appended.
func (g *growth) increment(l ladder) *Increment {
	out := &Increment{Bytes: g.appended, DocumentDigest: g.document, Level: l.reached, Shortfall: l.shortfall}
	g.digest.Sum(out.SignedDigest[:0])
	return out
}

// readInto feeds a range of a document to hashes, in pieces, so that no more than the buffer is held.
func readInto(ctx context.Context, doc Document, from, to int64, buffer []byte, hashes ...hash.Hash) error {
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
