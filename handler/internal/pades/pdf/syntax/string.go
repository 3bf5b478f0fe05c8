package syntax

import "influxion/handler/internal/pades/pdf/bounds"

// literal reads a string in parentheses: ISO 32000-2, 7.3.4.2.
func (p *Parser) literal() Object {
	p.pos++
	out := p.scratch[:0]
	for depth := 1; ; {
		out = p.plain(out)
		c, ok := p.At(0)
		if !ok {
			return p.broken("the data ends within a string")
		}
		p.pos++
		switch c {
		case '\\':
			out = p.escape(out)
			continue
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return p.finish(out)
			}
		case '\r':
			// An end of line in a string is a line feed, however it is written.
			if next, _ := p.At(0); next == '\n' {
				p.pos++
			}
			c = '\n'
		}
		if out = append(p.widen(out, 1), c); len(out) > p.limits.String {
			return p.overlong("string", p.limits.String)
		}
		if p.err != nil {
			return markEnd
		}
	}
}

// plain appends the characters in the window that stand for themselves, but for the last.
func (p *Parser) plain(out []byte) []byte {
	text := p.buf[p.pos:min(p.pos+maxDigits, len(p.buf))]
	n := 0
	for n < len(text)-1 && !special[text[n]] {
		n++
	}
	if n == 0 || len(out)+n > p.limits.String {
		return out
	}
	if out = p.widen(out, n); p.err != nil {
		return out
	}
	p.pos += n
	return append(out, text[:n]...)
}

// special are the characters of a literal string that do not stand for themselves.
var special = [256]bool{'\\': true, '(': true, ')': true, '\r': true}

// escape reads what follows a reverse solidus.
func (p *Parser) escape(out []byte) []byte {
	out = p.widen(out, 1)
	c, ok := p.At(0)
	if !ok {
		return out
	}
	p.pos++
	switch c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\n':
		return out
	case '\r':
		if next, _ := p.At(0); next == '\n' {
			p.pos++
		}
		return out
	}
	if c < '0' || c > '7' {
		return append(out, c)
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
	return append(out, value)
}

// widen makes space for n more bytes of the string that is being read. A string that is longer than
// the scratch buffer takes memory of its own.
func (p *Parser) widen(out []byte, n int) []byte {
	if len(out)+n <= cap(out) {
		return out
	}
	grown := max(2*cap(out), len(out)+n, 64)
	if grown > firstWindow && !p.hold(int64(grown)) {
		return out
	}
	if cap(out) > firstWindow {
		p.Charged -= int64(cap(out))
		p.account.Give(int64(cap(out)))
	}
	return append(make([]byte, 0, grown), out...)
}

// finish makes the String of the bytes that were read. A long one keeps their memory.
func (p *Parser) finish(out []byte) Object {
	if p.err != nil {
		return markEnd
	}
	if !p.reuse(out) {
		return String(out)
	}
	if !p.hold(textSize + int64(len(out))) {
		return markEnd
	}
	return String(append(make([]byte, 0, len(out)), out...))
}

// reuse keeps the memory of a string for later strings, unless it is large.
func (p *Parser) reuse(out []byte) bool {
	p.scratch = nil
	if len(out) > firstWindow {
		return false
	}
	p.scratch = out
	return true
}

func (p *Parser) overlong(kind string, limit int) Object {
	p.Fail(bounds.TooComplex.Errorf("a %s is longer than %d bytes", kind, limit))
	return markEnd
}
