package pdf

// readTable takes a cross-reference table (ISO 32000-2, 7.5.4) and its trailer, which begin behind the xref keyword, into a section.
func (f *File) readTable(section *Section, seen map[int64]bool) error {
	t, err := f.table()
	if err != nil {
		return err
	}
	section.Trailer = t.trailer
	if err := t.checkNumbering(f); err != nil {
		return err
	}
	stream, err := f.sectionOffset(t.trailer, "XRefStm")
	if err != nil {
		return err
	}
	// 7.5.8.4: an object that the table lacks is looked up in the stream, and then in older sections. Hidden objects are free in
	// the table and in use in the stream, so the free entries of the table come last, as in qpdf.
	for _, s := range t.subsections {
		if err := f.addRange(section, Range{s.first, len(s.entries)}); err != nil {
			return err
		}
		f.index.reserve(s.first, len(s.entries))
	}
	t.commit(f, EntryOffset)
	if stream != 0 {
		section.Kind = KindHybrid
		if err := f.readHybridStream(section, stream, seen); err != nil {
			return err
		}
	}
	t.commit(f, EntryFree)
	return nil
}

// readHybridStream reads the stream beside a table. Writers of updates copy /XRefStm from the older trailer, so that one stream
// stands beside many tables: it is read with the newest.
func (f *File) readHybridStream(section *Section, offset int64, seen map[int64]bool) error {
	if seen[-offset] {
		return nil
	}
	// A negative offset tells it from a section of the chain, which may lead to the same stream.
	if err := f.visit(-offset, seen); err != nil {
		return err
	}
	_, err := f.readXRefStream(section, offset)
	return err
}

// table is what a cross-reference table and its trailer say.
type table struct {
	subsections []subsection
	trailer     Dict

	origin int64 // of the File that it was read from
	end    int64 // behind the trailer
	cost   int64 // of Limits.Work
}

type subsection struct {
	first   int
	entries []packed
}

// table reads a table and its trailer: the layouts that occur in practice, with entries of 19 to 21 bytes and any line ends. What the
// newer revisions of a document have read already is not read again.
func (f *File) table() (*table, error) {
	p := &f.parser
	if p.pay(); p.err != nil {
		return nil, p.err
	}
	begin, work := p.offset(), f.budget.work
	if known := f.readings.tables[begin]; known != nil && known.end <= f.size && known.origin == f.origin {
		return known, f.budget.spend(known.cost)
	}
	t := &table{origin: f.origin}
	for {
		p.skipSpace()
		c, _ := p.at(0)
		if c < '0' || c > '9' {
			break
		}
		if err := t.readSubsection(f); err != nil {
			return nil, err
		}
	}
	var err error
	if t.trailer, err = f.readTrailer(); err != nil {
		return nil, err
	}
	p.pay()
	t.end, t.cost = p.offset(), work-f.budget.work
	if !t.doubtful() { // what ends a trailer does so whatever follows
		f.readings.keepTable(begin, t)
	}
	return t, p.err
}

func (t *table) readSubsection(f *File) error {
	p := &f.parser
	first, ok := p.digits()
	p.skipSpace()
	count, ok2 := p.digits()
	if !ok || !ok2 {
		return p.orDamaged("a cross-reference table has a broken subsection (offset %d)", p.offset())
	}
	if first > int64(f.limits.Objects) || count > int64(f.limits.Objects)-first {
		return tooComplex("a cross-reference table has object numbers over %d", f.limits.Objects)
	}
	const leastEntry = 5 // "0 0 f"
	if count > (f.size-p.offset())/leastEntry {
		return damaged("a cross-reference table claims more entries than the file can hold")
	}
	entries := make([]packed, count)
	for i := range entries {
		if i%1024 == 0 {
			if err := f.budget.spend(min(1024, count-int64(i)) * entryCost); err != nil {
				return err
			}
		}
		entry, ok := f.readEntry()
		if !ok {
			return p.orDamaged("a cross-reference table has a broken entry (offset %d)", p.offset())
		}
		entries[i] = entry
	}
	if count > 0 {
		t.subsections = append(t.subsections, subsection{int(first), entries})
	}
	return nil
}

