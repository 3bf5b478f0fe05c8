package appearance

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"influxion/handler/internal/pades/pdf"
)

// embedded is the font subset that a text is set in, with the characters that its glyphs stand for.
type embedded struct {
	*subset
	sources map[uint16]string // by the glyph's new number
}

// write adds the font to an update: a Type 0 font with one CIDFont, whose CIDs are the glyph
// numbers (ISO 32000-2, 9.7).
func (e *embedded) write(update *pdf.Update, cidSet bool) pdf.Ref {
	program := e.file()
	name := pdf.Name(subsetTag(program) + "+" + e.font.name())
	descriptor := update.Add(e.descriptor(update, name, program, cidSet))
	descendant := update.Add(pdf.Dict{
		"Type": pdf.Name("Font"), "Subtype": pdf.Name("CIDFontType2"), "BaseFont": name, "FontDescriptor": descriptor,
		"CIDSystemInfo": pdf.Dict{"Registry": pdf.String("Adobe"), "Ordering": pdf.String("Identity"),
			"Supplement": pdf.Integer(0)},
		"CIDToGIDMap": pdf.Name("Identity"), "DW": pdf.Integer(e.thousandths(e.font.advance(0))), "W": e.widths(),
	})
	return update.Add(pdf.Dict{
		"Type": pdf.Name("Font"), "Subtype": pdf.Name("Type0"), "BaseFont": name, "Encoding": pdf.Name("Identity-H"),
		"DescendantFonts": pdf.Array{descendant}, "ToUnicode": update.Add(deflated(pdf.Dict{}, e.toUnicode())),
	})
}

func (e *embedded) descriptor(update *pdf.Update, name pdf.Name, program []byte, cidSet bool) pdf.Dict {
	const symbolic = 4 // the font has characters outside the standard Latin set
	head := e.font.tables["head"]
	box := pdf.Array{}
	for _, at := range []int{36, 38, 40, 42} {
		box = append(box, pdf.Integer(e.thousandths(signed(head, at))))
	}
	ascent := pdf.Integer(e.thousandths(e.font.ascent))
	descriptor := pdf.Dict{
		"Type": pdf.Name("FontDescriptor"), "FontName": name, "Flags": pdf.Integer(symbolic), "FontBBox": box,
		"ItalicAngle": pdf.Integer(0), "Ascent": ascent, "Descent": pdf.Integer(e.thousandths(e.font.descent)),
		"CapHeight": ascent, "StemV": pdf.Integer(80),
		"FontFile2": update.Add(deflated(pdf.Dict{"Length1": pdf.Integer(len(program))}, program)),
	}
	if cidSet {
		descriptor["CIDSet"] = update.Add(deflated(pdf.Dict{}, e.cidSet()))
	}
	return descriptor
}

// cidSet has one bit for each glyph of the font program. The first glyph is the highest bit.
func (e *embedded) cidSet() []byte {
	set := make([]byte, (len(e.glyphs)+7)/8)
	for i := range e.glyphs {
		set[i/8] |= 0x80 >> (i % 8)
	}
	return set
}

func (e *embedded) widths() pdf.Array {
	widths := make(pdf.Array, 0, len(e.glyphs))
	for _, glyph := range e.glyphs {
		widths = append(widths, pdf.Integer(e.thousandths(e.font.advance(glyph))))
	}
	return pdf.Array{pdf.Integer(0), widths}
}

// thousandths converts font units to thousandths of an em, the unit of glyph widths in PDF.
func (e *embedded) thousandths(units int) int {
	return int(math.Round(float64(units) * 1000 / float64(e.font.unitsPerEm)))
}

// toUnicode returns the CMap from glyphs to characters: ISO 32000-2, 9.10.3.
func (e *embedded) toUnicode() []byte {
	var out bytes.Buffer
	out.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	var rows []string
	for id := range e.glyphs {
		if source, ok := e.sources[uint16(id)]; ok {
			rows = append(rows, fmt.Sprintf("<%04X> <%s>\n", id, utf16Hex(source)))
		}
	}
	const most = 100 // rows that one block may have
	for len(rows) > 0 {
		n := min(len(rows), most)
		fmt.Fprintf(&out, "%d beginbfchar\n%sendbfchar\n", n, strings.Join(rows[:n], ""))
		rows = rows[n:]
	}
	out.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return out.Bytes()
}

func utf16Hex(text string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	return out.String()
}

// subsetTag returns six capital letters that tell subsets of one font apart: ISO 32000-2, 9.9.2.
func subsetTag(program []byte) string {
	sum := sha256.Sum256(program)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// Number returns a length in points as a PDF number, rounded to a thousandth.
func Number(length float64) pdf.Object {
	rounded := math.Round(length*1000) / 1000
	if rounded == math.Trunc(rounded) {
		return pdf.Integer(rounded)
	}
	return pdf.Real(strconv.FormatFloat(rounded, 'f', -1, 64))
}

// calibratedGrey and calibratedRGB are sRGB, described by its white point and primaries instead of
// an ICC profile: ISO 32000-2, 8.6.5.
func calibratedGrey() pdf.Array {
	return pdf.Array{pdf.Name("CalGray"), pdf.Dict{"WhitePoint": whitePoint(), "Gamma": pdf.Real("2.2")}}
}

func calibratedRGB() pdf.Array {
	gamma := pdf.Real("2.2")
	return pdf.Array{pdf.Name("CalRGB"), pdf.Dict{
		"WhitePoint": whitePoint(), "Gamma": pdf.Array{gamma, gamma, gamma},
		"Matrix": reals("0.4124", "0.2126", "0.0193", "0.3576", "0.7152", "0.1192", "0.1805", "0.0722", "0.9505"),
	}}
}

// greys is an indexed colour space with the 256 greys of calibratedRGB, by their value. Poppler
// tints the greys of calibratedGrey, white among them.
func greys() pdf.Array {
	table := make(pdf.String, 0, 3*256)
	for v := range 256 {
		table = append(table, byte(v), byte(v), byte(v))
	}
	return pdf.Array{pdf.Name("Indexed"), calibratedRGB(), pdf.Integer(255), table}
}

func whitePoint() pdf.Array { return pdf.Array{pdf.Real("0.9505"), pdf.Integer(1), pdf.Real("1.089")} }

func reals(texts ...string) pdf.Array {
	array := make(pdf.Array, 0, len(texts))
	for _, text := range texts {
		array = append(array, pdf.Real(text))
	}
	return array
}

// deflated makes a compressed stream.
func deflated(dict pdf.Dict, data []byte) *pdf.Stream {
	dict["Filter"] = pdf.Name("FlateDecode")
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(data) // a bytes.Buffer never fails
	w.Close()
	return pdf.NewStream(dict, out.Bytes())
}
