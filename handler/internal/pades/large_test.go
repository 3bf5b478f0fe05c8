package pades_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// sparse is a document of zeros between a head and a tail. The zeros take no memory.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s *sparse) Size() int64 { return s.size }

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	if begins := s.size - int64(len(s.tail)); off+int64(n) > begins {
		copy(p[max(0, begins-off):n], s.tail[max(0, off-begins):])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// newSparse makes a document of one page, with a stream of zeros before its objects: all offsets
// but one are large. It has a cross-reference table or a stream with offsets of five bytes; broken,
// its startxref leads nowhere.
func newSparse(size int64, streams, broken bool) *sparse {
	s := &sparse{size: size}
	var tail bytes.Buffer
	lay := func() {
		base := size - int64(tail.Len())
		s.head = fmt.Appendf(nil, "%%PDF-1.7\n5 0 obj\n<< /Length %d >>\nstream\n",
			base-int64(len(fmt.Sprintf("%%PDF-1.7\n5 0 obj\n<< /Length %d >>\nstream\n", base))))
		tail.Reset()
		tail.WriteString("\nendstream\nendobj\n")
		offsets := []int64{0}
		for i, object := range append(pdftest.Pages(1, ""), "(four)") {
			offsets = append(offsets, base+int64(tail.Len()))
			fmt.Fprintf(&tail, "%d 0 obj\n%s\nendobj\n", i+1, object)
		}
		offsets = append(offsets, int64(len("%PDF-1.7\n")))
		start := base + int64(tail.Len())
		if streams {
			rows := "\x00\x00\x00\x00\x00\x00"
			for _, offset := range append(offsets[1:], start) {
				rows += "\x01" +
					string([]byte{byte(offset >> 32), byte(offset >> 24), byte(offset >> 16), byte(offset >> 8),
						byte(offset)})
			}
			fmt.Fprintf(&tail, "6 0 obj\n%s\nendobj\n",
				pdftest.Stream("/Type /XRef /W [1 5 0] /Size 7 /Root 1 0 R", rows))
		} else {
			tail.WriteString("xref\n0 6\n0000000000 65535 f \n")
			for _, offset := range offsets[1:] {
				fmt.Fprintf(&tail, "%010d 00000 n \n", offset)
			}
			tail.WriteString("trailer\n<< /Size 6 /Root 1 0 R >>\n")
		}
		if broken {
			start = 7
		}
		fmt.Fprintf(&tail, "startxref\n%0*d\n%%%%EOF\n", 10, start)
	}
	for range 3 { // until the lengths of the numbers are known
		lay()
	}
	s.tail = tail.Bytes()
	return s
}

// Offsets beyond 2 and 4 GB are read and written, in tables and in streams, without reading or
// holding the bytes in between.
func TestLargeUpdate(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{1<<31 - 100, 1<<31 + 100, 1<<32 + 100, 9_999_000_000} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, streams %v", size, streams), func(t *testing.T) {
				doc := newSparse(size, streams, false)
				file, err := pdf.Open(t.Context(), doc, pdf.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				u := file.NewUpdate()
				hole := &pdf.Hole{Text: []byte("<00>")}
				u.Set(pdf.Ref{Number: 4}, pdf.Dict{"Contents": hole})
				increment, err := u.Bytes(nil)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := hole.Offset, size+int64(bytes.Index(increment, []byte("<00>"))); got != want {
					t.Errorf("got offset %d, want %d", got, want)
				}
				whole, err := pdf.Open(t.Context(), pades.Join(doc, increment), pdf.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if place, err := whole.Span(pdf.Ref{Number: 4}, "Contents"); err != nil || place.Start != hole.Offset ||
					place.End != place.Start+4 {
					t.Errorf("got %+v (%v), want one from %d", place, err, hole.Offset)
				}
				if got := whole.Spent(); got > 1<<16 {
					t.Errorf("got %d units of work", got)
				}
			})
		}
	}
}

// A table has ten digits for an offset; a larger offset is an error, not a wrong offset.
func TestLargeTableEnds(t *testing.T) {
	t.Parallel()
	file, err := pdf.Open(t.Context(), newSparse(10_000_000_100, false, false), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	u := file.NewUpdate()
	u.Add(pdf.Dict{})
	if increment, err := u.Bytes(nil); err == nil {
		t.Errorf("got %q, want an error", increment)
	}
}

// Repairing ends with an error at its limit, which is about a gigabyte by default.
func TestLargeRebuild(t *testing.T) {
	t.Parallel()
	if _, err := pdf.Rebuild(t.Context(), newSparse(64<<20, false, true), pdf.Limits{}); err != nil {
		t.Error(err)
	}
	if _, err := pdf.Rebuild(t.Context(), newSparse(64<<20, false, true), pdf.Limits{Work: 4 << 20}); err == nil {
		t.Error("got a file rebuilt, want the limit to end it")
	}
}

// Signing and checking a document of more than 2 GB takes a few megabytes of memory, and each reads
// the document once.
func TestLargeSign(t *testing.T) {
	size := int64(1<<31 + 1<<20)
	if testing.Short() {
		size = 64 << 20
	}
	signSparse(t, size)
}

// BenchmarkLargeSign does the same with more than 4 GB.
func BenchmarkLargeSign(b *testing.B) {
	const size = 1<<32 + 1<<20
	b.SetBytes(2 * size) // once to sign, once to check
	for b.Loop() {
		signSparse(b, size)
	}
}

func signSparse(t testing.TB, size int64) {
	t.Helper()
	chain, key := newSigner(t, pkitest.P256)
	doc := newSparse(size, true, false)
	var increment *pades.Increment
	var err error
	used := allocated(func() {
		increment, err = sign.Sign(t.Context(), doc, chain, key, pades.Options{Time: time.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	if used > 8<<20 {
		t.Errorf("got %d bytes allocated, want at most 8 MB", used)
	}
	runtime.GC()
	var found []pades.Signature
	used = allocated(func() {
		found, err = verify.VerifyFrom(t.Context(), pades.Join(doc, increment.Bytes), size,
			pades.Trust{Anchors: chain[2:], Time: time.Now()})
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("got %d signatures and %v, want one", len(found), err)
	}
	last := found[0]
	if used > 8<<20 {
		t.Errorf("verification: got %d bytes allocated, want at most 8 MB", used)
	}
	whole := size + int64(len(increment.Bytes))
	r := last.ByteRange
	if len(r) != 4 || r[0] != 0 || r[1] <= size || r[2] <= r[1] || r[2]+r[3] != whole || !coversAll(last) {
		t.Errorf("got byte range %v of %d bytes", r, whole)
	}
	if last.Indication != pades.TotalPassed {
		t.Errorf("got %s: %s", last.Indication, last.Detail)
	}
	hash := sha256.New()
	if size <= 64<<20 {
		if _, err := io.Copy(hash, io.NewSectionReader(doc, 0, size)); err != nil {
			t.Fatal(err)
		}
		if [sha256.Size]byte(hash.Sum(nil)) != increment.DocumentDigest {
			t.Error("got another digest of the document")
		}
	}
}
