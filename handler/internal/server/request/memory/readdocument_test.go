package memory

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func memoryOf(bytes int64) *Reservation { return &Reservation{total: newAdmission(bytes)} }

func TestReadDocument(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const limit = 3 * SegmentSize
	for _, size := range []int{1, smallSegment - 1, smallSegment, smallSegment + 1, SegmentSize - 1, SegmentSize,
		SegmentSize + 1, 2*SegmentSize + 5, limit, limit + 1, 2 * limit} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		for _, expected := range []int64{0, 1, int64(size) - 1, int64(size), int64(size) + 1, limit} {
			for name, reader := range map[string]io.Reader{
				"plain": bytes.NewReader(content), "halves": iotest.HalfReader(bytes.NewReader(content)),
				"data with the end": iotest.DataErrReader(bytes.NewReader(content)),
			} {
				reserved := memoryOf(10 * limit)
				d, err := ReadDocument(t.Context(), reader, expected, limit, reserved)
				if size > limit {
					if !errors.Is(err, ErrTooLarge) {
						t.Errorf("%s: got %v for %d bytes, want too large", name, err, size)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: got %v for %d bytes of %d, want a document", name, err, size, expected)
				}
				got, err := io.ReadAll(io.NewSectionReader(d, 0, d.Size()))
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s: got %d other bytes (%v), want %d of %d", name, len(got), err, size, expected)
				}
				var pieces []byte
				for piece := d.Piece(0); piece != nil; piece = d.Piece(int64(len(pieces))) {
					pieces = append(pieces, piece...)
				}
				if !bytes.Equal(pieces, content) {
					t.Errorf("%s: got %d other bytes in pieces, want %d of %d", name, len(pieces), size, expected)
				}
				if parts := bytes.Join(d.Parts(), nil); !bytes.Equal(parts, content) {
					t.Errorf("%s: got %d other bytes in parts, want %d of %d", name, len(parts), size, expected)
				}
				var written bytes.Buffer
				if n, err := d.WriteTo(&written); err != nil || n != int64(size) ||
					!bytes.Equal(written.Bytes(), content) {
					t.Errorf("%s: got %d bytes written (%v), want %d", name, n, err, size)
				}
				if reserved.bytes < int64(size) {
					t.Errorf("%s: got %d bytes reserved for a document of %d, want as many", name, reserved.bytes, size)
				}
			}
		}
	}
}

func TestDocumentReadAt(t *testing.T) {
	t.Parallel()
	content := []byte(strings.Repeat("0123456789abcdef", SegmentSize/8+1))
	d, err := ReadDocument(t.Context(), bytes.NewReader(content), 0, int64(len(content)), memoryOf(1<<30))
	if err != nil {
		t.Fatal(err)
	}
	reference := bytes.NewReader(content)
	size := int64(len(content))
	for _, off := range []int64{0, 1, SegmentSize - 1, SegmentSize, 2*SegmentSize - 3, size - 1, size, size + 1} {
		for _, length := range []int{0, 1, 2, 100, SegmentSize, 2*SegmentSize + 1, len(content) + 1} {
			got, want := make([]byte, length), make([]byte, length)
			gotN, gotErr := d.ReadAt(got, off)
			wantN, wantErr := reference.ReadAt(want, off)
			if length == 0 {
				wantErr = gotErr // io.ReaderAt leaves it open
			}
			if gotN != wantN || !errors.Is(gotErr, wantErr) || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes (%v) at %d, want %d (%v)", gotN, gotErr, off, wantN, wantErr)
			}
		}
	}
	if _, err := d.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("got no error before the beginning, want one")
	}
}

// TestDocumentMemory is not parallel: it counts what the process allocates.
func TestDocumentMemory(t *testing.T) {
	content := make([]byte, 20<<20)
	tests := []struct {
		name     string
		reader   io.Reader
		expected int64
		most     uint64
	}{
		{"declared", bytes.NewReader(content), 20 << 20, 21 << 20},
		{"of unknown length", io.MultiReader(bytes.NewReader(content)), 0, 21 << 20},
		{"declared, but never sent", strings.NewReader("%PDF"), 20 << 20, 1 << 20},
		{"small", bytes.NewReader(content[:1000]), 1000, 64 << 10},
	}
	for _, test := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := ReadDocument(t.Context(), test.reader, test.expected, 20<<20, memoryOf(1<<30))
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > test.most {
			t.Errorf("%s: got %d bytes allocated for %d, want %d at most", test.name, got, d.Size(), test.most)
		}
	}
}

func TestReadDocumentHeedsItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ReadDocument(ctx, strings.NewReader("%PDF"), 0, 100, memoryOf(1<<20))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
