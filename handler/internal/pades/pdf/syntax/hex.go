package syntax

import "encoding/hex"

// maxDigits is how many hexadecimal digits are decoded at a time; even.
const maxDigits = 8 << 10

// hex reads a string in angle brackets: ISO 32000-2, 7.3.4.3.
func (p *Parser) hex() Object {
	start := p.Offset()
	out, digits := p.hexBytes()
	if p.err != nil {
		return markEnd
	}
	if length := p.Offset() - start; digits && length > p.Longest.End-p.Longest.Start {
		p.Longest = Span{start, p.Offset(), true}
	}
	return p.finish(out)
}

// skipHex skips a string in angle brackets, and reports whether it has Span.Digits.
func (p *Parser) skipHex() (object Object, digits bool) {
	out, digits := p.hexBytes()
	if p.err != nil {
		return markEnd, false
	}
	p.reuse(out)
	return String(nil), digits
}

// hexBytes returns the bytes of a hexadecimal string, and reports whether it has Span.Digits.
func (p *Parser) hexBytes() (out []byte, digits bool) {
	p.pos++
	begin, out := p.Offset(), p.scratch[:0]
	var high byte
	half, ended := false, false
	for !ended {
		if !half {
			out = p.hexPairs(out)
		}
		c, ok := p.At(0)
		if !ok {
			p.broken("the data ends within a string")
			p.reuse(out)
			return nil, false
		}
		p.pos++
		value := hexValues[c]
		switch {
		case c == '>':
			digits = !half && len(out) > 0 && p.Offset()-1-begin == 2*int64(len(out))
			if half {
				out = append(p.widen(out, 1), high)
			}
			ended = true
		case class[c] == white:
		case value == noDigit:
			p.broken("a hexadecimal string has another character")
			p.reuse(out)
			return nil, false
		case half:
			out, half = append(p.widen(out, 1), high|value), false
		default:
			high, half = value<<4, true
		}
		if len(out) > p.limits.String {
			p.overlong("string", p.limits.String)
		}
		if p.err != nil {
			p.reuse(out)
			return nil, false
		}
	}
	return out, digits
}

// hexPairs appends the bytes of pairs of digits. It stops at the first other character, at the end
// of the window or after maxDigits. It decodes pairs in bulk because signatures have kilobytes of
// digits.
func (p *Parser) hexPairs(out []byte) []byte {
	text, at := p.buf[p.pos:min(p.pos+maxDigits, len(p.buf))], len(out)
	if out = p.widen(out, len(text)/2); p.err != nil {
		return out
	}
	out = out[:at+len(text)/2]
	pairs, _ := hex.Decode(out[at:], text) // the text behind them need not be digits
	p.pos += 2 * pairs
	return out[:at+pairs]
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

// HexDigit returns the value of a hexadecimal digit.
func HexDigit(c byte) (byte, bool) {
	value := hexValues[c]
	return value, value != noDigit
}

// HexRun returns how many hexadecimal digits a text begins with.
func HexRun(text []byte) int {
	for i, c := range text {
		if hexValues[c] == noDigit {
			return i
		}
	}
	return len(text)
}

const noDigit = 0xff

// hexValues are the values of the hexadecimal digits; noDigit for all other bytes.
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
