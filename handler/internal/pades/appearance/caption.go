package appearance

import (
	"slices"
	"strings"
)

// comfortable is the size in points from which columns are preferred to larger lines: a wide box is expected to have them.
const comfortable = 7.0

// Caption is what a drawing says where nobody has chosen its text: who, and below or beside that the details. It fits every box: what
// there is no room for is left out.
type Caption struct {
	Label   string   // stands before the name, such as "Signed by"
	Name    string   // the last thing to be left out
	Details []string // a line each, the most important first
}

// Unbroken ties the words of a name or of a date together: lines do not end between them while there is another way.
func Unbroken(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }

// block is text in its place.
type block struct {
	*setting
	at box
}

// arrangement is a way to set a caption.
type arrangement struct {
	blocks []block
	size   float64 // of its smallest text, in points
}

// arranger looks for the best arrangement in a box.
type arranger struct {
	*typesetter
	caption Caption
	free    box
	columns bool // may be tried
	err     error
}

// arrange lays a caption out: as many of its details as can be read with ease, the most important ones first.
func (t *typesetter) arrange(c Caption, free box, columns bool) ([]block, error) {
	c.Name = Unbroken(c.Name)
	a := &arranger{typesetter: t, caption: c, free: free, columns: columns && free.width >= 2.5*free.height}
	best := a.best(nil)
	var kept []string
	for _, detail := range c.Details {
		if best == nil {
			break
		}
		more := append(slices.Clip(kept), detail)
		if found := a.best(more); found != nil {
			kept, best = more, found
		}
	}
	if best == nil {
		best = a.squeezed()
	}
	if a.err != nil || best == nil {
		return nil, a.err
	}
	return best.blocks, nil
}

// best is the arrangement of those details that can be read best; nil = none can.
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

// heading is the label with the name.
func (a *arranger) heading() string { return strings.TrimSpace(a.caption.Label + " " + a.caption.Name) }

// stacked has a line or more for each.
func (a *arranger) stacked(details []string) *arrangement {
	text := strings.Join(append([]string{a.heading()}, details...), "\n")
	return a.whole(a.fit(a.text(text), room{width: a.free.width, height: a.free.height, largest: maxSize, least: legible}, atSpaces))
}

// inOneLine parts all by commas.
func (a *arranger) inOneLine(details []string) *arrangement {
	text := strings.Join(append([]string{a.heading()}, details...), ", ")
	return a.whole(a.fit(a.text(text), room{width: a.free.width, height: a.free.height, largest: maxSize, least: legible, lines: 1}, atSpaces))
}

// beside has the name on the left and the details on the right.
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
		written := a.fit(a.text(strings.Join(details, "\n")), room{width: right.width, height: right.height, largest: maxSize, least: legible}, atSpaces)
		if written == nil {
			continue
		}
		if found := a.named(left, block{written, right}); found != nil && (best == nil || found.size > best.size) {
			best = found
		}
	}
	return best
}

// named puts the label and, below it, the name beside the details.
func (a *arranger) named(left box, details block) *arrangement {
	label := a.fit(a.text(a.caption.Label), room{width: left.width, height: left.height, largest: details.size, least: legible, lines: 1}, atSpaces)
	if label == nil {
		return nil
	}
	rest := left.height - label.height()
	name := a.fit(a.text(a.caption.Name), room{width: left.width, height: rest, largest: nameGrows, least: legible}, atSpaces)
	if name == nil {
		return nil
	}
	spare := (rest - name.height()) / 2
	above, below := left, left
	above.y, above.height = left.y+spare+name.height(), label.height()
	below.y, below.height = left.y+spare, name.height()
	return &arrangement{[]block{{label, above}, {name, below}, details}, min(label.size, name.size, details.size)}
}

// squeezed is the name alone where nothing can be read with ease: smaller, then broken, then cut short with an ellipsis; nil = not even
// that has a place.
func (a *arranger) squeezed() *arrangement {
	name := a.text(a.caption.Name)
	for _, ends := range []lineEnd{atSpaces, inValues, anywhere} {
		if s := a.fit(name, room{width: a.free.width, height: a.free.height, largest: maxSize, least: minSize}, ends); s != nil {
			return a.whole(s)
		}
	}
	size := min(minSize, a.free.height/a.lineHeight())
	const narrowest = 0.2 // of the size: no letter that matters is narrower
	letters := []rune(a.caption.Name)
	letters = letters[:min(len(letters), int(a.free.width/size/narrowest)+1)]
	for ; len(letters) > 0; letters = letters[:len(letters)-1] {
		// One step is left for rounding: the size is what the height gives.
		r := room{width: a.free.width, height: a.free.height * 1.001, lines: 1}
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

// whole has text in all of the box; nil stays nil.
func (a *arranger) whole(s *setting) *arrangement {
	if s == nil {
		return nil
	}
	return &arrangement{[]block{{s, a.free}}, s.size}
}

// text makes paragraphs, and remembers the first fault.
func (a *arranger) text(text string) []paragraph {
	made, err := a.paragraphs(text)
	if err != nil && a.err == nil {
		a.err = err
	}
	return made
}
