package syntax

import "influxion/handler/internal/pades/pdf/bounds"

// maxStack is the length of the largest stack that is kept for the next object.
const maxStack = 8 << 10

// restart prepares the parser for the next object.
func (p *Parser) restart() {
	clear(p.stack)
	if cap(p.stack) > maxStack {
		p.account.Give(int64(cap(p.stack)) * valueSize)
		p.stack = nil
	}
	p.stack, p.elements, p.Nulls, p.Charged, p.Longest = p.stack[:0], 0, 0, 0, Span{}
}

// Parts are the buffers of a parser that the next parser uses again.
type Parts struct {
	window, scratch []byte
	stack           []Object
	refs            *boxedRefs
}

// Parts hands over the buffers of the parser, which must read nothing after that.
func (p *Parser) Parts() Parts {
	p.restart()
	return Parts{p.buf[:0], p.scratch, p.stack, p.refs}
}

// OrDamaged returns the error that stopped the lexer, or else a new one of Kind Damaged.
func (p *Parser) OrDamaged(format string, args ...any) error {
	if p.err != nil {
		return p.err
	}
	return bounds.Damaged.Errorf(format, args...)
}

// Header reads "n g obj".
func (p *Parser) Header() (Ref, bool) {
	number, ok := p.Digits()
	p.SkipSpace()
	generation, ok2 := p.Digits()
	p.SkipSpace()
	if !ok || !ok2 || number > maxNumber || generation > MaxGeneration || !p.HasKeyword("obj") {
		return Ref{}, false
	}
	return Ref{int(number), int(generation)}, true
}

// Value reads what stands behind the header of an indirect object. For a stream, value is its
// dictionary, and data is the offset of its data; data = 0 for any other object. Value tolerates a
// missing endobj if another object, another part of the file or the end of the file follows. It
// also tolerates junk in front of endobj: delimiters, and words only if words is set.
func (p *Parser) Value(words bool) (value Object, data int64, err error) {
	p.restart()
	value, data, err = p.untilEndobj(words)
	p.Pay()
	if err == nil {
		err = p.err
	}
	if err != nil {
		p.account.Give(p.Charged)
		p.Charged = 0
	}
	return value, data, err
}

func (p *Parser) untilEndobj(words bool) (value Object, data int64, err error) {
	var buffer [4]Object
	values := buffer[:0]
	for {
		if len(values) == 1 && !p.mayRefer(values[0]) {
			if end, ok := p.junk(words); ok {
				value, err := p.endValue(values, end)
				return value, 0, err
			}
		}
		object := p.next(0)
		m, isMark := object.(mark)
		if isMark && m == markR && len(values) == 2 {
			number, ok := values[0].(Integer)
			generation, ok2 := values[1].(Integer)
			if ok && ok2 {
				values = append(values[:0], p.reference(number, generation))
				continue
			}
		}
		if isMark && m == markStream && len(values) == 1 {
			data, err := p.streamData(values[0])
			return values[0], data, err
		}
		if isMark {
			value, err := p.endValue(values, m)
			return value, 0, err
		}
		if len(values) == 0 {
			p.Behind = p.Offset()
		}
		if values = append(values, object); len(values) > 3 {
			return nil, 0, bounds.Damaged.Errorf("the object has more than one value")
		}
	}
}

// mayRefer reports whether a value may be the object number of a reference, because another number
// follows it.
func (p *Parser) mayRefer(value Object) bool {
	if _, ok := value.(Integer); !ok {
		return false
	}
	p.SkipSpace()
	c, _ := p.At(0)
	return c >= '0' && c <= '9' || c == '+' || c == '-'
}

// endValue returns the value of an object. values is what was read of it, and end is the mark
// behind it.
func (p *Parser) endValue(values []Object, end mark) (Object, error) {
	switch {
	case p.err != nil:
		return nil, p.err
	case end == markEndobj && len(values) == 0:
		return nil, nil
	case len(values) == 1 && (end == markEndobj || end == markPart || end == markEnd),
		len(values) == 3 && end == markObj:
		return values[0], nil
	}
	return nil, bounds.Damaged.Errorf("the object is incomplete")
}

// maxJunk is how many bytes behind a value the parser searches for endobj when junk follows the
// value.
const maxJunk = 1024

