package pdf

import (
	"cmp"
	"slices"

	"influxion/handler/internal/pades/pdf/strict"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Irregularity checks that the bytes of f behind an earlier revision are exactly one incremental
// update by ISO 32000-2, 7.5.6, and returns why they are not; "" = they are. It accounts for every
// byte: the objects that the one new cross-reference section lists, in correct syntax; the section,
// the trailer, startxref and the end-of-file marker; and little white space. Readers repair
// anything else in different ways, and may then show objects that no section lists.
//
// Irregularity accepts four deviations that all readers read alike: a comment in front of the first
// object, one in front of startxref, an empty line in front of trailer, and an /XRefStm that was
// copied from the earlier trailer. It returns an error only for a limit, the end of the context or
// a failure of the source.
func (f *File) Irregularity(earlier *File) (string, error) {
	u := &updateCheck{file: f, earlier: earlier}
	defer func() { f.Give(int64(len(u.listed)) * listedSize) }()
	why, err := u.run()
	if err == nil && why == "" {
		why, err = f.unlisted(earlier.size, f.size, u.listed, u.trailers())
	}
	return why, err
}

// updateCheck checks one update against the syntax.
type updateCheck struct {
	file, earlier *File
	section       *Section
	listed        []listedObject // by offset
}

const listedSize = 32 // bytes of memory of a listedObject

// listedObject is an object that the update defines, at an offset of the file.
type listedObject struct {
	offset int64
	ref    Ref
}

func (u *updateCheck) run() (string, error) {
	f, earlier := u.file, u.earlier
	if len(f.Sections()) == len(earlier.Sections()) && f.newest().Offset < earlier.size {
		s := f.strictly(earlier.size)
		s.Blank()
		return s.Why, s.Err()
	}
	if why := u.checkChain(); why != "" {
		return why, nil
	}
	if why, err := u.checkLinearization(); why != "" || err != nil {
		return why, err
	}
	if f.newest().Kind == KindHybrid {
		if why, err := u.checkCopied(); why != "" || err != nil {
			return why, err
		}
	}
	u.section = f.newest()
	why, err := u.list()
	if why != "" || err != nil {
		return why, err
	}
	s := f.strictly(earlier.size)
	s.ReadAhead(int(min(f.size-earlier.size, maxWindow))) // the whole update will be read
	if ok := u.objects(s) && u.crossReferences(s) && s.Tail(f.start); !ok || s.Err() != nil {
		return s.Why, s.Err()
	}
	s.Pay()
	return s.Why, s.Err()
}

// trailers returns the number of trailers in the update: 0 if its section is a cross-reference
// stream, whose dictionary is the trailer.
func (u *updateCheck) trailers() int {
	if u.section == nil || u.section.Kind == KindStream {
		return 0
	}
	return 1
}

// list collects the objects of the update. An entry that points into the earlier revision must be
// the entry of that revision. list returns the first irregularity, or "".
func (u *updateCheck) list() (string, error) {
	f := u.file
	why := ""
	err := f.eachListed(func(number int, entry Entry) error {
		was, _ := u.earlier.Entry(number)
		offset := entry.Offset
		// the entry may point to the line end of the earlier revision
		if entry.Kind == EntryOffset && entry != was && offset >= u.earlier.size-strict.MaxLineEnd {
			var err error
			if offset, err = f.behindLineEnd(offset); err != nil {
				return err
			}
		}
		switch {
		case number == 0:
			why = "the update lists object 0 as one in use"
		case entry.Kind == EntryOffset && offset >= u.earlier.size:
			u.listed = append(u.listed, listedObject{offset, Ref{Number: number, Generation: entry.Generation}})
			return f.account.Take(listedSize)
		case entry.Kind == EntryOffset && entry != was:
			why = "the update lists an object at a place where the earlier revisions list none"
		}
		return nil
	})
	if err != nil || why != "" {
		return why, err
	}
	if u.section.Kind == KindStream &&
		!slices.ContainsFunc(u.listed, func(l listedObject) bool { return l.offset == u.section.Offset }) {
		ref, err := f.refAt(u.section.Offset)
		if err != nil {
			return "", err
		}
		if entry, _ := f.Entry(ref.Number); entry.Kind == EntryOffset || entry.Kind == EntryInStream {
			return "the cross-reference stream of the update has the number of an object", nil
		}
		u.listed = append(u.listed, listedObject{u.section.Offset, ref})
	}
	slices.SortFunc(u.listed, func(a, b listedObject) int { return cmp.Compare(a.offset, b.offset) })
	return u.checkMembers()
}

// behindLineEnd returns where the object of an entry begins. Some writers state the offset of the
// line end before the object, and every reader skips white space there.
func (f *File) behindLineEnd(offset int64) (int64, error) {
	s := f.strictly(offset)
	for range strict.MaxLineEnd {
		if c, ok := s.At(0); !ok || !syntax.IsWhite(c) {
			break
		}
		s.Skip(1)
	}
	return s.Offset(), s.Err()
}

// refAt reads the number and the generation of the object at an offset.
func (f *File) refAt(offset int64) (Ref, error) {
	p := &f.parser
	p.JumpTo(offset)
	ref, _ := p.Header()
	return ref, p.Err()
}

// objects consumes the objects of the update in the order of their offsets, up to its
// cross-reference table.
func (u *updateCheck) objects(s *strict.Reader) bool {
	if len(u.listed) > 0 && !s.Preface() {
		return false
	}
	for _, listed := range u.listed {
		if u.section.Kind != KindStream && listed.offset >= u.section.Offset {
			return s.Refuse("an object is listed after the cross-references")
		}
		if _, ok := s.Spaces(strict.MaxSpace); !ok {
			return false
		}
		if s.Offset() != listed.offset {
			return s.Refuse("there is something that the cross-references do not list")
		}
		if !s.Header(listed.ref) || !s.Body(func() (int64, int64, bool) { return u.file.streamAt(listed.offset) }) {
			return false
		}
		// some writers leave the bytes of /ID in a cross-reference stream as they are
		if listed.offset != u.section.Offset && !s.SameStrings() {
			return false
		}
	}
	return true
}

// crossReferences consumes the cross-reference table and its trailer. A cross-reference stream was
// consumed as the last of the objects.
func (u *updateCheck) crossReferences(s *strict.Reader) bool {
	if u.section.Kind == KindStream {
		last := u.listed[len(u.listed)-1]
		return last.offset == u.section.Offset || s.Refuse("something follows the cross-reference stream")
	}
	if _, ok := s.Spaces(strict.MaxSpace); !ok {
		return false
	}
	if s.Offset() != u.section.Offset {
		return s.Refuse("there is something that the cross-references do not list")
	}
	return s.Table()
}

// strictly starts a strict reader at an offset. Its window is the shared buffer of the cache.
// Therefore only one strict reader may be in use at a time.
func (f *File) strictly(offset int64) *strict.Reader {
	const window = 2 << 10
	s := strict.New(syntax.NewLexer(&f.account, f.src, f.size, f.cache.buffer(window)[:0]), f.size, &f.limits)
	s.JumpTo(offset)
	return s
}
