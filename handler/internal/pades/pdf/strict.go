package pdf

import "fmt"

// Bounds of what honest writers put between the parts of an incremental update: 619 updates of 327 public files have at most 10 bytes of
// white space and comments of 45.
const (
	maxStrictSpace   = 32
	maxStrictComment = 127
	maxLineEnd       = 2
)

// strict reads a file by the syntax of ISO 32000-2 and nothing else. The first thing that a reader would have to pass over, guess or repair
// is kept, and ends the reading; its err is that of the lexer: a limit, the context or the source.
type strict struct {
	lexer
	limits *Limits
	why    string // what is irregular; "" so far
	nulls  bool   // the object that was read last holds null, which some readers do not take for the lack of an entry
}

func (f *File) strict(offset int64) *strict {
	s := &strict{lexer: lexer{account: &f.account, src: f.src, end: f.size}, limits: &f.limits}
	s.seek(offset)
	return s
}

// refuse notes an irregularity at the present offset. It gives false, as every step that failed does.
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

// body takes what is between obj and endobj of an object, and endobj. data gives where the data of the stream begins and how long it is.
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

// streamData takes the data of a stream, which begin behind the end of the line of its keyword, and endstream.
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

// value takes one object.
func (s *strict) value(depth int) bool {
	if depth > s.limits.Depth {
		s.fail(tooComplex("arrays and dictionaries are nested more than %d deep", s.limits.Depth))
		return false
	}
	c, ok := s.at(0)
	if !ok {
		return s.refuse("an object is missing")
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
		if next, _ := s.at(1); next == '<' {
			return s.dict(depth)
		}
		return s.hex()
	case '+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.reference() || s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if s.hasKeyword(word) {
			s.nulls = s.nulls || word == "null"
			s.pos -= len(word)
			return s.keyword(word)
		}
	}
	return s.refuse("something else than an object stands")
}

// name takes a name and gives it with its escapes resolved.
func (s *strict) name() (string, bool) {
	text := s.regularRun(1, s.limits.Token)
	if s.err != nil {
		return "", false
	}
	name := make([]byte, 0, len(text))
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c == '#' {
			if i+2 >= len(text) || hexValue(text[i+1]) < 0 || hexValue(text[i+2]) < 0 {
				return "", s.refuse("a name has a broken escape")
			}
			c = byte(hexValue(text[i+1])<<4 | hexValue(text[i+2]))
			i += 2
		}
		if c == 0 {
			return "", s.refuse("a name has a null character")
		}
		name = append(name, c)
	}
	s.pos += len(text)
	return string(name), true
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (s *strict) literal() bool {
	open := 0
	for n := 0; n <= s.limits.String; n++ {
		c, ok := s.at(0)
		if !ok {
			return s.refuse("a string has no end")
		}
		s.pos++
		switch c {
		case '\\':
			if _, ok := s.at(0); ok {
				s.pos++
			}
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return true
			}
		}
	}
	s.fail(tooComplex("a string is longer than %d bytes", s.limits.String))
	return false
}

func (s *strict) hex() bool {
	for s.pos++; ; s.pos++ {
		c, ok := s.at(0)
		switch {
		case !ok:
			return s.refuse("a string has no end")
		case c == '>':
			s.pos++
			return true
		case hexValue(c) < 0 && class[c] != white:
			return s.refuse("a hexadecimal string has another character")
		}
	}
}

func (s *strict) array(depth int) bool {
	for s.pos++; ; {
		if !s.padding() {
			return false
		}
		if c, ok := s.at(0); ok && c == ']' {
			s.pos++
			return true
		}
		if !s.value(depth + 1) {
			return false
		}
	}
}

func (s *strict) dict(depth int) bool {
	s.pos += len("<<")
	seen := map[string]bool{}
	for {
		if !s.padding() {
			return false
		}
		c, _ := s.at(0)
		if c == '>' {
			return s.hasKeyword(">>") || s.refuse("a dictionary does not end as it should")
		}
		if c != '/' {
			return s.refuse("a dictionary has a key that is no name")
		}
		key, ok := s.name()
		if !ok {
			return false
		}
		if seen[key] {
			return s.refuse("a dictionary has a key twice")
		}
		if seen[key] = true; len(seen) > s.limits.Elements {
			s.fail(tooComplex("an object has more than %d elements", s.limits.Elements))
			return false
		}
		if !s.padding() || !s.value(depth+1) {
			return false
		}
	}
}

// reference takes "n g R" if it stands here, and nothing if not.
func (s *strict) reference() bool {
	i, ok := s.digitsAt(0, 10)
	if !ok {
		return false
	}
	if i, ok = s.spacesAt(i); !ok {
		return false
	}
	if i, ok = s.digitsAt(i, 5); !ok {
		return false
	}
	if i, ok = s.spacesAt(i); !ok {
		return false
	}
	if c, _ := s.at(i); c != 'R' {
		return false
	}
	if c, ok := s.at(i + 1); ok && class[c] == regular {
		return false
	}
	s.pos += i + 1
	return true
}

// digitsAt and spacesAt give the place behind a run that begins some places ahead, and whether there is one.
func (s *strict) digitsAt(from, most int) (int, bool) {
	i := from
	for i-from <= most {
		c, ok := s.at(i)
		if !ok || c < '0' || c > '9' {
			break
		}
		i++
	}
	return i, i > from && i-from <= most
}

func (s *strict) spacesAt(from int) (int, bool) {
	i := from
	for i-from <= maxStrictSpace {
		c, ok := s.at(i)
		if !ok || class[c] != white {
			break
		}
		i++
	}
	return i, i > from
}

// number takes an integer or a real number: 7.3.3.
func (s *strict) number() bool {
	text := s.regularRun(0, s.limits.Token)
	if s.err != nil {
		return false
	}
	digits, points := 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case i > 0 || c != '+' && c != '-':
			return s.refuse("a number has a character that no number has")
		}
	}
	if digits == 0 || points > 1 {
		return s.refuse("a number has no digit, or two points")
	}
	s.pos += len(text)
	return true
}
