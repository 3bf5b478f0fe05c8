package pdf

import (
	"bytes"
	"fmt"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// A header is searched in so many bytes before the keyword obj, and in more where it may begin even
// before them.
const (
	lookBack    = 512
	MaxLookBack = 1 << 20
)

// unlisted searches [from, to) as other readers do, even within streams and strings. It returns
// what such a reader would find in addition to the listed objects: another object, or more trailers
// than the given number; "" = nothing.
func (f *File) unlisted(from, to int64, listed []listedObject, trailers int) (string, error) {
	why := ""
	err := f.eachDefinition(from, to, func(h hit, offset int64) bool {
		switch {
		case h.keyword == "trailer":
			if trailers--; trailers < 0 {
				why = fmt.Sprintf("there is another trailer at offset %d", offset)
			}
		case !isListed(listed, offset):
			why = fmt.Sprintf("there is an object that the cross-references do not list at offset %d", offset)
		}
		return why == ""
	})
	return why, err
}

// eachDefinition calls found for each place in [from, to) that a searching reader takes for the
// beginning of an object or of a trailer, until found returns false.
func (f *File) eachDefinition(from, to int64, found func(h hit, offset int64) bool) error {
	const overlap = len("trailer") + lookBack
	buffer := f.cache.buffer(int(min(to-from, lookBack+maxWindow+int64(overlap))))
	for at := from; at < to; {
		begin := max(from, at-lookBack)
		window := buffer[:min(int64(len(buffer)), to-begin)]
		if err := f.read(window, begin); err != nil {
			return err
		}
		next := begin + int64(len(window))
		if next < to {
			next -= int64(overlap)
		}
		// found may use the memory of the window.
		hits, err := f.definitions(window, int(at-begin), int(next-begin), from, begin)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if !found(h, begin+int64(h.at)) {
				return nil
			}
		}
		at = next
	}
	return nil
}

// definitions finds the beginnings of the objects and trailers whose keywords lie in [first, last)
// of a window at the offset begin. An object may begin before the window, but not before from. It
// does not check what follows obj, because some readers do not check that either.
func (f *File) definitions(window []byte, first, last int, from, begin int64) ([]hit, error) {
	hits := findHits(nil, window, first, last)
	found := hits[:0]
	for _, h := range hits {
		switch h.keyword {
		case "obj":
			start, ok, cut := definitionBefore(window[:h.at])
			if cut && begin > from {
				offset, isOne, err := f.definitionBefore(from, begin+int64(h.at))
				if err != nil {
					return nil, err
				}
				start, ok = int(offset-begin), isOne
			}
			if ok {
				found = append(found, hit{"obj", start})
			}
		case "trailer":
			// What follows a gap that the window does not end is not known. No writer leaves one.
			rest := skipGap(window[h.at+len(h.keyword):])
			if bytes.HasPrefix(rest, []byte("<<")) || len(rest) == 0 && begin+int64(len(window)) < f.size {
				found = append(found, h)
			}
		}
	}
	return found, nil
}

// definitionBefore returns where "n g " begins at the end of [from, to), in as many bytes as it
// takes.
func (f *File) definitionBefore(from, to int64) (offset int64, ok bool, err error) {
	for size := int64(4 * lookBack); ; size *= 4 {
		begin := max(from, to-size)
		if err := f.account.Take(to - begin); err != nil {
			return 0, false, err
		}
		text := make([]byte, to-begin)
		err := f.read(text, begin)
		start, ok, cut := definitionBefore(text)
		f.Give(to - begin)
		if err != nil || !cut || begin == from {
			return begin + int64(start), ok, err
		}
		if size > MaxLookBack {
			return 0, false, tooComplex("the header of an object may be longer than %d bytes", MaxLookBack)
		}
	}
}

// isListed reports whether a listed object begins at an offset. The list is in the order of
// offsets.
func isListed(listed []listedObject, offset int64) bool {
	_, found := slices.BinarySearchFunc(listed, offset,
		func(l listedObject, at int64) int { return int(min(max(l.offset-at, -1), 1)) })
	return found
}

// skipGap removes white space and comments from the beginning of a text.
func skipGap(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, "\x00\t\n\f\r ")
		if len(text) == 0 || text[0] != '%' {
			return text
		}
		end := bytes.IndexAny(text, "\r\n")
		if end < 0 {
			return nil
		}
		text = text[end:]
	}
}

