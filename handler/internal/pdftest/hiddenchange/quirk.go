package hiddenchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// quirk is a deviation that makes a reader repair a file, or read it differently from others.
type quirk struct {
	name  string
	apply func(*revision)
	only  string // the kinds that it is for, separated by spaces; "" = all
	core  bool   // it is combined with every place, not only with some

	// prepared quirks are in the signed revision. Some readers then repair the signed document too,
	// and find hidden content in a later revision of correct syntax.
	prepared bool
}

func (q quirk) suits(kind Kind) bool { return q.only == "" || strings.Contains(q.only, string(kind)) }

// quirks are all quirks.
func quirks() []quirk {
	cross := slices.Concat(entryQuirks(), subsectionQuirks(), trailerQuirks(), streamQuirks(), startQuirks())
	all := slices.Concat(cross, endQuirks(), lineQuirks(), objectQuirks(), sectionQuirks())
	for _, q := range cross {
		if q.name != plain && !strings.Contains(q.name, "previous") { // the first revision has none
			all = append(all, quirk{"signed, " + q.name, q.apply, q.only, q.core, true})
		}
	}
	return all
}

// sectionQuirks replace the cross-reference section.
func sectionQuirks() []quirk {
	return []quirk{
		{name: "no section", apply: func(r *revision) {
			r.sectionless = true
			then(&r.editEnd, func(text string, start int) string {
				return strings.Replace(text, fmt.Sprint(start), fmt.Sprint(r.prev), 1)
			})
		}, core: true},
		{name: "a copied stream beside the table", apply: copyStream, only: string(Hybrid), core: true},
		{name: "a section of the other kind", apply: func(r *revision) { r.kind = Streams },
			only: string(Tables + " " + Linearised)},
	}
}

// then adds an edit that runs after the existing edit.
func then(edit *func(string, int) string, next func(text string, start int) string) {
	before := *edit
	*edit = func(text string, start int) string { return next(edited(before, text, start), start) }
}

// from returns a text from a word on; "" if another edit has left nothing of the word.
func from(text, word string) string {
	_, rest, found := strings.Cut(text, word)
	if !found {
		return ""
	}
	return word + rest
}

// table returns a quirk that edits the text of a table and its trailer.
func table(name string, core bool, edit func(text string) string) quirk {
	return quirk{name, func(r *revision) {
		then(&r.editTable, func(text string, _ int) string { return edit(text) })
	}, withTables, core, false}
}

// trailer returns a quirk that edits the trailer, or the dictionary of a cross-reference stream.
func trailer(name string, core bool, edit func(text string, start int) string) quirk {
	return quirk{name, func(r *revision) { then(&r.editTrailer, edit) }, "", core, false}
}

// entry returns a quirk that gives the trailer another value for a key, or a further key.
func entry(name, key string, value func(r *revision, start int) string) quirk {
	return quirk{name: name, apply: func(r *revision) {
		then(&r.editTrailer, func(text string, start int) string {
			text = regexp.MustCompile(" /"+key+` \d+( \d+ R)?`).ReplaceAllString(text, "")
			return strings.TrimSuffix(text, " >>") + " " + value(r, start) + " >>"
		})
	}}
}

func fixed(text string) func(*revision, int) string {
	return func(*revision, int) string { return text }
}

// end returns a quirk that edits the text from startxref on.
func end(name string, core bool, edit func(text string, start int) string) quirk {
	return quirk{name, func(r *revision) { then(&r.editEnd, edit) }, "", core, false}
}

// start returns a quirk that gives startxref another number.
func start(name string, core bool, number func(start int) string) quirk {
	return end(name, core, func(text string, start int) string {
		return strings.Replace(text, fmt.Sprintf("%d\n", start), number(start)+"\n", 1)
	})
}
