package pdf

import (
	"influxion/handler/internal/pades/pdf/syntax"
)

// reading is the result of reading the indirect object at an offset.
type reading struct {
	ref     Ref
	object  Object
	size    int64 // bytes of memory
	cost    int64 // of Limits.Work
	end     int64 // offset behind endobj or stream; whatever follows cannot change the reading
	repeats int   // entries of dictionaries that readers interpret differently
	nulls   syntax.Nulls
	longest Span   // of the strings with Span.Digits
	crypt   *crypt // by which its strings were decrypted
}

// fromOffset reads the object at an offset, which must be the one of the reference, and caches it
// if keep is set. size is the memory that was taken for the object and that the cache does not
// count.
func (f *File) fromOffset(ref Ref, offset int64, keep bool) (object Object, size int64, err error) {
	f.parser.Pay() // charges the bytes before
	one, known := f.cache.readings[offset]
	if known && one.end <= f.size && one.crypt == f.crypt {
		err = f.account.Spend(one.cost)
		f.parser.Repeats += one.repeats
		f.parser.Nulls = one.nulls
	} else {
		one, size, err = f.readAt(offset, keep)
	}
	if err != nil {
		return nil, 0, err
	}
	if one.ref != ref {
		f.cache.Give(size)
		return nil, 0, misled("another object is at its offset")
	}
	if stream, ok := one.object.(*Stream); ok {
		// The length of its data may differ between revisions: it can be an object, and endstream
		// can be missing.
		return &Stream{Dict: stream.Dict, file: f, ref: ref, start: stream.start}, size +
			syntax.StreamSize, f.account.Take(syntax.StreamSize)
	}
	return one.object, size, nil
}

// readAt reads the object at an offset, and caches it if keep is set. If the object is not cached,
// readAt returns the memory that was taken for it.
func (f *File) readAt(offset int64, keep bool) (reading, int64, error) {
	p := &f.parser
	work, repeats := f.account.Work(), p.Repeats
	object, ref, err := f.readIndirect(offset)
	if err != nil {
		return reading{}, 0, err
	}
	if object, err = f.decryptStrings(ref, object); err != nil {
		f.cache.Give(p.Charged)
		return reading{}, 0, err
	}
	one := reading{ref: ref, object: object, size: p.Charged, cost: work - f.account.Work(), end: p.Offset(),
		repeats: p.Repeats - repeats, nulls: p.Nulls, longest: p.Longest, crypt: f.crypt}
	if keep && !p.Ended() && f.account.Take(cacheSize) == nil {
		one.size += cacheSize
		if f.cache.keepReading(offset, one) {
			return one, 0, nil
		}
		f.cache.Give(cacheSize)
	}
	if p.Ended() {
		if f.openEnded == nil {
			f.openEnded = map[int]bool{}
		}
		f.openEnded[ref.Number] = true
	}
	return one, p.Charged, nil
}

// readIndirect reads the indirect object at an offset: its header and its value. A stream is not
// read beyond its keyword.
func (f *File) readIndirect(offset int64) (Object, Ref, error) {
	if offset < 0 || offset >= f.size {
		return nil, Ref{}, misledAt(offset, "an object should be at an offset after the end of the file")
	}
	p := &f.parser
	p.JumpTo(offset)
	p.SkipBefore()
	ref, ok := p.Header()
	if !ok {
		if p.Err() != nil {
			return nil, Ref{}, p.Err()
		}
		return nil, Ref{}, misledAt(offset, "there is no object where one should be")
	}
	value, data, err := p.Value(!f.rebuilt)
	if err != nil {
		return nil, ref, err
	}
	if data > 0 {
		dict, _ := value.(Dict)
		value = &Stream{Dict: dict, file: f, ref: ref, start: data}
	}
	return value, ref, nil
}

// Span is where a value stands in a file.
type Span = syntax.Span

// Span locates the value of a key in the dictionary, or stream dictionary, of an indirect object
// that is not in an object stream. It returns an Error if the key is absent, or if any key of the
// dictionary stands twice, because readers would then see different values.
func (f *File) Span(ref Ref, key Name) (Span, error) {
	entry, ok := f.Entry(ref.Number)
	if !ok || entry.Kind != EntryOffset || entry.Generation != ref.Generation {
		return Span{}, damaged("object %d is not an indirect object of the file", ref.Number)
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
// reports whether it reached the end. It does not reach the end if the object is longer than a
// window, if Object would need tolerance, or if the visitor stops it. In these cases the caller
// must ignore the calls so far and use Object. The same holds for encrypted files, whose strings
// may be malformed. Errors as for Object.
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
