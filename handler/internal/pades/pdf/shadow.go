package pdf

import (
	"bytes"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Shadows calls found for each object that a reader which repairs the file could show instead of
// the one that the cross-references name: an object that lies behind the place that they state for
// its number, or whose number is free or absent there. A member of an object stream has the place
// of the stream. An exact copy of the object does not count, because a reader shows the same,
// whichever of the two it takes. Errors as for Irregularity.
func (f *File) Shadows(found func(number int, offset int64)) error {
	var failed error
	err := f.eachDefinition(0, f.size, func(h hit, offset int64) bool {
		if h.keyword != "obj" {
			return true
		}
		var ref Ref
		if ref, failed = f.refAt(offset); failed != nil {
			return false
		}
		entry, _ := f.Entry(ref.Number)
		member := entry.Kind == EntryInStream
		if member {
			entry, _ = f.Entry(entry.StreamNumber)
		}
		if entry.Kind == EntryOffset && offset <= entry.Offset+syntax.MaxPadding {
			return true
		}
		same := false
		if entry.Kind == EntryOffset && !member {
			same, failed = f.isCopy(ref, offset, entry)
		}
		if failed == nil && !same {
			found(ref.Number, offset)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// isCopy reports whether the object at an offset is sound by the syntax of ISO 32000-2, and the
// object of an entry has the same bytes, from its number to its endobj. No reader then finds
// anything in one of the two that it does not find in the other: neither has anything before its
// endobj that a reader would skip or repair.
func (f *File) isCopy(ref Ref, offset int64, entry Entry) (bool, error) {
	if ref.Generation != entry.Generation {
		return false, nil
	}
	s := f.strictly(offset)
	sound := s.Header(ref) && s.Body(func() (int64, int64, bool) { return f.streamAt(offset) })
	end := s.Offset()
	if s.Pay(); s.Err() != nil || !sound {
		return false, s.Err()
	}
	begin, err := f.behindLineEnd(entry.Offset)
	if err != nil {
		return false, err
	}
	return f.sameBytes(offset, begin, end-offset)
}

// sameBytes reports whether n bytes at two offsets of the file are the same, and end there: what
// follows them does not belong to the same word.
func (f *File) sameBytes(a, b, n int64) (bool, error) {
	const piece = 4 << 10
	var left, right [piece]byte
	for at := int64(0); at < n; at += piece {
		size := min(piece, n-at)
		if err := f.account.Spend(size / bounds.SearchRate); err != nil {
			return false, err
		}
		if err := f.read(left[:size], a+at); err != nil {
			return false, err
		}
		if b+at+size > f.size {
			return false, nil
		}
		if err := f.read(right[:size], b+at); err != nil {
			return false, err
		}
		if !bytes.Equal(left[:size], right[:size]) {
			return false, nil
		}
	}
	for _, end := range []int64{a + n, b + n} {
		if end == f.size {
			continue
		}
		if err := f.read(left[:1], end); err != nil || syntax.IsRegular(left[0]) {
			return false, err
		}
	}
	return true, nil
}
