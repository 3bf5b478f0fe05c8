package appearance

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-fonts/dejavu/dejavusans"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// cluster is a character with its combining marks. Nothing parts them.
type cluster struct {
	glyphs  []uint16 // numbers in the subset; none for an invisible character
	advance int      // in units of the em
	source  string   // the text that it stands for
	class   bidi.Class
	level   int  // of embedding: odd ones read from right to left
	space   bool // not shown at the end of a line
	end     lineEnd
}

// paragraph is the clusters between two line feeds, in the order of reading.
type paragraph struct {
	clusters []cluster
	level    int
}

// shapedScripts are the scripts that need a shaping engine: they need reordering, stacking or
// joined forms that no single glyph has.
var shapedScripts = []*unicode.RangeTable{
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
	unicode.Telugu, unicode.Kannada,
	unicode.Malayalam, unicode.Sinhala, unicode.Tibetan, unicode.Myanmar, unicode.Khmer, unicode.Mongolian,
	unicode.Syriac, unicode.Nko,
	unicode.Thaana, unicode.Balinese, unicode.Javanese, unicode.Tai_Tham,
}

// typesetter turns text into clusters, and collects their glyphs in a subset of the font.
type typesetter struct {
	font    *embedded
	missing []rune // characters that the font lacks
}

// newTypesetter opens a font file; nil = the built-in font.
func newTypesetter(file []byte) (*typesetter, error) {
	if file == nil {
		file = dejavusans.TTF
	}
	f, err := parseFont(file)
	if err != nil {
		return nil, err
	}
	s, err := newSubset(f)
	return &typesetter{font: &embedded{s, map[uint16]string{}}}, err
}

// paragraphs splits a text into paragraphs of clusters. It returns an *Error for a text that cannot
// be shown; if the font lacks characters, the error names them.
func (t *typesetter) paragraphs(text string) ([]paragraph, error) {
	if len(text) > MaxText || !utf8.ValidString(text) {
		return nil, refused("the text is longer than %d bytes or not Unicode", MaxText)
	}
	text = strings.NewReplacer("\r\n", "\n", "\t", " ").Replace(norm.NFC.String(text))
	var all []paragraph
	for line := range strings.SplitSeq(text, "\n") {
		p, err := t.paragraph(line)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(t.missing) > 0 {
		return nil, refused("the font of this deployment has no glyph for %s: set one that has it "+
			"(INFLUXION_APPEARANCE_FONT), or send the text as an image",
			codePoints(t.missing))
	}
	return all, nil
}

func (t *typesetter) paragraph(line string) (paragraph, error) {
	runes := []rune(line)
	for _, r := range runes {
		if err := drawable(r); err != nil {
			return paragraph{}, err
		}
	}
	var p paragraph
	letters := joinArabic(runes, t.has)
	for i, letter := range letters {
		next := rune(0)
		if i+1 < len(letters) {
			next = letters[i+1].rune
		}
		properties, _ := bidi.LookupRune(letter.rune)
		if len(p.clusters) > 0 && unicode.In(letter.rune, unicode.Mn, unicode.Me) {
			last := &p.clusters[len(p.clusters)-1]
			if err := t.draw(last, letter); err != nil {
				return p, err
			}
			continue
		}
		c := cluster{class: properties.Class(), space: letter.rune == ' ' || letter.rune == noBreakSpace,
			end: endBehind(letter.rune, next)}
		if err := t.draw(&c, letter); err != nil {
			return p, err
		}
		p.clusters = append(p.clusters, c)
	}
	p.level = embed(p.clusters)
	// Which characters are mirrored depends on the levels, which are known only now.
	for i := range p.clusters {
		if err := t.mirror(&p.clusters[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

const (
	noBreakSpace = '\u00a0' // is shown, and read back, as a space
	wordJoiner   = '\u2060'
)

// ideographic reports whether a line may end behind a character although no space follows.
func ideographic(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// endBehind returns the kind of line end that is possible between r and next, the character behind
// it (UAX 14); next is 0 at the end. A line may end behind a hyphen in a word, but not behind one
// in a date or a number, nor behind a dash.
func endBehind(r, next rune) lineEnd {
	switch {
	case r == ' ' || ideographic(r) && next != wordJoiner:
		return atSpaces
	case r == noBreakSpace || ideographic(r) || r == '-' && unicode.IsLetter(next):
		return inValues
	}
	return anywhere
}

// drawable returns an *Error for a character that would be shown as another one or not at all.
func drawable(r rune) error {
	switch {
	case unseen(r):
		return nil
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
		return refused("the text has U+%04X, a control character that cannot be shown", r)
	case unicode.In(r, shapedScripts...):
		return refused("the text has U+%04X, of a script that is not supported: use an image", r)
	}
	return nil
}

// unseen reports whether a character has no glyph. Some such characters affect their neighbours,
// and the layout obeys them.
func unseen(r rune) bool {
	switch r {
	case '\u00ad', zeroWidthNonJoiner, zeroWidthJoiner, '\u200b', '\u200e', '\u200f', '\u061c', wordJoiner, '\ufe0e':
		return true
	}
	return false
}

// has reports whether the font has a glyph for a character.
func (t *typesetter) has(r rune) bool { return t.font.font.characters.glyph(r) != 0 }

// draw adds the glyph of a letter to a cluster, and remembers letters that the font lacks.
func (t *typesetter) draw(c *cluster, l letter) error {
	if l.rune == noBreakSpace {
		l = letter{' ', " "}
	}
	c.source += l.source
	if unseen(l.rune) {
		return nil
	}
	glyph := t.font.font.characters.glyph(l.rune)
	if glyph == 0 {
		if !slices.Contains(t.missing, l.rune) {
			t.missing = append(t.missing, l.rune)
		}
		return nil
	}
	id, err := t.font.add(glyph, 0)
	if err != nil {
		return err
	}
	if _, ok := t.font.sources[id]; !ok {
		t.font.sources[id] = l.source
	}
	c.glyphs = append(c.glyphs, id)
	c.advance += t.font.font.advance(glyph)
	return nil
}

// mirror gives a bracket in text that is read from right to left the glyph of its counterpart: rule
// L4 of UAX 9.
func (t *typesetter) mirror(c *cluster) error {
	const pairs = "()[]{}<>«»‹›≤≥"
	at := strings.Index(pairs, c.source)
	if c.level%2 == 0 || c.source == "" || at < 0 || len(c.glyphs) != 1 {
		return nil
	}
	all := []rune(pairs)
	i := utf8.RuneCountInString(pairs[:at])
	mirrored := cluster{}
	if err := t.draw(&mirrored, letter{all[i^1], string(all[i^1])}); err != nil {
		return err
	}
	c.glyphs, c.advance = mirrored.glyphs, mirrored.advance
	return nil
}

// codePoints names the first characters by their code points, and counts the rest.
func codePoints(runes []rune) string {
	const most = 8
	var names []string
	for _, r := range runes[:min(len(runes), most)] {
		names = append(names, fmt.Sprintf("U+%04X", r))
	}
	if len(runes) > most {
		names = append(names, fmt.Sprintf("%d more", len(runes)-most))
	}
	return strings.Join(names, ", ")
}
