package pdf

const streamCache = 16 << 20 // bytes of decoded object streams that are kept

// objectStream is a decoded object stream: ISO 32000-2, 7.5.7.
type objectStream struct {
	data    []byte
	first   int
	numbers []uint32 // of the objects, by index
	offsets []uint32 // from first
}

// fromStream reads the object with the number from an object stream.
func (f *File) fromStream(number int, entry Entry) (Object, int64, error) {
	stream, err := f.objectStream(entry.StreamNumber)
	if err != nil {
		return nil, 0, err
	}
	if entry.Index >= len(stream.numbers) || int(stream.numbers[entry.Index]) != number {
		return nil, 0, damaged("object %d is not at its place in object stream %d", number, entry.StreamNumber)
	}
	at := int64(stream.first) + int64(stream.offsets[entry.Index])
	if at > int64(len(stream.data)) {
		return nil, 0, damaged("object %d is outside object stream %d", number, entry.StreamNumber)
	}
	p := &parser{
		lexer:  lexer{budget: f.budget, buf: stream.data, end: int64(len(stream.data)), pos: int(at), paid: int(at)},
		limits: &f.limits, stack: f.parser.stack[:0], scratch: f.parser.scratch,
	}
	object := p.single()
	p.pay()
	f.parser.scratch = p.scratch
	f.parser.repeats += p.repeats
	return object, p.offset() - at, p.err
}

// objectStream decodes an object stream or takes it from the cache.
func (f *File) objectStream(number int) (*objectStream, error) {
	if stream, ok := f.streams[number]; ok {
		return stream, nil
	}
	if f.loading[number] {
		return nil, damaged("object stream %d depends on itself", number)
	}
	if len(f.loading) >= f.limits.Indirections {
		return nil, tooComplex("an object stream needs more than %d others to be read", f.limits.Indirections)
	}
	f.loading[number] = true
	defer delete(f.loading, number)
	entry := f.index.get(number).entry()
	if entry.Kind != EntryOffset {
		return nil, damaged("object stream %d is missing or within another one", number)
	}
	object, err := f.Object(Ref{number, entry.Generation})
	if err != nil {
		return nil, err
	}
	source, ok := object.(*Stream)
	if !ok {
		return nil, damaged("object %d is no object stream", number)
	}
	stream, err := f.decodeObjectStream(number, source)
	if err != nil {
		return nil, err
	}
	if f.streamsWeight += len(stream.data); f.streamsWeight > streamCache {
		clear(f.streams)
		f.streamsWeight = len(stream.data)
	}
	f.streams[number] = stream
	return stream, nil
}

func (f *File) decodeObjectStream(number int, source *Stream) (*objectStream, error) {
	kind, err := f.Name(source.Dict["Type"])
	if err != nil {
		return nil, err
	}
	count, err := f.Integer(source.Dict["N"])
	if err != nil {
		return nil, err
	}
	first, err := f.Integer(source.Dict["First"])
	if err != nil {
		return nil, err
	}
	data, err := f.Decode(source)
	if err != nil {
		return nil, err
	}
	const leastPair = 4 // "1 0 "
	if kind != "ObjStm" || first < 0 || int64(first) > int64(len(data)) || count < 0 || count > (first+1)/leastPair {
		return nil, damaged("object %d is no usable object stream", number)
	}
	stream := &objectStream{data: data, first: int(first), numbers: make([]uint32, count), offsets: make([]uint32, count)}
	l := lexer{budget: f.budget, buf: data[:first], end: int64(first)}
	for i := range stream.numbers {
		l.skipSpace()
		n, ok := l.digits()
		l.skipSpace()
		offset, ok2 := l.digits()
		if l.err == nil && (!ok || !ok2 || n > maxStream || offset > int64(len(data))) {
			return nil, damaged("object stream %d has a broken head", number)
		}
		if l.err != nil {
			return nil, l.err
		}
		stream.numbers[i], stream.offsets[i] = uint32(n), uint32(offset)
	}
	l.pay()
	return stream, l.err
}
