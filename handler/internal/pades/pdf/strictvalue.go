package pdf

// value consumes one object.
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

// name consumes a name, and returns it with its escapes resolved.
func (s *strict) name() (string, bool) {
	text := s.regularRun(1, s.limits.Token)
	if s.err != nil {
		return "", false
	}
	var buffer [64]byte
	name := buffer[:0]
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c == '#' {
			var ok bool
			if c, ok = escaped(text[i:]); !ok {
				return "", s.refuse("a name has a broken escape")
			}
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
		s.pos += hexRun(s.buf[s.pos:])
		c, ok := s.at(0)
		switch {
		case !ok:
			return s.refuse("a string has no end")
		case c == '>':
			s.pos++
			return true
		case hexValues[c] == noDigit && class[c] != white:
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

// reference consumes "n g R" if it is next, and otherwise nothing.
func (s *strict) reference() bool {
	const mostDigits = 10
	// fills the window with the longest reference and a byte behind it
	_, _ = s.at(mostDigits + generationDigits + 2*maxStrictSpace + len("R"))
	text := s.buf[s.pos:]
	if _, length, _ := plainReference(text); length > 0 && length <= maxStrictSpace {
		s.pos += length
		return true
	}
	i, ok := runAt(text, 0, mostDigits, isDigit)
	if ok {
		i, ok = runAt(text, i, maxStrictSpace, isWhite)
	}
	if ok {
		i, ok = runAt(text, i, generationDigits, isDigit)
	}
	if ok {
		i, ok = runAt(text, i, maxStrictSpace, isWhite)
	}
	if !ok || i == len(text) || text[i] != 'R' || i+1 < len(text) && class[text[i+1]] == regular {
		return false
	}
	s.pos += i + 1
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

func isWhite(c byte) bool { return class[c] == white }

// number consumes an integer or a real number: 7.3.3.
func (s *strict) number() bool {
	text := s.regularRun(0, s.limits.Token)
	if s.err != nil {
		return false
	}
	if len(text) > maxStrictNumber {
		return s.refuse("a number is longer than every reader takes it")
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
