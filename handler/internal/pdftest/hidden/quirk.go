package hidden

import (
	"fmt"
	"regexp"
	"strings"
)

// quirk is what makes a reader repair a file, or read it otherwise than others.
type quirk struct {
	name  string
	apply func(*revision)
	only  string // of these kinds alone, in words; "" = of all
	core  bool   // it goes with every place, not only with some
}

func (q quirk) suits(kind Kind) bool { return q.only == "" || strings.Contains(q.only, string(kind)) }

// quirks are all quirks.
func quirks() []quirk {
	var all []quirk
	for _, some := range [][]quirk{entryQuirks(), subsectionQuirks(), trailerQuirks(), streamQuirks(), startQuirks(), endQuirks(), lineQuirks(), objectQuirks()} {
		all = append(all, some...)
	}
	return all
}

// then applies an edit behind those that are there.
func then(edit *func(string, int) string, next func(text string, start int) string) {
	before := *edit
	*edit = func(text string, start int) string { return next(edited(before, text, start), start) }
}

// table edits the text of a table, its trailer included.
func table(name string, core bool, edit func(text string) string) quirk {
	return quirk{name, func(r *revision) {
		then(&r.editTable, func(text string, _ int) string { return edit(text) })
	}, withTables, core}
}

// trailer edits the trailer, or the dictionary of a cross-reference stream.
func trailer(name string, core bool, edit func(text string, start int) string) quirk {
	return quirk{name, func(r *revision) { then(&r.editTrailer, edit) }, "", core}
}

// entry gives the trailer another value for a key, or a further key.
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

// end edits what begins with startxref.
func end(name string, core bool, edit func(text string, start int) string) quirk {
	return quirk{name, func(r *revision) { then(&r.editEnd, edit) }, "", core}
}

var offset = regexp.MustCompile(`\d+`)

// start gives startxref another number.
func start(name string, core bool, number func(start int) string) quirk {
	return end(name, core, func(text string, start int) string {
		return strings.Replace(text, fmt.Sprintf("%d\n", start), number(start)+"\n", 1)
	})
}
