package appearance_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-fonts/dejavu/dejavusans"

	"influxion/handler/internal/pades/appearance"
)

// tinyFont is a font of four glyphs: none, A (a triangle), B (made of A) and a space.
func tinyFont() map[string][]byte {
	triangle := numbers(1, 0, 0, 500, 700, 2, 3) // one contour, its box, its last point, three bytes of instructions
	triangle = append(triangle, 0xb0, 1, 0x21, 1, 1, 1)
	triangle = append(triangle, numbers(0, 500, -250, 0, 0, 700)...)
	composite := numbers(-1, 0, 0, 500, 700, 0x0103, 1, 10, 20, 2) // one component with instructions
	composite = append(composite, 0xb0, 1)
	glyf := slices.Concat(triangle, composite)
	head := make([]byte, 54)
	binary.BigEndian.PutUint16(head[18:], 1000)
	hhea := make([]byte, 36)
	copy(hhea[4:], numbers(800, -200))
	binary.BigEndian.PutUint16(hhea[34:], 3)
	maxp := make([]byte, 32)
	copy(maxp, numbers(1, 0, 4))
	os2 := make([]byte, 78)
	format4 := numbers(4, 32, 0, 4, 0, 0, 0, 'B', -1, 0, 'A', -1, 1-'A', 1, 0, 0)
	format12 := numbers(12, 0, 0, 40, 0, 0, 0, 2, 0, ' ', 0, ' ', 0, 3, 0, 'A', 0, 'B', 0, 1)
	cmap := slices.Concat(numbers(0, 2, 3, 1, 0, 20, 3, 10, 0, 20+len(format4)), format4, format12)
	name := append(numbers(0, 1, 18, 3, 1, 0x409, 6, 8, 0), "\x00T\x00i\x00/\x00y"...)
	return map[string][]byte{
		"head": head, "hhea": hhea, "maxp": maxp, "OS/2": os2, "cmap": cmap, "name": name, "glyf": glyf,
		"hmtx": numbers(400, 0, 600, 0, 650, 0, 7),
		"loca": numbers(0, 0, len(triangle)/2, len(glyf)/2, len(glyf)/2),
	}
}

// numbers writes 16-bit numbers.
func numbers(values ...int) []byte {
	var out []byte
	for _, value := range values {
		out = binary.BigEndian.AppendUint16(out, uint16(value))
	}
	return out
}

func fontFile(tables map[string][]byte) []byte {
	out := append([]byte{0, 1, 0, 0}, numbers(len(tables), 0, 0, 0)...)
	offset := 12 + 16*len(tables)
	var data []byte
	for _, tag := range slices.Sorted(maps.Keys(tables)) {
		out = append(append(out, tag...), 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(offset+len(data)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[tag])))
		data = append(data, tables[tag]...)
		data = append(data, make([]byte, -len(data)&3)...)
	}
	return append(out, data...)
}

// readTables reads a font file independently of the code under test.
func readTables(t *testing.T, file []byte) map[string][]byte {
	t.Helper()
	tables := map[string][]byte{}
	var sum uint32
	for i := 0; i+4 <= len(file); i += 4 {
		sum += binary.BigEndian.Uint32(file[i:])
	}
	if sum != 0xb1b0afba {
		t.Errorf("got a checksum of %#x for the font, want 0xb1b0afba", sum)
	}
	for i := range int(binary.BigEndian.Uint16(file[4:])) {
		record := file[12+16*i:]
		offset, length := binary.BigEndian.Uint32(record[8:]), binary.BigEndian.Uint32(record[12:])
		tables[string(record[:4])] = file[offset : offset+length]
	}
	return tables
}

func TestSubsetOfAFont(t *testing.T) {
	t.Parallel()
	d := draw(t, appearance.Content{Text: "B", Font: fontFile(tinyFont())}, 100, 40, 0)
	program := d.fontProgram(t)
	tables := readTables(t, program)
	if tags := slices.Sorted(maps.Keys(tables)); strings.Join(tags, " ") != "glyf head hhea hmtx loca maxp" {
		t.Errorf("got the tables %v", tags)
	}
	// B comes before its component A, and both are without instructions.
	wantGlyphs := [][]byte{
		nil, numbers(-1, 0, 0, 500, 700, 0x0003, 2, 10, 20),
		append(append(numbers(1, 0, 0, 500, 700, 2, 0), 1, 1, 1), append(numbers(0, 500, -250, 0, 0, 700), 0)...),
	}
	loca := tables["loca"]
	if len(loca) != 4*(len(wantGlyphs)+1) {
		t.Fatalf("got %d bytes of loca, want those of %d glyphs", len(loca), len(wantGlyphs))
	}
	for i, want := range wantGlyphs {
		got := tables["glyf"][binary.BigEndian.Uint32(loca[4*i:]):binary.BigEndian.Uint32(loca[4*i+4:])]
		if !bytes.Equal(bytes.TrimRight(got, "\x00"), bytes.TrimRight(want, "\x00")) {
			t.Errorf("glyph %d: got %x, want %x", i, got, want)
		}
	}
	if want := numbers(400, 0, 650, 0, 600, 0); !bytes.Equal(tables["hmtx"], want) {
		t.Errorf("got hmtx %x, want %x", tables["hmtx"], want)
	}
	for _, count := range []struct {
		table string
		at    int
		want  uint16
	}{{"maxp", 4, 3}, {"hhea", 34, 3}, {"head", 50, 1}} {
		if got := binary.BigEndian.Uint16(tables[count.table][count.at:]); got != count.want {
			t.Errorf("%s at %d: got %d, want %d", count.table, count.at, got, count.want)
		}
	}
	if name := d.baseFont(t); name[6:] != "+Tiy" || strings.ToUpper(name[:6]) != name[:6] {
		t.Errorf("got the name %q, want a tag and the harmless letters of the name", name)
	}
}

