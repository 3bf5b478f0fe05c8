package pdf_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// crossed writes files of random cross-reference sections, and records what each section states
// about every number.
type crossed struct {
	random *rand.Rand
	file   bytes.Buffer
	prev   int
	stream int // offset of the last stream beside a table
	aside  []claim
	known  map[int]pdf.Entry // after the last section
}

// claim is what an entry states about a number.
type claim struct {
	number int
	entry  pdf.Entry
}

const mostNumber = 150

// subsection returns claims about consecutive numbers.
func (c *crossed) subsection(stream bool) (claims []claim) {
	first := 1 + c.random.IntN(mostNumber)
	generation := c.random.IntN(2)
	for i := range c.random.IntN(40) {
		entry := pdf.Entry{Kind: pdf.EntryFree, Generation: generation}
		switch c.random.IntN(5) {
		case 0, 1:
			entry = pdf.Entry{Kind: pdf.EntryOffset, Offset: 1 + c.random.Int64N(60000), Generation: c.random.IntN(3)}
		case 2:
			if stream {
				entry = pdf.Entry{Kind: pdf.EntryInStream, StreamNumber: c.random.IntN(200), Index: c.random.IntN(9)}
			}
		case 3:
			entry.Generation = c.random.IntN(9)
		}
		claims = append(claims, claim{first + i, entry})
	}
	return claims
}

func (c *crossed) subsections(stream bool) (all [][]claim) {
	for range c.random.IntN(4) {
		if one := c.subsection(stream); len(one) > 0 {
			all = append(all, one)
		}
	}
	return all
}

// xrefStream writes a cross-reference stream. It returns the offset of the stream and its claims in
// their order.
func (c *crossed) xrefStream(trailer string) (offset int, claims []claim) {
	var index, rows strings.Builder
	for _, subsection := range c.subsections(true) {
		fmt.Fprintf(&index, " %d %d", subsection[0].number, len(subsection))
		for _, one := range subsection {
			e := one.entry
			row := []byte{0, 0, 0, byte(e.Generation)}
			switch e.Kind {
			case pdf.EntryOffset:
				row = []byte{1, byte(e.Offset >> 8), byte(e.Offset), byte(e.Generation)}
			case pdf.EntryInStream:
				row = []byte{2, byte(e.StreamNumber >> 8), byte(e.StreamNumber), byte(e.Index)}
			}
			rows.Write(row)
		}
		claims = append(claims, subsection...)
	}
	offset = c.file.Len()
	fmt.Fprintf(&c.file,
		"900 0 obj\n<</Type/XRef/Size 901/W[1 2 1]/Index[%s]%s/Length %d>>\nstream\n%s\nendstream\nendobj\n",
		index.String(), trailer, rows.Len(), rows.String())
	return offset, claims
}

// table writes a table. It returns the offset of the table and its claims.
func (c *crossed) table(trailer string) (offset int, used, free []claim) {
	all := c.subsections(false)
	offset = c.file.Len()
	c.file.WriteString("xref\n")
	for _, subsection := range all {
		fmt.Fprintf(&c.file, "%d %d\n", subsection[0].number, len(subsection))
		for _, one := range subsection {
			kind, list := 'n', &used
			if one.entry.Kind == pdf.EntryFree {
				kind, list = 'f', &free
			}
			fmt.Fprintf(&c.file, "%010d %05d %c \n", one.entry.Offset, one.entry.Generation, kind)
			*list = append(*list, one)
		}
	}
	fmt.Fprintf(&c.file, "trailer\n<</Size 901/Root 1 0 R%s>>\n", trailer)
	return offset, used, free
}

// section appends a revision that contains only cross-references.
func (c *crossed) section() {
	trailer := ""
	if c.prev > 0 {
		trailer = fmt.Sprintf("/Prev %d", c.prev)
	}
	var claims []claim
	var start int
	switch kind := c.random.IntN(4); {
	case kind == 0:
		start, claims = c.xrefStream(trailer + "/Root 1 0 R")
	case kind == 1 || kind == 2 && c.stream == 0:
		if c.random.IntN(2) == 0 {
			c.stream, c.aside = c.xrefStream("")
		}
		fallthrough
	default:
		var aside []claim
		if c.stream > 0 && c.random.IntN(2) == 0 {
			trailer += fmt.Sprintf("/XRefStm %d", c.stream)
			aside = c.aside
		}
		var used, free []claim
		start, used, free = c.table(trailer)
		claims = append(append(used, aside...), free...)
	}
	said := map[int]pdf.Entry{}
	for _, one := range claims {
		if _, before := said[one.number]; !before {
			said[one.number] = one.entry
		}
	}
	c.known = maps.Clone(c.known)
	maps.Copy(c.known, said)
	fmt.Fprintf(&c.file, "startxref\n%d\n%%%%EOF\n", start)
	c.prev = start
}

// For each number in each revision, the index has the entry that ISO 32000 derives from the
// sections, whatever their order and forms.
func TestIndex(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		c := &crossed{random: rand.New(rand.NewPCG(seed, 1)), known: map[int]pdf.Entry{}}
		c.file.WriteString("%PDF-1.7\n")
		var ends []int
		var want []map[int]pdf.Entry
		for range 1 + c.random.IntN(12) {
			c.section()
			ends, want = append(ends, c.file.Len()), append(want, c.known)
		}
		whole := open(t, c.file.Bytes())
		for i, end := range ends {
			revision, err := whole.Revision(t.Context(), int64(end), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			ambiguous := slices.ContainsFunc(revision.Sections(), func(s pdf.Section) bool { return s.Ambiguous })
			for number := range mostNumber + 50 {
				got, ok := revision.Entry(number)
				entry, known := want[i][number]
				if got.Kind == pdf.EntryFree && ambiguous {
					got.Generation = entry.Generation // of a number that is freed twice, either will do
				}
				if ok != known || ok && got != entry {
					t.Fatalf("seed %d, revision %d of %d: got %+v %v for %d, want %+v %v", seed, i, len(ends), got, ok,
						number, entry, known)
				}
			}
		}
	}
}

// held returns how many of the bytes that work allocates stay in use.
func held(work func() *pdf.File) (bytes int64, f *pdf.File) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f = work()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc), f
}

// In the index, an object takes at most 24 bytes. A free object and an earlier revision take none.
func TestIndexIsCompact(t *testing.T) {
	const many = 1_000_000
	var table strings.Builder
	fmt.Fprintf(&table, "%%PDF-1.7\nxref\n0 %d\n0000000000 65535 f \n", many)
	for i := range many - 1 {
		fmt.Fprintf(&table, "%010d 00000 n \n", 100+i)
	}
	fmt.Fprintf(&table, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n9\n%%%%EOF\n", many)
	free := pdftest.FreeObjects(8_000_000)
	for name, test := range map[string]struct {
		data []byte
		most int64
	}{
		"a million objects":          {[]byte(table.String()), 24 * many},
		"eight million free objects": {free, 256 << 10},
	} {
		got, f := held(func() *pdf.File { return open(t, test.data) })
		if got > test.most {
			t.Errorf("%s: got %d bytes held, want at most %d", name, got, test.most)
		}
		got, _ = held(func() *pdf.File {
			var last *pdf.File
			for range 100 {
				revision, err := f.Revision(t.Context(), f.Size(), 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				last = revision
			}
			return last
		})
		if got > 128<<10 {
			t.Errorf("%s: got %d bytes held for another revision, want at most 128 KiB", name, got)
		}
		runtime.KeepAlive(f)
	}
}
