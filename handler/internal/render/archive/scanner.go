package archive

import (
	"bytes"
)

// scanner reads the operators of a content stream (ISO 32000-1, 7.8.2). It checks two rules of ISO
// 19005-2: the nesting of saved graphics states, and that no text shows the glyph .notdef.
type scanner struct {
	text   []byte
	at     int
	glyphs func(font string) (bool, error) // reports whether the codes of a font are glyph numbers of two bytes

	name    string   // the last name operand
	strings [][]byte // the string operands, also those within an array
	wide    bool     // the codes of the present font are glyph numbers
	saved   []bool   // the values of wide in the saved graphics states
}

const (
	whites     = "\x00\t\n\f\r "
	delimiters = "()<>[]{}/%"
)

func (s *scanner) scan() error {
	for {
		for s.at < len(s.text) && bytes.IndexByte([]byte(whites), s.text[s.at]) >= 0 {
			s.at++
		}
		if s.at >= len(s.text) {
			return nil
		}
		if err := s.token(); err != nil {
			return err
		}
	}
}

func (s *scanner) token() error {
	switch c := s.text[s.at]; c {
	case '%':
		s.skipTo("\r\n")
	case '/':
		s.at++
		s.name = s.word()
	case '(':
		s.literal()
	case '<':
		if bytes.HasPrefix(s.text[s.at:], []byte("<<")) {
			s.at += 2
		} else {
			s.hex()
		}
	case '>', '[', ']', '{', '}', ')':
		s.at++
	default:
		if word := s.word(); c < '0' && c != '\'' && c != '"' || c > '9' {
			return s.operator(word)
		}
	}
	return nil
}

// skipTo moves to the next of some characters, or to the end.
func (s *scanner) skipTo(any string) {
	if i := bytes.IndexAny(s.text[s.at:], any); i >= 0 {
		s.at += i
		return
	}
	s.at = len(s.text)
}

// word reads the next regular characters.
func (s *scanner) word() string {
	begin := s.at
	for s.at < len(s.text) && bytes.IndexByte([]byte(whites+delimiters), s.text[s.at]) < 0 {
		s.at++
	}
	return string(s.text[begin:s.at])
}

func (s *scanner) operator(word string) error {
	switch word {
	case "q":
		if s.saved = append(s.saved, s.wide); len(s.saved) > maxSaved {
			return nonconforming("6.1.13", "a page saves its graphics state more than 28 deep")
		}
	case "Q":
		if last := len(s.saved) - 1; last >= 0 {
			s.wide, s.saved = s.saved[last], s.saved[:last]
		}
	case "Tf":
		var err error
		if s.wide, err = s.glyphs(s.name); err != nil {
			return err
		}
	case "Tj", "TJ", "'", `"`:
		if s.wide && s.showsNothing() {
			return nonconforming("6.2.11.8",
				"a character has no glyph in any of the fonts: send one that has it with the request")
		}
	case "BI":
		s.skipImage()
	}
	s.strings = s.strings[:0]
	return nil
}

// showsNothing reports whether a string contains glyph 0, .notdef.
func (s *scanner) showsNothing() bool {
	for _, text := range s.strings {
		for i := 0; i+1 < len(text); i += 2 {
			if text[i] == 0 && text[i+1] == 0 {
				return true
			}
		}
	}
	return false
}

// skipImage moves behind an inline image: ISO 32000-1, 8.9.7.
func (s *scanner) skipImage() {
	for s.at < len(s.text) {
		i := bytes.Index(s.text[s.at:], []byte("EI"))
		if i < 0 {
			s.at = len(s.text)
			return
		}
		before, after := s.at+i-1, s.at+i+2
		s.at = after
		if before >= 0 && bytes.IndexByte([]byte(whites), s.text[before]) >= 0 &&
			(after == len(s.text) || bytes.IndexByte([]byte(whites), s.text[after]) >= 0) {
			return
		}
	}
}

func (s *scanner) hex() {
	var out []byte
	digits, value := 0, byte(0)
	for s.at++; s.at < len(s.text) && s.text[s.at] != '>'; s.at++ {
		digit, ok := hexDigit(s.text[s.at])
		if !ok {
			continue
		}
		value = value<<4 | digit
		if digits++; digits%2 == 0 {
			out = append(out, value)
		}
	}
	if digits%2 == 1 {
		out = append(out, value<<4)
	}
	s.at++
	s.strings = append(s.strings, out)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// literal reads a string in parentheses: ISO 32000-1, 7.3.4.2.
func (s *scanner) literal() {
	var out []byte
	open := 0
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case '(':
			if open++; open == 1 {
				continue
			}
		case ')':
			if open--; open == 0 {
				s.at++
				s.strings = append(s.strings, out)
				return
			}
		case '\\':
			out = s.escape(out)
			continue
		}
		out = append(out, s.text[s.at])
	}
}

// escape reads an escape sequence after a backslash, and stops at its last character.
func (s *scanner) escape(out []byte) []byte {
	if s.at++; s.at >= len(s.text) {
		return out
	}
	c := s.text[s.at]
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		return append(out, "\n\r\t\b\f"[i])
	}
	switch {
	case c == '\r' && s.at+1 < len(s.text) && s.text[s.at+1] == '\n':
		s.at++
		return out
	case c == '\r' || c == '\n':
		return out
	case c < '0' || c > '7':
		return append(out, c)
	}
	value := c - '0'
	for range 2 {
		if s.at+1 >= len(s.text) || s.text[s.at+1] < '0' || s.text[s.at+1] > '7' {
			break
		}
		s.at++
		value = value<<3 | s.text[s.at] - '0'
	}
	return append(out, value)
}
