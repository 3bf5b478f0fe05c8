package pdf

import "influxion/handler/internal/pades/pdf/strict"

// linearizedWindow is where readers look for the linearization parameter dictionary: ISO 32000-2,
// F.3.3.
const linearizedWindow = 1024

// linearization reads the linearization parameter dictionary, the first object of the file: the
// length of the file that it states, and where the object begins.
func (f *File) linearization() (length int64, object listedObject, found bool, err error) {
	head := f.cache.buffer(int(min(f.size-f.origin, linearizedWindow)))
	if err := f.read(head, f.origin); err != nil {
		return 0, object, false, err
	}
	start := -1
	for _, h := range definitions(head, 0, len(head)) {
		if h.keyword == "obj" {
			start = h.at
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

// checkLinearization checks that no reader takes the document for linearized in one revision and
// not in the other, because such a reader finds other cross-references. A file is linearized only
// while it is as long as its linearization parameter dictionary says.
func (u *updateCheck) checkLinearization() (string, error) {
	length, object, found, err := u.file.linearization()
	if err != nil || !found {
		return "", err
	}
	switch {
	case length == u.file.size || length == u.file.size-u.file.origin:
		return "the update makes the document as long as its linearization says, so that readers take it " +
			"for linearized", nil
	case length != u.earlier.size && length != u.earlier.size-u.earlier.origin:
		return "", nil
	}
	s := u.file.strictly(object.offset)
	plain := func() (int64, int64, bool) { return 0, 0, false }
	if !s.Header(object.ref) || !s.Body(plain) {
		return s.Why, s.Err()
	}
	if _, ok := s.Spaces(strict.MaxSpace); !ok || s.Offset() != u.earlier.newest().Offset {
		return "what was signed is linearized, and readers may have taken other cross-references from that", s.Err()
	}
	return "", nil
}
