package pdf

// Visitor receives the parts of an object in their order.
type Visitor interface {
	// Begin starts the object, possibly again: earlier calls are void then.
	Begin()
	// Open begins a dictionary or an array, and Close ends it.
	Open(dict bool)
	Close()
	// Key is the key of the value that comes next in a dictionary. The name is valid during the
	// call. False ends the visit.
	Key(name []byte) bool
	Reference(ref Ref)
}

// Visit scans an array or a dictionary without allocating it, for the same work as Object, and
// reports whether it reached the end. It does not reach it where the object is longer than a
// window, where Object would need tolerance, or where the visitor ends it. Then the calls are void,
// and the caller uses Object. The same holds for encrypted files, whose strings may be malformed.
// Errors as for Object.
func (f *File) Visit(ref Ref, visitor Visitor) (bool, error) {
	found := f.find(ref.Number)
	entry := found.entry()
	if f.opening || f.crypt != nil || ref.Number <= 0 || found == 0 || entry.Generation != ref.Generation {
		return false, nil
	}
	if entry.Kind == EntryOffset {
		return f.visitAt(ref, entry.Offset, visitor)
	}
	stream, err := f.objectStream(entry.StreamNumber)
	if err != nil {
		return false, f.At(ref, err)
	}
	if entry.Index >= len(stream.numbers) || int(stream.numbers[entry.Index]) != ref.Number {
		return false, nil
	}
	at := stream.first + int(stream.offsets[entry.Index])
	if at > len(stream.data) {
		return false, nil
	}
	g := glance{text: stream.data[at:], limits: &f.limits, visitor: visitor}
	visitor.Begin()
	if !g.space() || !g.container(0) {
		return false, nil
	}
	return true, f.account.Spend(int64(g.at) + g.cost)
}

// visitAt visits the object at an offset. It starts again each time the window grows.
func (f *File) visitAt(ref Ref, offset int64, visitor Visitor) (bool, error) {
	if offset < 0 || offset >= f.size {
		return false, nil
	}
	p := &f.parser
	p.seek(offset)
	for {
		g := glance{text: p.buf[p.pos:], limits: &f.limits, visitor: visitor}
		visitor.Begin()
		if g.indirect(ref) {
			p.pos += g.at
			p.pay()
			p.charge(g.cost)
			return p.err == nil, p.err
		}
		if !g.short || len(g.text) >= maxWindow || !p.more() {
			return false, p.err
		}
	}
}
