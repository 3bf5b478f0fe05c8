package verify

import (
	"bytes"
	"context"
	"fmt"

	"influxion/handler/internal/pades"
)

// sighting is a place in the file that looks like a signature dictionary, or like an object stream,
// which can contain one. It is the key /ByteRange or the name /ObjStm, whatever is around it.
type sighting struct {
	at     int64  // offset of the name
	name   string // decoded, without the solidus
	number int    // of the last object that seems to begin before it; 0 = there is none
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
	lookAhead    = 64   // bytes behind one: more than twice as many as a wanted name can have
	maxSightings = 5000 // of each name

	maxObjectNumber = 1<<31 - 1
)

// searcher goes once through all bytes of a document: the file may contain what no cross-reference
// leads to.
type searcher struct {
	doc    pades.Document
	found  map[string][]sighting
	all    []sighting // in the order of their offsets
	buffer []byte
}

// search finds the sightings of a document, at most maxSightings of each name. Errors are failures
// to read the document, and the end of the context.
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

// read gives the bytes in [from, to) of the document, or fewer at its end. They are valid until the
// next call.
func (s *searcher) read(ctx context.Context, from, to int64) ([]byte, error) {
	window := s.buffer[:min(to, s.doc.Size())-from]
	if n, err := s.doc.ReadAt(window, from); n < len(window) {
		return nil, fmt.Errorf("read %d bytes at %d: %w", len(window), from, err)
	}
	return window, ctx.Err()
}

// attribute sets the object of each sighting: the last one that begins before it.
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

// objectBefore sets the object of a sighting to the last one whose keyword obj stands between from
// and the sighting, if there is one. It searches backwards, in pieces of growing size.
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

// full reports whether the document may have more sightings of a name than were recorded.
func (s *searcher) full(name string) bool { return len(s.found[name]) == maxSightings }
