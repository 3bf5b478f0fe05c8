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
	windowSize = 64 << 10
	lookBehind = 64 // bytes before a name or a keyword that may belong to it
	lookAhead  = 64 // bytes behind a name: more than twice as many as a wanted name can have

	maxObjectNumber = 1<<31 - 1
)

// searcher reads all bytes of a document once, because the file may contain objects to which no
// cross-reference leads.
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

// eachName calls found for each wanted name that begins in [from, to) of a window, in their order,
// with the place of its solidus. It stops when found returns false. It finds names in their usual
// spelling and with bytes in hexadecimal (ISO 32000-2, 7.3.5).
func eachName(window []byte, from, to int, found func(at int, name string) bool) {
	for at := from; ; at++ {
		i := bytes.IndexByte(window[at:to], '/')
		if i < 0 {
			return
		}
		if at += i; at+1 == len(window) {
			return
		}
		switch window[at+1] {
		case nameByteRange[0], nameObjectStream[0], '#':
			for _, name := range []string{nameByteRange, nameObjectStream} {
				if isName(window[at:], name) && !found(at, name) {
					return
				}
			}
		}
	}
}

// isName reports whether a text begins with the name, and the name ends there.
func isName(text []byte, name string) bool {
	rest := text[1:]
	for i := range len(name) {
		switch {
		case len(rest) > 0 && rest[0] == name[i]:
			rest = rest[1:]
		case len(rest) > 2 && rest[0] == '#' && hexDigit(rest[1])<<4|hexDigit(rest[2]) == int(name[i]):
			rest = rest[3:]
		default:
			return false
		}
	}
	return len(rest) == 0 || bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}/%"), rest[0]) >= 0
}

// hexDigit is the value of a hexadecimal digit. For any other byte it is a value that no byte has.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 1 << 10
}

// numbersBefore reads "n g " at the end of a text. It gives the object number n, and the place
// where it begins.
func numbersBefore(text []byte) (number, start int, ok bool) {
	generation := trimBack(text, isSpace)
	gap := trimBack(text[:generation], isDigit)
	end := trimBack(text[:gap], isSpace)
	start = trimBack(text[:end], isDigit)
	if generation == len(text) || gap == generation || end == gap || start == end {
		return 0, 0, false
	}
	for _, c := range text[start:end] {
		if number = number*10 + int(c-'0'); number > maxObjectNumber {
			return 0, 0, false
		}
	}
	return number, start, true
}

// trimBack gives the length of a text without the bytes of a kind at its end. It leaves out only a
// few bytes, at most lookBehind/4.
func trimBack(text []byte, kind func(byte) bool) int {
	n := len(text)
	for n > 0 && len(text)-n < lookBehind/4 && kind(text[n-1]) {
		n--
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}