// readEntry reads "nnnnnnnnnn ggggg n" with the white space around it.
func (f *File) readEntry() (packed, bool) {
	p := &f.parser
	p.skipSpace()
	if _, ok := p.at(17); ok {
		if entry, ok := f.fastEntry(p.buf[p.pos : p.pos+18]); ok {
			p.pay() // the white space; entries have a price of their own
			p.pos += 18
			p.paid = p.pos
			return entry, true
		}
	}
	offset, ok := p.digits()
	p.skipSpace()
	generation, ok2 := p.digits()
	p.skipSpace()
	kind, ok3 := p.at(0)
	if !ok || !ok2 || !ok3 {
		return 0, false
	}
	p.pos++
	if after, ok := p.at(0); ok && class[after] == regular {
		return 0, false
	}
	return f.entry(offset, generation, kind)
}

// fastEntry takes the exact layout of the standard.
func (f *File) fastEntry(text []byte) (packed, bool) {
	var offset, generation int64
	for _, c := range text[:10] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		offset = offset*10 + int64(c)
	}
	for _, c := range text[11:16] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		generation = generation*10 + int64(c)
	}
	if text[10] != ' ' || text[16] != ' ' {
		return 0, false
	}
	return f.entry(offset, generation, text[17])
}

func (f *File) entry(offset, generation int64, kind byte) (packed, bool) {
	switch {
	case kind == 'f':
		return packFree(generation), true
	case kind == 'n' && offset == 0:
		// The header is there: writers mean an object that does not exist.
		return packFree(generation), true
	case kind != 'n' || generation > maxGeneration || offset > maxOffset-f.origin:
		return 0, false
	}
	return packOffset(f.origin+offset, generation), true
}

func (f *File) readTrailer() (Dict, error) {
	p := &f.parser
	if !p.hasKeyword("trailer") {
		return nil, p.orDamaged("a cross-reference table has no trailer (offset %d)", p.offset())
	}
	p.restart()
	repeats := p.repeats
	trailer, ok := p.next(0).(Dict)
	if !ok {
		return nil, p.orDamaged("a trailer is no dictionary (offset %d)", p.offset())
	}
	if err := f.checkTwice(repeats); err != nil {
		return nil, err
	}
	return trailer, checkEncryption(trailer)
}

// checkTwice refuses a trailer in which a key stands twice: to some readers the document might be encrypted, or have another catalog.
func (f *File) checkTwice(repeats int) error {
	if f.parser.repeats > repeats {
		return damaged("a trailer has a key twice, which readers take differently")
	}
	return nil
}

func checkEncryption(trailer Dict) error {
	if trailer["Encrypt"] != nil {
		return &Error{Fault: Encrypted, Detail: "the document is encrypted"}
	}
	return nil
}

// checkNumbering corrects a table that numbers its first subsection from 1 although that begins with object 0: a known fault of
// some writers. The object that an entry points to decides.
func (t *table) checkNumbering(f *File) error {
	if !t.doubtful() {
		return nil
	}
	s, p := &t.subsections[0], &f.parser
	for i, entry := range s.entries {
		if entry.kind() != EntryOffset {
			continue
		}
		p.seek(min(entry.entry().Offset, f.size))
		p.skipPadding()
		if ref, ok := p.header(); ok && ref.Number == i {
			s.first = 0
		}
		return p.err
	}
	return nil
}

// doubtful says whether it takes an object to know how the table is numbered, which may lie behind the end of an earlier revision.
func (t *table) doubtful() bool {
	return len(t.subsections) > 0 && t.subsections[0].first == 1 && t.trailer["Prev"] == nil &&
		t.subsections[0].entries[0] == packFree(maxGeneration)
}

// commit makes the entries of one kind known.
func (t *table) commit(f *File, kind EntryKind) {
	for _, s := range t.subsections {
		for i, entry := range s.entries {
			if entry.kind() == kind {
				f.index.add(s.first+i, entry)
			}
		}
	}
}
