package pdf

// checkMembers holds the object streams of the update against its cross-references: a reader that
// repairs takes every object in them.
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
			why = "the update lists an object in an object stream of the revisions before"
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
					"reader knows", err
			}
		}
		if kind != "ObjStm" {
			if streams[listed.ref.Number] {
				return "an object stream of the update is none", nil
			}
			continue
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
	for i, member := range stream.numbers {
		if err := f.account.spend(entryCost); err != nil {
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
