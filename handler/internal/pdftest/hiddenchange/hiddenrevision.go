package hiddenchange

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Kind is how a document refers to its objects: ISO 32000-2, 7.5.4 and 7.5.8; annex F for
// linearised ones.
type Kind string

// The kinds.
const (
	Tables     Kind = "tables"
	Streams    Kind = "streams"
	Hybrid     Kind = "hybrid"
	Linearised Kind = "linearised" // tables, two sections in the first revision
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Tables, Streams, Hybrid, Linearised} }

// gap is a place between the parts of a revision.
type gap int

const (
	beforeObjects gap = iota
	betweenObjects
	beforeSection
	beforeTrailer // behind the entries of a table
	behindSection
	behindKeyword // startxref
	behindStart
	behindEnd
	gaps
)

// object is an indirect object that the cross-references list.
type object struct {
	number, generation int
	text               string
	head, tail         string // replace "1 0 obj\n" and "\nendobj\n" around the text
	shift              int    // bytes by which the offset in the cross-references is wrong
	reach              int    // if it is a stream: the offset in the file at which data must lie
	data               string // hidden content, at the end of the stream
	at                 int    // offset that the cross-references state
}

func (o *object) String() string {
	head := o.head
	if head == "" {
		head = fmt.Sprintf("%d %d obj\n", o.number, o.generation)
	}
	return head + o.text + o.end()
}

// fillTo fills the stream so that data lies at the offset reach, if that offset is still ahead.
func (o *object) fillTo(at int) {
	if o.reach == 0 {
		return
	}
	lay := func(filling int) { o.text = stream("", strings.Repeat(" ", filling)+o.data) }
	lay(10_000) // /Length then has as many digits as in the end
	if filling := o.reach - at - (strings.Index(o.String(), o.data) - 10_000); filling > 0 {
		lay(filling)
	}
}

func (o *object) end() string {
	if o.tail == "" {
		return "\nendobj\n"
	}
	return o.tail
}

// row is a cross-reference entry: type, and the two fields that ISO 32000-2, table 18 gives each
// type.
type row struct{ number, kind, second, third int }

const (
	rowFree = iota
	rowPlain
	rowPacked
)

// revision is a revision that will be written after a prefix. Before that, places and quirks change
// it.
type revision struct {
	kind    Kind
	prefix  []byte
	objects []*object
	rows    []row // in addition to those of the objects
	gap     [gaps]string
	freed   bool // members of object streams are free in the table: ISO 32000-2, 7.5.8.4
	stream  crossStream
	lineEnd string // "" = a line feed
	ending
	edits

	sectionless bool
	length      int // of the whole file, to which a stream fills it; 0 = it is not filled
}

// ending is what a trailer states.
type ending struct {
	size    int    // one more than the highest object number
	entries string // in addition to /Size and /Root
	prev    int    // offset of the previous section; 0 = none
	copied  int    // /XRefStm of an older trailer; 0 = none
	root    string
}

// edits are changes that quirks make to the finished texts.
type edits struct {
	editTable, editTrailer func(text string, start int) string
	editEnd                func(text string, start int) string
	editAll                func(appended []byte) []byte
}

// newNumber returns an unused object number.
func (r *revision) newNumber() int {
	r.size++
	return r.size - 1
}

// list adds an object under a new number.
func (r *revision) list(text string) *object {
	o := &object{number: r.newNumber(), text: text}
	r.objects = append(r.objects, o)
	return o
}

// bytes returns the prefix with the revision.
func (r *revision) bytes() []byte {
	if r.length == 0 {
		return r.lay()
	}
	filling := 0
	var out []byte
	for range 4 { // the filling changes the number of digits of its own /Length
		filled := *r
		filled.objects = nil
		for _, o := range r.objects {
			same := *o
			filled.objects = append(filled.objects, &same)
		}
		filled.list(stream("", strings.Repeat("x", filling)))
		out = filled.lay()
		if filling += r.length - len(out); len(out) == r.length || filling < 0 {
			break
		}
	}
	return out
}

