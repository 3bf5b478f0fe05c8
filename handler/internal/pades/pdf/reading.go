package pdf

// reading is what the indirect object at an offset reads as.
type reading struct {
	ref     Ref
	object  Object
	weight  int64 // bytes of the file that it was parsed from
	cost    int64 // of Limits.Work
	end     int64 // behind the keyword that ends it, or begins its stream: that is one whatever follows
	repeats int   // keys that stand twice in a dictionary
	longest Span  // of the strings that are what Span.Digits means
}

// readings are kept by offset for all Files of a document and its revisions. Each revision is the beginning of the next, so that an object
// reads the same in all that reach behind it; one whose reading came to the end of a file, where another may go on, is not kept. Whoever
// takes a reading pays what it cost: neither a result nor a bound depends on what is kept. Bounded as the cache of one File is.
type readings struct {
	byOffset map[int64]reading
	tables   map[int64]*table // by where they begin
	weight   int64
}

func newReadings() *readings {
	return &readings{byOffset: map[int64]reading{}, tables: map[int64]*table{}}
}

func (r *readings) keep(offset int64, one reading) {
	if r.makeRoom(one.weight) {
		r.byOffset[offset] = one
	}
}

func (r *readings) keepTable(begin int64, t *table) {
	if r.makeRoom(t.end - begin) {
		r.tables[begin] = t
	}
}

// makeRoom says whether something that was read from so many bytes is to be kept.
func (r *readings) makeRoom(weight int64) bool {
	if weight > cacheObject {
		return false
	}
	weight += 64
	if r.weight += weight; r.weight > cacheWeight || len(r.byOffset)+len(r.tables) >= cacheCount {
		clear(r.byOffset)
		clear(r.tables)
		r.weight = weight
	}
	return true
}

// longest gives the longest string of digits alone in the object at an offset, if that is known and the same in a file of that size.
func (r *readings) longest(offset, size int64) Span {
	one, known := r.byOffset[offset]
	if !known || one.end > size {
		return Span{}
	}
	return one.longest
}

// fromOffset reads the object at an offset, which must be the one of the reference.
func (f *File) fromOffset(ref Ref, offset int64) (Object, int64, error) {
	f.parser.pay() // what came before
	one, known := f.readings.byOffset[offset]
	var err error
	if known && one.end <= f.size {
		err = f.budget.spend(one.cost)
		f.parser.repeats += one.repeats
	} else {
		one, err = f.readAt(offset)
	}
	if err != nil {
		return nil, 0, err
	}
	if one.ref != ref {
		return nil, 0, misled("another object than %d %d is at its offset %d", ref.Number, ref.Generation, offset)
	}
	if stream, ok := one.object.(*Stream); ok {
		// How long its data are may differ: the length can be an object, and endstream can be missing.
		return &Stream{Dict: stream.Dict, file: f, start: stream.start}, one.weight, nil
	}
	return one.object, one.weight, nil
}

// readAt reads the object at an offset and keeps it.
func (f *File) readAt(offset int64) (reading, error) {
	p := &f.parser
	work, repeats := f.budget.work, p.repeats
	object, ref, err := f.readIndirect(offset)
	if err != nil {
		return reading{}, err
	}
	one := reading{ref, object, p.offset() - offset, work - f.budget.work, p.offset(), p.repeats - repeats, p.longest}
	if !p.ended {
		f.readings.keep(offset, one)
	}
	return one, nil
}
