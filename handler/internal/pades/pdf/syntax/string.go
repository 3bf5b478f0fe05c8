package syntax

// literal reads a string in parentheses: ISO 32000-2, 7.3.4.2. It finds the end of the string
// before it takes memory. In a damaged file each object may begin a string without an end, and
// would otherwise take memory for the rest of the file.
func (p *Parser) literal() Object {
	p.pos++
	begin := p.Offset()
	length := p.characters(nil, p.limits.String)
	if p.err != nil || !p.hold(textSize+int64(length)) {
		return markEnd
	}
	p.back(begin)
	out := make([]byte, length)
	if p.characters(out, length); p.err != nil {
		return markEnd
	}
	return String(out)
}

// characters reads a string from behind its opening parenthesis to its closing one. It returns the
// number of bytes that the string stands for; more than most are an error. It stores these bytes in
// out, which must hold most bytes, unless out is nil.
func (p *Parser) characters(out []byte, most int) (length int) {
	for depth := 1; ; {
		length += p.plain(out, length, most)
		c, ok := p.At(0)
		if !ok {
			p.broken("the data ends within a string")
			return 0
		}
		p.pos++
		switch c {
		case '\\':
			if c, ok = p.escape(); !ok {
				continue
			}
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return length
			}
		case '\r':
			// Every end of line in a string stands for a line feed.
			if next, _ := p.At(0); next == '\n' {
				p.pos++
			}
			c = '\n'
		}
		if length == most {
			p.overlong("string", most)
			return 0
		}
		if out != nil {
			out[length] = c
		}
		length++
	}
}

// plain reads those next characters in the window that stand for themselves. It stores them in out
// from the place at on, and returns how many there are.
func (p *Parser) plain(out []byte, at, most int) (n int) {
	text := p.buf[p.pos:min(p.pos+most-at, len(p.buf))]
	for n < len(text) && !special[text[n]] {
		n++
	}
	if out != nil {
		copy(out[at:], text[:n])
	}
	p.pos += n
	return n
}

// special are the characters of a literal string that do not stand for themselves.
var special = [256]bool{'\\': true, '(': true, ')': true, '\r': true}

// escape reads what follows a reverse solidus. ok reports whether the escape stands for a byte.
func (p *Parser) escape() (c byte, ok bool) {
	if c, ok = p.At(0); !ok {
		return 0, false
	}
	p.pos++
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\n':
		return 0, false
	case '\r':
		if next, _ := p.At(0); next == '\n' {
			p.pos++
		}
		return 0, false
	}
	if c < '0' || c > '7' {
		return c, true
	}
	value := c - '0'
	for range 2 {
		digit, ok := p.At(0)
		if !ok || digit < '0' || digit > '7' {
			break
		}
		value = value<<3 | (digit - '0') // overflow is ignored, as the standard says
		p.pos++
	}
	return value, true
}
