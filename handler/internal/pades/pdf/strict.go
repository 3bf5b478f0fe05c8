package pdf

import "fmt"

// Bounds of what honest writers put between the parts of an incremental update: 619 updates of 327
// public files have at most 10 bytes of white space and comments of 45.
const (
	maxStrictSpace   = 32
	maxStrictComment = 127
	maxLineEnd       = 2
)

// strict reads a file by the syntax of ISO 32000-2 and nothing else. The first thing that a reader
// would have to pass over, guess or repair is kept, and ends the reading; its err is that of the
// lexer: a limit, the context or the source.
type strict struct {
	lexer
	limits *Limits
	why    string // what is irregular; "" so far
	nulls  bool   // the object that was read last holds null, which some readers do not take for the lack of an entry
}

// strict begins a strict reading at an offset. Its window is the buffer of the cache: one reading
// at a time.
func (f *File) strict(offset int64) *strict {
	s := &strict{lexer: lexer{account: &f.account, src: f.src, end: f.size, buf: f.cache.buffer(firstWindow)[:0]},
		limits: &f.limits}
	s.seek(offset)
	return s
}

// refuse notes an irregularity at the present offset. It gives false, as every step that failed
// does.
func (s *strict) refuse(what string) bool {
	if s.why == "" && s.err == nil {
		s.why = fmt.Sprintf("%s at offset %d", what, s.offset())
	}
	return false
}

// spaces takes at most so many bytes of white space, and says how many there were.
func (s *strict) spaces(most int) (int, bool) {
	for n := 0; ; n++ {
		c, ok := s.at(0)
		if !ok || class[c] != white {
			return n, s.err == nil
		}
		if n == most {
			return n, s.refuse("there is more white space than writers leave")
		}
		s.pos++
	}
}

// gap takes white space of which there must be some.
func (s *strict) gap() bool {
	n, ok := s.spaces(maxStrictSpace)
	return ok && (n > 0 || s.refuse("white space is missing"))
}

// lineEnd takes one of the three line ends, which a space may precede.
func (s *strict) lineEnd() bool {
	if c, _ := s.at(0); c == ' ' {
		s.pos++
	}
	c, ok := s.at(0)
	switch {
	case ok && c == '\n':
		s.pos++
	case ok && c == '\r':
		s.pos++
		if next, ok := s.at(0); ok && next == '\n' {
			s.pos++
		}
	default:
		return s.refuse("a line does not end where it should")
	}
	return true
}

// keyword takes a word that must stand here and end here.
func (s *strict) keyword(word string) bool {
	if !s.hasKeyword(word) {
		return s.refuse("the keyword " + word + " is missing")
	}
	if c, ok := s.at(0); ok && class[c] == regular {
		return s.refuse("the keyword " + word + " is part of another word")
	}
	return true
}

// integer takes decimal digits, without a sign.
func (s *strict) integer() (int64, bool) {
	n, ok := s.digits()
	if !ok {
		return 0, s.refuse("a number is missing or out of range")
	}
	return n, true
}

// header takes "n g obj" of a reference.
func (s *strict) header(ref Ref) bool {
	number, ok := s.integer()
	if !ok || !s.gap() {
		return false
	}
	generation, ok := s.integer()
	if !ok || !s.gap() || !s.keyword("obj") {
		return false
	}
	return number == int64(ref.Number) && generation == int64(ref.Generation) || s.refuse("another object stands")
}

// body takes what is between obj and endobj of an object, and endobj. data gives where the data of
// the stream begins and how long it is.
func (s *strict) body(data func() (start, length int64, ok bool)) bool {
	s.nulls = false
	if !s.padding() || !s.value(0) || !s.padding() {
		return false
	}
	if s.hasKeyword("stream") {
		if s.nulls {
			return s.refuse("the dictionary of a stream holds null")
		}
		start, length, ok := data()
		if !ok {
			return s.refuse("a stream cannot be read")
		}
		if !s.streamData(start, length) {
			return false
		}
	}
	return s.keyword("endobj")
}

// streamData takes the data of a stream, which begin behind the end of the line of its keyword, and
// endstream.
func (s *strict) streamData(start, length int64) bool {
	if c, _ := s.at(0); c == '\r' {
		s.pos++
	}
	if !s.hasKeyword("\n") || s.offset() != start {
		return s.refuse("the keyword stream ends no line")
	}
	if length < 0 || length > s.end-start {
		return s.refuse("a stream is longer than the file")
	}
	s.seek(start + length)
	if c, _ := s.at(0); c == '\r' || c == '\n' {
		s.lineEnd()
	}
	return s.keyword("endstream") && s.gap()
}

// padding takes any white space: within objects it is of no consequence.
func (s *strict) padding() bool {
	for {
		c, ok := s.at(0)
		if !ok || class[c] != white {
			return s.err == nil
		}
		s.pos++
	}
}
