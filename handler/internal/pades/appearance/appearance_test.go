package appearance_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// drawn is a form XObject, read back as it was written.
type drawn struct {
	file      *pdf.File
	dict      pdf.Dict
	resources pdf.Dict
	content   string
}

func draw(t *testing.T, content appearance.Content, width, height float64, turned int) drawn {
	t.Helper()
	drawing, err := appearance.Draw(content, width, height)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, drawing, turned)
}

// tryDraw returns nil if the content is refused.
func tryDraw(t *testing.T, content appearance.Content, width, height float64) *appearance.Drawing {
	t.Helper()
	drawing, err := appearance.Draw(content, width, height)
	if err == nil {
		return drawing
	}
	if _, ok := errors.AsType[*appearance.Error](err); !ok {
		t.Errorf("got %v, want an *Error", err)
	}
	return nil
}

func refuse(t *testing.T, content appearance.Content, want string) {
	t.Helper()
	_, err := appearance.Draw(content, 200, 60)
	fault, ok := errors.AsType[*appearance.Error](err)
	if !ok || !strings.Contains(fault.Detail, want) {
		t.Errorf("got %v, want an *Error with %q", err, want)
	}
}

func write(t *testing.T, drawing *appearance.Drawing, turned int) drawn {
	t.Helper()
	original := pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes()
	file, err := pdf.Open(t.Context(), bytes.NewReader(original), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	update := file.NewUpdate()
	ref := update.Add(drawing.Form(update, turned))
	increment, err := update.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = pdf.Open(t.Context(), bytes.NewReader(slices.Concat(original, increment)),
		pdf.DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	d := drawn{file: file}
	form := must(t)(file.Stream(ref))
	d.dict, d.resources = form.Dict, form.Dict["Resources"].(pdf.Dict)
	d.content = string(d.decode(t, ref))
	return d
}

func must(t *testing.T) func(*pdf.Stream, error) *pdf.Stream {
	return func(stream *pdf.Stream, err error) *pdf.Stream {
		t.Helper()
		if err != nil || stream == nil {
			t.Fatalf("got %v %v, want a stream", stream, err)
		}
		return stream
	}
}

func (d drawn) decode(t *testing.T, object pdf.Object) []byte {
	t.Helper()
	data, err := d.file.Decode(must(t)(d.file.Stream(object)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (d drawn) dictOf(t *testing.T, object pdf.Object) pdf.Dict {
	t.Helper()
	dict, err := d.file.Dict(object)
	if err != nil || dict == nil {
		t.Fatalf("got %v %v, want a dictionary", dict, err)
	}
	return dict
}

func (d drawn) font(t *testing.T) (font, descendant, descriptor pdf.Dict) {
	t.Helper()
	font = d.dictOf(t, d.resources["Font"].(pdf.Dict)["Text"])
	descendant = d.dictOf(t, font["DescendantFonts"].(pdf.Array)[0])
	return font, descendant, d.dictOf(t, descendant["FontDescriptor"])
}

func (d drawn) fontProgram(t *testing.T) []byte {
	_, _, descriptor := d.font(t)
	program := d.decode(t, descriptor["FontFile2"])
	if length := must(t)(d.file.Stream(descriptor["FontFile2"])).Dict["Length1"]; length != pdf.Integer(len(program)) {
		t.Errorf("got /Length1 %v, want %d", length, len(program))
	}
	return program
}

func (d drawn) baseFont(t *testing.T) string {
	font, descendant, descriptor := d.font(t)
	if font["BaseFont"] != descendant["BaseFont"] || font["BaseFont"] != descriptor["FontName"] {
		t.Errorf("got the names %v, %v and %v, want one", font["BaseFont"], descendant["BaseFont"],
			descriptor["FontName"])
	}
	return string(font["BaseFont"].(pdf.Name))
}

func (d drawn) widths(t *testing.T) []int {
	_, descendant, _ := d.font(t)
	array := descendant["W"].(pdf.Array)
	if len(array) != 2 || array[0] != pdf.Integer(0) {
		t.Fatalf("got /W %v, want one run from 0", array)
	}
	var widths []int
	for _, width := range array[1].(pdf.Array) {
		widths = append(widths, int(width.(pdf.Integer)))
	}
	return widths
}

// line is one line of text as the content stream shows it.
type line struct {
	x, y   float64
	glyphs []int
}

var showing = regexp.MustCompile(`(?m)^1 0 0 1 (\S+) (\S+) Tm <([0-9A-F]*)> Tj$`)

func (d drawn) lines(t *testing.T) []line {
	t.Helper()
	var lines []line
	for _, match := range showing.FindAllStringSubmatch(d.content, -1) {
		l := line{x: parse(t, match[1]), y: parse(t, match[2])}
		for hex := match[3]; hex != ""; hex = hex[4:] {
			glyph, err := strconv.ParseUint(hex[:4], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			l.glyphs = append(l.glyphs, int(glyph))
		}
		lines = append(lines, l)
	}
	return lines
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

func (d drawn) size(t *testing.T) float64 {
	t.Helper()
	match := regexp.MustCompile(`/Text (\S+) Tf`).FindStringSubmatch(d.content)
	if match == nil {
		t.Fatalf("got no font in %q", d.content)
	}
	return parse(t, match[1])
}

// toUnicode reads the CMap independently of the code under test.
func (d drawn) toUnicode(t *testing.T) map[int]string {
	t.Helper()
	font, _, _ := d.font(t)
	characters := map[int]string{}
	for _, match := range regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]+)>\n`).FindAllStringSubmatch(string(d.decode(t, font["ToUnicode"])), -1) {
		glyph, _ := strconv.ParseUint(match[1], 16, 16)
		var units []uint16
		for hex := match[2]; hex != ""; hex = hex[4:] {
			unit, _ := strconv.ParseUint(hex[:4], 16, 16)
			units = append(units, uint16(unit))
		}
		characters[int(glyph)] = string(utf16.Decode(units))
	}
	return characters
}

// text returns the text of the lines from left to right.
func (d drawn) text(t *testing.T) string {
	t.Helper()
	characters := d.toUnicode(t)
	var lines []string
	for _, l := range d.lines(t) {
		text := ""
		for _, glyph := range l.glyphs {
			if characters[glyph] == "" {
				t.Errorf("got no character for glyph %d", glyph)
			}
			text += characters[glyph]
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

func TestTextReadsBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"Latin", "Zürich, Łódź & São Paulo", "Zürich, Łódź & São Paulo"},
		{"Greek and Cyrillic", "Ωμέγα Жук їжак", "Ωμέγα Жук їжак"},
		{"Armenian and Georgian", "Հայաստան საქართველო", "Հայաստան საქართველო"},
		{"brackets in Latin", "a (b) [c]", "a (b) [c]"},
		{"lines", "one\ntwo\r\n\nfour", "one\ntwo\nfour"},
		{"tab", "a\tb", "a b"},
		{"composed", "e\u0301", "é"},
		{"marks that do not compose", "x\u0301y", "x\u0301y"},
		{"Vietnamese", "Việt Nam", "Việt Nam"},
		{"beyond the basic plane", "𝔸 and 😀", "𝔸 and 😀"},
		{"unseen characters", "Zeitungs\u00adleser a\u200bb\u200e", "Zeitungsleser ab"},
		{"Hebrew", "שלום", "םולש"},
		{"Hebrew with a number", "שלום 123", "123 םולש"},
		// text that is stored mirrored here is mirrored back by readers
		{"Hebrew with a time and brackets", "אב (12:30) גד", "דג )12:30( בא"},
		{"Hebrew in Latin", "to אב גד now", "to דג בא now"},
		{"Latin in Hebrew", "אב to גד", "דג to בא"},
		{"range after Arabic", "ب 1-2", "2-1 ب"},
		{"range after Hebrew", "א 1-2", "1-2 א"},
		{"decimals after Arabic", "ب 1,2", "1,2 ب"},
		{"a number between Latin and Hebrew", "a 1 א", "a 1 א"},
		{"price in Hebrew", "א 5$ ב", "ב 5$ א"},
		{"Arabic", "مرحبا", "ابحرم"},
		{"lam and alef", "سلام", "ملاس"},
		{"Hebrew points stay on their letter", "שָׁם", "םשָׁ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Text: test.text}, 400, 80, 0)
			got := d.text(t)
			if strings.Contains(test.name, "points") {
				if []rune(got)[0] != 'ם' || []rune(got)[1] != 'ש' {
					t.Errorf("got %q, want the marks behind their letter", got)
				}
				return
			}
			if strings.HasSuffix(test.name, "time and brackets") {
				got = strings.NewReplacer("(", ")", ")", "(").Replace(got)
				if got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				return
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestArabicLettersJoin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		forms int // different glyphs
		all   int
	}{
		{"ب", 1, 1}, {"بب", 2, 2}, {"ببب", 3, 3}, {"بببب", 3, 4}, {"ب ب", 2, 3}, {"ب\u200cب", 1, 2}, {"ب\u200d", 1, 1},
		{"اا", 1, 2}, {"با", 2, 2}, {"اب", 2, 2}, {"لا", 1, 1}, {"بلا", 2, 2}, {"بَب", 3, 3}, {"بـ", 2, 2},
		{"لا بلا", 4, 4},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Text: test.text}, 200, 40, 0)
			glyphs := d.lines(t)[0].glyphs
			distinct := slices.Compact(slices.Sorted(slices.Values(glyphs)))
			if len(glyphs) != test.all || len(distinct) != test.forms {
				t.Errorf("got the glyphs %v, want %d of %d forms", glyphs, test.all, test.forms)
			}
		})
	}
	joined := draw(t, appearance.Content{Text: "ب ب\u200d"}, 200, 40, 0).lines(t)[0].glyphs
	if joined[0] == joined[2] {
		t.Error("got the same form with a joiner behind it, want the initial one")
	}
}

func TestTextThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"missing", "漢字 abc 漢", "no glyph for U+6F22, U+5B57"},
		{"many missing", "一丁七万丈三上下不", "1 more"},
		{"not Unicode", "a\xff", "not Unicode"},
		{"too long", strings.Repeat("a", appearance.MaxText+1), "8192"},
		{"control", "a\x07", "U+0007"},
		{"override", "a\u202eb", "U+202E"},
		{"isolate", "a\u2067b", "U+2067"},
		{"byte order mark", "\ufeffa", "U+FEFF"},
		{"line separator", "a\u2028b", "U+2028"},
		{"private use", "\ue000", "U+E000"},
		{"Devanagari", "हिन्दी", "U+0939, of a script"},
		{"too much", strings.Repeat("word ", 1000), "does not fit"},
		{"too many lines", strings.Repeat("\n", 50), "does not fit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, appearance.Content{Text: test.text}, test.want)
		})
	}
}

func TestTextIsSetAsLargeAsItFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		text          string
		width, height float64
		size          float64 // 0 = between 4 and 12
		lines         int
	}{
		{"a word", "word", 200, 60, 12, 1},
		{"a long line wraps", "Lorem ipsum dolor sit amet consectetur", 120, 60, 12, 3},
		{"a long word is broken", strings.Repeat("w", 60), 200, 60, 0, 4},
		{"many words", strings.Repeat("word ", 100), 200, 80, 0, 0},
		{"a low box", "word", 200, 9, 0, 1},
		{"a narrow box", "word", 22, 60, 0, 1},
		{"from right to left", "שלום עולם", 200, 60, 12, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Text: test.text}, test.width, test.height, 0)
			size, lines, widths := d.size(t), d.lines(t), d.widths(t)
			if test.size != 0 && size != test.size || size < 4 || size > 12 {
				t.Errorf("got %g points, want %g", size, test.size)
			}
			if test.lines != 0 && len(lines) != test.lines {
				t.Errorf("got %d lines, want %d", len(lines), test.lines)
			}
			for _, text := range strings.Split(d.text(t), "\n") {
				if strings.TrimSpace(text) != text {
					t.Errorf("got the line %q, want no space at its ends", text)
				}
			}
			for i, l := range lines {
				width := 0.0
				for _, glyph := range l.glyphs {
					width += float64(widths[glyph]) * size / 1000
				}
				const ascent, descent, slack = 0.928, 0.236, 0.2
				if l.x < 0.4 || l.x+width > test.width-0.4+slack || l.y-descent*size < 0 ||
					l.y+ascent*size > test.height {
					t.Errorf("line %d: got %g points of text at %g %g, want it in the box", i, width, l.x, l.y)
				}
				if strings.Contains(test.name, "right") && math.Abs(l.x+width-(test.width-2)) > slack {
					t.Errorf("got the text to end at %g, want it at the right", l.x+width)
				}
				if i > 0 && math.Abs(lines[i-1].y-l.y-size*(ascent+descent)) > 0.01 {
					t.Errorf("line %d: got it %g below the one before", i, lines[i-1].y-l.y)
				}
			}
		})
	}
}

func TestFontIsEmbeddedAsPDFAWantsIt(t *testing.T) {
	t.Parallel()
	for _, cidSet := range []bool{false, true} {
		d := draw(t, appearance.Content{Text: "Größe Ωμ ﬁ", CIDSet: cidSet}, 200, 60, 0)
		font, descendant, descriptor := d.font(t)
		for _, want := range []struct {
			dict pdf.Dict
			key  pdf.Name
			name pdf.Name
		}{
			{font, "Subtype", "Type0"}, {font, "Encoding", "Identity-H"}, {descendant, "Subtype", "CIDFontType2"},
			{descendant, "CIDToGIDMap", "Identity"}, {descriptor, "Type", "FontDescriptor"},
		} {
			if want.dict[want.key] != want.name {
				t.Errorf("got /%s %v, want %s", want.key, want.dict[want.key], want.name)
			}
		}
		if name := d.baseFont(t); !regexp.MustCompile(`^[A-Z]{6}\+DejaVuSans$`).MatchString(name) {
			t.Errorf("got the name %q, want a tag before it", name)
		}
		program := d.fontProgram(t)
		if len(program) > 20_000 {
			t.Errorf("got a font of %d bytes, want a subset", len(program))
		}
		count := len(readTables(t, program)["loca"])/4 - 1
		if widths := d.widths(t); len(widths) != count {
			t.Errorf("got %d widths, want one for each of %d glyphs", len(widths), count)
		}
		if (descriptor["CIDSet"] != nil) != cidSet {
			t.Errorf("got /CIDSet %v, want it only when it is asked for", descriptor["CIDSet"])
		}
		if !cidSet {
			continue
		}
		for i, got := range d.decode(t, descriptor["CIDSet"]) {
			want := byte(0xff)
			if last := count - 8*i; last < 8 {
				want = 0xff << (8 - last)
			}
			if got != want {
				t.Errorf("byte %d of /CIDSet for %d glyphs: got %08b, want %08b", i, count, got, want)
			}
		}
	}
}

func TestColoursDoNotDependOnADevice(t *testing.T) {
	t.Parallel()
	d := draw(t, appearance.Content{Text: "text", Image: pngFile(t, transparent)}, 200, 60, 0)
	space := d.resources["ColorSpace"].(pdf.Dict)["Grey"].(pdf.Array)
	if space[0] != pdf.Name("CalGray") || !strings.Contains(d.content, "/Grey cs 0 sc") {
		t.Errorf("got %v and %q, want calibrated black", space, d.content)
	}
	if device := regexp.MustCompile(`\b(rg|RG|g|G|k|K|gs)\n`).FindString(d.content); device != "" {
		t.Errorf("got the operator %q", device)
	}
}

func TestFormIsTurned(t *testing.T) {
	t.Parallel()
	for turned, want := range map[int]string{
		0: "<nil>", 90: "[0 1 -1 0 30 0]", 180: "[-1 0 0 -1 100 30]", 270: "[0 -1 1 0 0 100]",
	} {
		d := draw(t, appearance.Content{Text: "text"}, 100, 30, turned)
		if got := fmt.Sprint(d.dict["Matrix"]); got != want {
			t.Errorf("turned by %d: got /Matrix %s, want %s", turned, got, want)
		}
		if got := fmt.Sprint(d.dict["BBox"]); got != "[0 0 100 30]" {
			t.Errorf("got /BBox %s", got)
		}
	}
}

func TestBoxesThatAreTooSmallOrLarge(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]float64{{3, 100}, {100, 3}, {0, 0}, {-5, 9}, {99999, 9}, {math.NaN(), 9},
		{9, math.Inf(1)}} {
		if _, err := appearance.Draw(appearance.Content{}, size[0], size[1]); err == nil ||
			!strings.Contains(err.Error(), "box") {
			t.Errorf("%v: got %v, want an error about the box", size, err)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]pdf.Object{
		0: pdf.Integer(0), 12: pdf.Integer(12), -3: pdf.Integer(-3), 0.5: pdf.Real("0.5"), 1.23456: pdf.Real("1.235"),
		1e-9: pdf.Integer(0),
	} {
		if got := appearance.Number(number); got != want {
			t.Errorf("got %v for %g, want %v", got, number, want)
		}
	}
}

// FuzzText: whatever text is drawn can be read back in full.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"Signed by Seal\nDate: 2026", "שלום (עולם) 12:30 abc", "مرحبا بالعالم لا 123",
		"e\u0301\u0323 x\u0301", "\u0301", "a\u200db"} {
		f.Add(seed, 200.0, 60.0)
	}
	f.Fuzz(func(t *testing.T, text string, width, height float64) {
		if drawing := tryDraw(t, appearance.Content{Text: text}, width, height); drawing != nil && text != "" {
			write(t, drawing, 90).text(t)
		}
	})
}
