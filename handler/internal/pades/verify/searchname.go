package verify

import "bytes"

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
