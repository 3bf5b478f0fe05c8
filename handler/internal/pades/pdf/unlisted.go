package pdf

import (
	"bytes"
	"fmt"
	"slices"
)

// lookBack is how many bytes before the keyword obj the header of an object may begin.
const lookBack = 512

// unlisted returns what a reader that searches [from, to) would find in addition to the listed
// objects, even within streams and strings: another object, or more trailers than the given number;
// "" = nothing.
func (f *File) unlisted(from, to int64, listed []listedObject, trailers int) (string, error) {
	why := ""
	err := f.eachDefinition(from, to, func(h hit, offset int64) bool {
		switch {
		case h.keyword == "trailer":
			if trailers--; trailers < 0 {
				why = fmt.Sprintf("another trailer stands at offset %d", offset)
			}
		case !isListed(listed, offset):
			why = fmt.Sprintf("an object that the cross-references do not list stands at offset %d", offset)
		}
		return why == ""
	})
	return why, err
}

// eachDefinition calls found for each place in [from, to) that a reader which searches the bytes
// takes for the beginning of an object or of a trailer, until found returns false.
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
		for _, h := range definitions(window, int(at-begin), int(next-begin)) {
			if !found(h, begin+int64(h.at)) {
				return nil
			}
		}
		at = next
	}
	return nil
}

// isListed reports whether a listed object begins at an offset. The list is in the order of
// offsets.
func isListed(listed []listedObject, offset int64) bool {
	_, found := slices.BinarySearchFunc(listed, offset,
		func(l listedObject, at int64) int { return int(min(max(l.offset-at, -1), 1)) })
	return found
}

// definitions finds the beginnings of the objects and trailers whose keywords lie in [from, to) of
// a window. It does not check what follows obj, because some readers do not check that either.
func definitions(window []byte, from, to int) []hit {
	hits := findHits(nil, window, from, to)
	found := hits[:0]
	for _, h := range hits {
		switch h.keyword {
		case "obj":
			if start, ok := definitionBefore(window[:h.at]); ok {
				found = append(found, hit{"obj", start})
			}
		case "trailer":
			if bytes.HasPrefix(skipGap(window[h.at+len(h.keyword):]), []byte("<<")) {
				found = append(found, h)
			}
		}
	}
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
// stand between and behind the numbers.
func definitionBefore(text []byte) (start int, ok bool) {
	rest := trimGap(text)
	digits := trimDigits(rest)
	if len(digits) == len(rest) {
		return 0, false
	}
	rest = trimGap(digits)
	if len(rest) == len(digits) {
		return 0, false
	}
	digits = trimDigits(rest)
	return len(digits), len(digits) < len(rest)
}

func trimDigits(text []byte) []byte { return bytes.TrimRight(text, "0123456789") }

// trimGap removes white space and comments from the end of a text.
func trimGap(text []byte) []byte {
	for {
		trimmed := bytes.TrimRight(text, "\x00\t\n\f\r ")
		if len(trimmed) == len(text) {
			return text
		}
		line := bytes.LastIndexAny(trimmed, "\r\n") + 1
		comment := bytes.IndexByte(trimmed[line:], '%')
		if comment < 0 || !bytes.ContainsAny(text[len(trimmed):], "\r\n") {
			return trimmed
		}
		text = trimmed[:line+comment]
	}
}
