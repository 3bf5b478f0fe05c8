package pdf

// cache keeps what was read of a document, for all its Files: it is bounded in memory, and when it
// is full it begins anew.
//
// Each revision is the beginning of the next, so that an object at an offset reads the same in all
// that reach behind it; one whose reading came to the end of a file, where another may go on, is
// not kept. Whoever takes a reading pays what it cost: neither a result nor a bound depends on what
// is kept.
type cache struct {
	*memory
	most     int64 // bytes, of objects; half of it for the largest
	used     int64 // bytes
	readings map[int64]reading
	objects  map[viewed]Object
	large    []large // objects too large for the others, oldest first

	mostStreams int64 // bytes, but for a single one
	heldStreams int64
	streams     map[viewed]*objectStream

	crypts    []*crypt // of the revisions
	scratch   []byte   // for whoever goes through bytes
	parts     parts    // of the File that was closed last
	views     int
	inflaters [maxFilters]inflater
}

// viewed is an object of one of the Files.
type viewed struct{ view, number int }

// large is an object that is kept by itself: reading it again would cost its memory again.
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
)

func newCache(m *memory) *cache {
	whole := m.budget.Limits().Memory
	return &cache{
		memory: m, most: whole / cacheShare, mostStreams: min(whole/streamShare, mostStreams),
		readings: map[int64]reading{}, objects: map[viewed]Object{}, streams: map[viewed]*objectStream{},
	}
}

// makeSpace makes space for so many bytes more, and reports whether they are few enough to be kept.
func (c *cache) makeSpace(size int64) bool {
	if size > c.most/2 {
		return false
	}
	if c.used+size > c.most || len(c.readings)+len(c.objects) >= 2*cacheCount {
		clear(c.readings)
		clear(c.objects)
		c.give(c.used)
		c.used = 0
	}
	c.used += size
	return true
}

// keepReading keeps what the indirect object at an offset reads as. The memory is taken already.
func (c *cache) keepReading(offset int64, one reading) bool {
	if !c.makeSpace(one.size) {
		return false
	}
	c.readings[offset] = one
	return true
}

// keepObject keeps an object of a File. The memory is taken already.
func (c *cache) keepObject(at viewed, object Object, size int64) {
	if c.makeSpace(size) {
		c.objects[at] = object
		return
	}
	if len(c.large) == mostLarge {
		c.give(c.large[0].size)
		c.large = append(c.large[:0], c.large[1:]...)
	}
	c.large = append(c.large, large{at, object, size})
}

// object gives an object of a File, if it is kept.
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

// keepStream keeps an object stream. The memory is taken already.
func (c *cache) keepStream(at viewed, stream *objectStream) {
	if c.heldStreams+stream.size > c.mostStreams {
		clear(c.streams)
		c.give(c.heldStreams)
		c.heldStreams = 0
	}
	c.heldStreams += stream.size
	c.streams[at] = stream
}

// longest gives the longest string of digits alone in the object at an offset, if that is known and
// the same in a file of that size.
func (c *cache) longest(offset, size int64) Span {
	one, known := c.readings[offset]
	if !known || one.end > size {
		return Span{}
	}
	return one.longest
}

// buffer gives so many bytes, which are valid until the next call.
func (c *cache) buffer(size int) []byte {
	if cap(c.scratch) < size {
		c.scratch = make([]byte, max(size, 2*cap(c.scratch)))
	}
	return c.scratch[:size]
}
