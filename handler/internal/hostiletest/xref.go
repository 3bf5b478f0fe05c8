package hostiletest

import (
	"bytes"
	"fmt"
	"strings"

	"influxion/handler/internal/pdftest"
)

const (
	millions = 8 << 20 // the most object numbers that are allowed
)

// crossReferences are files whose cross-references are expensive.
func crossReferences() map[string][]byte {
	free := func(int) []byte { return row(0, 0, 0) }
	compressed := func(count int, other func(int) []byte) []byte {
		l := newLayout(nil).page("")
		return l.section(fmt.Sprintf("0 %d", count), l.rows(count, other), "").Bytes()
	}
	nowhere := func(int) []byte { return row(1, 100, 0) }
	return map[string][]byte{
		"xref: eight million free objects":     compressed(millions, free),
		"xref: a million objects that are one": compressed(1_000_000, nowhere),
		"xref: eight million objects":          compressed(millions, nowhere),
		"xref: a million objects in one stream": compressed(1_000_000,
			func(number int) []byte { return row(2, 9, number) }),
		"xref: free ones of other generations": compressed(2_000_000,
			func(number int) []byte { return row(0, 0, number) }),
		"xref: used and free in turns": compressed(2_000_000, func(number int) []byte {
			return row(number%2, 100, 0)
		}),
		"xref: ranges that overlap":           overlapping(),
		"xref: a hundred thousand ranges":     manyRanges(),
		"xref: descending ranges":             descending(),
		"xref: wide rows":                     wideRows(),
		"xref: a predictor of wide rows":      predicted(),
		"xref: filters behind filters":        filtered(),
		"xref: five thousand tables":          tables(5000, ""),
		"xref: tables that free all":          freeingTables(),
		"xref: sections that free all":        freeing(60),
		"xref: sections that take turns":      takingTurns(30),
		"xref: thousands of streams":          streams(4000),
		"xref: streams beside tables":         hybrids(1500),
		"xref: one stream beside many tables": hybrid(1500),
		"xref: a table of short entries":      shortEntries(),
		"xref: a long trailer": newLayout(nil).page("").table(
			"/A[" + strings.Repeat("1 ", 400_000) + "]").Bytes(),
		"xref: trailers with many keys":    manyKeys(12),
		"xref: an object in every section": sameObject(3500),
	}
}

// overlapping returns a file that lists the same numbers as free again and again.
func overlapping() []byte {
	l := newLayout(nil).page("")
	return l.section("0 4 "+strings.Repeat("0 1000000 ", 8), append(l.rows(4, nil), make([]byte, 8*5_000_000)...),
		"").Bytes()
}

func manyRanges() []byte {
	l := newLayout(nil).page("")
	index := repeated(80_000, func(i int) string { return fmt.Sprintf("%d 1 ", 10+i*13) })
	return l.section("0 4 "+index, append(l.rows(4, nil), bytes.Repeat(row(1, 100, 0), 80_000)...), "").Bytes()
}

func descending() []byte {
	l := newLayout(nil).page("")
	index := repeated(80_000, func(i int) string { return fmt.Sprintf("%d 2 ", 2_000_000-i*13) })
	return l.section("0 4 "+index, append(l.rows(4, nil), bytes.Repeat(row(1, 100, 0), 160_000)...), "").Bytes()
}

// wideRows returns a file with the widest possible fields.
func wideRows() []byte {
	l := newLayout(nil).page("")
	return l.rawSection("/W[8 8 8]/Index[0 2500000]", make([]byte, 24*2_500_000), "").Bytes()
}

func predicted() []byte {
	l := newLayout(nil).page("")
	form := "/W[1 1 1]/Index[0 8388608]/DecodeParms<</Predictor 15/Columns 1000000>>"
	return l.rawSection(form, bytes.Repeat(append([]byte{4}, make([]byte, 1_000_000)...), 26), "").Bytes()
}

