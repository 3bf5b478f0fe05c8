package hiddenchange

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Random yields at most count files, each with up to two quirks in any place and with some changed
// bytes, in a quarter of them also in the object of the signed revision that refers to what the
// later one defines. The same seed always gives the same files.
func Random(sign Sign, seed uint64, count int, yield func(File) error) error {
	s := &signer{sign: sign, known: map[string]*base{}}
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 0)), places: append(places(), preparedPlaces()...),
		quirks: append(quirks(), honest()...)}
	for i := range count {
		kind := pick(d, Kinds())
		p, first, second := pick(d, d.places), pick(d, d.quirks), pick(d, d.quirks)
		if d.IntN(4) == 0 {
			p, first = d.blindPlace(i), quirk{name: plain, apply: func(*revision) {}}
		}
		if d.IntN(3) > 0 {
			second = quirk{name: plain, apply: func(*revision) {}}
		}
		if !p.suits(kind) || !first.suits(kind) || !second.suits(kind) || second.prepared ||
			kind == Linearised && (p.signed() || first.prepared) || first.prepared && p.signed() {
			continue
		}
		b, err := s.base(kind, p, first)
		if errors.Is(err, errRefused) {
			continue
		}
		if err != nil {
			return err
		}
		file := b.file(p, d.changed(first, second))
		file.Quirk = fmt.Sprintf("%s, %s, changed (seed %d, number %d)", first.name, second.name, seed, i)
		if err := yield(file); err != nil {
			return err
		}
	}
	return nil
}

// blindPlace is a reference that readers may see, in an object with some changed bytes.
func (d *dice) blindPlace(number int) place {
	h := pick(d, append(holders(), furtherHolders()...))
	text := h.with(pick(d, blindReferences()))
	if d.IntN(4) == 0 { // readers take the first or the last of two values
		text = h.with(blindReference{text: "null"}) + pick(d, []string{" ", "\n", "]", ">>", " endobj "}) + text
	}
	for range d.IntN(3) {
		text = d.bytes(text)
	}
	return h.place(fmt.Sprintf("a changed reference, number %d", number), text, asItIs)
}

// dice makes the random choices.
type dice struct {
	*rand.Rand
	places []place
	quirks []quirk
}

func pick[T any](d *dice, from []T) T { return from[d.IntN(len(from))] }

// changed combines both quirks with changes of bytes in up to three parts of the revision. Offsets
// allow for the changes in objects.
func (d *dice) changed(first, second quirk) quirk {
	return quirk{apply: func(r *revision) {
		if !first.prepared {
			first.apply(r)
		}
		second.apply(r)
		for range d.IntN(4) {
			d.change(r)
		}
	}}
}

func (d *dice) change(r *revision) {
	seed := d.Uint64() // a revision can be written several times, always with the same change
	edit := func(text string, _ int) string { return (&dice{Rand: rand.New(rand.NewPCG(seed, 0))}).bytes(text) }
	o := pick(d, r.objects)
	switch d.IntN(8) {
	case 0:
		o.text = d.bytes(o.text)
	case 1:
		o.head = d.bytes(strings.TrimSuffix(o.String(), o.text+o.end()))
	case 2:
		o.tail = d.bytes(o.end())
	case 3:
		g := gap(d.IntN(int(gaps)))
		r.gap[g] = d.bytes(r.gap[g])
	case 4:
		then(&r.editTable, edit)
	case 5:
		then(&r.editTrailer, edit)
	case 6:
		then(&r.editEnd, edit)
	case 7:
		r.list(
			pick(d,
				[]string{"<< >>", stream("", hiddenArray), "(" + hiddenArray + ")",
					"[ % " + oneLine(hiddenArray) + "\n]"}))
	}
}

// pieces are the texts that a change inserts.
var pieces = []string{
	"\n", "\r", "\r\n", " ", "\t", "\f", "\x00", "%", "(", ")", "<", ">", "<<", ">>", "[", "]", "/", "{", "}", "0", "1",
	"9", "-", "+", ".", "#", "\\",
	"obj", "endobj", "stream\n", "endstream\n", "xref\n", "trailer\n", "startxref\n", "%%EOF\n", "%PDF-1.4\n",
	"4 0 obj\n", "4 0 R", "null", "n", "f", "R",
	" /XRefStm 0", " /Prev 0", " /Size 99", " /Root 70 0 R", " /Type /XRef", " /Length 0",
	"                               ", "% a comment\n",
	hiddenContent, hiddenArray, "% " + oneLine(hiddenArray) + "\n", decoyTrailer,
}

// bytes changes a text in one random place.
func (d *dice) bytes(text string) string {
	at := d.IntN(len(text) + 1)
	end := min(len(text), at+1+d.IntN(3))
	switch d.IntN(4) {
	case 0:
		return text[:at] + text[end:]
	case 1:
		return text[:at] + pick(d, pieces) + text[end:]
	case 2:
		return text[:at] + text[at:end] + text[at:]
	}
	return text[:at] + pick(d, pieces) + text[at:]
}
