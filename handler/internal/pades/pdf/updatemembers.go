package pdf

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/strict"
)

// checkMembers checks the object streams of the update against its cross-references: a reader that
// repairs the file takes every object in them. It returns the first irregularity, or "".
func (u *updateCheck) checkMembers() (string, error) {
	f := u.file
	streams := map[int]bool{}
	why := ""
	err := f.eachListed(func(number int, entry Entry) error {
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
	if err != nil || why != "" {
		return why, err
	}
	for _, listed := range u.listed {
		object, err := f.Object(listed.ref)
		if detail, ok := damagedDetail(err); ok {
			return "an object of the update cannot be read: " + detail, nil
		}
		if err != nil {
			return "", err
		}
		stream, isStream := object.(*Stream)
		kind := Name("")
		if isStream {
			kind, _ = f.Name(stream.Dict["Type"])
		}
		if kind == "ObjStm" || kind == "XRef" {
			if plain, err := f.isPlain(stream); err != nil || !plain {
				return "an object stream or cross-reference stream of the update is encoded in a way that not every " +
					"reader supports", err
			}
		}
		if kind != "ObjStm" {
			if streams[listed.ref.Number] {
				return "an object stream of the update is not an object stream", nil
			}
			continue
		}
		if !isDirect(stream.Dict) {
			return "an object stream of the update needs another object to be read", nil
		}
		if why, err := u.checkStream(listed.ref.Number); why != "" || err != nil {
			return why, err
		}
	}
	return "", nil
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