func filtered() []byte {
	l := newLayout(nil).page("")
	l.highest++
	start := l.Len()
	inner := deflated(make([]byte, 5<<20))
	dict := "/Type/XRef/Size 1000000/W[1 3 1]/Root 1 0 R/Filter[/FlateDecode/AHx/FlateDecode/FlateDecode]"
	data := deflated(fmt.Appendf(nil, "%x>", deflated([]byte(inner))))
	fmt.Fprintf(l, "%d 0 obj\n%s\nendobj\n", l.highest, pdftest.Stream(dict, data))
	return l.end(start).Bytes()
}

func tables(count int, trailer string) []byte {
	l := newLayout(nil).page("").table("")
	for range count {
		l.rawTable("0 0\n", trailer)
	}
	return l.Bytes()
}

// freeingTables returns a file that frees the same objects in each revision.
func freeingTables() []byte {
	l := newLayout(nil).page("").table("")
	entries := "4 1000\n" + strings.Repeat("0000000000 00001 f \n", 1000)
	for range 45 {
		l.rawTable(entries, "")
	}
	return l.Bytes()
}

func freeing(count int) []byte {
	l := newLayout(nil).page("")
	l.section("0 1000000", l.rows(1_000_000, func(int) []byte { return row(1, 100, 0) }), "")
	free := make([]byte, 5*999_000)
	for range count {
		l.section("1000 999000", free, "")
	}
	return l.Bytes()
}

// takingTurns returns a file that alternately frees and defines the same numbers.
func takingTurns(count int) []byte {
	l := newLayout(nil).page("").table("")
	const numbers = 300_000
	used, free := bytes.Repeat(row(1, 100, 0), numbers), make([]byte, 5*numbers)
	for i := range count {
		l.section(fmt.Sprintf("10 %d", numbers), [][]byte{used, free}[i%2], "")
	}
	return l.Bytes()
}

func streams(count int) []byte {
	l := newLayout(nil).page("").table("")
	for i := range count {
		l.section(fmt.Sprintf("%d 1", i+10), row(1, 9, 0), "")
	}
	return l.Bytes()
}

// hybrids returns a file with a cross-reference stream for each of its tables.
func hybrids(count int) []byte {
	l := newLayout(nil).page("").table("")
	for range count {
		at := l.Len()
		dict := "/Type/XRef/Size 100000/W[1 3 1]/Filter/FlateDecode/Index[10 20000]"
		fmt.Fprintf(l, "9 0 obj\n%s\nendobj\n", pdftest.Stream(dict, deflated(make([]byte, 100_000))))
		l.rawTable("0 0\n", fmt.Sprintf("/XRefStm %d", at))
	}
	return l.Bytes()
}

func hybrid(count int) []byte {
	l := newLayout(nil).page("").table("")
	at := l.Len()
	dict := "/Type/XRef/Size 1000000/W[1 3 1]/Filter/FlateDecode/Index[10 900000]"
	fmt.Fprintf(l, "9 0 obj\n%s\nendobj\n", pdftest.Stream(dict, deflated(make([]byte, 4_500_000))))
	for range count {
		l.rawTable("0 0\n", fmt.Sprintf("/XRefStm %d", at))
	}
	return l.Bytes()
}

func shortEntries() []byte {
	l := newLayout(nil).page("").table("")
	return l.rawTable("10 120000\n"+strings.Repeat("100 0 n\n", 120_000), "").Bytes()
}

func manyKeys(count int) []byte {
	l := newLayout(nil).page("").table("")
	keys := repeated(8000, func(i int) string { return fmt.Sprintf("/k%d 1", i) })
	for range count {
		l.rawTable("0 0\n", keys)
	}
	return l.Bytes()
}

// sameObject returns a file that defines the same hundred objects in every section.
func sameObject(count int) []byte {
	l := newLayout(nil).page("").table("")
	rows := bytes.Repeat(row(1, 9, 0), 100)
	for i := range count {
		if i%2 == 0 {
			l.section("10 100", rows, "")
		} else {
			l.section("10 100", make([]byte, 500), "")
		}
	}
	return l.Bytes()
}
