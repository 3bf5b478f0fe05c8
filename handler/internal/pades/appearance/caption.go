package appearance

import (
	"slices"
	"strings"
)

// comfortable is the size of text, in points, at which columns are good enough. At this size or
// above, arranger does not look for lines with larger text, because people expect columns in a wide
// box.
const comfortable = 7.0

// Caption is the text of a drawing for which nobody has chosen a text: who signed, with the details
// below or beside the name. It fits every box, because arrange shortens or leaves out what does not
// fit.
type Caption struct {
	Label   string     // stands before the name, such as "Signed by"
	Name    string     // left out last
	Details [][]string // the most important first; each is a list of forms, from the preferred one to shorter ones
}

// Unbroken ties a name or a date together, so that lines end within it only if nothing else fits.
// It makes spaces no-break spaces, and puts a word joiner behind each ideograph, because ideographs
// need no space between them.
func Unbroken(text string) string {
	var tied strings.Builder
	for _, r := range text {
		switch {
		case r == ' ':
			tied.WriteRune(noBreakSpace)
		case ideographic(r):
			tied.WriteRune(r)
			tied.WriteRune(wordJoiner)
		default:
			tied.WriteRune(r)
		}
	}
	return tied.String()
}

// block is text with its place in the box of the drawing.
type block struct {
	*setting
	at box
}

// arrangement is a way to set a caption.
type arrangement struct {
	blocks []block
	size   float64 // of its smallest text, in points
}

// arranger looks for the best arrangement of a caption in a box.
type arranger struct {
	*typesetter
	caption Caption
	free    box
	columns bool    // the details may stand beside the name
	least   float64 // smallest size of text, in points
	ends    lineEnd
	made    map[string][]paragraph // by their text, because each text is tried in many ways
	err     error                  // of the first text that cannot be shown
}

// arrange lays a caption out with as many of its details as fit, the most important ones first. Of
// the arrangements that are easy to read, it prefers those that keep names and dates in one line,
// then those that break them, then those without the label. After these it tries text that is only
// just readable. In the end it shows the name alone.
func (t *typesetter) arrange(c Caption, free box, columns bool) ([]block, error) {
	whole, broken := Unbroken(c.Name), c.Name
	a := &arranger{typesetter: t, caption: c, free: free, made: map[string][]paragraph{},
		columns: columns && free.width >= 2.5*free.height}
	for _, try := range []struct {
		label, name string
		least       float64
		ends        lineEnd
	}{
		{c.Label, whole, legible, atSpaces}, {c.Label, broken, legible, atSpaces}, {c.Label, broken, legible, inValues},
		{"", broken, legible, inValues}, {c.Label, broken, minSize, inValues},
	} {
		a.caption.Label, a.caption.Name, a.least, a.ends = try.label, try.name, try.least, try.ends
		if found := a.detailed(); found != nil || a.err != nil {
			return found.parts(), a.err
		}
	}
	a.caption.Name = whole
	return a.squeezed().parts(), a.err
}

// parts returns the blocks of an arrangement; nil for none.
func (a *arrangement) parts() []block {
	if a == nil {
		return nil
	}
	return a.blocks
}

// detailed arranges the name with each detail that fits beside the details before it, in the first
// form that fits; nil = not even the name fits.
func (a *arranger) detailed() *arrangement {
	best := a.best(nil)
	var kept []string
	for _, forms := range a.caption.Details {
		for _, form := range forms {
			more := append(slices.Clip(kept), form)
			if found := a.best(more); best != nil && found != nil {
				kept, best = more, found
				break
			}
		}
	}
	return best
}

// best returns the arrangement of the name and those details whose smallest text is largest, but
// prefers columns of at least the comfortable size; nil = none fits.
func (a *arranger) best(details []string) *arrangement {
	beside := a.beside(details)
	if beside != nil && beside.size >= comfortable {
		return beside
	}
	best := a.stacked(details)
	for _, other := range []*arrangement{a.inOneLine(details), beside} {
		if other != nil && (best == nil || other.size > best.size) {
			best = other
		}
	}
	return best
}

