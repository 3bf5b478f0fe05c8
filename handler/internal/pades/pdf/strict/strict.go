package strict

import (
	"bytes"
	"fmt"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Reader reads a file by the syntax of ISO 32000-2 alone. It stops at the first place that other
// readers would have to skip, guess or repair, and says why in Why. Its Err is that of the lexer.
type Reader struct {
	syntax.Lexer
	Why string // the first irregularity; "" = none so far

	end    int64 // of the file
	limits *bounds.Limits
	nulls  bool // the last object holds null, which not every reader treats as an absent entry
	loose  bool // the last object has a string that not every reader reads as the same bytes
}

// New makes a reader of the data of a lexer, up to the offset end.
func New(lexer syntax.Lexer, end int64, limits *bounds.Limits) *Reader {
	return &Reader{Lexer: lexer, end: end, limits: limits}
}

// Refuse records an irregularity at the present offset, unless one is known already. It returns
// false, as every step that fails does.
func (s *Reader) Refuse(what string) bool {
	if s.Why == "" && s.Err() == nil {
		s.Why = fmt.Sprintf("%s at offset %d", what, s.Offset())
	}
	return false
}

// Spaces consumes white space, and returns how many bytes there were. More than most is an
// irregularity.
func (s *Reader) Spaces(most int) (int, bool) {
	for n := 0; ; n++ {
		c, ok := s.At(0)
		if !ok || !syntax.IsWhite(c) {
			return n, s.Err() == nil
		}
		if n == most {
			return n, s.Refuse("there is more white space than PDF writers leave")
		}
		s.Skip(1)
	}
}

// Preface consumes what stands in front of the first object of an update: white space, and at most
// one comment that a writer leaves about itself, as MuPDF does. A comment in which a searching
// reader would find the end of a file, or the beginning of one, is an irregularity.
func (s *Reader) Preface() bool {
	if _, ok := s.Spaces(MaxSpace); !ok {
		return false
	}
	if c, _ := s.At(0); c != '%' {
		return s.Err() == nil
	}
	var comment []byte
	for {
		c, ok := s.At(0)
		if !ok || c == '\r' || c == '\n' {
			break
		}
		if comment = append(comment, c); len(comment) > maxComment {
			return s.Refuse("a comment is longer than those of PDF writers")
		}
		s.Skip(1)
	}
	for _, mark := range []string{"%%EOF", "%PDF", "%FDF", "xref", "stream"} {
		if bytes.Contains(comment, []byte(mark)) {
			return s.Refuse("a comment names a part of a file")
		}
	}
	return s.gap()
}

// gap consumes white space, at least one byte.
func (s *Reader) gap() bool {
	n, ok := s.Spaces(MaxSpace)
	return ok && (n > 0 || s.Refuse("white space is missing"))
}

// lineEnd consumes a space, if there is one, and one of the three line ends.
func (s *Reader) lineEnd() bool {
	if c, _ := s.At(0); c == ' ' {
		s.Skip(1)
	}
	c, ok := s.At(0)
	switch {
	case ok && c == '\n':
		s.Skip(1)
	case ok && c == '\r':
		s.Skip(1)
		if next, ok := s.At(0); ok && next == '\n' {
			s.Skip(1)
		}
	default:
		return s.Refuse("a line end is missing")
	}
	return true
}

// keyword consumes a keyword, which must be next and must not be part of a longer word.
func (s *Reader) keyword(word string) bool {
	if !s.HasKeyword(word) {
		return s.Refuse("the keyword " + word + " is missing")
	}
	if c, ok := s.At(0); ok && syntax.IsRegular(c) {
		return s.Refuse("the keyword " + word + " is part of another word")
	}
	return true
}

// integer consumes decimal digits without a sign.
func (s *Reader) integer() (int64, bool) {
	n, ok := s.Digits()
	if !ok {
		return 0, s.Refuse("a number is missing or out of range")
	}
	return n, true
}

// Header consumes the "n g obj" of a reference.
func (s *Reader) Header(ref syntax.Ref) bool {
	number, ok := s.integer()
	if !ok || !s.gap() {
		return false
	}
	generation, ok := s.integer()
	if !ok || !s.gap() || !s.keyword("obj") {
		return false
	}
	return number == int64(ref.Number) && generation == int64(ref.Generation) || s.Refuse("there is another object")
}

// Body consumes an object from behind obj to its endobj. data returns the offset and the length of
// the data if the object is a stream.
func (s *Reader) Body(data func() (start, length int64, ok bool)) bool {
	s.nulls = false
	if !s.padding() || !s.object() || !s.padding() {
		return false
	}
	if s.HasKeyword("stream") {
		if s.nulls {
			return s.Refuse("the dictionary of a stream holds null")
		}
		start, length, ok := data()
		if !ok {
			return s.Refuse("a stream cannot be read")
		}
		if !s.streamData(start, length) {
			return false
		}
	}
	return s.keyword("endobj")
}

// streamData consumes the data of a stream and endstream. The data begin behind the line end of the
// keyword stream.
func (s *Reader) streamData(start, length int64) bool {
	if c, _ := s.At(0); c == '\r' {
		s.Skip(1)
	}
	if !s.HasKeyword("\n") || s.Offset() != start {
		return s.Refuse("no line end follows the keyword stream")
	}
	if length < 0 || length > s.end-start {
		return s.Refuse("a stream is longer than the file")
	}
	s.JumpTo(start + length)
	if c, _ := s.At(0); c == '\r' || c == '\n' {
		s.lineEnd()
	}
	return s.keyword("endstream") && s.gap()
}

// padding consumes any amount of white space, which makes no difference within an object.
func (s *Reader) padding() bool {
	for {
		c, ok := s.At(0)
		if !ok || !syntax.IsWhite(c) {
			return s.Err() == nil
		}
		s.Skip(1)
	}
}
