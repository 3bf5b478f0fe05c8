package client

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"testing"
	"testing/iotest"
)

// A framed document reads as its three parts in order, from every offset and in pieces of every
// size.
func TestFramedReadsAnywhere(t *testing.T) {
	t.Parallel()
	f := framed{[]byte("opening "), bytes.NewReader([]byte("document")), []byte(" closing")}
	whole := "opening document closing"
	if f.Size() != int64(len(whole)) {
		t.Fatalf("got size %d, want %d", f.Size(), len(whole))
	}
	for off := range len(whole) + 3 {
		for length := range len(whole) + 3 {
			p := make([]byte, length)
			n, err := f.ReadAt(p, int64(off))
			want := whole[min(off, len(whole)):min(off+length, len(whole))]
			if string(p[:n]) != want || n < length && err != io.EOF || n == length && length > 0 && err != nil ||
				err != nil && err != io.EOF {
				t.Errorf("at %d, %d bytes: got %q (%v), want %q", off, length, p[:n], err, want)
			}
		}
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("got no error for a negative offset")
	}
	if err := iotest.TestReader(io.NewSectionReader(f, 0, f.Size()), []byte(whole)); err != nil {
		t.Error(err)
	}
	broken := framed{nil, failing{}, []byte("x")}
	if _, err := broken.ReadAt(make([]byte, 3), 0); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the document's error", err)
	}
}

var errBroken = errors.New("broken")

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errBroken }
func (failing) Size() int64                       { return 2 }

// The form contains the options, the image and the document, each once and unchanged.
func TestForm(t *testing.T) {
	t.Parallel()
	call := call{query: url.Values{"reason": {"a\r\n--b"}, "page": {"2"}}, document: bytes.NewReader([]byte("%PDF"))}
	if err := call.asForm([]byte("image")); err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(call.mediaType)
	if err != nil || len(call.query) != 0 {
		t.Fatalf("got %q and the query %v (%v)", call.mediaType, call.query, err)
	}
	form, err := multipart.NewReader(io.NewSectionReader(call.document, 0, call.document.Size()),
		parameters["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer form.RemoveAll()
	for name, want := range map[string]string{"reason": "a\r\n--b", "page": "2"} {
		if got := form.Value[name]; len(got) != 1 || got[0] != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"image": "image", "document": "%PDF"} {
		if len(form.File[name]) != 1 {
			t.Fatalf("got no %s", name)
		}
		file, err := form.File[name][0].Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(file); err != nil || string(got) != want {
			t.Errorf("got %s %q (%v), want %q", name, got, err, want)
		}
		file.Close()
	}
}

func FuzzDigest(f *testing.F) {
	for _, seed := range []string{"", "sha-256=:AAAA:",
		"sha-512=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "sha-256=:%:", "sha-256=::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if got := digest(field); len(got) > len(field) {
			t.Errorf("got %d bytes out of %d", len(got), len(field))
		}
	})
}
