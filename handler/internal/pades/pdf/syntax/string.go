package syntax

// literal reads a string in parentheses: ISO 32000-2, 7.3.4.2. It finds the end before it takes
// memory. Each object of a damaged file may begin a string that has no end, and the rest of the
// file would be garbage each time.
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

// characters reads what follows the parenthesis that begins a string, up to the one that ends it,
// and returns for how many bytes they stand, which may be as many as most. It stores these bytes in
// out, which must have place for most, unless it is nil.
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
			// An end of line in a string is a line feed, however it is written.
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

// plain reads the characters in the window that stand for themselves, which are the bytes of the
// string from a place on. It returns how many there are.
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

// escape reads what follows a reverse solidus, and reports whether it stands for a byte.
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
