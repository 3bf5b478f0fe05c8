package xref

import (
	"fmt"
	"io"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Chain is the chain of cross-reference sections of a document, newest first, with an index of
// their entries. It is read once and does not change after that. The chain of an earlier revision
// is the part that begins at that revision's newest section. Methods take the place of that section
// as first.
type Chain struct {
	Sections []Section
	Taken    int64 // bytes of memory
	// Tolerated is a deviation in a section at which some readers repair the file; "" = none.
	Tolerated string

	index  *index
	origin int64
	links  []link
	places map[int64]int // of the sections, by their offsets
}

// link describes the part of a chain that begins at one of its sections.
type link struct {
	reach   int64 // end of the bytes that this part was read from; a shorter document may read differently
	highest int   // object number
	// the place of the section with which the stream beside a table was read; a chain that begins
	// at an older section would read that stream again
	whole int
}

// Beginning returns the place in the chain of the section at an offset. ok reports whether the part
// from there on is also the whole chain of a document of that size whose newest section is at the
// offset.
func (c *Chain) Beginning(offset, size, origin int64) (place int, ok bool) {
	place, ok = c.places[offset]
	return place, ok && origin == c.origin && c.links[place].reach <= size && c.links[place].whole >= place
}

// Source is the source of cross-references.
type Source struct {
	Parser  *syntax.Parser
	Account *bounds.Account
	Limits  *bounds.Limits
	Size    int64 // bytes of the file
	Origin  int64 // the place from which offsets in the file count
	Streams Streams
}

// Streams reads streams.
type Streams interface {
	// StreamAt returns the stream at an offset; nil = another object is there.
	StreamAt(offset int64) (Stream, error)
}

// Stream is a stream of the file.
type Stream interface {
	Entries() syntax.Dict
	Decoded() (io.Reader, error)
}

// chaining is the state while a chain is read.
type chaining struct {
	src    Source
	chain  *Chain
	seen   map[int64]int // the sections that were read, by their offsets
	layers []layer
	ranges int   // in all sections
	reach  int64 // of the section that is being read
	whole  int
}

// Read follows the chain of sections from the newest, at an offset, to the oldest. Its errors are
// those of pdf.Open.
func Read(src Source, offset int64) (*Chain, error) {
	before := src.Account.Taken()
	c := &chaining{src: src, chain: &Chain{origin: src.Origin, places: map[int64]int{}}, seen: map[int64]int{}}
	for {
		older, err := c.readSection(offset)
		if err != nil {
			place := func() string { return fmt.Sprintf("cross-references at offset %d", offset) }
			return nil, bounds.Placed(err, place)
		}
		if older == 0 {
			break
		}
		offset = older
	}
	var err error
	if c.chain.index, err = newIndex(c.layers, src.Account); err != nil {
		return nil, err
	}
	for i := len(c.chain.links) - 2; i >= 0; i-- {
		this, older := &c.chain.links[i], c.chain.links[i+1]
		this.reach = max(this.reach, older.reach)
		this.highest = max(this.highest, older.highest)
		this.whole = min(this.whole, older.whole)
	}
	c.chain.Taken = src.Account.Taken() - before
	return c.chain, nil
}

// readSection reads one section and returns the offset of the next older one, or 0.
func (c *chaining) readSection(offset int64) (older int64, err error) {
	p := c.src.Parser
	p.JumpTo(offset)
	if p.SkipBefore() {
		c.chain.Tolerated = commentBefore
	}
	offset = p.Offset()
	place := len(c.chain.Sections)
	if err := c.visit(offset, place); err != nil {
		return 0, err
	}
	section := Section{Offset: offset}
	c.reach, c.whole = 0, place
	if p.HasKeyword("xref") {
		section.Kind = KindTable
		err = c.readTable(&section)
	} else {
		section.Kind = KindStream
		err = c.readStreamSection(&section, offset)
	}
	if err != nil {
		return 0, err
	}
	if err := c.src.Account.Spend(int64(len(section.Objects)) * bounds.SortCost); err != nil {
		return 0, err
	}
	section.Objects, section.Ambiguous = MergeRanges(section.Objects)
	l := link{reach: c.reach, whole: c.whole, highest: -1}
	if n := len(section.Objects); n > 0 {
		l.highest = section.Objects[n-1].First + section.Objects[n-1].Count - 1
	}
	c.chain.places[offset] = place
	c.chain.Sections, c.chain.links = append(c.chain.Sections, section), append(c.chain.links, l)
	// Some writers state /Prev 0 for none. No section is there: the header is at 0.
	return c.sectionOffset(section.Trailer, "Prev")
}

// commentBefore is Chain.Tolerated for a comment.
const commentBefore = "a comment precedes the cross-references"

// sectionMemory is the memory of a section in bytes, without its entries and its trailer.
const sectionMemory = 512

// visit records a section, and refuses one that was read before, which would be a loop.
func (c *chaining) visit(offset int64, place int) error {
	if _, again := c.seen[offset]; again {
		return bounds.Damaged.ErrorfAt(offset, "the cross-reference section leads back to itself")
	}
	if most := min(c.src.Limits.Sections, maxSections); len(c.seen) >= most {
		return bounds.TooComplex.Errorf("there are more than %d cross-reference sections", most)
	}
	c.seen[offset] = place
	return c.src.Account.Take(sectionMemory)
}

// readTo records the end of what was read last: the place of the parser, or the end of the file if
// the parser looked at it.
func (c *chaining) readTo() {
	p := c.src.Parser
	c.reach = max(c.reach, p.Offset())
	if p.Ended() {
		c.reach = max(c.reach, c.src.Size)
	}
}

// newLayer begins the next layer of entries.
func (c *chaining) newLayer(within int) *entries {
	return &entries{account: c.src.Account, layer: uint16(len(c.chain.Sections)*layersOfSection + within)}
}

// add adds a layer that was read.
func (c *chaining) add(e *entries) error {
	l, err := e.finish()
	if err != nil {
		return err
	}
	c.layers = slices.Grow(c.layers, int(e.layer)+1-len(c.layers))[:int(e.layer)+1]
	c.layers[e.layer] = l
	return nil
}

// sectionOffset returns the place in the file that a trailer key points to, or 0 if the key is
// absent.
func (c *chaining) sectionOffset(trailer syntax.Dict, key syntax.Name) (int64, error) {
	value, present := trailer[key]
	offset, ok := value.(syntax.Integer)
	switch {
	case !present || ok && offset == 0:
		return 0, nil
	case !ok || offset < 0 || int64(offset) >= c.src.Size-c.src.Origin:
		return 0, bounds.Damaged.Errorf("/%s of a trailer is not an offset in the file", key)
	}
	return c.src.Origin + int64(offset), nil
}
