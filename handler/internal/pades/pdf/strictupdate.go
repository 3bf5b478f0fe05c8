package pdf

import (
	"cmp"
	"slices"
)

// Irregularity says why what f holds behind an earlier revision of it is not exactly one incremental update as ISO 32000-2, 7.5.6, has it;
// "" = it is. Every byte is accounted for: the objects that the one new cross-reference section lists, in sound syntax, the section, the
// trailer, startxref and the end-of-file marker, and little white space. Readers repair whatever else there is, each in its own way, and
// may then show objects that no section lists. Its errors are limits, the context's end and failures of the source.
//
// What all of them take alike is allowed: a comment in front of startxref, and an /XRefStm that was copied from the trailer before.
func (f *File) Irregularity(earlier *File) (string, error) {
	u := &updateCheck{file: f, earlier: earlier}
	defer func() { f.Give(int64(len(u.listed)) * listedSize) }()
	why, err := u.run()
	if err == nil && why == "" {
		why, err = f.unlisted(earlier.size, f.size, u.listed, u.trailers())
	}
	return why, err
}

// updateCheck holds one update against the syntax.
type updateCheck struct {
	file, earlier *File
	section       *Section
	listed        []listedObject // by offset
}

const listedSize = 32 // bytes of memory

// listedObject is an object that the update defines, at an offset of the file.
type listedObject struct {
	offset int64
	ref    Ref
}

func (u *updateCheck) run() (string, error) {
	f, earlier := u.file, u.earlier
	if len(f.Sections()) == len(earlier.Sections()) && f.newest().Offset < earlier.size {
		s := f.strict(earlier.size)
		s.blank()
		return s.why, s.err
	}
	if why := u.checkChain(); why != "" {
		return why, nil
	}
	if why, err := u.checkLinearization(); why != "" || err != nil {
		return why, err
	}
	u.section = f.newest()
	why, err := u.list()
	if why != "" || err != nil {
		return why, err
	}
	s := f.strict(earlier.size)
	if ok := u.objects(s) && u.crossReferences(s) && s.tail(f.start); !ok || s.err != nil {
		return s.why, s.err
	}
	s.pay()
	return s.why, s.err
}

// trailers is how many trailers the update has: a cross-reference stream is one by itself.
func (u *updateCheck) trailers() int {
	if u.section == nil || u.section.Kind == KindStream {
		return 0
	}
	return 1
}

// checkChain makes sure that the update has one section, which goes on from the newest one before.
func (u *updateCheck) checkChain() string {
	f, earlier := u.file, u.earlier
	newest, before := f.newest(), earlier.newest()
	older := func(a, b Section) bool { return a.Offset == b.Offset }
	if f.origin != earlier.origin || !slices.EqualFunc(f.Sections()[1:], earlier.Sections(), older) {
		return "the update has not exactly one cross-reference section that goes on from those before"
	}
	if newest.Offset < earlier.size || newest.Offset-f.origin-f.start < 0 || newest.Offset-f.origin-f.start > maxLineEnd {
		return "startxref does not point exactly to the cross-reference section of the update"
	}
	previous, _ := newest.Trailer["Prev"].(Integer)
	if int64(previous) != earlier.start && f.origin+int64(previous) != before.Offset {
		return "/Prev does not point to the cross-reference section before"
	}
	if stream := newest.Trailer["XRefStm"]; stream != nil && stream != before.Trailer["XRefStm"] {
		return "a cross-reference stream stands beside the table of the update"
	}
	if newest.Ambiguous && newest.Kind != KindHybrid || newest.Odd {
		return "the cross-reference section of the update defines a number twice, or in a way that is not defined"
	}
	if newest.Kind == KindStream && !isUsual(newest.Trailer) {
		return "the cross-reference stream of the update has fields or a filter that not every reader knows"
	}
	size := sizeOf(newest)
	if size < sizeOf(before) {
		return "/Size is less than before"
	}
	if most := max(int64(sizeOf(before)), int64(earlier.highest())+1) + int64(count(newest.Objects)) + maxNumberGap; int64(size) > most {
		return "the update numbers its objects far beyond those before, where some readers know none"
	}
	if n := len(newest.Objects); n > 0 && int64(size) < int64(newest.Objects[n-1].First+newest.Objects[n-1].Count) {
		return "/Size is less than the cross-references list"
	}
	return ""
}

// isUsual says whether a cross-reference stream has a type of one byte in each row, and its filter by name.
func isUsual(dict Dict) bool {
	widths, _ := dict["W"].(Array)
	return len(widths) == 3 && widths[0] == Integer(1)
}

// Unusual says whether the newest cross-reference stream has fields of more than five bytes, or no entry of its own. Some writers make those,
// and some readers repair the file then, so that they find what Shadows tells. Errors as for Irregularity.
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
	return f.find(ref.Number).entry().Offset != newest.Offset, err
}

// maxNumberGap is how many object numbers an update may leave out. Writers go on from /Size.
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

