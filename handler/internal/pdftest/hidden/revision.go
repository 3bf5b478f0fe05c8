package hidden

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
	head, tail         string // what frames the text instead of "1 0 obj\n" and "\nendobj\n"
	shift              int    // by which the cross-references lead beside it
	reach              int    // if it is a stream: the offset at which hiddenArray or the like, its data, is to lie
	data               string
	at                 int
}

func (o *object) String() string {
	head := o.head
	if head == "" {
		head = fmt.Sprintf("%d %d obj\n", o.number, o.generation)
	}
	return head + o.text + o.end()
}

// settle moves what the data of a stream hides to its offset, if that is still to come.
func (o *object) settle(at int) {
	if o.reach == 0 {
		return
	}
	lay := func(filling int) { o.text = stream("", strings.Repeat(" ", filling)+o.data) }
	lay(10_000) // as many digits as it will have
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

// revision is a revision to be laid out behind a prefix. Places and quirks change it before.
type revision struct {
	kind    Kind
	prefix  []byte
	objects []*object
	rows    []row // beside those of the objects
	gap     [gaps]string
	size    int    // object numbers
	entries string // of the trailer, beside /Size and /Root
	prev    int    // offset of the previous section; 0 = none
	copied  int    // /XRefStm of an older trailer; 0 = none
	freed   bool   // what lies in object streams is free in the table, as ISO 32000-2, 7.5.8.4 has it
	root    string
	stream  crossStream
	lineEnd string // "" = a line feed

	sectionless bool
	length      int // of the whole file, which a stream fills; 0 = as it comes

	// What quirks do to the texts when all else stands.
	editTable, editTrailer func(text string, start int) string
	editEnd                func(text string, start int) string
	editAll                func(appended []byte) []byte
}

// newNumber takes an object number that nothing has.
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

// bytes is the prefix with the revision.
func (r *revision) bytes() []byte {
	if r.length == 0 {
		return r.lay()
	}
	filling := 0
	var out []byte
	for range 4 { // the numbers of the filling have a length of their own
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
		o.settle(out.Len())
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

// lines gives a text its line ends; an entry stays 20 bytes long.
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

// dict is a trailer dictionary, or what a cross-reference stream has of one.
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

// subsections lays the rows of a table out. What only a stream can say is left to it, and can be
// free here.
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
