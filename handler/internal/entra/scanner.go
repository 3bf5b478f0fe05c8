package entra

import (
	"errors"
	"strings"
)

// scanner walks over JSON text and checks its grammar. It builds nothing: a token is read once, for a handful of its values.
type scanner struct {
	text string
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// take steps over c and the space before it, if c is next.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value(depth int) (value, error) {
	s.space()
	if s.at == len(s.text) {
		return "", errJSON
	}
	start := s.at
	var err error
	switch s.text[s.at] {
	case '{':
		err = s.object(depth)
	case '[':
		err = s.array(depth)
	case '"':
		err = s.string()
	case 't':
		err = s.literal("true")
	case 'f':
		err = s.literal("false")
	case 'n':
		err = s.literal("null")
	default:
		err = s.number()
	}
	return value(s.text[start:s.at]), err
}

func (s *scanner) object(depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	s.at++
	if s.take('}') {
		return nil
	}
	for {
		if _, _, err := s.member(depth); err != nil {
			return err
		}
		if s.take(',') {
			continue
		}
		if s.take('}') {
			return nil
		}
		return errJSON
	}
}

// member walks over a name, as it stands between its quotes, and its value.
func (s *scanner) member(depth int) (name string, v value, err error) {
	s.space()
	start := s.at
	if err := s.string(); err != nil {
		return "", "", err
	}
	name = s.text[start+1 : s.at-1]
	if !s.take(':') {
		return "", "", errJSON
	}
	v, err = s.value(depth + 1)
	return name, v, err
}

// end refuses anything but space behind the text.
func (s *scanner) end() error {
	if s.space(); s.at != len(s.text) {
		return errJSON
	}
	return nil
}

func (s *scanner) array(depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	s.at++
	if s.take(']') {
		return nil
	}
	for {
		if _, err := s.value(depth + 1); err != nil {
			return err
		}
		if s.take(',') {
			continue
		}
		if s.take(']') {
			return nil
		}
		return errJSON
	}
}

func (s *scanner) string() error {
	if s.at == len(s.text) || s.text[s.at] != '"' {
		return errJSON
	}
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c < ' ':
			return errJSON
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return errJSON
}

// escape checks an escape sequence and leaves at on its last byte. Half a surrogate pair is no text: readers differ on it.
func (s *scanner) escape() error {
	s.at++
	if s.at == len(s.text) {
		return errJSON
	}
	if s.text[s.at] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, s.text[s.at]) < 0 {
			return errJSON
		}
		return nil
	}
	unit, ok := s.hex(s.at + 1)
	if !ok || unit >= 0xDC00 && unit <= 0xDFFF {
		return errJSON
	}
	s.at += 4
	if unit < 0xD800 || unit > 0xDFFF {
		return nil
	}
	if !strings.HasPrefix(s.text[s.at+1:], `\u`) {
		return errJSON
	}
	if low, ok := s.hex(s.at + 3); !ok || low < 0xDC00 || low > 0xDFFF {
		return errJSON
	}
	s.at += 6
	return nil
}

func (s *scanner) hex(at int) (unit uint16, ok bool) {
	if at+4 > len(s.text) {
		return 0, false
	}
	for i := at; i < at+4; i++ {
		c := s.text[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | uint16(c)
	}
	return unit, true
}

func (s *scanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return errJSON
	}
	s.at += len(word)
	return nil
}

func (s *scanner) number() error {
	s.option('-', 0)
	switch {
	case s.option('0', 0):
	case s.digits() == 0:
		return errJSON
	}
	if s.option('.', 0) && s.digits() == 0 {
		return errJSON
	}
	if s.option('e', 'E') {
		if !s.option('+', 0) {
			s.option('-', 0)
		}
		if s.digits() == 0 {
			return errJSON
		}
	}
	return nil
}

// option steps over one of two bytes, if it is next.
func (s *scanner) option(a, b byte) bool {
	if s.at < len(s.text) && s.text[s.at] != 0 && (s.text[s.at] == a || s.text[s.at] == b) {
		s.at++
		return true
	}
	return false
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}
