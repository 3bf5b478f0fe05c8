package pdf

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// readTable reads a cross-reference table (ISO 32000-2, 7.5.4) and its trailer into a section. They
// begin behind the xref keyword.
func (c *chaining) readTable(section *Section) error {
	t := &table{file: c.file, used: c.newLayer(0), free: c.newLayer(2)}
	if err := t.read(c, section); err != nil {
		return err
	}
	c.readTo()
	section.Trailer = t.trailer
	if err := t.checkNumbering(c, section); err != nil {
		return err
	}
	if err := c.add(t.used); err != nil {
		return err
	}
	stream, err := c.file.sectionOffset(t.trailer, "XRefStm")
	if err != nil {
		return err
	}
	// 7.5.8.4: an object that the table lacks is looked up in the stream, and then in older
	// sections. Hidden objects are free in the table and in use in the stream, so the free entries
	// of the table come last, as in qpdf.
	if _, given := t.trailer["XRefStm"]; given && stream == 0 {
		c.chain.tolerated = "/XRefStm is 0"
	}
	if stream != 0 {
		section.Kind = KindHybrid
		if err := c.readHybridStream(section, stream); err != nil {
			return err
		}
	}
	return c.add(t.free)
}

// readHybridStream reads the cross-reference stream that /XRefStm of a table names. Writers of
// updates copy /XRefStm from the older trailer, so that many tables can name one stream. It is read
// with the newest of them.
func (c *chaining) readHybridStream(section *Section, offset int64) error {
	// A negative offset tells it from a section of the chain, which may lead to the same stream.
	if place, known := c.seen[-offset]; known {
		c.whole = min(c.whole, place)
		return nil
	}
	if err := c.visit(-offset, len(c.chain.sections)); err != nil {
		return err
	}
	p := &c.file.parser
	if p.JumpTo(offset); p.SkipBefore() {
		c.chain.tolerated = commentBefore
	}
	_, err := c.readXRefStream(section, c.newLayer(1), offset)
	return err
}

// table is a cross-reference table while it is read: the layouts that occur in practice, with
// entries of 19 to 21 bytes and any line ends.
type table struct {
	file       *File
	used, free *entries
	trailer    Dict

	// What the first subsection has: its numbers may be wrong.
	head      Range
	headUsed  int  // rows
	headFree  int  // runs
	headFreed bool // it begins with the head of the list of free objects
}

func (t *table) read(c *chaining, section *Section) error {
	p := &t.file.parser
	for {
		p.SkipSpace()
		digit, _ := p.At(0)
		if digit < '0' || digit > '9' {
			break
		}
		r, err := t.readSubsection()
		if err != nil {
			return err
		}
		if r.Count == 0 {
			continue
		}
		if err := c.addRange(section, r); err != nil {
			return err
		}
		if t.head.Count == 0 {
			t.head, t.headUsed, t.headFree = r, t.used.count, len(t.free.runs)
			t.free.closed = t.headFree
		}
	}
	var err error
	t.trailer, err = t.file.readTrailer()
	p.Pay()
	if err == nil {
		err = p.Err()
	}
	return err
}

func (t *table) readSubsection() (Range, error) {
	f, p := t.file, &t.file.parser
	first, ok := p.Digits()
	p.SkipSpace()
	count, ok2 := p.Digits()
	if !ok || !ok2 {
		return Range{}, p.OrDamaged("a cross-reference table has a broken subsection at offset %d", p.Offset())
	}
	if first > int64(f.limits.Objects) || count > int64(f.limits.Objects)-first {
		return Range{}, tooComplex("a cross-reference table has object numbers over %d", f.limits.Objects)
	}
	const leastEntry = 5 // "0 0 f"
	if count > (f.size-p.Offset())/leastEntry {
		return Range{}, damaged("a cross-reference table claims more entries than the file can hold")
	}
	for i := range count {
		if i%1024 == 0 {
			if err := f.account.Spend(min(1024, count-i) * bounds.EntryCost); err != nil {
				return Range{}, err
			}
		}
		entry, ok := f.readEntry()
		if !ok {
			return Range{}, p.OrDamaged("a cross-reference table has a broken entry at offset %d", p.Offset())
		}
		if err := t.add(int(first+i), entry); err != nil {
			return Range{}, err
		}
	}
	return Range{int(first), int(count)}, nil
}

func (t *table) add(number int, entry packed) error {
	if entry.kind() != EntryFree {
		return t.used.add(number, entry)
	}
	if number == 1 && entry == packFree(syntax.MaxGeneration) && t.used.count+len(t.free.runs) == 0 {
		t.headFreed = true
	}
	return t.free.add(number, entry)
}

// readEntry reads "nnnnnnnnnn ggggg n" with the white space around it.
func (f *File) readEntry() (packed, bool) {
	p := &f.parser
	p.SkipSpace()
	const length = 18
	if text := p.Peek(length); text != nil {
		if entry, ok := f.fastEntry(text); ok {
			p.Pass(length)
			return entry, true
		}
	}
	offset, ok := p.Digits()
	p.SkipSpace()
	generation, ok2 := p.Digits()
	p.SkipSpace()
	kind, ok3 := p.At(0)
	if !ok || !ok2 || !ok3 {
		return 0, false
	}
	p.Skip(1)
	if after, ok := p.At(0); ok && syntax.IsRegular(after) {
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
	case kind != 'n' || generation > syntax.MaxGeneration || offset > maxOffset-f.origin:
		return 0, false
	}
	return packOffset(f.origin+offset, generation), true
}

func (f *File) readTrailer() (Dict, error) {
	p := &f.parser
	if !p.HasKeyword("trailer") {
		return nil, p.OrDamaged("a cross-reference table has no trailer where it ends, at offset %d", p.Offset())
	}
	repeats := p.Repeats
	trailer, ok := p.Dict()
	if !ok {
		return nil, p.OrDamaged("a trailer is no dictionary")
	}
	if err := f.checkTwice(repeats); err != nil {
		return nil, err
	}
	return trailer, nil
}

// checkTwice refuses a trailer in which a key stands twice: to some readers the document might be
// encrypted, or have another catalog.
func (f *File) checkTwice(repeats int) error {
	if f.parser.Repeats > repeats {
		return damaged("a trailer has a key twice, which readers take differently")
	}
	return nil
}

// checkNumbering corrects a table that numbers its first subsection from 1 although that begins
// with object 0: a known fault of some writers. The object that an entry points to decides.
func (t *table) checkNumbering(c *chaining, section *Section) error {
	if !t.headFreed || t.head.First != 1 || t.headUsed == 0 || t.trailer["Prev"] != nil {
		return nil
	}
	p, sample := &t.file.parser, t.used.pieces[0][0]
	p.JumpTo(min(sample.entry.entry().Offset, t.file.size))
	p.SkipPadding()
	ref, ok := p.Header()
	c.readTo()
	if ok && ref.Number == int(sample.number)-1 {
		t.renumber()
		c.chain.tolerated = "the cross-reference table is numbered from 1"
		section.Objects[0].First = 0
	}
	return p.Err()
}

// renumber lowers the numbers of the first subsection by one.
func (t *table) renumber() {
	left := t.headUsed
	for _, piece := range t.used.pieces {
		for i := range piece[:min(left, len(piece))] {
			piece[i].number--
		}
		left = max(left-len(piece), 0)
	}
	for i := range t.free.runs[:t.headFree] {
		t.free.runs[i].first--
	}
}
