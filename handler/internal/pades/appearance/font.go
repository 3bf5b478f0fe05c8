package appearance

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
)

// font is an open TrueType file: ISO/IEC 14496-22. It reads a glyph only when a text uses it, and
// within bounds.
type font struct {
	tables     map[string][]byte
	unitsPerEm int
	glyphs     int // numGlyphs
	metrics    int // numberOfHMetrics
	longLoca   bool
	ascent     int
	descent    int // negative
	characters cmap
}

const (
	maxTables = 64
	maxName   = 48 // bytes of a font's name that are kept
)

// tableSizes has the tables that a font must have, with their smallest sizes in bytes.
var tableSizes = map[string]int{"head": 54, "hhea": 36, "maxp": 32, "hmtx": 4, "loca": 2, "glyf": 1, "cmap": 4}

// Bits of OS/2 fsType.
const (
	embeddingUsage      = 0x000f
	embeddingRestricted = 0x0002
	embeddingNoSubset   = 0x0100
	embeddingBitmaps    = 0x0200
)

// CheckFont returns an *Error that says why a font file cannot be used, or nil if it can. Every
// font must have Latin letters and digits, whatever script it is for, because dates and labels are
// Latin.
func CheckFont(data []byte) error {
	f, err := parseFont(data)
	if err != nil {
		return err
	}
	for r := ' '; r <= '~'; r++ {
		if (r == ' ' || strings.ContainsRune(":,-", r) || unicode.IsLetter(r) || unicode.IsDigit(r)) &&
			f.characters.glyph(r) == 0 {
			return refused("the font has no glyph for %q: it needs Latin letters and digits for dates and labels", r)
		}
	}
	return nil
}

func parseFont(data []byte) (*font, error) {
	if len(data) > maxFont {
		return nil, refused("the font is larger than %d bytes", maxFont)
	}
	f := &font{}
	var err error
	if f.tables, err = fontTables(data); err != nil {
		return nil, err
	}
	for tag, size := range tableSizes {
		if len(f.tables[tag]) < size {
			return nil, refused("the font lacks the table %s, or it is cut off", tag)
		}
	}
	if err := f.embeddable(); err != nil {
		return nil, err
	}
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.unitsPerEm = int(word(head, 18))
	f.longLoca = word(head, 50) != 0
	f.glyphs = int(word(f.tables["maxp"], 4))
	f.metrics = int(word(hhea, 34))
	f.ascent, f.descent = signed(hhea, 4), signed(hhea, 6)
	entry := 2
	if f.longLoca {
		entry = 4
	}
	switch {
	case f.unitsPerEm < 16 || f.unitsPerEm > 16384,
		f.metrics < 1 || f.metrics > f.glyphs || len(f.tables["hmtx"]) < 4*f.metrics,
		len(f.tables["loca"]) < entry*(f.glyphs+1),
		f.ascent <= 0 || f.descent > 0 || f.ascent-f.descent > 8*f.unitsPerEm:
		return nil, refused("the font's tables contradict each other")
	}
	f.characters, err = readCmap(f.tables["cmap"])
	return f, err
}

// fontTables reads the table directory. Of a font collection it reads that of the first font.
func fontTables(data []byte) (map[string][]byte, error) {
	directory := data
	if len(data) >= 16 && string(data[:4]) == "ttcf" {
		first := int64(long(data, 12))
		if long(data, 8) == 0 || first > int64(len(data)) {
			return nil, refused("the font collection has no font")
		}
		directory = data[first:]
	}
	if len(directory) < 12 {
		return nil, refused("the font is not a TrueType file")
	}
	switch string(directory[:4]) {
	case "\x00\x01\x00\x00", "true":
	case "OTTO":
		return nil, refused("the font has PostScript outlines (CFF): only fonts with TrueType outlines can be used")
	default:
		return nil, refused("the font is not a TrueType file")
	}
	count := int(word(directory, 4))
	if count > maxTables || len(directory) < 12+16*count {
		return nil, refused("the font's table directory cannot be read")
	}
	tables := make(map[string][]byte, count)
	for i := range count {
		record := directory[12+16*i:]
		offset, length := uint64(long(record, 8)), uint64(long(record, 12))
		if offset+length > uint64(len(data)) {
			return nil, refused("a table of the font is outside the file")
		}
		tables[string(record[:4])] = data[offset : offset+length]
	}
	return tables, nil
}

// embeddable returns an *Error if the maker of the font does not permit embedding a subset. A font
// without the table OS/2 forbids nothing.
func (f *font) embeddable() error {
	os2 := f.tables["OS/2"]
	if len(os2) < 10 {
		return nil
	}
	permission := word(os2, 8)
	// If several usage bits are set, the least restrictive one counts.
	if permission&embeddingUsage == embeddingRestricted || permission&(embeddingNoSubset|embeddingBitmaps) != 0 {
		return refused("the font's licence bits (fsType) forbid embedding a subset of it")
	}
	return nil
}

// advance is the width of a glyph in units of the em.
func (f *font) advance(glyph uint16) int {
	i := min(int(glyph), f.metrics-1)
	return int(word(f.tables["hmtx"], 4*i))
}

func (f *font) leftSideBearing(glyph uint16) uint16 {
	hmtx, i := f.tables["hmtx"], int(glyph)
	at := 4*i + 2
	if i >= f.metrics {
		at = 4*f.metrics + 2*(i-f.metrics)
	}
	if at+2 > len(hmtx) {
		return 0
	}
	return word(hmtx, at)
}

// outline returns the data of a glyph. An empty glyph has none.
func (f *font) outline(glyph uint16) ([]byte, error) {
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	if int(glyph) >= f.glyphs {
		return nil, refused("the font names a glyph that it does not have")
	}
	var start, end uint64
	if i := int(glyph); f.longLoca {
		start, end = uint64(long(loca, 4*i)), uint64(long(loca, 4*i+4))
	} else {
		start, end = 2*uint64(word(loca, 2*i)), 2*uint64(word(loca, 2*i+2))
	}
	if start > end || end > uint64(len(glyf)) {
		return nil, refused("a glyph of the font is outside its table")
	}
	return glyf[start:end], nil
}

// name returns the PostScript name, reduced to letters, digits and hyphens.
func (f *font) name() string {
	const postScriptName = 6
	table := f.tables["name"]
	if len(table) < 6 {
		return "Font"
	}
	texts := int(word(table, 4))
	for i := range min(int(word(table, 2)), 1000) {
		if len(table) < 18+12*i {
			break
		}
		record := table[6+12*i:]
		start, length := texts+int(word(record, 10)), int(word(record, 8))
		if word(record, 6) != postScriptName || start+length > len(table) {
			continue
		}
		if name := plainName(table[start:start+length], word(record, 0) != 1); name != "" {
			return name
		}
	}
	return "Font"
}

// plainName decodes a name, which is UTF-16BE on all platforms except the Macintosh.
func plainName(text []byte, wide bool) string {
	units := make([]uint16, 0, len(text))
	for i := 0; wide && i+1 < len(text); i += 2 {
		units = append(units, word(text, i))
	}
	decoded := string(text)
	if wide {
		decoded = string(utf16.Decode(units))
	}
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, decoded)
	return plain[:min(len(plain), maxName)]
}

func word(data []byte, at int) uint16 { return binary.BigEndian.Uint16(data[at:]) }
func long(data []byte, at int) uint32 { return binary.BigEndian.Uint32(data[at:]) }
func signed(data []byte, at int) int  { return int(int16(word(data, at))) }