// list collects the objects of the update. What it lists elsewhere must be what the revisions before had there.
func (u *updateCheck) list() (string, error) {
	f := u.file
	why := ""
	err := f.eachListed(func(number int, entry Entry) error {
		was, _ := u.earlier.Entry(number)
		switch {
		case number == 0:
			why = "the update lists object 0 as one in use"
		case entry.Kind == EntryOffset && entry.Offset >= u.earlier.size:
			offset, err := f.behindLineEnd(entry.Offset)
			if err != nil {
				return err
			}
			u.listed = append(u.listed, listedObject{offset, Ref{number, entry.Generation}})
			return f.account.take(listedSize)
		case entry.Kind == EntryOffset && entry != was:
			why = "the update lists an object at a place where the revisions before list none"
		}
		return nil
	})
	if err != nil || why != "" {
		return why, err
	}
	if u.section.Kind == KindStream && !slices.ContainsFunc(u.listed, func(l listedObject) bool { return l.offset == u.section.Offset }) {
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

// behindLineEnd is where something begins that is said to begin at an offset: some writers point to the end of the line before, and every
// reader passes over white space there.
func (f *File) behindLineEnd(offset int64) (int64, error) {
	s := f.strict(offset)
	for range maxLineEnd {
		if c, ok := s.at(0); !ok || class[c] != white {
			break
		}
		s.pos++
	}
	return s.offset(), s.err
}

// refAt is the number and the generation of the object at an offset.
func (f *File) refAt(offset int64) (Ref, error) {
	p := &f.parser
	p.seek(offset)
	ref, _ := p.header()
	return ref, p.err
}

// checkMembers holds the object streams of the update against its cross-references: a reader that repairs takes every object in them.
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
				return "an object stream or cross-reference stream of the update is encoded in a way that not every reader knows", err
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
		if !u.section.Defines(int(member)) || entry.Kind != EntryInStream || entry.StreamNumber != number || entry.Index != i {
			return "an object stream of the update holds an object that the cross-references do not list there", nil
		}
	}
	return "", nil
}

// objects takes the objects of the update, one behind the other, up to its cross-reference table.
func (u *updateCheck) objects(s *strict) bool {
	for _, listed := range u.listed {
		if u.section.Kind != KindStream && listed.offset >= u.section.Offset {
			return s.refuse("an object is listed behind the cross-references")
		}
		if _, ok := s.spaces(maxStrictSpace); !ok {
			return false
		}
		if s.offset() != listed.offset {
			return s.refuse("something stands that the cross-references do not list")
		}
		if !s.header(listed.ref) || !s.body(func() (int64, int64, bool) { return u.file.streamAt(listed.offset) }) {
			return false
		}
	}
	return true
}

// crossReferences takes the table and its trailer. A cross-reference stream was the last of the objects.
func (u *updateCheck) crossReferences(s *strict) bool {
	if u.section.Kind == KindStream {
		last := u.listed[len(u.listed)-1]
		return last.offset == u.section.Offset || s.refuse("something stands behind the cross-reference stream")
	}
	if _, ok := s.spaces(maxStrictSpace); !ok {
		return false
	}
	if s.offset() != u.section.Offset {
		return s.refuse("something stands that the cross-references do not list")
	}
	return s.table()
}

// table takes a cross-reference table (7.5.4) and its trailer.
func (s *strict) table() bool {
	if !s.keyword("xref") || !s.lineEnd() {
		return false
	}
	for {
		if c, _ := s.at(0); c < '0' || c > '9' {
			break
		}
		if !s.subsection() {
			return false
		}
	}
	s.nulls = false
	return s.keyword("trailer") && s.padding() && s.value(0) && (!s.nulls || s.refuse("a trailer holds null"))
}

// subsection takes the head of a subsection and its entries of 20 bytes each.
func (s *strict) subsection() bool {
	if _, ok := s.integer(); !ok {
		return false
	}
	if !s.hasKeyword(" ") {
		return s.refuse("a subsection of the cross-references is broken")
	}
	count, ok := s.integer()
	if !ok || !s.lineEnd() {
		return false
	}
	for range count {
		if s.pay(); s.err != nil {
			return false
		}
		if _, ok := s.at(19); !ok || !isEntry(s.buf[s.pos:s.pos+20]) {
			return s.refuse("a cross-reference entry is not one of 20 bytes")
		}
		s.pos += 20
	}
	return true
}

// isEntry says whether 20 bytes are "nnnnnnnnnn ggggg n" with a line end of two bytes. Some readers take offset 0 for a damaged table.
func isEntry(text []byte) bool {
	for i, c := range text[:16] {
		if i == 10 && c != ' ' || i != 10 && (c < '0' || c > '9') {
			return false
		}
	}
	end := string(text[18:])
	inUse := text[17] == 'n' && string(text[:10]) != "0000000000"
	return text[16] == ' ' && (inUse || text[17] == 'f') && (end == "\r\n" || end == " \n" || end == " \r")
}

// tail takes what follows the cross-references: a comment, startxref with its offset, the end-of-file marker, and white space to the end.
func (s *strict) tail(start int64) bool {
	comments := 0
	for {
		if _, ok := s.spaces(maxStrictSpace); !ok {
			return false
		}
		if c, _ := s.at(0); c != '%' {
			break
		}
		for {
			c, ok := s.at(0)
			if !ok || c == '\r' || c == '\n' {
				break
			}
			if comments++; comments > maxStrictComment {
				return s.refuse("a comment is longer than writers leave")
			}
			s.pos++
		}
	}
	if !s.keyword("startxref") || !s.lineEnd() {
		return false
	}
	if stated, ok := s.integer(); !ok || stated != start {
		return s.refuse("startxref states another offset")
	}
	return s.lineEnd() && (s.hasKeyword("%%EOF") || s.refuse("the end-of-file marker is missing")) && s.blank()
}

// blank takes little white space up to the end of the file.
func (s *strict) blank() bool {
	if _, ok := s.spaces(maxStrictSpace); !ok {
		return false
	}
	_, more := s.at(0)
	return !more && s.err == nil || s.refuse("something stands behind the end of the update")
}
