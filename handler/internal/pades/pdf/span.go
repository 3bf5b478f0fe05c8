package pdf

// Span gives the bytes [start, end) of the file that the value of a key takes in the dictionary, or stream dictionary, of an
// indirect object that is not in an object stream. A dictionary with duplicate keys, in which readers would see different values,
// is an Error; so is an absent key.
func (f *File) Span(ref Ref, key Name) (start, end int64, err error) {
	entry, ok := f.Entry(ref.Number)
	if !ok || entry.Kind != EntryOffset || entry.Generation != ref.Generation {
		return 0, 0, damaged("object %d is not one of the file by itself", ref.Number)
	}
	p := &f.parser
	p.seek(min(entry.Offset, f.size))
	p.skipPadding()
	if found, ok := p.header(); !ok || found != ref {
		return 0, 0, p.orDamaged("another object than %d %d is at its offset", ref.Number, ref.Generation)
	}
	p.restart()
	if p.skipSpace(); !p.hasKeyword("<<") {
		return 0, 0, p.orDamaged("object %d is no dictionary", ref.Number)
	}
	spans := p.outline()
	if p.pay(); p.err != nil {
		return 0, 0, p.err
	}
	return p.valueSpan(ref, key, spans)
}

// span is where an element is in the file: [start, end).
type span struct{ start, end int64 }

// outline reads the inside of a dictionary for where its keys and values are, and leaves them on the stack but for the strings.
func (p *parser) outline() []span {
	start, ok := p.open(0)
	if !ok {
		return nil
	}
	var spans []span
	for {
		p.skipSpace()
		begin := p.offset()
		object := p.outlined()
		m, isMark := object.(mark)
		switch {
		case !isMark:
			p.push(object)
			spans = append(spans, span{begin, p.offset()})
		case m == markDictEnd:
			p.charge(int64(len(spans)) * keyCost / 2)
			return spans
		case m == markR && p.pushReference(start):
			spans = spans[:len(spans)-1]
			spans[len(spans)-1].end = p.offset()
		default:
			p.stray(m)
			return nil
		}
		if p.err != nil {
			return nil
		}
	}
}

// outlined reads an element of the dictionary. A signature is kilobytes of a hexadecimal string.
func (p *parser) outlined() Object {
	if c, _ := p.at(0); c == '<' {
		if next, _ := p.at(1); next != '<' {
			return p.skipHex()
		}
	}
	return p.next(1)
}

// valueSpan picks the value of a key from the outline of a dictionary.
func (p *parser) valueSpan(ref Ref, key Name, spans []span) (start, end int64, err error) {
	if len(spans)%2 != 0 {
		return 0, 0, damaged("a dictionary has a key without a value")
	}
	seen := make(map[Name]bool, len(spans)/2)
	for i := 0; i < len(spans); i += 2 {
		name, ok := p.stack[i].(Name)
		if !ok {
			return 0, 0, damaged("a dictionary has a key that is no name")
		}
		if seen[name] {
			return 0, 0, damaged("the dictionary of object %d has a key twice", ref.Number)
		}
		seen[name] = true
		if name == key {
			start, end = spans[i+1].start, spans[i+1].end
		}
	}
	if end == 0 {
		return 0, 0, damaged("the dictionary of object %d lacks a key", ref.Number)
	}
	return start, end, nil
}
