package appearance

import "fmt"

// Sizes of text, in points.
const (
	maxSize   = 12.0
	legible   = 6.0 // easy to read: below it, names and dates may be broken instead
	minSize   = 4.0
	sizeStep  = 0.25
	maxLines  = 1000
	nameGrows = 18.0 // largest size of a name that stands beside its details
)

// lineEnd says where a line may end, from the best place to the worst. Each value permits the
// places before it too.
type lineEnd int

const (
	atSpaces lineEnd = iota // behind a space or an ideograph
	inValues                // within a name or a date that Unbroken ties together, and behind a hyphen in a word
	anywhere                // within a word
)

// setting is text that is laid out in a box.
type setting struct {
	font    *embedded
	size    float64 // points
	leading float64 // between base lines, in points
	lines   []line
}

// height returns the height of all lines, in points.
func (s *setting) height() float64 { return s.leading * float64(len(s.lines)) }

// line is the clusters of one line, from left to right.
type line struct {
	clusters []cluster
	width    float64 // in units of the em
	right    bool    // it is aligned to the right
}

// area is the space that text may take.
type area struct {
	width, height float64 // points
	largest       float64 // largest size of the text, in points
	least         float64
	lines         int // at most; 0 = as many as fit
}

// set lays text out at the largest size at which it fits. It breaks a name or a date only if the
// text does not fit at a size that is easy to read, and a word only if the text does not fit at the
// smallest size. It returns an *Error if the text does not fit at all.
func (t *typesetter) set(paragraphs []paragraph, width, height float64) (*setting, error) {
	for _, try := range []struct {
		least float64
		ends  lineEnd
	}{{legible, atSpaces}, {minSize, inValues}, {minSize, anywhere}} {
		if s := t.fit(paragraphs, area{width: width, height: height, largest: maxSize, least: try.least},
			try.ends); s != nil {
			return s, nil
		}
	}
	return nil, refused("the text does not fit the box, not even at %g points: make the box larger or the text shorter",
		minSize)
}

// fit lays text out at the largest size of the area at which it fits, with lines that end where
// ends permits; nil = it does not fit.
func (t *typesetter) fit(paragraphs []paragraph, r area, ends lineEnd) *setting {
	for size := r.largest; size >= r.least; size -= sizeStep {
		if s := t.at(paragraphs, r, size, ends); s != nil {
			return s
		}
	}
	return nil
}

// at lays text out at one size; nil = it does not fit.
func (t *typesetter) at(paragraphs []paragraph, r area, size float64, ends lineEnd) *setting {
	s := &setting{font: t.font, size: size, leading: size * t.lineHeight()}
	w := wrapping{width: r.width * float64(t.font.font.unitsPerEm) / size, most: min(int(r.height/s.leading), maxLines),
		ends: ends}
	if r.lines > 0 {
		w.most = min(w.most, r.lines)
	}
	if !w.wrap(paragraphs) {
		return nil
	}
	s.lines = w.lines
	return s
}

// lineHeight is the height of a line as a multiple of the size of the text.
func (t *typesetter) lineHeight() float64 {
	f := t.font.font
	return float64(f.ascent-f.descent) / float64(f.unitsPerEm)
}

// wrapping breaks paragraphs into lines.
type wrapping struct {
	width float64 // of a line, in units of the em
	most  int     // lines at most
	ends  lineEnd
	lines []line
}

// wrap breaks all paragraphs, and reports whether they fit.
func (w *wrapping) wrap(paragraphs []paragraph) bool {
	for _, p := range paragraphs {
		rest := p.clusters
		for first := true; first || len(rest) > 0; first = false {
			n := w.fit(rest)
			if n == 0 && len(rest) > 0 || len(w.lines) == w.most {
				return false
			}
			w.lines = append(w.lines, newLine(rest[:n], p.level))
			rest = rest[n:]
		}
	}
	return true
}

// fit returns how many clusters fit in one line, up to the last place where it may end; 0 = the
// next word is too wide.
func (w *wrapping) fit(clusters []cluster) int {
	used, end := 0, 0
	for i, c := range clusters {
		used += c.advance
		if float64(used) > w.width && !c.space {
			if end == 0 && w.ends == anywhere {
				end = i
			}
			return end
		}
		if c.end <= min(w.ends, inValues) {
			end = i + 1
		}
	}
	return len(clusters)
}

func newLine(clusters []cluster, level int) line {
	l := line{right: level == 1}
	shown := len(clusters)
	for shown > 0 && clusters[shown-1].space {
		shown--
	}
	l.clusters = visual(clusters[:shown])
	for _, c := range l.clusters {
		l.width += float64(c.advance)
	}
	return l
}

// paint appends the operators that show the text, vertically centred in a box.
func (s *setting) paint(out []byte, at box, ink Color) []byte {
	em := s.size / float64(s.font.font.unitsPerEm)
	y := at.y + (at.height+s.height())/2 - float64(s.font.font.ascent)*em
	out = fmt.Appendf(out, "q %s BT /Text %s Tf\n", ink.operators(false), decimal(s.size))
	for _, l := range s.lines {
		x := at.x
		if l.right {
			x += at.width - l.width*em
		}
		if len(l.clusters) > 0 {
			out = l.paint(out, x, y)
		}
		y -= s.leading
	}
	return append(out, "ET Q\n"...)
}

func (l line) paint(out []byte, x, y float64) []byte {
	out = fmt.Appendf(out, "1 0 0 1 %s %s Tm <", decimal(x), decimal(y))
	for _, c := range l.clusters {
		for _, glyph := range c.glyphs {
			out = fmt.Appendf(out, "%04X", glyph)
		}
	}
	return append(out, "> Tj\n"...)
}

// decimal formats a number for a content stream.
func decimal(length float64) string { return fmt.Sprint(Number(length)) }
