package pdf

import (
	"math"

	"influxion/handler/internal/pades/pdf/syntax"
)

// objectStream is a decoded object stream: ISO 32000-2, 7.5.7.
type objectStream struct {
	data    []byte
	first   int
	numbers []uint32 // of the objects, by index
	offsets []uint32 // from first
	size    int64    // bytes of memory
}

// fromStream reads the object with the number from an object stream, and returns the memory that
// was taken for it.
func (f *File) fromStream(number int, entry Entry) (Object, int64, error) {
	stream, err := f.objectStream(entry.StreamNumber)
	if err != nil {
		return nil, 0, err
	}
	if entry.Index >= len(stream.numbers) || int(stream.numbers[entry.Index]) != number {
		return nil, 0, damaged("the object is not at its place")
	}
	at := int64(stream.first) + int64(stream.offsets[entry.Index])
	if at > int64(len(stream.data)) {
		return nil, 0, damaged("the object is outside its stream")
	}
	return f.parser.Member(stream.data, int(at))
}

// objectStream decodes an object stream or takes it from the cache.
func (f *File) objectStream(number int) (*objectStream, error) {
	if stream, ok := f.cache.streams.kept[viewed{f.view, number}]; ok {
		return stream, nil
	}
	if f.loading[number] {
		return nil, damaged("the object stream depends on itself")
	}
	if len(f.loading) >= f.limits.Indirections {
		return nil, tooComplex("an object stream needs more than %d others to be read", f.limits.Indirections)
	}
	f.loading[number] = true
	defer delete(f.loading, number)
	entry := f.find(number)
	if entry.Kind != EntryOffset {
		return nil, damaged("the object stream is missing or within another one")
	}
	object, err := f.Object(Ref{Number: number, Generation: entry.Generation})
	if err != nil {
		return nil, err
	}
	source, ok := object.(*Stream)
	if !ok {
		return nil, damaged("object %d is not an object stream", number)
	}
	stream, err := f.decodeObjectStream(number, source)
	if err != nil {
		return nil, err
	}
	f.cache.keepStream(viewed{f.view, number}, stream)
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
	stream, err := f.readHead(number, kind, int(first), int64(count), data)
	if err != nil {
		f.cache.Give(int64(cap(data)))
	}
	return stream, err
}

// readHead reads the numbers and the offsets of the objects from the head of an object stream.
func (f *File) readHead(number int, kind Name, first int, count int64, data []byte) (*objectStream, error) {
	const leastPair = 4 // "1 0 "
	if kind != "ObjStm" || first < 0 || first > len(data) || count < 0 || count > (int64(first)+1)/leastPair {
		return nil, damaged("object %d is not a usable object stream", number)
	}
	head := count*8 + cacheSize
	if err := f.account.Take(head); err != nil {
		return nil, err
	}
	stream := &objectStream{
		data: data, first: first, numbers: make([]uint32, count), offsets: make([]uint32, count),
		size: int64(cap(data)) + head,
	}
	if err := f.readPairs(number, stream); err != nil {
		f.cache.Give(head)
		return nil, err
	}
	return stream, nil
}

func (f *File) readPairs(number int, stream *objectStream) error {
	data, first := stream.data, stream.first
	l := syntax.NewLexer(&f.account, nil, int64(first), data[:first])
	for i := range stream.numbers {
		l.SkipSpace()
		n, ok := l.Digits()
		l.SkipSpace()
		offset, ok2 := l.Digits()
		if l.Err() == nil && (!ok || !ok2 || n > math.MaxInt32 || offset > int64(len(data))) {
			return damaged("the object stream has a broken header")
		}
		if l.Err() != nil {
			return l.Err()
		}
		stream.numbers[i], stream.offsets[i] = uint32(n), uint32(offset)
	}
	l.Pay()
	return l.Err()
}
