package pdf

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/strict"
)

// checkMembers checks the object streams of the update against its cross-references: a reader that
// repairs the file takes every object in them. It returns the first irregularity, or "".
func (u *updateCheck) checkMembers() (string, error) {
	streams, why, err := u.memberStreams()
	if err != nil || why != "" {
		return why, err
	}
	for _, listed := range u.listed {
		if why, err := u.checkListed(listed.ref, streams); why != "" || err != nil {
			return why, err
		}
	}
	return "", nil
}

// memberStreams returns the numbers of the object streams in which the update lists objects, and
// the first irregularity, or "".
func (u *updateCheck) memberStreams() (streams map[int]bool, why string, err error) {
	streams = map[int]bool{}
	err = u.file.eachListed(func(number int, entry Entry) error {
		was, _ := u.earlier.Entry(number)
		if entry.Kind != EntryInStream || entry == was && !u.section.Defines(entry.StreamNumber) {
			return nil
		}
		if !u.section.Defines(entry.StreamNumber) {
			why = "the update lists an object in an object stream of an earlier revision"
		}
		streams[entry.StreamNumber] = true
		return nil
	})
	return streams, why, err
}

// checkListed checks an object that the update lists with an offset. It returns the first
// irregularity, or "".
func (u *updateCheck) checkListed(ref Ref, streams map[int]bool) (string, error) {
	object, err := u.file.Object(ref)
	if detail, ok := damagedDetail(err); ok {
		return "an object of the update cannot be read: " + detail, nil
	}
	if err != nil {
		return "", err
	}
	stream, isStream := object.(*Stream)
	kind := Name("")
	if isStream {
		kind, _ = u.file.Name(stream.Dict["Type"])
	}
	if kind == "ObjStm" || kind == "XRef" {
		if plain, err := u.file.isPlain(stream); err != nil || !plain {
			return "an object stream or cross-reference stream of the update is encoded in a way that not every " +
				"reader supports", err
		}
	}
	switch {
	case kind != "ObjStm" && streams[ref.Number]:
		return "an object stream of the update is not an object stream", nil
	case kind != "ObjStm":
		return "", nil
	case !isDirect(stream.Dict):
		return "an object stream of the update needs another object to be read", nil
	}
	return u.checkStream(ref.Number)
}

func (u *updateCheck) checkStream(number int) (string, error) {
	f := u.file
	stream, err := f.objectStream(number)
	if detail, ok := damagedDetail(err); ok {
		return "an object stream of the update cannot be read: " + detail, nil
	}
	if err != nil {
		return "", err
	}
	why, err := strict.CheckMembers(&f.account, &f.limits, strict.Members{
		Data: stream.data, First: stream.first, Numbers: stream.numbers, Offsets: stream.offsets,
	})
	if why != "" {
		why = "in the data of an object stream of the update " + why
	}
	if why != "" || err != nil {
		return why, err
	}
	for i, member := range stream.numbers {
		if err := f.account.Spend(bounds.EntryCost); err != nil {
			return "", err
		}
		entry, _ := f.Entry(int(member))
		if !u.section.Defines(int(member)) || entry.Kind != EntryInStream || entry.StreamNumber != number ||
			entry.Index != i {
			return "an object stream of the update holds an object that the cross-references do not list there", nil
		}
	}
	return "", nil
}

// isPlain reports whether every reader decodes the data of a stream alike: the data are not
// compressed, or the only filter is FlateDecode with one complete and sound zlib stream. The
// dictionary must have no entry that some readers do not know.
func (f *File) isPlain(s *Stream) (bool, error) {
	plain, compressed := strict.IsPlain(s.Dict)
	if !plain || !compressed {
		return plain, nil
	}
	raw, err := f.Encoded(s)
	if err != nil {
		return false, err
	}
	return strict.IsWholeZlib(raw, &f.account)
}

// isDirect reports whether the dictionary of an object stream states /Type, /N and /First as direct
// objects: not every reader resolves references there.
func isDirect(dict Dict) bool {
	_, counted := dict["N"].(Integer)
	_, placed := dict["First"].(Integer)
	return counted && placed && dict["Type"] == Name("ObjStm")
}