func TestFontsThatAreRefused(t *testing.T) {
	t.Parallel()
	change := func(tag string, at int, values ...int) []byte {
		tables := tinyFont()
		copy(tables[tag][at:], numbers(values...))
		return fontFile(tables)
	}
	without := func(tag string) []byte {
		tables := tinyFont()
		delete(tables, tag)
		return fontFile(tables)
	}
	deep := tinyFont()
	chain := slices.Clone(deep["glyf"])
	loca := numbers(0, 0, 16)
	for i := range 12 { // each made of the next
		chain = append(chain[:32+18*i], numbers(-1, 0, 0, 500, 700, 3, i+3, 0, 0)...)
		loca = append(loca, numbers(16+9*(i+1))...)
	}
	deep["glyf"], deep["loca"] = chain, append(loca, numbers(16+9*12)...)
	copy(deep["maxp"][4:], numbers(14))
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", []byte{}, "not a TrueType"},
		{"text", []byte("not a font at all"), "not a TrueType"},
		{"PostScript outlines", append([]byte("OTTO"), make([]byte, 99)...), "CFF"},
		{"collection", append([]byte("ttcf"), make([]byte, 99)...), "collection"},
		{"too many tables", append([]byte{0, 1, 0, 0, 1, 0}, make([]byte, 9999)...), "directory"},
		{"cut off", fontFile(tinyFont())[:200], "outside"},
		{"no outlines", without("glyf"), "glyf"},
		{"no characters", without("cmap"), "cmap"},
		{"no Unicode", change("cmap", 4, 1, 0, 0, 20, 1), "Unicode"},
		{"symbols", change("cmap", 4, 3, 0, 0, 20, 3, 0), "Unicode"},
		{"restricted", change("OS/2", 8, 0x0002), "fsType"},
		{"no subsets", change("OS/2", 8, 0x0100), "fsType"},
		{"bitmaps only", change("OS/2", 8, 0x0204), "fsType"},
		{"no em", change("head", 18, 0), "contradict"},
		{"more metrics than glyphs", change("hhea", 34, 5), "contradict"},
		{"no height", change("hhea", 4, 0), "contradict"},
		{"short loca", change("maxp", 4, 999), "contradict"},
		{"glyph outside", change("loca", 6, 9999), "outside"},
		{"glyph backwards", change("loca", 2, 99), "outside"},
		{"contours beyond the glyph", change("glyf", 0, 99), "cut off"},
		{"instructions beyond the glyph", change("glyf", 12, 99), "cut off"},
		{"glyph of itself", change("glyf", 32+12, 2), "itself"},
		{"glyph that is not there", change("glyf", 32+12, 99), "does not have"},
		{"components without end", change("glyf", 32+10, 0x0123), "does not have"},
		{"components too deep", fontFile(deep), "complex"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, appearance.Content{Text: "AB", Font: test.file}, test.want)
		})
	}
}

func TestFontsThatAreAccepted(t *testing.T) {
	t.Parallel()
	change := func(tag string, at int, values ...int) []byte {
		tables := tinyFont()
		copy(tables[tag][at:], numbers(values...))
		return fontFile(tables)
	}
	noOS2 := tinyFont()
	delete(noOS2, "OS/2")
	for name, file := range map[string][]byte{
		"as it is":               fontFile(tinyFont()),
		"for print and preview":  change("OS/2", 8, 0x0004),
		"editable or restricted": change("OS/2", 8, 0x000a),
		"no OS/2":                fontFile(noOS2),
		"format 4 alone":         change("cmap", 12, 3, 9),
		"damaged format 12":      change("cmap", 20+32+12, 0xffff),
		"another name table":     change("name", 0, 0, 999, 9999),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Text: "AB", Font: file}, 100, 40, 0)
			if got := d.text(t); got != "AB" {
				t.Errorf("got %q, want AB", got)
			}
			if got := d.widths(t); !slices.Equal(got, []int{400, 600, 650}) {
				t.Errorf("got the widths %v", got)
			}
		})
	}
	if got := draw(t, appearance.Content{Text: "A B", Font: fontFile(tinyFont())}, 100, 40, 0).text(t); got != "A B" {
		t.Errorf("got %q, want A B: the larger table of characters has the space", got)
	}
	refuse(t, appearance.Content{Text: "A ", Font: change("cmap", 12, 3, 9)}, "U+0020") // format 4 has no space
	refuse(t, appearance.Content{Text: "C\U0001F600", Font: fontFile(tinyFont())}, "U+0043, U+1F600")
}

// FuzzFont: every accepted font gives a subset that holds its glyphs.
func FuzzFont(f *testing.F) {
	f.Add(fontFile(tinyFont()))
	tables := tinyFont()
	delete(tables, "OS/2")
	delete(tables, "name")
	f.Add(fontFile(tables))
	f.Add(dejavusans.TTF[:4096])
	f.Fuzz(func(t *testing.T, file []byte) {
		if file == nil {
			return
		}
		if drawing := tryDraw(t, appearance.Content{Text: "AB A", Font: file}, 100, 40); drawing != nil {
			d := write(t, drawing, 0)
			readTables(t, d.fontProgram(t))
		}
	})
}
