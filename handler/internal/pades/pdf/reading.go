package pdf

// reading is the result of reading the indirect object at an offset.
type reading struct {
	ref     Ref
	object  Object
	size    int64  // bytes of memory
	cost    int64  // of Limits.Work
	end     int64  // offset behind endobj or stream; whatever follows cannot change the reading
	repeats int    // entries of dictionaries that readers take differently
	longest Span   // of the strings that are what Span.Digits means
	crypt   *crypt // by which its strings were decrypted
}

// fromOffset reads the object at an offset, which must be the one of the reference, and caches it
// if keep is set. It returns the memory that was taken for the object and is not counted in the
// cache.
func (f *File) fromOffset(ref Ref, offset int64, keep bool) (object Object, size int64, err error) {
	f.parser.pay() // what came before
	one, known := f.cache.readings[offset]
	if known && one.end <= f.size && one.crypt == f.crypt {
		err = f.account.Spend(one.cost)
		f.parser.repeats += one.repeats
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
			streamSize, f.account.Take(streamSize)
	}
	return one.object, size, nil
}

// readAt reads the object at an offset, and caches it if keep is set. It returns the memory that
// was taken for it if it is not cached.
func (f *File) readAt(offset int64, keep bool) (reading, int64, error) {
	p := &f.parser
	work, repeats := f.account.Work(), p.repeats
	object, ref, err := f.readIndirect(offset)
	if err != nil {
		return reading{}, 0, err
	}
	if object, err = f.decryptStrings(ref, object); err != nil {
		f.cache.Give(p.charged)
		return reading{}, 0, err
	}
	one := reading{ref, object, p.charged, work - f.account.Work(), p.offset(), p.repeats - repeats, p.longest, f.crypt}
	if keep && !p.ended && f.account.Take(cacheSize) == nil {
		one.size += cacheSize
		if f.cache.keepReading(offset, one) {
			return one, 0, nil
		}
		f.cache.Give(cacheSize)
	}
	if p.ended {
		if f.openEnded == nil {
			f.openEnded = map[int]bool{}
		}
		f.openEnded[ref.Number] = true
	}
	return one, p.charged, nil
}