// junk skips what some writers leave between a complete value and endobj: a delimiter too many, a
// word, a misspelt endobj. It skips nothing and returns false if a stream follows, or another
// dictionary, which Ghostscript would take for the value. If words is false, as for a file that
// readers repair in different ways, only delimiters are junk. Strict reading accepts no junk.
func (p *Parser) junk(words bool) (end mark, ok bool) {
	p.SkipSpace()
	for i := range maxJunk {
		c, more := p.At(i)
		switch {
		case !more:
			p.pos += i
			return markEnd, p.err == nil
		case c == 'e' && p.wordAt("endobj", i):
			p.pos += i + len("endobj")
			return markEndobj, true
		case c == 'o' && i > 0 && p.wordAt("obj", i):
			if _, start, _, header := HeaderBefore(p.buf[p.pos : p.pos+i]); header {
				p.pos += start
				return markPart, true
			}
		case c == 's' && p.wordAt("stream", i) && !(i >= 3 && p.wordAt("endstream", i-3)),
			c == '<' && p.wordAt("<<", i):
			return 0, false
		case p.beginsPart(c, i):
			p.pos += i
			return markPart, true
		case !words && class[c] == regular && !(i > 0 && c >= '0' && c <= '9'):
			return 0, false
		}
	}
	return 0, false
}

// beginsPart reports whether a word that begins another part of the file stands i bytes ahead. c is
// the byte there.
func (p *Parser) beginsPart(c byte, i int) bool {
	if i > 0 && class[p.buf[p.pos+i-1]] != white {
		return false
	}
	return c == 'x' && p.wordAt("xref", i) || c == 't' && p.wordAt("trailer", i) || c == 's' && p.wordAt("startxref", i)
}

// wordAt reports whether a text stands i bytes ahead. It consumes nothing.
func (p *Parser) wordAt(text string, i int) bool {
	_, ok := p.At(i + len(text) - 1)
	return ok && string(p.buf[p.pos+i:p.pos+i+len(text)]) == text
}

// streamData returns the offset of the data of a stream. The keyword stream was read before.
func (p *Parser) streamData(value Object) (int64, error) {
	if _, ok := value.(Dict); !ok {
		return 0, bounds.Damaged.Errorf("the stream has no dictionary")
	}
	for range MaxPadding {
		if c, _ := p.At(0); c != ' ' && c != '\t' {
			break
		}
		p.pos++
	}
	// 7.3.8.1 asks for a line feed, with or without a carriage return before it. Files with CR line
	// ends have the carriage return alone.
	c, _ := p.At(0)
	if c != '\r' && c != '\n' {
		return 0, p.OrDamaged("no line end follows the stream keyword at offset %d", p.Offset())
	}
	p.pos++
	if next, _ := p.At(0); c == '\r' && next == '\n' {
		p.pos++
	}
	if !p.hold(StreamSize) {
		return 0, p.err
	}
	return p.Offset(), nil
}

// HeaderBefore reads the numbers of "n g obj" backwards from the end of a text that ends before
// obj. start is where they begin. alone reports whether only white space stands before them on
// their line.
func HeaderBefore(text []byte) (ref Ref, start int, alone, ok bool) {
	back := func(i int, while func(byte) bool) int {
		for i > 0 && while(text[i-1]) {
			i--
		}
		return i
	}
	isSpace := func(c byte) bool { return class[c] == white }
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	generationEnd := back(len(text), isSpace)
	generation := back(generationEnd, isDigit)
	numberEnd := back(generation, isSpace)
	start = back(numberEnd, isDigit)
	if generation == generationEnd || numberEnd == generation || start == numberEnd {
		return Ref{}, 0, false, false
	}
	l := Lexer{buf: text[start:generationEnd], end: int64(generationEnd - start)}
	number, ok := l.Digits()
	l.SkipSpace()
	g, ok2 := l.Digits()
	if !ok || !ok2 || number <= 0 || number > maxNumber || g > MaxGeneration {
		return Ref{}, 0, false, false
	}
	line := back(start, func(c byte) bool { return isSpace(c) && c != '\n' && c != '\r' })
	alone = line > 0 && (text[line-1] == '\n' || text[line-1] == '\r')
	return Ref{int(number), int(g)}, start, alone, true
}