// heading is the label and the name.
func (a *arranger) heading() string { return strings.TrimSpace(a.caption.Label + " " + a.caption.Name) }

// stacked puts the heading and each detail on lines of their own.
func (a *arranger) stacked(details []string) *arrangement {
	text := strings.Join(append([]string{a.heading()}, details...), "\n")
	return a.whole(
		a.fit(a.text(text), area{width: a.free.width, height: a.free.height, largest: maxSize, least: a.least}, a.ends))
}

// inOneLine puts the heading and the details on one line, with commas between them.
func (a *arranger) inOneLine(details []string) *arrangement {
	text := strings.Join(append([]string{a.heading()}, details...), ", ")
	return a.whole(
		a.fit(a.text(text),
			area{width: a.free.width, height: a.free.height, largest: maxSize, least: a.least, lines: 1}, a.ends))
}

// beside puts the name on the left and the details on the right.
func (a *arranger) beside(details []string) *arrangement {
	if !a.columns || len(details) == 0 {
		return nil
	}
	var best *arrangement
	for _, share := range []float64{0.4, 0.5, 0.6} {
		left, right := a.free, a.free
		left.width = (a.free.width - 2*gap) * share
		right.x += left.width + 2*gap
		right.width -= left.width + 2*gap
		written := a.fit(a.text(strings.Join(details, "\n")),
			area{width: right.width, height: right.height, largest: maxSize, least: a.least}, a.ends)
		if written == nil {
			continue
		}
		if found := a.named(left, block{written, right}); found != nil && (best == nil || found.size > best.size) {
			best = found
		}
	}
	return best
}

// named adds the label and, below it, the name to details that stand on the right.
func (a *arranger) named(left box, details block) *arrangement {
	label := a.fit(a.text(a.caption.Label),
		area{width: left.width, height: left.height, largest: details.size, least: a.least, lines: 1}, a.ends)
	if label == nil {
		return nil
	}
	rest := left.height - label.height()
	name := a.fit(a.text(a.caption.Name), area{width: left.width, height: rest, largest: nameGrows, least: a.least},
		a.ends)
	if name == nil {
		return nil
	}
	spare := (rest - name.height()) / 2
	above, below := left, left
	above.y, above.height = left.y+spare+name.height(), label.height()
	below.y, below.height = left.y+spare, name.height()
	return &arrangement{[]block{{label, above}, {name, below}, details}, min(label.size, name.size, details.size)}
}

// squeezed arranges the name alone, for a box in which nothing else fits: in one line if possible,
// else broken, else cut with an ellipsis; nil = not even that fits.
func (a *arranger) squeezed() *arrangement {
	name := a.text(a.caption.Name)
	for _, ends := range []lineEnd{atSpaces, inValues, anywhere} {
		if s := a.fit(name, area{width: a.free.width, height: a.free.height, largest: maxSize, least: minSize},
			ends); s != nil {
			return a.whole(s)
		}
	}
	size := min(minSize, a.free.height/a.lineHeight())
	const narrowest = 0.2 // of the size: no letter that matters is narrower
	letters := []rune(a.caption.Name)
	letters = letters[:min(len(letters), int(a.free.width/size/narrowest)+1)]
	for ; len(letters) > 0; letters = letters[:len(letters)-1] {
		// The factor allows for rounding, because the size itself comes from the height.
		r := area{width: a.free.width, height: a.free.height * 1.001, lines: 1}
		if s := a.at(a.text(string(letters)+a.ellipsis()), r, size, atSpaces); s != nil {
			return a.whole(s)
		}
	}
	return nil
}

func (a *arranger) ellipsis() string {
	if a.has('…') {
		return "…"
	}
	return ""
}

// whole gives text all of the box; nil stays nil.
func (a *arranger) whole(s *setting) *arrangement {
	if s == nil {
		return nil
	}
	return &arrangement{[]block{{s, a.free}}, s.size}
}

// text returns the paragraphs of a text, and remembers the first error.
func (a *arranger) text(text string) []paragraph {
	if made, ok := a.made[text]; ok {
		return made
	}
	made, err := a.paragraphs(text)
	if err != nil && a.err == nil {
		a.err = err
	}
	a.made[text] = made
	return made
}