func (r *revision) lay() []byte {
	out := bytes.NewBuffer(bytes.Clone(r.prefix))
	out.WriteString(r.gap[beforeObjects])
	for i, o := range r.objects {
		if i == 1 {
			out.WriteString(r.gap[betweenObjects])
		}
		o.fillTo(out.Len())
		o.at = out.Len() + o.shift
		out.WriteString(r.lines(o.String()))
	}
	beside := r.copied
	if r.kind == Hybrid && r.packs() {
		beside = out.Len()
		r.writeStream(out, r.packedRows())
	}
	out.WriteString(r.gap[beforeSection])
	start := out.Len()
	switch {
	case r.sectionless:
	case r.kind == Streams:
		r.writeStream(out, r.allRows())
	default:
		r.writeTable(out, beside)
	}
	out.WriteString(r.gap[behindSection])
	end := fmt.Sprintf("startxref\n%s%d\n%s%%%%EOF\n", r.gap[behindKeyword], start, r.gap[behindStart])
	out.WriteString(r.lines(edited(r.editEnd, end, start)) + r.gap[behindEnd])
	if r.editAll == nil {
		return out.Bytes()
	}
	return append(bytes.Clone(r.prefix), r.editAll(out.Bytes()[len(r.prefix):])...)
}

// lines replaces the line ends of a text by lineEnd. An entry stays 20 bytes long.
func (r *revision) lines(text string) string {
	if r.lineEnd == "" {
		return text
	}
	if len(r.lineEnd) == 2 {
		text = strings.NewReplacer(" n \n", " n\n", " f \n", " f\n").Replace(text)
	}
	return strings.ReplaceAll(text, "\n", r.lineEnd)
}

func edited(edit func(string, int) string, text string, start int) string {
	if edit == nil {
		return text
	}
	return edit(text, start)
}

func (r *revision) packs() bool {
	return slices.ContainsFunc(r.rows, func(one row) bool { return one.kind == rowPacked })
}

func (r *revision) packedRows() []row {
	return slices.DeleteFunc(slices.Clone(r.rows), func(one row) bool { return one.kind != rowPacked })
}

func (r *revision) allRows() []row {
	rows := slices.Clone(r.rows)
	for _, o := range r.objects {
		rows = append(rows, row{o.number, rowPlain, o.at, o.generation})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.number - b.number })
	return rows
}

// dict returns a trailer dictionary, or the trailer entries of a cross-reference stream.
func (r *revision) dict(more string, start int) string {
	root := r.root
	if root == "" {
		root = "1 0 R"
	}
	entries := fmt.Sprintf("/Size %d /Root %s", r.size, root)
	if r.prev != 0 {
		entries += fmt.Sprintf(" /Prev %d", r.prev)
	}
	return edited(r.editTrailer, strings.Join(strings.Fields("<< "+entries+" "+r.entries+" "+more+" >>"), " "), start)
}

func (r *revision) writeTable(out *bytes.Buffer, beside int) {
	start := out.Len()
	text := "xref\n" + subsections(r.allRows(), r.freed) + r.gap[beforeTrailer]
	more := ""
	if beside != 0 {
		more = fmt.Sprintf("/XRefStm %d", beside)
	}
	text += "trailer\n" + r.dict(more, start) + "\n"
	out.WriteString(r.lines(edited(r.editTable, text, start)))
}

// subsections writes the rows of a table. It leaves out members of object streams, which only a
// cross-reference stream can list, or lists them as free if freed is set.
func subsections(rows []row, freed bool) string {
	var lines []row
	for _, one := range rows {
		switch {
		case one.kind != rowPacked:
			lines = append(lines, one)
		case freed:
			lines = append(lines, row{one.number, rowFree, 0, 0})
		}
	}
	if len(lines) == 0 {
		return "0 0\n"
	}
	var text strings.Builder
	for i, one := range lines {
		if i == 0 || lines[i-1].number+1 != one.number {
			count := 1
			for i+count < len(lines) && lines[i+count].number == one.number+count {
				count++
			}
			fmt.Fprintf(&text, "%d %d\n", one.number, count)
		}
		fmt.Fprintf(&text, "%010d %05d %c \n", one.second, one.third, "fn"[one.kind])
	}
	return text.String()
}
