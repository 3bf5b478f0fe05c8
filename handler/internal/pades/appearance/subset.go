package appearance

import (
	"encoding/binary"
	"slices"
)

// Bounds of a subset. A hostile font could make it large; real ones have a few kilobytes.
const (
	maxSubsetGlyphs   = 4096
	maxSubsetOutlines = 4 << 20 // bytes
	maxComponents     = 64      // of one composite glyph
	maxComponentDepth = 8
)

// subset is the glyphs of a font that a text uses. They get new numbers from 0 on, and 0 is
// .notdef.
type subset struct {
	font     *font
	ids      map[uint16]uint16 // new numbers, by the font's number of the glyph
	open     map[uint16]bool   // composite glyphs whose components are being added
	glyphs   []uint16          // by new number
	outlines [][]byte          // without instructions, components numbered anew
	size     int               // bytes of all outlines
}

func newSubset(f *font) (*subset, error) {
	s := &subset{font: f, ids: map[uint16]uint16{}, open: map[uint16]bool{}}
	_, err := s.add(0, 0)
	return s, err
}

// add puts a glyph with its components into the subset, once, and returns its new number.
func (s *subset) add(glyph uint16, depth int) (uint16, error) {
	if id, ok := s.ids[glyph]; ok {
		if s.open[glyph] {
			return 0, refused("a glyph of the font contains itself")
		}
		return id, nil
	}
	if depth > maxComponentDepth || len(s.glyphs) == maxSubsetGlyphs {
		return 0, refused("the glyphs of the font are too complex")
	}
	outline, err := s.font.outline(glyph)
	if err != nil {
		return 0, err
	}
	if s.size += len(outline); s.size > maxSubsetOutlines {
		return 0, refused("the glyphs of the font are too complex")
	}
	id := uint16(len(s.glyphs))
	s.ids[glyph], s.glyphs, s.outlines = id, append(s.glyphs, glyph), append(s.outlines, nil)
	s.open[glyph] = true
	s.outlines[id], err = s.bare(outline, depth)
	delete(s.open, glyph)
	return id, err
}

// bare returns an outline without its instructions: these need the programs of the whole font, and
// readers smooth outlines without them.
func (s *subset) bare(outline []byte, depth int) ([]byte, error) {
	if len(outline) == 0 {
		return nil, nil
	}
	if len(outline) < 10 {
		return nil, refused("a glyph of the font is cut off")
	}
	contours := signed(outline, 0)
	switch {
	case contours < 0:
		return s.composite(outline, depth)
	case contours == 0:
		return nil, nil
	}
	at := 10 + 2*contours
	if len(outline) < at+2 {
		return nil, refused("a glyph of the font is cut off")
	}
	rest := at + 2 + int(word(outline, at))
	if rest > len(outline) {
		return nil, refused("a glyph of the font is cut off")
	}
	return slices.Concat(outline[:at], []byte{0, 0}, outline[rest:]), nil
}

// Flags of a component of a composite glyph.
const (
	argumentsAreWords = 0x0001
	hasScale          = 0x0008
	moreComponents    = 0x0020
	hasTwoScales      = 0x0040
	hasTwoByTwo       = 0x0080
	hasInstructions   = 0x0100
)

func (s *subset) composite(outline []byte, depth int) ([]byte, error) {
	out := slices.Clone(outline)
	at := 10
	for range maxComponents {
		if len(out) < at+4 {
			return nil, refused("a glyph of the font is cut off")
		}
		flags := word(out, at)
		id, err := s.add(word(out, at+2), depth+1)
		if err != nil {
			return nil, err
		}
		binary.BigEndian.PutUint16(out[at:], flags&^hasInstructions)
		binary.BigEndian.PutUint16(out[at+2:], id)
		if at += componentSize(flags); at > len(out) {
			return nil, refused("a glyph of the font is cut off")
		}
		if flags&moreComponents == 0 {
			return out[:at], nil
		}
	}
	return nil, refused("the glyphs of the font are too complex")
}

func componentSize(flags uint16) int {
	size := 6
	if flags&argumentsAreWords != 0 {
		size += 2
	}
	switch {
	case flags&hasScale != 0:
		size += 2
	case flags&hasTwoScales != 0:
		size += 4
	case flags&hasTwoByTwo != 0:
		size += 8
	}
	return size
}

// file writes the font program, with the tables that ISO 32000-2, 9.9.2, requires of a TrueType
// program for a CIDFont.
func (s *subset) file() []byte {
	var glyf, hmtx []byte
	loca := make([]byte, 4, 4*len(s.glyphs)+4)
	for i, glyph := range s.glyphs {
		glyf = append(glyf, s.outlines[i]...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(s.font.advance(glyph)))
		hmtx = binary.BigEndian.AppendUint16(hmtx, s.font.leftSideBearing(glyph))
	}
	copied := func(tag string) []byte { return slices.Clone(s.font.tables[tag][:tableSizes[tag]]) }
	head, hhea, maxp := copied("head"), copied("hhea"), copied("maxp")
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets in loca
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(s.glyphs)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(s.glyphs)))
	clear(maxp[18:24]) // storage, functions and instructions of programs that are left out
	clear(maxp[26:28]) // and the size of the instructions
	return assemble([]table{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca},
		{"maxp", maxp}})
}

type table struct {
	tag  string
	data []byte
}

// assemble writes a font file from its tables, which must be in the order of their tags.
func assemble(tables []table) []byte {
	const search = 64 // the largest power of two up to the number of tables, 4, times 16
	out := []byte{0, 1, 0, 0, 0, byte(len(tables)), 0, search, 0, 2, 0, byte(16*len(tables) - search)}
	offset := 12 + 16*len(tables)
	headAt := 0
	for _, table := range tables {
		if table.tag == "head" {
			headAt = offset
		}
		out = append(out, table.tag...)
		out = binary.BigEndian.AppendUint32(out, checksum(table.data))
		out = binary.BigEndian.AppendUint32(out, uint32(offset))
		out = binary.BigEndian.AppendUint32(out, uint32(len(table.data)))
		offset += (len(table.data) + 3) &^ 3
	}
	for _, table := range tables {
		out = append(out, table.data...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xb1b0afba-checksum(out))
	return out
}

func checksum(data []byte) uint32 {
	var sum uint32
	for ; len(data) >= 4; data = data[4:] {
		sum += long(data, 0)
	}
	var last [4]byte
	copy(last[:], data)
	return sum + long(last[:], 0)
}
