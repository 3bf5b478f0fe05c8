package jsonstream

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stringReader reads the characters of a JSON string as UTF-8, from after the opening quotation
// mark to the closing one.
type stringReader struct {
	in   *bufio.Reader
	rest []byte // of a decoded escape
	err  error  // of an earlier read, returned again

	restBytes [utf8.UTFMax]byte
}

// Read is io.Reader.
func (s *stringReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && s.err == nil {
		if len(s.rest) > 0 {
			copied := copy(p[n:], s.rest)
			s.rest, n = s.rest[copied:], n+copied
			continue
		}
		copied, err := s.plain(p[n:])
		n += copied
		if err == nil && copied == 0 {
			err = s.special()
		}
		s.err = err
	}
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

// buffered gives the bytes of the string that are in the buffer, and waits for some if there are
// none. It gives none while decoded characters of an escape are still to be read.
func (s *stringReader) buffered() ([]byte, error) {
	if s.err != nil || len(s.rest) > 0 {
		return nil, s.err
	}
	if _, err := s.in.Peek(1); err != nil {
		return nil, atEnd(err)
	}
	return s.in.Peek(s.in.Buffered())
}

// plain copies characters that are not escaped, as many as are in the buffer.
func (s *stringReader) plain(p []byte) (int, error) {
	waiting, err := s.buffered()
	if err != nil {
		return 0, err
	}
	waiting = waiting[:min(len(p), len(waiting))]
	n := 0
	for n < len(waiting) && waiting[n] >= 0x20 && waiting[n] != '"' && waiting[n] != '\\' {
		n++
	}
	copy(p, waiting[:n])
	_, err = s.in.Discard(n)
	return n, err
}

// special reads a closing quotation mark (io.EOF) or an escape.
func (s *stringReader) special() error {
	c, err := s.in.ReadByte()
	if err != nil {
		return err
	}
	if c == '"' {
		return io.EOF
	}
	if c != '\\' {
		return malformed() // a control character must be escaped
	}
	if c, err = s.in.ReadByte(); err != nil {
		return atEnd(err)
	}
	const names, controls = "bfnrt", "\b\f\n\r\t"
	r := rune(c)
	if i := strings.IndexByte(names, c); i >= 0 {
		r = rune(controls[i])
	} else if c == 'u' {
		if r, err = s.unicode(); err != nil {
			return err
		}
	} else if c != '"' && c != '\\' && c != '/' {
		return malformed()
	}
	s.rest = utf8.AppendRune(s.restBytes[:0], r)
	return nil
}

// unicode reads the rest of a \u escape, and of the second one where the first is half of a
// surrogate pair.
func (s *stringReader) unicode() (rune, error) {
	r, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if prefix, err := s.in.Peek(2); err != nil {
		return 0, atEnd(err)
	} else if string(prefix) != `\u` {
		return 0, malformed()
	}
	_, _ = s.in.Discard(2) // that Peek has read
	second, err := s.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
		return 0, malformed() // half a surrogate pair is no character
	}
	return r, nil
}

func (s *stringReader) hex4() (rune, error) {
	digits, err := s.in.Peek(4)
	if err != nil {
		return 0, atEnd(err)
	}
	var r rune
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, malformed()
		}
	}
	_, err = s.in.Discard(4)
	return r, err
}
