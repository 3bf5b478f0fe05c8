package xref

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// NoPlace is the Offset of a section that is not in the file.
const NoPlace = -1

// Found collects objects as they are found in a file whose cross-references are not used.
type Found struct{ rows entries }

// NewFound makes an empty collection.
func NewFound(a *bounds.Account) Found { return Found{entries{account: a}} }

// Add adds an object. Objects come in the order of the file.
func (f *Found) Add(number int, entry Entry) error { return f.rows.addRow(number, entry.packed()) }

// Chain makes the only section of the file from the last definition of each object. It returns an
// error for a number with two generations, on which readers disagree.
func (f *Found) Chain(src Source, trailer syntax.Dict) (*Chain, error) {
	rows, err := f.rows.ordered()
	if err != nil {
		return nil, err
	}
	if err := src.Account.Spend(int64(len(rows)) * bounds.EntryCost); err != nil {
		return nil, err
	}
	kept := rows[:0]
	for _, r := range rows {
		n := len(kept)
		if n == 0 || kept[n-1].number != r.number {
			kept = append(kept, r)
			continue
		}
		if entry := r.entry.entry(); kept[n-1].entry.entry().Generation != entry.Generation {
			return nil, bounds.Damaged.ErrorfAt(entry.Offset,
				"the cross-references are unusable, and object %d has two generations", r.number)
		}
		kept[n-1] = r
	}
	return chainOf(kept, src, trailer)
}

// With adds objects in object streams to a chain that Found.Chain made. twice makes the error for
// an object that is in two of them.
func (c *Chain) With(hidden *Found, src Source, twice func(number, stream int) error) (*Chain, error) {
	rows, err := hidden.rows.ordered()
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(rows); i++ {
		if rows[i].number == rows[i-1].number {
			return nil, twice(int(rows[i].number), rows[i].entry.entry().StreamNumber)
		}
	}
	if rows, err = mergeRows([][]row{c.index.rows, rows}, src.Account); err != nil {
		return nil, err
	}
	return chainOf(rows, src, c.Sections[0].Trailer)
}

// chainOf makes the only section from rows, which hold each number at most once.
func chainOf(rows []row, src Source, trailer syntax.Dict) (*Chain, error) {
	section := Section{Offset: NoPlace, Kind: KindTable, Trailer: trailer}
	all := chaining{src: src}
	highest := -1
	for _, r := range rows {
		highest = int(r.number)
		if n := len(section.Objects); n > 0 && section.Objects[n-1].First+section.Objects[n-1].Count == highest {
			section.Objects[n-1].Count++
		} else if err := all.addRange(&section, Range{highest, 1}); err != nil {
			return nil, err
		}
	}
	found, err := newIndex([]layer{{rows: rows}}, src.Account)
	if err != nil {
		return nil, err
	}
	return &Chain{Sections: []Section{section}, index: found, origin: src.Origin,
		links: []link{{highest: highest}}}, nil
}
