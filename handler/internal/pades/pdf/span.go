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
