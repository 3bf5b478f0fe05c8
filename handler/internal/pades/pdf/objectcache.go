package pdf

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/filter"
	"influxion/handler/internal/pades/pdf/syntax"
)

// cache keeps objects of a document for all its Files. Its memory is bounded; when it is full, it
// starts empty again.
//
// Each revision is a prefix of the next, so that an object at an offset reads the same in all
// revisions that contain it. An object whose reading reached the end of a file is not kept, because
// a longer revision may continue it. A cached object is charged like one that is read: neither
// results nor bounds depend on the cache.
type cache struct {
	*bounds.Memory
	most     int64 // bytes of objects; a single one may take half of it
	used     int64 // bytes
	readings map[int64]reading
	objects  map[viewed]Object
	large    []large // objects too large for the others, oldest first

	streams streamCache

	crypts    []*crypt // of the revisions
	buffers   buffers
	parts     syntax.Parts // of the File that was closed last
	views     int
	inflaters [filter.MaxSteps]filter.Inflater
}

// streamCache keeps the object streams that were read last.
type streamCache struct {
	most int64 // bytes; a single one may take more
	used int64 // bytes
	kept map[viewed]*objectStream
}

// viewed identifies an object of one of the Files.
type viewed struct{ view, number int }

// large is an object that is too large to be kept with the others. It is kept separately, because
// reading it again would take its memory again.
type large struct {
	at     viewed
	object Object
	size   int64
}

const (
	mostLarge   = 2 // one for each of two revisions that are compared
	cacheCount  = 4096
	cacheShare  = 6 // of the memory that a document may take
	streamShare = 3
	mostStreams = 16 << 20
	cacheSize   = 160 // of the memory of an entry, in bytes
)

func newCache(m *bounds.Memory) *cache {
	whole := m.Budget().Limits().Memory
	return &cache{
		Memory: m, most: whole / cacheShare, readings: map[int64]reading{}, objects: map[viewed]Object{},
		streams: streamCache{most: min(whole/streamShare, mostStreams), kept: map[viewed]*objectStream{}},
	}
}

// makeSpace makes space for more bytes and reports whether that many can be kept.
func (c *cache) makeSpace(size int64) bool {
	if size > c.most/2 {
		return false
	}
	if c.used+size > c.most || len(c.readings)+len(c.objects) >= 2*cacheCount {
		clear(c.readings)
		clear(c.objects)
		c.Give(c.used)
		c.used = 0
	}
	c.used += size
	return true
}

// keepReading keeps the value of the indirect object at an offset. Its memory is charged already.
func (c *cache) keepReading(offset int64, one reading) bool {
	if !c.makeSpace(one.size) {
		return false
	}
	c.readings[offset] = one
	return true
}

// keepObject keeps an object of a File. Its memory is charged already.
func (c *cache) keepObject(at viewed, object Object, size int64) {
	if c.makeSpace(size) {
		c.objects[at] = object
		return
	}
	if len(c.large) == mostLarge {
		c.Give(c.large[0].size)
		c.large = append(c.large[:0], c.large[1:]...)
	}
	c.large = append(c.large, large{at, object, size})
}

// object returns an object of a File, if it is kept.
func (c *cache) object(at viewed) (Object, bool) {
	if object, ok := c.objects[at]; ok {
		return object, true
	}
	for _, one := range c.large {
		if one.at == at {
			return one.object, true
		}
	}
	return nil, false
}

// keepStream keeps an object stream. Its memory is charged already.
func (c *cache) keepStream(at viewed, stream *objectStream) {
	s := &c.streams
	if s.used+stream.size > s.most {
		clear(s.kept)
		c.Give(s.used)
		s.used = 0
	}
	s.used += stream.size
	s.kept[at] = stream
}

// longest returns the longest string with Span.Digits in the object at an offset, if it is known
// and the same in a file of that size.
func (c *cache) longest(offset, size int64) Span {
	one, known := c.readings[offset]
	if !known || one.end > size {
		return Span{}
	}
	return one.longest
}

// buffers are the buffers that the Files read into again and again.
type buffers struct {
	window buffer // lent by cache.buffer
	ends   buffer // in which endstream is searched, also while a window is lent
}

// buffer returns a buffer of so many bytes, which is valid until the next call.
func (c *cache) buffer(size int) []byte { return c.buffers.window.ofSize(size) }

type buffer []byte

// ofSize returns the buffer with so many bytes, which is valid until the next call.
func (b *buffer) ofSize(size int) []byte {
	if cap(*b) < size {
		*b = make(buffer, max(size, 2*cap(*b)))
	}
	return (*b)[:size]
}
