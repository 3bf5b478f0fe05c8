package pdf

import (
	"bytes"
	"errors"
)

// Irregular says why readers could find the cross-references of the file otherwise than by its
// startxref and its chain of sections, each exactly as ISO 32000-2, 7.5.4 to 7.5.8, has it: then
// some repair the file. "" = none does. Errors as for Irregularity.
func (f *File) Irregular() (string, error) {
	for _, section := range f.Sections() {
		s := f.strict(section.Offset)
		if section.Kind == KindStream {
			ref, err := f.refAt(section.Offset)
			if err != nil {
				return "", err
			}
			s.seek(section.Offset)
			_ = s.header(ref) && s.body(func() (int64, int64, bool) { return f.streamAt(section.Offset) })
		} else {
			s.table()
		}
		if s.pay(); s.why != "" || s.err != nil {
			return s.why, s.err
		}
	}
	if f.origin+f.start != f.newest().Offset {
		return "startxref does not point exactly to the cross-references", nil
	}
	return f.checkTail()
}

// streamAt gives where the data of the stream at an offset begins, and how long its dictionary says
// that it is.
func (f *File) streamAt(offset int64) (start, length int64, ok bool) {
	object, _, err := f.readIndirect(offset)
	stream, isStream := object.(*Stream)
	if err != nil || !isStream {
		return 0, 0, false
	}
	length, err = f.streamLength(stream)
	return stream.start, length, err == nil
}

// checkTail holds the end of the file against the syntax.
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
	s := f.strict(f.size - int64(len(tail)) + int64(at))
	s.tail(f.start)
	s.pay()
	return s.why, s.err
}

// damagedDetail gives the detail of an error that the document is to blame for; ok is false for any
// other.
func damagedDetail(err error) (detail string, ok bool) {
	fault, ok := errors.AsType[*Error](err)
	if !ok || fault.Kind != Damaged {
		return "", false
	}
	return fault.Detail, true
}
