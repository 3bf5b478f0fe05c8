package strict

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// object consumes one object that is not within another.
func (s *Reader) object() bool {
	s.loose = false
	return s.value(0)
}

// SameStrings reports whether all readers read the same bytes in the strings of the last object.
func (s *Reader) SameStrings() bool {
	return !s.loose || s.Refuse("a string has a line end, or the number of a byte, that not all readers take alike")
}

// value consumes one object.
func (s *Reader) value(depth int) bool {
	if depth > s.limits.Depth {
		s.Fail(bounds.TooComplex.Errorf("arrays and dictionaries are nested more than %d deep", s.limits.Depth))
		return false
	}
	c, ok := s.At(0)
	if !ok {
		return s.Refuse("an object is missing")
	}
	switch c {
	case '/':
		_, ok := s.name()
		return ok
	case '(':
		return s.literal()
	case '[':
		return s.array(depth)
	case '<':
		if next, _ := s.At(1); next == '<' {
			return s.dict(depth)
		}
		return s.hex()
	case '+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.reference() || s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if string(s.Peek(len(word))) == word {
			s.nulls = s.nulls || word == "null"
			return s.keyword(word)
		}
	}
	return s.Refuse("there is something other than an object")
}

// name consumes a name, and returns it with its escapes resolved.
func (s *Reader) name() (string, bool) {
	text := s.RegularRun(1, s.limits.Token)
	if s.Err() != nil {
		return "", false
	}
	var buffer [64]byte
	name := buffer[:0]
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c == '#' {
			var ok bool
			if c, ok = syntax.Unescape(text[i:]); !ok {
				return "", s.Refuse("a name has a broken escape")
			}
			i += 2
		}
		if c == 0 {
			return "", s.Refuse("a name has a null character")
		}
		name = append(name, c)
	}
	s.Skip(len(text))
	return string(name), true
}

func (s *Reader) literal() bool {
	open := 0
	for n := 0; n <= s.limits.String; n++ {
		c, ok := s.At(0)
		if !ok {
			return s.Refuse("a string has no end")
		}
		s.Skip(1)
		switch c {
		case '\\':
			s.loose = s.loose || s.overflows()
			if _, ok := s.At(0); ok {
				s.Skip(1)
			}
		case '\r': // a line feed by 7.3.4.2; PDFium, MuPDF and pdf.js leave it as it is
			s.loose = true
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return true
			}
		}
	}
	s.Fail(bounds.TooComplex.Errorf("a string is longer than %d bytes", s.limits.String))
	return false
}

// overflows reports whether three octal digits that come next are more than a byte holds. pdf.js
// makes a character beyond it of them, where 7.3.4.2 drops the overflow.
func (s *Reader) overflows() bool {
	for i, least := range []byte{'4', '0', '0'} {
		if c, ok := s.At(i); !ok || c < least || c > '7' {
			return false
		}
	}
	return true
}

func (s *Reader) hex() bool {
	for s.Skip(1); ; s.Skip(1) {
		s.Skip(syntax.HexRun(s.Window()))
		c, ok := s.At(0)
		switch {
		case !ok:
			return s.Refuse("a string has no end")
		case c == '>':
			s.Skip(1)
			return true
		}
		if _, digit := syntax.HexDigit(c); !digit && !syntax.IsWhite(c) {
			return s.Refuse("a hexadecimal string has another character")
		}
	}
}

func (s *Reader) array(depth int) bool {
	for s.Skip(1); ; {
		if !s.padding() {
			return false
		}
		if c, ok := s.At(0); ok && c == ']' {
			s.Skip(1)
			return true
		}
		if !s.value(depth + 1) {
			return false
		}
	}
}

func (s *Reader) dict(depth int) bool {
	s.Skip(len("<<"))
	seen := map[string]bool{}
	for {
		if !s.padding() {
			return false
		}
		c, _ := s.At(0)
		if c == '>' {
			return s.HasKeyword(">>") || s.Refuse("a dictionary does not end with >>")
		}
		if c != '/' {
			return s.Refuse("a dictionary has a key that is not a name")
		}
		key, ok := s.name()
		if !ok {
			return false
		}
		if seen[key] {
			return s.Refuse("a dictionary has a key twice")
		}
		if seen[key] = true; len(seen) > s.limits.Elements {
			s.Fail(bounds.TooComplex.Errorf("an object has more than %d elements", s.limits.Elements))
			return false
		}
		if !s.padding() || !s.value(depth+1) {
			return false
		}
	}
}

// reference consumes "n g R" if it is next, and otherwise nothing.
func (s *Reader) reference() bool {
	const mostDigits, generationDigits = 10, 5
	// At fills the window with the longest reference and one byte behind it.
	_, _ = s.At(mostDigits + generationDigits + 2*MaxSpace + len("R"))
	text := s.Window()
	if _, length, _ := syntax.PlainReference(text); length > 0 && length <= MaxSpace {
		s.Skip(length)
		return true
	}
	i, ok := runAt(text, 0, mostDigits, isDigit)
	if ok {
		i, ok = runAt(text, i, MaxSpace, isWhite)
	}
	if ok {
		i, ok = runAt(text, i, generationDigits, isDigit)
	}
	if ok {
		i, ok = runAt(text, i, MaxSpace, isWhite)
	}
	if !ok || i == len(text) || text[i] != 'R' || i+1 < len(text) && syntax.IsRegular(text[i+1]) {
		return false
	}
	s.Skip(i + 1)
	return true
}

// runAt returns the end of the run of bytes of one kind that begins at from, and whether the run
// has 1 to most bytes.
func runAt(text []byte, from, most int, kind func(byte) bool) (int, bool) {
	i := from
	for i < len(text) && i-from <= most && kind(text[i]) {
		i++
	}
	return i, i > from && i-from <= most
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWhite(c byte) bool { return syntax.IsWhite(c) }

// number consumes an integer or a real number: 7.3.3.
func (s *Reader) number() bool {
	text := s.RegularRun(0, s.limits.Token)
	if s.Err() != nil {
		return false
	}
	if len(text) > syntax.MaxNumber {
		return s.Refuse("a number is longer than every reader accepts")
	}
	digits, points := 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case i > 0 || c != '+' && c != '-':
			return s.Refuse("a number has a character that no number has")
		}
	}
	if digits == 0 || points > 1 {
		return s.Refuse("a number has no digit, or two points")
	}
	s.Skip(len(text))
	return true
}
