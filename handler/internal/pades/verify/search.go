package verify

import (
	"bytes"
	"context"
	"fmt"

	"influxion/handler/internal/pades"
)

// sighting is a place in the file where something stands that looks like a signature dictionary, or like an object stream, which can hold
// one: the key /ByteRange, or the name /ObjStm, whatever is around it.
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
	lookAhead    = 64   // bytes behind one
	maxSightings = 5000 // of each name

	maxObjectNumber = 1<<31 - 1
)

// searcher goes once through all bytes of a document: what no cross-reference leads to is there all the same.
type searcher struct {
	found  map[string][]sighting
	number int
	object int64
}

// search finds the sightings of a document, at most maxSightings of each name.
func search(ctx context.Context, doc pades.Document) (*searcher, error) {
	s := &searcher{found: map[string][]sighting{}}
	buffer := make([]byte, lookBehind+windowSize+lookAhead)
	for at := int64(0); at < doc.Size(); at += windowSize {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begin := max(at-lookBehind, 0)
		window := buffer[:min(int64(len(buffer)), doc.Size()-begin)]
		if n, err := doc.ReadAt(window, begin); n < len(window) {
			return nil, fmt.Errorf("read %d bytes at %d: %w", len(window), begin, err)
		}
		s.look(window, begin, int(at-begin), int(min(at-begin+windowSize, int64(len(window)))))
	}
	return s, nil
}

// look goes through the names and the beginnings of objects that stand in [from, to) of a window, in their order.
func (s *searcher) look(window []byte, begin int64, from, to int) {
	names := findNames(window, from, to)
	for from < to {
		next := bytes.Index(window[from:min(to+len("obj")-1, len(window))], []byte("obj"))
		until := to
		if next >= 0 {
			until = from + next
		}
		for len(names) > 0 && names[0].at < until {
			s.note(names[0], begin)
			names = names[1:]
		}
		if next < 0 {
			return
		}
		if number, start, ok := numbersBefore(window[:until]); ok {
			s.number, s.object = number, begin+int64(start)
		}
		from = until + len("obj")
	}
}

func (s *searcher) note(n foundName, begin int64) {
	if len(s.found[n.name]) < maxSightings {
		s.found[n.name] = append(s.found[n.name], sighting{begin + int64(n.at), n.name, s.number, s.object})
	}
}

// full says whether there may be more of a name than was noted.
func (s *searcher) full(name string) bool { return len(s.found[name]) == maxSightings }

// foundName is a name in a window.
type foundName struct {
	at   int // of its solidus
	name string
}

// findNames finds the names that begin in [from, to) of a window and are looked for, in their order: as they are mostly written, and with
// bytes in hexadecimal (ISO 32000-2, 7.3.5).
func findNames(window []byte, from, to int) []foundName {
	var found []foundName
	for _, name := range []string{nameByteRange, nameObjectStream} {
		for at := from + 1; at < len(window); { // without the solidus, which is frequent
			i := bytes.Index(window[at:min(to+len(name), len(window))], []byte(name))
			if i < 0 {
				break
			}
			if at += i; window[at-1] == '/' && at <= to && isName(window[at-1:], name) {
				found = insertName(found, foundName{at - 1, name})
			}
			at++
		}
	}
	for at := from; at < min(to+lookAhead, len(window)); {
		i := bytes.IndexByte(window[at:min(to+lookAhead, len(window))], '#')
		if i < 0 {
			break
		}
		at += i
		start := bytes.LastIndexByte(window[max(at-lookBehind/2, 0):at], '/') + max(at-lookBehind/2, 0)
		if start >= from && start < to && window[start] == '/' {
			for _, name := range []string{nameByteRange, nameObjectStream} {
				if isName(window[start:], name) {
					found = insertName(found, foundName{start, name})
				}
			}
		}
		at++
	}
	return found
}

// insertName keeps the order, and each once.
func insertName(all []foundName, one foundName) []foundName {
	i := len(all)
	for i > 0 && all[i-1].at > one.at {
		i--
	}
	if i > 0 && all[i-1].at == one.at {
		return all
	}
	return append(all[:i], append([]foundName{one}, all[i:]...)...)
}

// isName says whether a text begins with the name, and nothing more of a name follows.
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

// hexDigit is the value of a digit; of anything else one that no byte has.
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

// numbersBefore reads "n g " at the end of a text: the object number, and where it begins.
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

// trimBack gives the length of a text without the bytes of a kind at its end, of which it passes over a few at most.
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
