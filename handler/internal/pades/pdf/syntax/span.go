package syntax

import "influxion/handler/internal/pades/pdf/bounds"

// Span is where a value stands in a file: the bytes [Start, End).
type Span struct {
	Start, End int64
	Digits     bool // it is a hexadecimal string that holds pairs of digits, at least one, and nothing else
}

// Find locates the value of a key in the dictionary, or stream dictionary, of an object whose
// header was read. It skips the string known, whose digits were read before. It returns an Error if
// the key is absent or if the dictionary has duplicate keys.
func (p *Parser) Find(ref Ref, key Name, known Span) (Span, error) {
	p.restart()
	if p.SkipSpace(); !p.HasKeyword("<<") {
		return Span{}, p.OrDamaged("object %d is not a dictionary", ref.Number)
	}
	spans := p.outline(known)
	if p.Pay(); p.err != nil {
		return Span{}, p.err
	}
	return p.valueSpan(ref, key, spans)
}

// outline returns the places of the keys and values in a dictionary. It leaves the elements on the
// stack, except strings. It skips the string known, whose digits were read before.
func (p *Parser) outline(known Span) []Span {
	start, ok := p.open(0)
	if !ok {
		return nil
	}
	spans := make([]Span, 0, 16)
	for {
		p.SkipSpace()
		begin := p.Offset()
		object, digits := p.outlined(known)
		m, isMark := object.(mark)
		switch {
		case !isMark:
			p.push(object)
			spans = append(spans, Span{begin, p.Offset(), digits})
		case m == markDictEnd:
			p.charge(int64(len(spans)) * bounds.KeyCost / 2)
			return spans
		case m == markR && p.pushReference(start):
			spans = spans[:len(spans)-1]
			spans[len(spans)-1].End = p.Offset()
		default:
			p.stray(m)
			return nil
		}
		if p.err != nil {
			return nil
		}
	}
}

// outlined reads an element of the dictionary, and reports whether it has Span.Digits. A signature
// has kilobytes of such digits.
func (p *Parser) outlined(known Span) (object Object, digits bool) {
	if known.Digits && known.Start == p.Offset() {
		p.skipTo(known.End)
		return String(nil), true
	}
	if c, _ := p.At(0); c == '<' {
		if next, _ := p.At(1); next != '<' {
			return p.skipHex()
		}
	}
	return p.next(1), false
}

// valueSpan picks the value of a key from the outline of a dictionary.
func (p *Parser) valueSpan(ref Ref, key Name, spans []Span) (found Span, err error) {
	if len(spans)%2 != 0 {
		return Span{}, bounds.Damaged.Errorf("a dictionary has a key without a value")
	}
	seen := make(map[Name]bool, len(spans)/2)
	for i := 0; i < len(spans); i += 2 {
		name, ok := p.stack[i].(Name)
		if !ok {
			return Span{}, bounds.Damaged.Errorf("a dictionary has a key that is not a name")
		}
		if seen[name] {
			return Span{}, bounds.Damaged.Errorf("the dictionary of object %d has a key twice", ref.Number)
		}
		seen[name] = true
		if name == key {
			found = spans[i+1]
		}
	}
	if found.End == 0 {
		return Span{}, bounds.Damaged.Errorf("the dictionary of object %d lacks a key", ref.Number)
	}
	return found, nil
}
