package pdf

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
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
	s := &strict{Lexer: syntax.NewLexer(&f.account, nil, int64(len(stream.data)), stream.data), limits: &f.limits}
	if s.head(stream) {
		s.Lexer = syntax.NewLexer(&f.account, nil, int64(len(stream.data)), stream.data)
		s.members(stream)
	}
	if s.Pay(); s.Err() != nil {
		return "", s.Err()
	}
	if s.why != "" {
		return "in the data of an object stream of the update " + s.why, nil
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

// isDirect reports whether the dictionary of an object stream states /Type, /N and /First as direct
// objects: not every reader resolves references there.
func isDirect(dict Dict) bool {
	_, counted := dict["N"].(Integer)
	_, placed := dict["First"].(Integer)
	return counted && placed && dict["Type"] == Name("ObjStm")
}

// head consumes the numbers and offsets in front of the objects of an object stream. Nothing else
// may stand there.
func (s *strict) head(stream *objectStream) bool {
	for i, number := range stream.numbers {
		if !s.padding() || !s.stated(number) || !s.padding() || !s.stated(stream.offsets[i]) {
			return false
		}
	}
	return s.padding() && (int(s.Offset()) >= stream.first || s.refuse("something else than the objects is listed"))
}

func (s *strict) stated(want uint32) bool {
	n, ok := s.integer()
	return ok && (n == int64(want) || s.refuse("a number is missing"))
}

// members consumes the objects of an object stream in their order, with nothing but white space
// between them.
func (s *strict) members(stream *objectStream) bool {
	s.Pass(stream.first)
	for _, offset := range stream.offsets {
		if !s.padding() {
			return false
		}
		if int(s.Offset()) != stream.first+int(offset) {
			return s.refuse("something stands that is not listed")
		}
		if !s.value(0) {
			return false
		}
	}
	return s.padding() && (int(s.Offset()) == len(stream.data) || s.refuse("something stands behind the objects"))
}
