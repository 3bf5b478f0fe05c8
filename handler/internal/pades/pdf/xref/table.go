package xref

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// readTable reads a cross-reference table (ISO 32000-2, 7.5.4) and its trailer into a section, from
// behind the xref keyword.
func (c *chaining) readTable(section *Section) error {
	t := &table{src: c.src, used: c.newLayer(0), free: c.newLayer(2)}
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
	stream, err := c.sectionOffset(t.trailer, "XRefStm")
	if err != nil {
		return err
	}
	// 7.5.8.4: an object that the table lacks is looked up in the stream, and then in older
	// sections. Hidden objects are free in the table and in use in the stream. The free entries of
	// the table therefore come last, as in qpdf.
	if _, given := t.trailer["XRefStm"]; given && stream == 0 {
		c.chain.Tolerated = "/XRefStm is 0"
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
// updates copy /XRefStm from the older trailer, so that many tables can name one stream. The stream
// is read with the newest of them.
func (c *chaining) readHybridStream(section *Section, offset int64) error {
	// The negative offset distinguishes it from a section of the chain at the same offset.
	if place, known := c.seen[-offset]; known {
		c.whole = min(c.whole, place)
		return nil
	}
	if err := c.visit(-offset, len(c.chain.Sections)); err != nil {
		return err
	}
	p := c.src.Parser
	if p.JumpTo(offset); p.SkipBefore() {
		c.chain.Tolerated = commentBefore
	}
	_, err := c.readXRefStream(section, c.newLayer(1), offset)
	return err
}

// table is a cross-reference table while it is read. It accepts the layouts that occur in practice:
// entries of 19 to 21 bytes and any line ends.
type table struct {
	src        Source
	used, free *entries
	trailer    syntax.Dict

	// What the first subsection holds. Its numbers may be wrong.
	head      Range
	headUsed  int  // rows
	headFree  int  // runs
	headFreed bool // it begins with the head of the list of free objects
}

func (t *table) read(c *chaining, section *Section) error {
	p := t.src.Parser
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
	t.trailer, err = ReadTrailer(p)
	p.Pay()
	if err == nil {
		err = p.Err()
	}
	return err
}

func (t *table) readSubsection() (Range, error) {
	src, p := &t.src, t.src.Parser
	first, ok := p.Digits()
	p.SkipSpace()
	count, ok2 := p.Digits()
	if !ok || !ok2 {
		return Range{}, p.OrDamaged("a cross-reference table has a broken subsection at offset %d", p.Offset())
	}
	if first > int64(src.Limits.Objects) || count > int64(src.Limits.Objects)-first {
		return Range{}, bounds.TooComplex.Errorf("a cross-reference table has object numbers over %d",
			src.Limits.Objects)
	}
	const leastEntry = 5 // "0 0 f"
	if count > (src.Size-p.Offset())/leastEntry {
		return Range{}, bounds.Damaged.Errorf("a cross-reference table claims more entries than the file can hold")
	}
	for i := range count {
		if i%1024 == 0 {
			if err := src.Account.Spend(min(1024, count-i) * bounds.EntryCost); err != nil {
				return Range{}, err
			}
		}
		entry, ok := src.readEntry()
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
func (s *Source) readEntry() (packed, bool) {
	p := s.Parser
	p.SkipSpace()
	const length = 18
	if text := p.Peek(length); text != nil {
		if entry, ok := s.fastEntry(text); ok {
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
	return s.entry(offset, generation, kind)
}

// fastEntry takes the exact layout of the standard.
func (s *Source) fastEntry(text []byte) (packed, bool) {
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
	return s.entry(offset, generation, text[17])
}

func (s *Source) entry(offset, generation int64, kind byte) (packed, bool) {
	switch {
	case kind == 'f':
		return packFree(generation), true
	case kind == 'n' && offset == 0:
		// An offset of 0 is that of the header: such writers mean an object that does not exist.
		return packFree(generation), true
	case kind != 'n' || generation > syntax.MaxGeneration || offset > maxOffset-s.Origin:
		return 0, false
	}
	return packOffset(s.Origin+offset, generation), true
}

// ReadTrailer reads the keyword trailer and its dictionary.
func ReadTrailer(p *syntax.Parser) (syntax.Dict, error) {
	if !p.HasKeyword("trailer") {
		return nil, p.OrDamaged("a cross-reference table has no trailer where it ends, at offset %d", p.Offset())
	}
	repeats := p.Repeats
	trailer, ok := p.Dict()
	if !ok {
		return nil, p.OrDamaged("a trailer is not a dictionary")
	}
	if err := checkTwice(p, repeats); err != nil {
		return nil, err
	}
	return trailer, nil
}

// checkTwice refuses a trailer in which a key stands twice: for some readers the document might be
// encrypted, or have another catalog.
func checkTwice(p *syntax.Parser, repeats int) error {
	if p.Repeats > repeats {
		return bounds.Damaged.Errorf("a trailer has a key twice, which readers interpret differently")
	}
	return nil
}

// checkNumbering corrects a table that numbers its first subsection from 1 although the subsection
// begins with object 0, a known error of some writers. The object at the offset of an entry
// decides.
func (t *table) checkNumbering(c *chaining, section *Section) error {
	if !t.headFreed || t.head.First != 1 || t.headUsed == 0 || t.trailer["Prev"] != nil {
		return nil
	}
	p, sample := t.src.Parser, t.used.pieces[0][0]
	p.JumpTo(min(sample.entry.entry().Offset, t.src.Size))
	p.SkipPadding()
	ref, ok := p.Header()
	c.readTo()
	if ok && ref.Number == int(sample.number)-1 {
		t.renumber()
		c.chain.Tolerated = "the cross-reference table is numbered from 1"
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
