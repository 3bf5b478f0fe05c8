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
	var spans []span
	p.spans = &spans
	value := p.next(0)
	p.spans = nil
	if _, ok := value.(Dict); !ok {
		return 0, 0, p.orDamaged("object %d is no dictionary", ref.Number)
	}
	return f.valueSpan(ref, key, spans)
}

// valueSpan picks the value of a key from the spans of the keys and values of a dictionary.
func (f *File) valueSpan(ref Ref, key Name, spans []span) (start, end int64, err error) {
	p := &f.parser
	seen := make(map[Name]bool, len(spans)/2)
	for i := 0; i+1 < len(spans); i += 2 {
		p.seek(spans[i].start)
		name, ok := p.next(0).(Name)
		if !ok {
			return 0, 0, p.orDamaged("a dictionary has a key that is no name")
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
