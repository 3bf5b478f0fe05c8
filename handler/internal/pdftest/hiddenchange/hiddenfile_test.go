package hiddenchange

import (
	"bytes"
	"errors"
	"maps"
	"testing"
)

// pretend appends a revision as a signer would, but without a signature.
func pretend(document []byte, _ bool) ([]byte, error) {
	if !bytes.Contains(document, []byte("startxref\n")) || !bytes.Contains(document, []byte("/Size ")) {
		return nil, errors.New("no document")
	}
	catalog := &object{number: catalogNumber, text: "<< /Type /Catalog /Pages 2 0 R >>"}
	page := &object{number: pageNumber, text: pageText}
	r := &revision{kind: Tables, prefix: document, objects: []*object{catalog, page},
		ending: ending{prev: 17, size: 20}}
	return r.bytes(), nil
}

func TestEveryPlaceAndQuirkMakesADifference(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		seen := map[string]string{}
		check := func(p place, q quirk) {
			s := &signer{sign: pretend, known: map[string]*base{}}
			b, err := s.base(kind, p, q)
			if errors.Is(err, errRefused) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			file := b.file(p, q)
			if other, known := seen[string(file.Bytes)]; known {
				t.Errorf("%s is the same as %s", file.Name(), other)
			}
			seen[string(file.Bytes)] = file.Name()
		}
		nothing := place{name: "nowhere", apply: func(*revision) {}}
		for _, q := range quirks() {
			if q.suits(kind) && (!q.prepared || kind != Linearised) {
				check(nothing, q)
			}
		}
		for _, p := range append(places(), preparedPlaces()...) {
			if p.suits(kind) && p.name != nothing.name && (!p.signed() || kind != Linearised) {
				check(p, quirk{name: plain, apply: func(*revision) {}})
			}
		}
	}
}

// Random changes can leave nothing of what a quirk edits.
func TestQuirksNeedNoTextToEdit(t *testing.T) {
	t.Parallel()
	nothing := func(string, int) string { return "" }
	for _, kind := range Kinds() {
		for _, q := range append(quirks(), honest()...) {
			if !q.suits(kind) || q.prepared {
				continue
			}
			s := &signer{sign: pretend, known: map[string]*base{}}
			nowhere := place{name: "nowhere", apply: func(*revision) {}}
			b, err := s.base(kind, nowhere, q)
			if errors.Is(err, errRefused) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, edit := range []func(r *revision) *func(string, int) string{
				func(r *revision) *func(string, int) string { return &r.editTable },
				func(r *revision) *func(string, int) string { return &r.editTrailer },
				func(r *revision) *func(string, int) string { return &r.editEnd },
			} {
				file := b.file(nowhere, quirk{name: q.name, apply: func(r *revision) {
					then(edit(r), nothing)
					q.apply(r)
				}})
				if len(file.Bytes) < file.Signed {
					t.Errorf("%s: got %d bytes, want the %d that are signed", q.name, len(file.Bytes), file.Signed)
				}
			}
		}
	}
}

func TestFilesAreManyAndHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	count := func() map[string]int {
		sizes := map[string]int{}
		err := Files(pretend, Core, func(file File) error {
			if _, twice := sizes[file.Name()]; twice {
				t.Errorf("two files are called %s", file.Name())
			}
			sizes[file.Name()] = len(file.Bytes)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return sizes
	}
	first := count()
	if len(first) < 900 {
		t.Errorf("got %d files, want at least 900", len(first))
	}
	if !maps.Equal(first, count()) {
		t.Error("a second run makes other files")
	}
}

func TestLenienceNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, p := range places() {
		names[p.name] = true
	}
	for _, q := range quirks() {
		names[q.name] = true
	}
	for _, some := range [][]string{corePlaces, preparedQuirkPlaces} {
		for _, name := range some {
			lenientOrCore := names[name]
			for _, p := range preparedPlaces() {
				lenientOrCore = lenientOrCore || p.name == name
			}
			if !lenientOrCore {
				t.Errorf("there is no place %q", name)
			}
		}
	}
	for name := range lenient {
		if !names[name] {
			t.Errorf("there is neither a place nor a quirk %q", name)
		}
	}
}

func TestASeedAlwaysGivesTheSameFiles(t *testing.T) {
	t.Parallel()
	made := func(seed uint64) map[string]string {
		files := map[string]string{}
		err := Random(pretend, seed, 300, func(file File) error {
			files[file.Quirk] = string(file.Bytes)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	first := made(1)
	if len(first) < 100 {
		t.Errorf("got %d files, want most of 300", len(first))
	}
	if !maps.Equal(first, made(1)) {
		t.Error("a second run makes other files")
	}
}
