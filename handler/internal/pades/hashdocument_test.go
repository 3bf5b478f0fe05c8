package pades_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"math/rand/v2"
	"testing"

	"influxion/handler/internal/pades"
)

// inPieces is a document in memory that consists of pieces of one length.
type inPieces struct {
	*bytes.Reader
	text   []byte
	length int
}

func (d inPieces) Piece(offset int64) []byte {
	if offset < 0 || offset >= int64(len(d.text)) {
		return nil
	}
	end := (int(offset)/d.length + 1) * d.length
	return d.text[offset:min(end, len(d.text))]
}

// TestReadInto hashes ranges of documents that must be copied to be read, and of documents that
// need not be, alone and with appended bytes. The digest is that of the range, whatever the parts
// of the document are.
func TestReadInto(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	plain := func(b []byte) pades.Document { return bytes.NewReader(b) }
	pieces := func(length int) func([]byte) pades.Document {
		return func(b []byte) pades.Document { return inPieces{bytes.NewReader(b), b, length} }
	}
	for name, make := range map[string]func([]byte) pades.Document{
		"copied": plain, "one piece": pieces(1 << 30), "short pieces": pieces(7), "long pieces": pieces(128 << 10),
		"joined": func(b []byte) pades.Document { return pades.Join(plain(b[:100_001]), b[100_001:]) },
		"joined pieces": func(b []byte) pades.Document {
			return pades.Join(pieces(4096)(b[:200_000]), b[200_000:])
		},
		"joined twice": func(b []byte) pades.Document {
			return pades.Join(pades.Join(pieces(4096)(b[:100_000]), b[100_000:150_000]), b[150_000:])
		},
	} {
		doc := make(text)
		for range 50 {
			from := random.IntN(len(text))
			to := from + random.IntN(len(text)-from+1)
			first, second := sha256.New(), sha256.New()
			err := pades.ReadInto(t.Context(), doc, int64(from), int64(to), first, second)
			want := sha256.Sum256(text[from:to])
			if err != nil || [32]byte(first.Sum(nil)) != want || [32]byte(second.Sum(nil)) != want {
				t.Errorf("%s: got %x and %x (%v) for [%d, %d), want %x", name, first.Sum(nil), second.Sum(nil), err,
					from, to, want)
			}
		}
		if err := pades.ReadInto(t.Context(), doc, 0, int64(len(text))+1, sha256.New()); err == nil {
			t.Errorf("%s: got no error for a range behind the end, want one", name)
		}
	}
}

// TestReadIntoEnds checks that reading ends with its context, whatever the parts of the document
// are.
func TestReadIntoEnds(t *testing.T) {
	t.Parallel()
	text := make([]byte, 1<<20)
	for _, doc := range []pades.Document{bytes.NewReader(text), inPieces{bytes.NewReader(text), text, 1 << 30}} {
		ctx, cancel := context.WithCancel(t.Context())
		counted := &ending{Hash: sha256.New(), cancel: cancel}
		err := pades.ReadInto(ctx, doc, 0, int64(len(text)), counted)
		if !errors.Is(err, context.Canceled) || counted.bytes > 128<<10 {
			t.Errorf("%T: got %v after %d bytes, want the end of the context within 128 KiB", doc, err, counted.bytes)
		}
	}
}

// ending is a hash that ends a context when it is written to.
type ending struct {
	hash.Hash
	cancel context.CancelFunc
	bytes  int
}

func (e *ending) Write(p []byte) (int, error) {
	e.cancel()
	e.bytes += len(p)
	return e.Hash.Write(p)
}
