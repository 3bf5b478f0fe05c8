package hostiletest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strings"

	"influxion/handler/internal/pdftest"
)

// layout is a file while it is written, object by object and section by section.
type layout struct {
	bytes.Buffer
	offsets map[int]int // of the objects since the last section
	prev    int         // the last section; 0 = none
	highest int

	rowsBefore []byte // of the last cross-reference stream,
	packed     string // and deflated
}

// newLayout begins a file. If before is not nil, it is a complete file, whose startxref names its
// last section.
func newLayout(before []byte) *layout {
	l := &layout{offsets: map[int]int{}}
	if before == nil {
		before = []byte("%PDF-1.7\n")
	}
	l.Write(before)
	if at := bytes.LastIndex(before, []byte("startxref")); at >= 0 {
		_, _ = fmt.Sscan(string(before[at+len("startxref"):]), &l.prev) // no offset is none
		l.highest = 1000
	}
	return l
}

// page writes a document of one page: objects 1 to 3. The entries go into the catalog.
func (l *layout) page(entries string) *layout {
	for i, text := range pdftest.Pages(1, entries) {
		l.object(i+1, text)
	}
	return l
}

func (l *layout) object(number int, text string) {
	l.offsets[number] = l.Len()
	l.highest = max(l.highest, number)
	fmt.Fprintf(l, "%d 0 obj\n%s\nendobj\n", number, text)
}

// table ends a revision with a cross-reference table of the objects written in it.
func (l *layout) table(trailer string) *layout {
	var entries strings.Builder
	entries.WriteString("0 1\n0000000000 65535 f \n")
	numbers := slices.Sorted(maps.Keys(l.offsets))
	for i := 0; i < len(numbers); {
		end := i
		for end < len(numbers) && numbers[end] == numbers[i]+end-i {
			end++
		}
		fmt.Fprintf(&entries, "%d %d\n", numbers[i], end-i)
		for ; i < end; i++ {
			fmt.Fprintf(&entries, "%010d 00000 n \n", l.offsets[numbers[i]])
		}
	}
	return l.rawTable(entries.String(), trailer)
}

// rawTable ends a revision with a table of these entries.
func (l *layout) rawTable(entries, trailer string) *layout {
	start := l.Len()
	fmt.Fprintf(l, "xref\n%strailer\n<</Size %d/Root 1 0 R%s %s>>\n", entries, l.highest+1, l.prevEntry(), trailer)
	return l.end(start)
}

// section ends a revision with a cross-reference stream: rows of one, three and one byte.
func (l *layout) section(index string, rows []byte, entries string) *layout {
	return l.rawSection("/W[1 3 1]/Index["+index+"]", rows, entries)
}

// rawSection ends a revision with a cross-reference stream of any row layout, and compresses the
// rows.
func (l *layout) rawSection(form string, rows []byte, entries string) *layout {
	l.highest++
	number, start := l.highest, l.Len()
	dict := fmt.Sprintf("/Type/XRef/Size %d/Root 1 0 R/Filter/FlateDecode%s%s %s", l.highest+1, form, l.prevEntry(),
		entries)
	if len(l.rowsBefore) != len(rows) || len(rows) > 0 && &l.rowsBefore[0] != &rows[0] {
		l.rowsBefore, l.packed = rows, deflated(rows)
	}
	fmt.Fprintf(l, "%d 0 obj\n%s\nendobj\n", number, pdftest.Stream(dict, l.packed))
	return l.end(start)
}

func (l *layout) prevEntry() string {
	if l.prev == 0 {
		return ""
	}
	return fmt.Sprintf("/Prev %d", l.prev)
}

func (l *layout) end(start int) *layout {
	fmt.Fprintf(l, "startxref\n%d\n%%%%EOF\n", start)
	l.prev = start
	clear(l.offsets)
	return l
}

// row returns an entry of a cross-reference stream in the layout of section.
func row(kind, second, third int) []byte {
	return []byte{byte(kind), byte(second >> 16), byte(second >> 8), byte(second), byte(third)}
}

// rows returns the rows of object numbers 0 to count-1: those of the objects since the last
// section, and for all other numbers the result of other, or free entries if other is nil.
func (l *layout) rows(count int, other func(number int) []byte) []byte {
	if other == nil {
		other = func(int) []byte { return row(0, 0, 0) }
	}
	all := make([]byte, 0, 5*count)
	for number := range count {
		if at, written := l.offsets[number]; written {
			all = append(all, row(1, at, 0)...)
		} else {
			all = append(all, other(number)...)
		}
	}
	return all
}

// container returns an object stream with consecutive object numbers from first on, and the texts
// of its objects.
func container(first int, texts ...string) string {
	var head, body strings.Builder
	for i, text := range texts {
		fmt.Fprintf(&head, "%d %d ", first+i, body.Len())
		body.WriteString(text + " ")
	}
	entries := fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(texts), head.Len())
	return pdftest.Stream(entries, deflated([]byte(head.String()+body.String())))
}

func deflated(data []byte) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(data) // to memory, which does not fail
	_ = w.Close()
	return out.String()
}

func repeated(count int, text func(int) string) string {
	var all strings.Builder
	for i := range count {
		all.WriteString(text(i))
	}
	return all.String()
}
