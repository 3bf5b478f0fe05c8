package appearance_test

import (
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/appearance"
)

// captionOf is a caption as signing makes it.
func captionOf(name string) *appearance.Caption {
	moment := appearance.Unbroken("2026-07-01 10:30:15 UTC")
	return &appearance.Caption{Label: "Signed by", Name: name, Details: [][]string{
		{"Date: " + moment, moment, "2026-07-01"}, {"Reason: I have read this agreement, and approve it"},
		{"Location: Berlin", "Berlin"},
	}}
}

var names = []string{
	"Seal", "Erika Mustermann", "Maximilian Alexander von Hohenstein-Waldburg",
	"signing.production.contoso.onmicrosoft.com", "W", "דוד בן־גוריון",
	strings.Repeat("m", 100), strings.Repeat("word ", 50),
}

// inside checks that all lines are within the box, and that none overlaps another.
func (d drawn) inside(t *testing.T, width, height float64) {
	t.Helper()
	if len(d.lines(t)) == 0 {
		return
	}
	const ascent, descent, slack = 0.928, 0.236, 0.3
	widths, lines := d.widths(t), d.placed(t)
	for i, l := range lines {
		end := l.x
		for _, glyph := range l.glyphs {
			end += float64(widths[glyph]) * l.size / 1000
		}
		if l.x < 0 || end > width+slack || l.y-descent*l.size < -slack || l.y+ascent*l.size > height+slack {
			t.Errorf("got a line from %g to %g at %g in %g points, want it in %g by %g", l.x, end, l.y, l.size, width,
				height)
		}
		for _, other := range lines[:i] {
			beside := other.end <= l.x+slack || end <= other.x+slack
			apart := other.y-descent*other.size >= l.y+ascent*l.size-slack ||
				l.y-descent*l.size >= other.y+ascent*other.size-slack
			if !beside && !apart {
				t.Errorf("got a line at %g %g over one at %g %g", l.x, l.y, other.x, other.y)
			}
		}
		lines[i].end = end
	}
}

// placedLine is a line with the size of its text.
type placedLine struct {
	line
	size, end float64
}

func (d drawn) placed(t *testing.T) []placedLine {
	t.Helper()
	var placed []placedLine
	for _, text := range strings.SplitAfter(d.content, "ET Q\n") {
		if !strings.Contains(text, " Tf\n") {
			continue
		}
		part := d
		part.content = text
		for _, l := range part.lines(t) {
			placed = append(placed, placedLine{line: l, size: part.size(t)})
		}
	}
	return placed
}

// TestCaptionFitsEveryBox: every box and every name is accepted, and nothing leaves the box.
func TestCaptionFitsEveryBox(t *testing.T) {
	t.Parallel()
	sides := []float64{4, 7.5, 10, 18, 40, 60, 160, 240, 2000}
	for _, name := range names {
		t.Run(name[:min(len(name), 10)], func(t *testing.T) {
			t.Parallel()
			for _, width := range sides {
				for _, height := range sides {
					d := draw(t, appearance.Content{Caption: captionOf(name)}, width, height, 0)
					d.inside(t, width, height)
				}
			}
		})
	}
}

// TestCaptionKeepsWhatMatters: the lines in boxes of usual sizes.
func TestCaptionKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		width, height float64
		want          string // its lines
	}{
		{"Erika Mustermann", 200, 60, "Signed by|Erika Mustermann|Date:|2026-07-01 10:30:15 UTC|Reason: I have read " +
			"this|agreement, and approve it|Location: Berlin"},
		{"Erika Mustermann", 240, 18, "Signed by|Erika Mustermann|Date: 2026-07-01 10:30:15 UTC|Location: Berlin"},
		{"Erika Mustermann", 70, 40, "Signed by|Erika Mustermann|2026-07-01|Location: Berlin"},
		{"Erika Mustermann", 60, 10, "Erika Mustermann"},
		{"Erika Mustermann", 20, 8, "Erika M…"},
	} {
		d := draw(t, appearance.Content{Caption: captionOf(test.name)}, test.width, test.height, 0)
		if got := strings.ReplaceAll(d.text(t), "\n", "|"); got != test.want {
			t.Errorf("%g by %g: got %q, want %q", test.width, test.height, got, test.want)
		}
	}
}

// TestBoxTooSmallForALetter: such a box shows the plate alone.
func TestBoxTooSmallForALetter(t *testing.T) {
	t.Parallel()
	d := draw(t, appearance.Content{Caption: captionOf("Seal")}, 4, 4, 0)
	if d.resources["Font"] != nil || !strings.Contains(d.content, "0 0 4 4 re f") {
		t.Errorf("got %q, want nothing but a plate", d.content)
	}
}

