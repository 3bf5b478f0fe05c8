package appearance

import "sort"

// cmap finds the glyph of a character by a Unicode subtable of the font's cmap table, which has
// format 4 or 12.
type cmap struct {
	format   uint16
	subtable []byte
	segments int // of format 4, or groups of format 12
}

const maxSubtables = 64

// readCmap chooses the readable Unicode subtable with the highest format, which covers most
// characters. It returns an *Error if there is none.
func readCmap(table []byte) (cmap, error) {
	var best cmap
	for i := range min(int(word(table, 2)), maxSubtables) {
		if len(table) < 12+8*i {
			break
		}
		record := table[4+8*i:]
		platform, encoding, offset := word(record, 0), word(record, 2), uint64(long(record, 4))
		unicode := platform == 0 && encoding != 5 || platform == 3 && (encoding == 1 || encoding == 10)
		if !unicode || offset+16 > uint64(len(table)) {
			continue
		}
		found := readSubtable(table[offset:])
		if found.format > best.format {
			best = found
		}
	}
	if best.format == 0 {
		return best, refused("the font has no table of Unicode characters that can be read")
	}
	return best, nil
}

// readSubtable returns the zero cmap for a subtable that is damaged or has another format.
func readSubtable(data []byte) cmap {
	switch format := word(data, 0); format {
	case 4:
		if segments := int(word(data, 6)) / 2; segments > 0 && len(data) >= 16+8*segments {
			return cmap{format, data, segments}
		}
	case 12:
		if groups := uint64(long(data, 12)); groups > 0 && uint64(len(data)) >= 16+12*groups {
			return cmap{format, data, int(groups)}
		}
	}
	return cmap{}
}

// glyph returns the glyph of a character, or 0 if the font does not have it.
func (c cmap) glyph(r rune) uint16 {
	if c.format == 12 {
		return c.grouped(uint32(r))
	}
	if r > 0xffff {
		return 0
	}
	return c.segmented(uint16(r))
}

func (c cmap) grouped(code uint32) uint16 {
	i := sort.Search(c.segments, func(i int) bool { return long(c.subtable, 16+12*i+4) >= code })
	if i == c.segments {
		return 0
	}
	group := c.subtable[16+12*i:]
	start := long(group, 0)
	if start > code {
		return 0
	}
	glyph := uint64(long(group, 8)) + uint64(code-start)
	if glyph > 0xffff {
		return 0
	}
	return uint16(glyph)
}

func (c cmap) segmented(code uint16) uint16 {
	size := 2 * c.segments
	i := sort.Search(c.segments, func(i int) bool { return word(c.subtable, 14+2*i) >= code })
	if i == c.segments {
		return 0
	}
	start, delta := word(c.subtable, 16+size+2*i), word(c.subtable, 16+2*size+2*i)
	rangeAt := 16 + 3*size + 2*i
	offset := int(word(c.subtable, rangeAt))
	if start > code {
		return 0
	}
	if offset == 0 {
		return code + delta // modulo 65536
	}
	at := rangeAt + offset + 2*int(code-start)
	if at+2 > len(c.subtable) {
		return 0
	}
	glyph := word(c.subtable, at)
	if glyph == 0 {
		return 0
	}
	return glyph + delta
}
