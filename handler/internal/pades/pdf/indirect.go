package pdf

// maxStack is how many elements the stack is kept for.
const maxStack = 8 << 10

// restart prepares for an object of its own.
func (p *parser) restart() {
	clear(p.stack)
	if cap(p.stack) > maxStack {
		p.account.document.give(int64(cap(p.stack)) * valueSize)
		p.stack = nil
	}
	p.stack, p.elements, p.held, p.longest = p.stack[:0], 0, 0, Span{}
}

// parts are what a parser works with, for the next one.
type parts struct {
	window, scratch []byte
	stack           []Object
}

func (p *parser) parts() parts {
	p.restart()
	return parts{p.buf[:0], p.scratch, p.stack}
}

func (p *parser) adopt(old parts) { p.buf, p.scratch, p.stack = old.window, old.scratch, old.stack }

// orDamaged is the error that stopped the lexer, or a new one of Fault Damaged.
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

// readIndirect reads the indirect object at an offset: its header and its value. A stream is not read beyond its keyword.
func (f *File) readIndirect(offset int64) (Object, Ref, error) {
	if offset < 0 || offset >= f.size {
		return nil, Ref{}, misled("an object should be at offset %d, outside the file", offset)
	}
	p := &f.parser
	p.seek(offset)
	p.skipPadding()
	ref, ok := p.header()
	if !ok {
		if p.err != nil {
			return nil, Ref{}, p.err
		}
		return nil, Ref{}, misled("there is no object at offset %d", offset)
	}
	p.restart()
	value, err := f.readValue(ref)
	p.pay()
	if err == nil {
		err = p.err
	}
	if err != nil {
		f.cache.give(p.held)
		p.held = 0
	}
	return value, ref, err
}

// readValue reads what stands between obj and endobj. A missing endobj is tolerated where another object, another part of the
// file or its end follows.
func (f *File) readValue(ref Ref) (Object, error) {
	p := &f.parser
	var room [4]Object
	values := room[:0]
	var end mark
	for {
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
		if isMark {
			end = m
			break
		}
		if len(values) == 0 {
			p.behind = p.offset()
		}
		if values = append(values, object); len(values) > 3 {
			return nil, damaged("object %d has more than one value", ref.Number)
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	switch {
	case end == markEndobj && len(values) == 0:
		return nil, nil
	case end == markStream && len(values) == 1:
		return f.newStream(ref, values[0])
	case len(values) == 1 && (end == markEndobj || end == markPart || end == markEnd),
		len(values) == 3 && end == markObj:
		return values[0], nil
	}
	return nil, damaged("object %d is incomplete", ref.Number)
}

// newStream makes the stream whose data begins behind the stream keyword.
func (f *File) newStream(ref Ref, value Object) (Object, error) {
	p := &f.parser
	dict, ok := value.(Dict)
	if !ok {
		return nil, damaged("the stream of object %d has no dictionary", ref.Number)
	}
	for range maxPadding {
		if c, _ := p.at(0); c != ' ' && c != '\t' {
			break
		}
		p.pos++
	}
	// 7.3.8.1 asks for a line feed with or without a carriage return before it; files with CR line ends have that alone.
	c, _ := p.at(0)
	if c != '\r' && c != '\n' {
		return nil, p.orDamaged("the stream keyword of object %d ends no line", ref.Number)
	}
	p.pos++
	if next, _ := p.at(0); c == '\r' && next == '\n' {
		p.pos++
	}
	if !p.hold(streamSize) {
		return nil, p.err
	}
	return &Stream{Dict: dict, file: f, start: p.offset()}, nil
}