// definitionBefore returns where "n g " begins at the end of a text. White space or comments may
// stand between and behind the numbers. cut = what stands in front of the text can change the
// result.
func definitionBefore(text []byte) (start int, ok, cut bool) {
	rest, cut := trimGap(text)
	digits := trimDigits(rest)
	if len(digits) == len(rest) {
		return 0, false, cut || len(rest) == 0
	}
	rest, more := trimGap(digits)
	cut = cut || more
	if len(rest) == len(digits) {
		return 0, false, cut || len(rest) == 0
	}
	digits = trimDigits(rest)
	return len(digits), len(digits) < len(rest), cut || len(digits) == 0
}

func trimDigits(text []byte) []byte { return bytes.TrimRight(text, "0123456789") }

// trimGap removes white space and comments from the end of a text. cut = the last line may be a
// comment that begins in front of the text.
func trimGap(text []byte) (rest []byte, cut bool) {
	for {
		trimmed := bytes.TrimRight(text, "\x00\t\n\f\r ")
		if len(trimmed) == len(text) {
			return text, false
		}
		line := bytes.LastIndexAny(trimmed, "\r\n") + 1
		comment := bytes.IndexByte(trimmed[line:], '%')
		ends := bytes.ContainsAny(text[len(trimmed):], "\r\n")
		if comment < 0 || !ends {
			return trimmed, ends && line == 0 && len(trimmed) > 0
		}
		text = trimmed[:line+comment]
	}
}

// Shadows calls found for each object that a reader which repairs the file could show instead of
// the object that the cross-references name. Such an object lies behind the offset that they state
// for its number, or they list its number as free or not at all. For a member of an object stream,
// that offset is the offset of the stream. An exact copy of the named object does not count,
// because readers show the same for either. Errors as for Irregularity.
func (f *File) Shadows(found func(number int, offset int64)) error {
	var failed error
	err := f.eachDefinition(0, f.size, func(h hit, offset int64) bool {
		if h.keyword != "obj" {
			return true
		}
		var ref Ref
		if ref, failed = f.refAt(offset); failed != nil {
			return false
		}
		entry, _ := f.Entry(ref.Number)
		member := entry.Kind == EntryInStream
		if member {
			entry, _ = f.Entry(entry.StreamNumber)
		}
		if entry.Kind == EntryOffset && offset <= entry.Offset+syntax.MaxPadding {
			return true
		}
		same := false
		if entry.Kind == EntryOffset && !member {
			same, failed = f.isCopy(ref, offset, entry)
		}
		if failed == nil && !same {
			found(ref.Number, offset)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// isCopy reports whether the object at an offset is sound by the syntax of ISO 32000-2, and has the
// same bytes as the object of an entry, from its number to its endobj. Readers then find the same
// in both: neither has anything before its endobj that a reader would skip or repair.
func (f *File) isCopy(ref Ref, offset int64, entry Entry) (bool, error) {
	if ref.Generation != entry.Generation {
		return false, nil
	}
	s := f.strictly(offset)
	sound := s.Header(ref) && s.Body(func() (int64, int64, bool) { return f.streamAt(offset) })
	end := s.Offset()
	if s.Pay(); s.Err() != nil || !sound {
		return false, s.Err()
	}
	begin, err := f.behindLineEnd(entry.Offset)
	if err != nil {
		return false, err
	}
	return f.sameBytes(offset, begin, end-offset)
}

// sameBytes reports whether n bytes at two offsets of the file are the same, and whether no word
// continues behind them at either place.
func (f *File) sameBytes(a, b, n int64) (bool, error) {
	const piece = 4 << 10
	var left, right [piece]byte
	for at := int64(0); at < n; at += piece {
		size := min(piece, n-at)
		if err := f.account.Spend(size / bounds.SearchRate); err != nil {
			return false, err
		}
		if err := f.read(left[:size], a+at); err != nil {
			return false, err
		}
		if b+at+size > f.size {
			return false, nil
		}
		if err := f.read(right[:size], b+at); err != nil {
			return false, err
		}
		if !bytes.Equal(left[:size], right[:size]) {
			return false, nil
		}
	}
	for _, end := range []int64{a + n, b + n} {
		if end == f.size {
			continue
		}
		if err := f.read(left[:1], end); err != nil || syntax.IsRegular(left[0]) {
			return false, err
		}
	}
	return true, nil
}
