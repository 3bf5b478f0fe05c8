package pdf

import "fmt"

// Bounds of what honest writers leave between the parts of an incremental update. 619 updates of
// 327 public files have at most 10 bytes of white space, and comments of at most 45 bytes.
const (
	maxStrictSpace   = 32
	maxStrictComment = 127
	maxStrictNumber  = 127 // bytes; Ghostscript reads 255 of them
	maxLineEnd       = 2
)

// strict reads a file by the syntax of ISO 32000-2 alone. It stops at the first thing that a reader
// would have to skip, guess or repair, and keeps it in why. Its err is that of the lexer: a limit,
// the end of the context or a failure of the source.
type strict struct {
	lexer
	limits *Limits
	why    string // the first irregularity; "" = none so far
	nulls  bool   // the last object holds null, which not every reader takes for an absent entry
}

// strict starts a strict reader at an offset. Its window is the buffer of the cache, so that only
// one strict reader may be in use at a time.
func (f *File) strict(offset int64) *strict {
	s := &strict{lexer: lexer{account: &f.account, src: f.src, end: f.size, buf: f.cache.buffer(firstWindow)[:0]},
		limits: &f.limits}
	s.seek(offset)
	return s
}

// refuse records an irregularity at the present offset, unless one is known already. It returns
// false, as every step that fails does.
func (s *strict) refuse(what string) bool {
	if s.why == "" && s.err == nil {
		s.why = fmt.Sprintf("%s at offset %d", what, s.offset())
	}
	return false
}

// spaces consumes white space, and returns how many bytes there were. More than most is an
// irregularity.
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

// gap consumes white space, at least one byte.
func (s *strict) gap() bool {
	n, ok := s.spaces(maxStrictSpace)
	return ok && (n > 0 || s.refuse("white space is missing"))
}

// lineEnd consumes a space, if there is one, and one of the three line ends.
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

// keyword consumes a keyword, which must be next and must not be part of a longer word.
func (s *strict) keyword(word string) bool {
	if !s.hasKeyword(word) {
		return s.refuse("the keyword " + word + " is missing")
	}
	if c, ok := s.at(0); ok && class[c] == regular {
		return s.refuse("the keyword " + word + " is part of another word")
	}
	return true
}

// integer consumes decimal digits without a sign.
func (s *strict) integer() (int64, bool) {
	n, ok := s.digits()
	if !ok {
		return 0, s.refuse("a number is missing or out of range")
	}
	return n, true
}

// header consumes the "n g obj" of a reference.
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

// body consumes an object from behind obj to its endobj. data returns the offset and the length of
// the data if the object is a stream.
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

// streamData consumes the data of a stream and endstream. The data begin behind the line end of the
// keyword stream.
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

// padding consumes any amount of white space: within objects it makes no difference.
func (s *strict) padding() bool {
	for {
		c, ok := s.at(0)
		if !ok || class[c] != white {
			return s.err == nil
		}
		s.pos++
	}
}
