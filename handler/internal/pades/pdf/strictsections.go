package pdf

import "bytes"

// Irregular returns a deviation of the cross-references from ISO 32000-2, 7.5.4 to 7.5.8; "" =
// there is none. It checks startxref and every section of the chain. Where any of them deviates,
// some readers repair the file, and may find other cross-references. Irregular returns errors as
// Irregularity does.
func (f *File) Irregular() (string, error) {
	for _, section := range f.Sections() {
		s := f.strictly(section.Offset)
		if section.Kind == KindStream {
			ref, err := f.refAt(section.Offset)
			if err != nil {
				return "", err
			}
			s.JumpTo(section.Offset)
			_ = s.Header(ref) && s.Body(func() (int64, int64, bool) { return f.streamAt(section.Offset) })
		} else {
			s.Table()
		}
		if s.Pay(); s.Why != "" || s.Err() != nil {
			return s.Why, s.Err()
		}
	}
	switch {
	case f.newest().Kind == KindHybrid:
		return "a cross-reference stream stands beside the newest table, for which Ghostscript repairs the file", nil
	case f.origin+f.start != f.newest().Offset:
		return "startxref does not point exactly to the cross-references", nil
	}
	return f.checkTail()
}

// streamAt returns the offset of the data of the stream at an offset, and the length that its
// dictionary states.
func (f *File) streamAt(offset int64) (start, length int64, ok bool) {
	object, _, err := f.readIndirect(offset)
	stream, isStream := object.(*Stream)
	if err != nil || !isStream {
		return 0, 0, false
	}
	length, err = f.streamLength(stream)
	return stream.start, length, err == nil
}

// checkTail checks the syntax of the end of the file, from startxref on.
func (f *File) checkTail() (string, error) {
	const window = 1024 // where readers look for startxref
	tail := make([]byte, min(f.size, window))
	if err := f.read(tail, f.size-int64(len(tail))); err != nil {
		return "", err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return "startxref is not near the end of the file", nil
	}
	s := f.strictly(f.size - int64(len(tail)) + int64(at))
	s.Tail(f.start)
	s.Pay()
	return s.Why, s.Err()
}
