package pdf

import (
	"bytes"
	"slices"

	"influxion/handler/internal/pades/pdf/strict"
)

// checkChain checks that the update has exactly one cross-reference section, and that the section
// continues from the newest one of the earlier revision. It returns the first irregularity, or "".
func (u *updateCheck) checkChain() string {
	f, earlier := u.file, u.earlier
	newest, before := f.newest(), earlier.newest()
	older := func(a, b Section) bool { return a.Offset == b.Offset }
	if f.origin != earlier.origin || !slices.EqualFunc(f.Sections()[1:], earlier.Sections(), older) {
		return "the update does not have exactly one cross-reference section that continues the earlier ones"
	}
	if newest.Offset < earlier.size || newest.Offset-f.origin-f.start < 0 ||
		newest.Offset-f.origin-f.start > strict.MaxLineEnd {
		return "startxref does not point exactly to the cross-reference section of the update"
	}
	previous, _ := newest.Trailer["Prev"].(Integer)
	if int64(previous) != earlier.start && f.origin+int64(previous) != before.Offset {
		return "/Prev does not point to the previous cross-reference section"
	}
	if stream := newest.Trailer["XRefStm"]; stream != nil && stream != before.Trailer["XRefStm"] {
		return "the table of the update has a cross-reference stream beside it"
	}
	if newest.Ambiguous && newest.Kind != KindHybrid || newest.Odd {
		return "the cross-reference section of the update defines a number twice, or in a way that is not defined"
	}
	if newest.Kind == KindStream && !isUsual(newest.Trailer) {
		return "the cross-reference stream of the update has fields or a filter that not every reader supports"
	}
	size := sizeOf(newest)
	if size < sizeOf(before) {
		return "/Size is less than before"
	}
	if most := max(int64(sizeOf(before)), int64(earlier.highest())+1) + int64(count(newest.Objects)) +
		maxNumberGap; int64(size) > most {
		return "the update numbers its objects far beyond the earlier ones, where some readers find none"
	}
	if n := len(newest.Objects); n > 0 && int64(size) < int64(newest.Objects[n-1].First+newest.Objects[n-1].Count) {
		return "/Size is less than the cross-references list"
	}
	return ""
}

// checkCopied checks an update whose /XRefStm was copied from the trailer before it, so that both
// trailers name the same cross-reference stream. It returns the first irregularity, or "".
func (u *updateCheck) checkCopied() (string, error) {
	return u.file.chain.Copied(u.file.first, u.earlier.chain, u.earlier.first, &u.file.account)
}

// isUsual reports whether the rows of a cross-reference stream have three fields, the first of
// which (the type) has one byte.
func isUsual(dict Dict) bool {
	widths, _ := dict["W"].(Array)
	return len(widths) == 3 && widths[0] == Integer(1)
}

// Unusual reports whether the newest section is a cross-reference stream that has fields of more
// than five bytes, or no entry for itself. Some writers make such streams. Some readers then repair
// the file, and so find the objects that Shadows reports. Unusual returns errors as Irregularity
// does.
func (f *File) Unusual() (bool, error) {
	const widest = 5 // offsets up to a terabyte
	newest := f.newest()
	if newest.Kind != KindStream {
		return false, nil
	}
	widths, _ := newest.Trailer["W"].(Array)
	if slices.ContainsFunc(widths, func(width Object) bool { n, ok := width.(Integer); return ok && n > widest }) {
		return true, nil
	}
	ref, err := f.refAt(newest.Offset)
	return f.find(ref.Number).Offset != newest.Offset, err
}

// maxNumberGap is how many object numbers an update may skip. Writers continue from /Size.
const maxNumberGap = 1024

func sizeOf(s *Section) Integer {
	size, _ := s.Trailer["Size"].(Integer)
	return size
}

func count(ranges []Range) (n int) {
	for _, r := range ranges {
		n += r.Count
	}
	return n
}

// linearizedWindow is where readers look for the linearization parameter dictionary: ISO 32000-2,
// F.3.3.
const linearizedWindow = 1024

// linearization reads the linearization parameter dictionary, the first object of the file. It
// returns the length of the file that the dictionary states, and the place of the object.
func (f *File) linearization() (length int64, object listedObject, found bool, err error) {
	head := f.cache.buffer(int(min(f.size-f.origin, linearizedWindow)))
	if err := f.read(head, f.origin); err != nil {
		return 0, object, false, err
	}
	start := -1
	for _, h := range findHits(nil, head, 0, len(head)) {
		if at, ok, _ := definitionBefore(head[:h.at]); ok && h.keyword == "obj" {
			start = at
			break
		}
	}
	if start < 0 {
		return 0, object, false, nil
	}
	object.offset = f.origin + int64(start)
	value, ref, err := f.readIndirect(object.offset)
	object.ref = ref
	if _, damaged := damagedDetail(err); damaged {
		return 0, object, false, nil
	}
	dict, isDict := value.(Dict)
	if err != nil || !isDict || dict["Linearized"] == nil {
		return 0, object, false, err
	}
	stated, err := f.Integer(dict["L"])
	if _, damaged := damagedDetail(err); damaged {
		return 0, object, false, nil
	}
	return int64(stated), object, true, err
}

// checkLinearization checks that the file is linearized in both revisions or in neither. Otherwise
// a reader that knows linearization finds other cross-references. A file is linearized only while
// it is as long as its linearization parameter dictionary says.
func (u *updateCheck) checkLinearization() (string, error) {
	length, object, found, err := u.file.linearization()
	if err != nil || !found {
		return "", err
	}
	switch {
	case length == u.file.size || length == u.file.size-u.file.origin:
		return "the update gives the document the length that its linearization states, so that readers treat it " +
			"as linearized", nil
	case length != u.earlier.size && length != u.earlier.size-u.earlier.origin:
		return "", nil
	}
	s := u.file.strictly(object.offset)
	plain := func() (int64, int64, bool) { return 0, 0, false }
	if !s.Header(object.ref) || !s.Body(plain) {
		return s.Why, s.Err()
	}
	if _, ok := s.Spaces(strict.MaxSpace); !ok || s.Offset() != u.earlier.newest().Offset {
		return "what was signed is linearized, and readers may therefore have used other cross-references", s.Err()
	}
	return "", nil
}

// Irregular returns a deviation of the cross-references from ISO 32000-2, 7.5.4 to 7.5.8; "" =
// there is none. It checks startxref and every section of the chain. If any of them deviates, some
// readers repair the file and may find other cross-references. Irregular returns errors as
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
		return "the newest table has a cross-reference stream beside it, and Ghostscript repairs such a file", nil
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
