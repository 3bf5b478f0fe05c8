package request

import (
	"bufio"
	"encoding/base64"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonString reads the characters of a JSON string, from behind its opening to its closing quotation mark, as UTF-8.
type jsonString struct {
	in   *bufio.Reader
	rest []byte // of a decoded escape
	err  error  // the last word, repeated
}

// Read is io.Reader.
func (s *jsonString) Read(p []byte) (int, error) {
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

// plain copies characters that stand for themselves, as many as are there.
func (s *jsonString) plain(p []byte) (int, error) {
	if _, err := s.in.Peek(1); err != nil {
		if err == io.EOF {
			err = malformedJSON()
		}
		return 0, err
	}
	waiting, _ := s.in.Peek(min(len(p), s.in.Buffered()))
	n := 0
	for n < len(waiting) && waiting[n] >= 0x20 && waiting[n] != '"' && waiting[n] != '\\' {
		n++
	}
	copy(p, waiting[:n])
	_, err := s.in.Discard(n)
	return n, err
}

// special reads a closing quotation mark (io.EOF) or an escape.
func (s *jsonString) special() error {
	c, err := s.in.ReadByte()
	if err != nil {
		return err
	}
	if c == '"' {
		return io.EOF
	}
	if c != '\\' {
		return malformedJSON() // a control character must be escaped
	}
	if c, err = s.in.ReadByte(); err != nil {
		return malformedJSON()
	}
	switch c {
	case '"', '\\', '/':
		s.rest = []byte{c}
	case 'b', 'f', 'n', 'r', 't':
		s.rest = []byte{map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[c]}
	case 'u':
		r, err := s.unicode()
		if err != nil {
			return err
		}
		s.rest = utf8.AppendRune(nil, r)
	default:
		return malformedJSON()
	}
	return nil
}

// unicode reads the rest of a \u escape, and of the second one where the first is half of a surrogate pair.
func (s *jsonString) unicode() (rune, error) {
	r, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if prefix, err := s.in.Peek(2); err != nil || string(prefix) != `\u` {
		return 0, malformedJSON()
	}
	_, _ = s.in.Discard(2) // just peeked
	second, err := s.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
		return 0, malformedJSON() // half a pair is no character
	}
	return r, nil
}

func (s *jsonString) hex4() (rune, error) {
	digits, err := s.in.Peek(4)
	if err != nil {
		return 0, malformedJSON()
	}
	var r rune
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, malformedJSON()
		}
	}
	_, err = s.in.Discard(4)
	return r, err
}

// afterPadding refuses base64 characters behind the padding: the decoder of the standard library accepts them where the padding
// happens to end one of its blocks.
type afterPadding struct {
	r      io.Reader
	padded bool
}

// Read is io.Reader.
func (a *afterPadding) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	for i, c := range p[:n] {
		if a.padded && c != '=' && c != '\r' && c != '\n' {
			return i, base64.CorruptInputError(i)
		}
		a.padded = a.padded || c == '='
	}
	return n, err
}
