package verify

import (
	"bytes"
	"context"
	"fmt"

	"influxion/handler/internal/pades"
)

// sighting is a place in the file where something stands that looks like a signature dictionary, or
// like an object stream, which can hold one: the key /ByteRange, or the name /ObjStm, whatever is
// around it.
type sighting struct {
	at     int64  // offset of the name
	name   string // as it reads
	number int    // of the object that seems to begin last before it; 0 = none does
	object int64  // offset of that object
}

// The names that are looked for.
const (
	nameByteRange    = "ByteRange"
	nameObjectStream = "ObjStm"
)

const (
	windowSize   = 64 << 10
	lookBehind   = 64   // bytes before a name or a keyword that may belong to it
	lookAhead    = 64   // bytes behind one: a name that is looked for has less than half as many
	maxSightings = 5000 // of each name

	maxObjectNumber = 1<<31 - 1
)

// searcher goes once through all bytes of a document: what no cross-reference leads to is there all
// the same.
type searcher struct {
	doc    pades.Document
	found  map[string][]sighting
	all    []sighting // in their order
	buffer []byte
}

// search finds the sightings of a document, at most maxSightings of each name.
func search(ctx context.Context, doc pades.Document) (*searcher, error) {
	s := &searcher{doc: doc, found: map[string][]sighting{}, buffer: make([]byte, lookBehind+windowSize+lookAhead)}
	count := map[string]int{}
	for at := int64(0); at < doc.Size(); at += windowSize {
		begin := max(at-lookBehind, 0)
		window, err := s.read(ctx, begin, begin+int64(len(s.buffer)))
		if err != nil {
			return nil, err
		}
		eachName(window, int(at-begin), int(min(at-begin+windowSize, int64(len(window)))),
			func(at int, name string) bool {
				if count[name]++; count[name] <= maxSightings {
					s.all = append(s.all, sighting{at: begin + int64(at), name: name})
				}
				return true
			})
	}
	return s, s.attribute(ctx)
}

// read gives the bytes in [from, to) of the document, as far as it goes. They are valid until the
// next call.
func (s *searcher) read(ctx context.Context, from, to int64) ([]byte, error) {
	window := s.buffer[:min(to, s.doc.Size())-from]
	if n, err := s.doc.ReadAt(window, from); n < len(window) {
		return nil, fmt.Errorf("read %d bytes at %d: %w", len(window), from, err)
	}
	return window, ctx.Err()
}

// attribute finds the object that begins last before each sighting.
func (s *searcher) attribute(ctx context.Context) error {
	var last sighting
	for _, one := range s.all {
		one.number, one.object = last.number, last.object
		if err := s.objectBefore(ctx, last.at, &one); err != nil {
			return err
		}
		s.found[one.name] = append(s.found[one.name], one)
		last = one
	}
	return nil
}

// objectBefore sets the object of a sighting to the one whose keyword stands last between an offset
// and it, if one does. It goes back by more and more.
func (s *searcher) objectBefore(ctx context.Context, from int64, one *sighting) error {
	to := one.at
	for size := int64(1 << 10); to > from; size = min(2*size, windowSize) {
		start := max(to-size, from)
		begin := max(start-lookBehind, 0)
		window, err := s.read(ctx, begin, to+int64(len("obj")-1))
		if err != nil {
			return err
		}
		found := false
		for at := int(start - begin); ; at += len("obj") {
			i := bytes.Index(window[at:], []byte("obj"))
			if i < 0 {
				break
			}
			at += i
			if number, place, ok := numbersBefore(window[:at]); ok {
				one.number, one.object, found = number, begin+int64(place), true
			}
		}
		if found {
			return nil
		}
		to = start
	}
	return nil
}

// full says whether there may be more of a name than was noted.
func (s *searcher) full(name string) bool { return len(s.found[name]) == maxSightings }
