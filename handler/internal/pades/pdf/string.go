package pdf

import (
	"bytes"
	"slices"
)

// literal reads a string in parentheses: ISO 32000-2, 7.3.4.2.
func (p *parser) literal() Object {
	p.pos++
	out := p.scratch[:0]
	for depth := 1; ; {
		c, ok := p.at(0)
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
			if next, _ := p.at(0); next == '\n' {
				p.pos++
			}
			c = '\n'
		}
		if out = append(out, c); len(out) > p.limits.String {
			return p.overlong("string", p.limits.String)
		}
	}
}

// escape reads what follows a reverse solidus.
func (p *parser) escape(out []byte) []byte {
	c, ok := p.at(0)
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
		if next, _ := p.at(0); next == '\n' {
			p.pos++
		}
		return out
	}
	if c < '0' || c > '7' {
		return append(out, c)
	}
	value := c - '0'
	for range 2 {
		digit, ok := p.at(0)
		if !ok || digit < '0' || digit > '7' {
			break
		}
		value = value<<3 | (digit - '0') // overflow is ignored, as the standard says
		p.pos++
	}
	return append(out, value)
}

// hex reads a string in angle brackets: ISO 32000-2, 7.3.4.3.
func (p *parser) hex() Object {
	p.pos++
	out := p.scratch[:0]
	var high byte
	half := false
	for {
		if !half {
			if out = p.hexPairs(out); len(out) > p.limits.String {
				return p.overlong("string", p.limits.String)
			}
		}
		c, ok := p.at(0)
		if !ok {
			return p.broken("the data ends within a string")
		}
		p.pos++
		if c == '>' {
			break
		}
		value, ok := hexDigit(c)
		switch {
		case !ok && class[c] == white:
			continue
		case !ok:
			return p.broken("a hexadecimal string has another character")
		case !half:
			high, half = value<<4, true
			continue
		}
		half = false
		if out = append(out, high|value); len(out) > p.limits.String {
			return p.overlong("string", p.limits.String)
		}
	}
	if half {
		out = append(out, high)
	}
	return p.finish(out)
}

// hexPairs appends what the pairs of digits in the window stand for, up to the first that is none. Signatures are kilobytes of them.
func (p *parser) hexPairs(out []byte) []byte {
	digits := p.buf[p.pos:]
	digits = digits[:hexRun(digits)&^1]
	p.pos += len(digits)
	at := len(out)
	out = slices.Grow(out, len(digits)/2)[:at+len(digits)/2]
	for i := range out[at:] {
		out[at+i] = hexValues[digits[2*i]]<<4 | hexValues[digits[2*i+1]]
	}
	return out
}

// hexRun is how many digits a text begins with.
func hexRun(text []byte) int {
	for i, c := range text {
		if hexValues[c] == noDigit {
			return i
		}
	}
	return len(text)
}

// skipHex passes over a string in angle brackets, and says whether it is what Span.Digits means.
func (p *parser) skipHex() (object Object, digits bool) {
	p.pos++
	begin := p.offset()
	for size := 0; ; {
		run := hexRun(p.buf[p.pos:])
		size += run
		p.pos += run
		c, ok := p.at(0)
		switch {
		case size > 2*p.limits.String:
			return p.overlong("string", p.limits.String), false
		case !ok:
			return p.broken("the data ends within a string"), false
		case c == '>':
			digits = size > 0 && size%2 == 0 && int64(size) == p.offset()-begin
			p.pos++
			return String(nil), digits
		case class[c] == white:
			p.pos++
		case hexValues[c] == noDigit:
			return p.broken("a hexadecimal string has another character"), false
		}
	}
}

func (p *parser) finish(out []byte) Object {
	p.scratch = out
	if cap(out) > maxWindow {
		p.scratch = nil
	}
	return String(append(make([]byte, 0, len(out)), out...))
}

func (p *parser) overlong(kind string, limit int) Object {
	p.fail(tooComplex("a %s is longer than %d bytes", kind, limit))
	return markEnd
}

// name reads a name: ISO 32000-2, 7.3.5. A number sign without two digits stands for itself, as before PDF 1.2.
func (p *parser) name() Object {
	text := p.regularRun(1, 3*p.limits.Token+1)
	if len(text) == 0 {
		return markEnd
	}
	p.pos += len(text)
	text = text[1:]
	first := bytes.IndexByte(text, '#')
	if first < 0 {
		if len(text) > p.limits.Token {
			return p.overlong("name", p.limits.Token)
		}
		return Name(text)
	}
	out := append(make([]byte, 0, len(text)), text[:first]...)
	for i := first; i < len(text); i++ {
		if text[i] == '#' && i+2 < len(text) {
			high, ok := hexDigit(text[i+1])
			low, ok2 := hexDigit(text[i+2])
			if ok && ok2 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	// The limit is on what a name stands for, so that writing it in another form does not break it.
	if len(out) > p.limits.Token {
		return p.overlong("name", p.limits.Token)
	}
	return Name(out)
}

func hexDigit(c byte) (byte, bool) {
	value := hexValues[c]
	return value, value != noDigit
}

const noDigit = 0xff

// hexValues are what the hexadecimal digits stand for; noDigit for all else.
var hexValues = func() (values [256]byte) {
	for i := range values {
		values[i] = noDigit
	}
	for value := range byte(16) {
		values["0123456789abcdef"[value]] = value
		values["0123456789ABCDEF"[value]] = value
	}
	return values
}()
