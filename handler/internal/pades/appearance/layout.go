package appearance

import "fmt"

const (
	maxSize  = 12.0 // points
	minSize  = 4.0
	sizeStep = 0.25
	maxLines = 1000
)

// setting is text that is laid out in a box.
type setting struct {
	font    *embedded
	size    float64 // points
	leading float64 // between base lines, in points
	lines   []line
}

// line is what stands in one line, from left to right.
type line struct {
	clusters []cluster
	width    float64 // in units of the em
	right    bool    // it begins on the right
}

// set lays text out at the largest size at which it fits.
func set(text string, file []byte, width, height float64) (*setting, error) {
	t, err := newTypesetter(file)
	if err != nil {
		return nil, err
	}
	paragraphs, err := t.paragraphs(text)
	if err != nil {
		return nil, err
	}
	f := t.font.font
	s := &setting{font: t.font}
	for _, breakWords := range []bool{false, true} {
		for s.size = maxSize; s.size >= minSize; s.size -= sizeStep {
			s.leading = s.size * float64(f.ascent-f.descent) / float64(f.unitsPerEm)
			w := wrapping{width: width * float64(f.unitsPerEm) / s.size, room: min(int(height/s.leading), maxLines), breakWords: breakWords}
			if w.wrap(paragraphs) {
				s.lines = w.lines
				return s, nil
			}
		}
	}
	return nil, refused("the text does not fit the box, not even at %g points: make the box larger or the text shorter", minSize)
}

// wrapping breaks paragraphs into lines.
type wrapping struct {
	width      float64 // of a line, in units of the em
	room       int     // lines at most
	breakWords bool    // words that are wider than a line are broken
	lines      []line
}

// wrap says whether all paragraphs fit.
func (w *wrapping) wrap(paragraphs []paragraph) bool {
	for _, p := range paragraphs {
		rest := p.clusters
		for first := true; first || len(rest) > 0; first = false {
			n := w.fit(rest)
			if n == 0 && len(rest) > 0 || len(w.lines) == w.room {
				return false
			}
			w.lines = append(w.lines, newLine(rest[:n], p.level))
			rest = rest[n:]
		}
	}
	return true
}

// fit gives how many clusters go into a line: up to the last place where it may end; 0 = the next word is too wide.
func (w *wrapping) fit(clusters []cluster) int {
	used, end := 0, 0
	for i, c := range clusters {
		used += c.advance
		if float64(used) > w.width && !c.space {
			if end == 0 && w.breakWords {
				end = i
			}
			return end
		}
		if c.breaks {
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

// paint appends the operators that show the text in the middle of the height of a box.
func (s *setting) paint(out []byte, at box) []byte {
	em := s.size / float64(s.font.font.unitsPerEm)
	y := at.y + (at.height+s.leading*float64(len(s.lines)))/2 - float64(s.font.font.ascent)*em
	out = fmt.Appendf(out, "q /Grey cs 0 sc BT /Text %s Tf\n", decimal(s.size))
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

// decimal is a number in a content stream.
func decimal(length float64) string { return fmt.Sprint(Number(length)) }
