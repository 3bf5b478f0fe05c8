package pdf

// maxStack is the length of the largest stack that is kept for the next object.
const maxStack = 8 << 10

// restart prepares the parser for the next object.
func (p *parser) restart() {
	clear(p.stack)
	if cap(p.stack) > maxStack {
		p.account.Give(int64(cap(p.stack)) * valueSize)
		p.stack = nil
	}
	p.stack, p.elements, p.charged, p.longest = p.stack[:0], 0, 0, Span{}
}

// parts are the buffers of a parser, which the next parser uses again.
type parts struct {
	window, scratch []byte
	stack           []Object
	refs            *boxedRefs
}

func (p *parser) parts() parts {
	p.restart()
	return parts{p.buf[:0], p.scratch, p.stack, p.refs}
}

func (p *parser) adopt(old parts) {
	p.buf, p.scratch, p.stack, p.refs = old.window, old.scratch, old.stack, old.refs
}

// orDamaged is the error that stopped the lexer, or a new one of Kind Damaged.
func (p *parser) orDamaged(format string, args ...any) error {
	if p.err != nil {
		return p.err
	}
	return damaged(format, args...)
}

// header reads "n g obj".
func (p *parser) header() (Ref, bool) {
	number, ok := p.digits()
	p.skipSpace()
	generation, ok2 := p.digits()
	p.skipSpace()
	if !ok || !ok2 || number > maxStream || generation > maxGeneration || !p.hasKeyword("obj") {
		return Ref{}, false
	}
	return Ref{int(number), int(generation)}, true
}

// readIndirect reads the indirect object at an offset: its header and its value. A stream is not
// read beyond its keyword.
func (f *File) readIndirect(offset int64) (Object, Ref, error) {
	if offset < 0 || offset >= f.size {
		return nil, Ref{}, misledAt(offset, "an object should be where the file has ended")
	}
	p := &f.parser
	p.seek(offset)
	p.skipBefore()
	ref, ok := p.header()
	if !ok {
		if p.err != nil {
			return nil, Ref{}, p.err
		}
		return nil, Ref{}, misledAt(offset, "there is no object where one should be")
	}
	p.restart()
	value, err := f.readValue(ref)
	p.pay()
	if err == nil {
		err = p.err
	}
	if err != nil {
		f.cache.Give(p.charged)
		p.charged = 0
	}
	return value, ref, err
}

// readValue reads what stands between obj and endobj. It tolerates a missing endobj if another
// object, another part of the file or the end of the file follows. It also tolerates what junk
// skips.
func (f *File) readValue(ref Ref) (Object, error) {
	p := &f.parser
	var buffer [4]Object
	values := buffer[:0]
	for {
		if len(values) == 1 && !p.mayRefer(values[0]) {
			if end, ok := p.junk(!f.rebuilt); ok {
				return f.endValue(values, end)
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
			return f.newStream(ref, values[0])
		}
		if isMark {
			return f.endValue(values, m)
		}
		if len(values) == 0 {
			p.behind = p.offset()
		}
		if values = append(values, object); len(values) > 3 {
			return nil, damaged("the object has more than one value")
		}
	}
}

// mayRefer reports whether a value that was read may be the number of a reference: another number
// follows.
func (p *parser) mayRefer(value Object) bool {
	if _, ok := value.(Integer); !ok {
		return false
	}
	p.skipSpace()
	c, _ := p.at(0)
	return c >= '0' && c <= '9' || c == '+' || c == '-'
}

// endValue returns the value of an object from what was read of it and the mark that ends it.
func (f *File) endValue(values []Object, end mark) (Object, error) {
	switch {
	case f.parser.err != nil:
		return nil, f.parser.err
	case end == markEndobj && len(values) == 0:
		return nil, nil
	case len(values) == 1 && (end == markEndobj || end == markPart || end == markEnd),
		len(values) == 3 && end == markObj:
		return values[0], nil
	}
	return nil, damaged("the object is incomplete")
}

// maxJunk is how far endobj is looked for behind a value and what does not belong there, in bytes.
const maxJunk = 1024

// junk skips what some writers leave between a complete value and endobj: a delimiter too many, a
// word, a misspelt endobj. It skips nothing and returns false where a stream follows, or another
// dictionary, which Ghostscript would take for the value. If words is false, as for a file that
// readers repair in different ways, only delimiters are junk. Strict reading accepts no junk.
func (p *parser) junk(words bool) (end mark, ok bool) {
	p.skipSpace()
	for i := range maxJunk {
		c, more := p.at(i)
		switch {
		case !more:
			p.pos += i
			return markEnd, p.err == nil
		case c == 'e' && p.wordAt("endobj", i):
			p.pos += i + len("endobj")
			return markEndobj, true
		case c == 'o' && i > 0 && p.wordAt("obj", i):
			if _, start, _, header := headerBefore(p.buf[p.pos : p.pos+i]); header {
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

// beginsPart reports whether a word that begins another part of the file stands i places ahead,
// where c is.
func (p *parser) beginsPart(c byte, i int) bool {
	if i > 0 && class[p.buf[p.pos+i-1]] != white {
		return false
	}
	return c == 'x' && p.wordAt("xref", i) || c == 't' && p.wordAt("trailer", i) || c == 's' && p.wordAt("startxref", i)
}

// stands reports whether a text stands i places ahead. It consumes nothing.
func (p *parser) wordAt(text string, i int) bool {
	_, ok := p.at(i + len(text) - 1)
	return ok && string(p.buf[p.pos+i:p.pos+i+len(text)]) == text
}

// newStream makes the stream whose data begins behind the stream keyword.
func (f *File) newStream(ref Ref, value Object) (Object, error) {
	p := &f.parser
	dict, ok := value.(Dict)
	if !ok {
		return nil, damaged("the stream has no dictionary")
	}
	for range maxPadding {
		if c, _ := p.at(0); c != ' ' && c != '\t' {
			break
		}
		p.pos++
	}
	// 7.3.8.1 asks for a line feed with or without a carriage return before it; files with CR line
	// ends have that alone.
	c, _ := p.at(0)
	if c != '\r' && c != '\n' {
		return nil, p.orDamaged("the stream keyword ends no line at offset %d", p.offset())
	}
	p.pos++
	if next, _ := p.at(0); c == '\r' && next == '\n' {
		p.pos++
	}
	if !p.hold(streamSize) {
		return nil, p.err
	}
	return &Stream{Dict: dict, file: f, ref: ref, start: p.offset()}, nil
}
