package pdf

import "influxion/handler/internal/pades/pdf/syntax"

// Span is where a value stands in a file.
type Span = syntax.Span

// Span locates the value of a key in the dictionary, or stream dictionary, of an indirect object
// that is not in an object stream. A dictionary with duplicate keys, in which readers would see
// different values, is an Error; so is an absent key.
func (f *File) Span(ref Ref, key Name) (Span, error) {
	entry, ok := f.Entry(ref.Number)
	if !ok || entry.Kind != EntryOffset || entry.Generation != ref.Generation {
		return Span{}, damaged("object %d is not one of the file by itself", ref.Number)
	}
	p := &f.parser
	p.JumpTo(min(entry.Offset, f.size))
	p.SkipBefore()
	if found, ok := p.Header(); !ok || found != ref {
		return Span{}, p.OrDamaged("another object than %d %d is at its offset", ref.Number, ref.Generation)
	}
	return p.Find(ref, key, f.cache.longest(entry.Offset, f.size))
}

// Visitor receives the parts of an object in their order.
type Visitor = syntax.Visitor

// Visit scans an array or a dictionary without allocating it, for the same work as Object, and
// reports whether it reached the end. It does not reach it where the object is longer than a
// window, where Object would need tolerance, or where the visitor ends it. Then the calls are void,
// and the caller uses Object. The same holds for encrypted files, whose strings may be malformed.
// Errors as for Object.
func (f *File) Visit(ref Ref, visitor Visitor) (bool, error) {
	entry := f.find(ref.Number)
	if f.opening || f.crypt != nil || ref.Number <= 0 || entry.Kind == EntryFree || entry.Generation != ref.Generation {
		return false, nil
	}
	if entry.Kind == EntryOffset {
		if entry.Offset < 0 || entry.Offset >= f.size {
			return false, nil
		}
		f.parser.JumpTo(entry.Offset)
		return f.parser.Visit(ref, visitor)
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
	cost, ok := f.parser.VisitMember(stream.data[at:], visitor)
	if !ok {
		return false, nil
	}
	return true, f.account.Spend(cost)
}