// TestNamesAndDatesAreNotBroken: they stay whole if they fit in one line of legible size.
func TestNamesAndDatesAreNotBroken(t *testing.T) {
	t.Parallel()
	const date = "2026-07-01 10:30:15 UTC"
	for _, name := range []string{"Erika Mustermann", "Anna-Lena Müller-Lüdenscheidt"} {
		for width := 100.0; width < 400; width += 50 {
			for height := 30.0; height < 120; height += 30 {
				lines := strings.Split(draw(t, appearance.Content{Caption: captionOf(name)}, width, height, 0).text(t),
					"\n")
				whole := func(text string) bool {
					for _, l := range lines {
						if strings.Contains(l, text) {
							return true
						}
					}
					return false
				}
				if !whole(name) || !whole(date) && whole("10:30") {
					t.Errorf("%g by %g: got %q, want %q and the date in one line", width, height, lines, name)
				}
			}
		}
	}
	for _, test := range []struct{ text, want string }{
		{"on 2026-07-01, yes", "on|2026-07-01,|yes"},          // no line ends behind a hyphen of a date
		{"a well-known fact", "a|well-known|fact"},            // nor one of a word, where it fits a line
		{"ab\u00a0cd efgh ijkl", "ab cd|efgh|ijkl"},           // a no-break space holds
		{"abcdefghij klmnopq rs", "abcdefghij|klmnopq|rs"},    // words are whole at a smaller size
		{"one two three four", "one|two|three|four"},          // spaces end lines
		{"extraordinarilylongwordthatfitsnoline", "no break"}, // at 4 points still too long: it is broken
	} {
		lines := strings.ReplaceAll(draw(t, appearance.Content{Text: test.text}, 46, 60, 0).text(t), "\n", "|")
		if lines != test.want && test.want != "no break" || test.want == "no break" && !strings.Contains(lines, "|") {
			t.Errorf("got %q, want %q", lines, test.want)
		}
	}
}

// TestHyphens: if a line is too wide at 6 points, a word may be broken at its hyphen, but a date is
// set smaller.
func TestHyphens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2026-07-01": "2026-07-01", "well-known-": "well-|known-",
		"12-34 -": "12-34|-"} {
		d := draw(t, appearance.Content{Text: text}, 30, 60, 0)
		if got := strings.ReplaceAll(d.text(t), "\n", "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestWideBoxHasColumns: in a wide box the name is on the left, little smaller than the details on
// the right or larger.
func TestWideBoxHasColumns(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]float64{{200, 60}, {260, 90}, {500, 60}, {400, 100}} {
		lines := draw(t, appearance.Content{Caption: captionOf("Erika Mustermann")}, size[0], size[1], 0).placed(t)
		if lines[1].x > size[0]/4 || lines[2].x < size[0]/3 || lines[1].size < lines[2].size-3 {
			t.Errorf("%v: got %v, want two columns", size, lines)
		}
	}
	if lines := draw(t, appearance.Content{Caption: captionOf("Erika Mustermann")}, 150, 100,
		0).placed(t); lines[0].x != lines[len(lines)-1].x {
		t.Errorf("got %v, want one column in a box that is not wide", lines)
	}
}

func TestColors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#102a43": "{16 42 67}", "102A43": "{16 42 67}", "#abc": "{170 187 204}", "navy": "{0 0 128}",
		"White": "{255 255 255}",
		"":      "", "#": "", "#12345": "", "#1234567": "", "reddish": "", "#ggg": "", "none": "", "rgb(1,2,3)": "",
		"äbc": "",
	} {
		got, err := appearance.ParseColor(text)
		if want == "" && (err == nil || !strings.Contains(err.Error(), "#rrggbb")) ||
			want != "" && (err != nil || fmt.Sprint(got) != want) {
			t.Errorf("%q: got %v %v, want %q", text, got, err, want)
		}
	}
}

// TestTextStandsOut: a colour that is not chosen follows from the chosen ones.
func TestTextStandsOut(t *testing.T) {
	t.Parallel()
	color := func(text string) *appearance.Color {
		c, err := appearance.ParseColor(text)
		if err != nil {
			t.Fatal(err)
		}
		return &c
	}
	const white, black = "/RGB cs 1 1 1 sc ", "/Grey cs 0 sc "
	const place = "0 0 200 60 re f Q\n"
	for _, test := range []struct {
		name  string
		look  appearance.Look
		begin string
		ink   string
	}{
		{"by default", appearance.Look{}, "q " + white + place, black},
		{"without a plate", appearance.Look{Clear: true}, "q " + black + "BT", black},
		{"dark plate", appearance.Look{Background: color("navy")}, "q /RGB cs 0 0 0.502 sc " + place, white},
		{"light plate", appearance.Look{Background: color("yellow")}, "q /RGB cs 1 1 0 sc " + place, black},
		{"light text", appearance.Look{Color: color("silver")}, "q " + black + place, "/RGB cs 0.753 0.753 0.753 sc "},
		{"dark text", appearance.Look{Color: color("maroon")}, "q " + white + place, "/RGB cs 0.502 0 0 sc "},
		{"both", appearance.Look{Color: color("white"), Background: color("white")}, "q " + white + place, white},
		{"border", appearance.Look{Border: color("red"), Clear: true},
			"q /RGB CS 1 0 0 SC 0.75 w 0.375 0.375 199.25 59.25 re S Q\n", black},
	} {
		d := draw(t, appearance.Content{Text: "text", Look: test.look}, 200, 60, 0)
		if !strings.HasPrefix(d.content, test.begin) || !strings.Contains(d.content, "q "+test.ink+"BT") {
			t.Errorf("%s: got %q, want %q and text in %q", test.name, d.content, test.begin, test.ink)
		}
	}
	alone := draw(t, appearance.Content{Image: pngFile(t, transparent)}, 200, 60, 0)
	if strings.Contains(alone.content, " re ") {
		t.Errorf("got %q, want no plate behind an image alone", alone.content)
	}
}

// FuzzCaption: for any name and any box, the drawing stays within the box.
func FuzzCaption(f *testing.F) {
	for i, name := range names {
		f.Add(name, 10+float64(40*i), 60.0)
		f.Add(name, 100.0, 4+float64(7*i))
	}
	f.Fuzz(func(t *testing.T, name string, width, height float64) {
		if drawing := tryDraw(t, appearance.Content{Caption: captionOf(name)}, width, height); drawing != nil {
			write(t, drawing, 0).inside(t, width, height)
		}
	})
}
