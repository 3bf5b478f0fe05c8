package xref

import (
	"cmp"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
)

// layer holds cross-reference entries none of which overrides another: the entries of one form in
// one section.
type layer struct {
	rows []row // by number; all have the layer's own
	runs []run
}

// pieceRows is the number of rows that are allocated at a time.
const (
	pieceRows = 4096
	partSize  = 24 // bytes of memory of a part
)

// entries collect a layer while it is read. Memory grows with the entries that are in use. It grows
// in pieces, so that no entry moves.
type entries struct {
	account *bounds.Account
	layer   uint16
	pieces  [][]row
	count   int
	runs    []run
	closed  int // number of runs, from the first, that get no further object number
}

// add adds an entry.
func (e *entries) add(number int, entry packed) error {
	if entry.kind() == EntryFree {
		return e.addFree(number, uint16(entry.entry().Generation))
	}
	return e.addRow(number, entry)
}

// addRow adds a row, even for a free object: see finish.
func (e *entries) addRow(number int, entry packed) error {
	last := len(e.pieces) - 1
	if last < 0 || len(e.pieces[last]) == cap(e.pieces[last]) {
		size := min(max(16, e.count), pieceRows)
		if err := e.account.Take(int64(size) * rowSize); err != nil {
			return err
		}
		e.pieces = append(e.pieces, make([]row, 0, size))
		last++
	}
	e.pieces[last] = append(e.pieces[last], row{entry, uint32(number), e.layer, noLayer})
	e.count++
	return nil
}

func (e *entries) addFree(number int, generation uint16) error {
	if n := len(e.runs); n > e.closed {
		if r := &e.runs[n-1]; r.generation == generation && int(r.first)+int(r.count) == number {
			r.count++
			return nil
		}
	}
	if len(e.runs) == cap(e.runs) {
		grown := max(4, 2*cap(e.runs))
		if err := e.account.Take(int64(grown) * runSize); err != nil {
			return err
		}
		e.account.Give(int64(cap(e.runs)) * runSize)
		e.runs = append(make([]run, 0, grown), e.runs...)
	}
	e.runs = append(e.runs, run{uint32(number), 1, generation})
	return nil
}

// finish returns the layer. Of several rows for one number the first counts. Rows that are free
// become runs.
func (e *entries) finish() (layer, error) {
	rows, err := e.ordered()
	if err != nil {
		return layer{}, err
	}
	kept, decided := rows[:0], int64(-1)
	for _, r := range rows {
		if int64(r.number) == decided {
			continue
		}
		decided = int64(r.number)
		if r.entry.kind() != EntryFree {
			kept = append(kept, r)
		} else if err := e.addFree(int(r.number), uint16(r.entry.entry().Generation)); err != nil {
			return layer{}, err
		}
	}
	runs, err := e.disjoint()
	return layer{kept, runs}, err
}

// ordered returns the rows by number. Rows of the same number stay in the order in which they came.
func (e *entries) ordered() ([]row, error) {
	rows, err := e.joined()
	if err != nil {
		return nil, err
	}
	var parts [][]row
	begin := 0
	for i := 1; i <= len(rows); i++ {
		if i == len(rows) || rows[i].number < rows[i-1].number {
			parts = append(parts, rows[begin:i])
			begin = i
		}
	}
	if len(parts) < 2 {
		return rows, nil
	}
	// All parts lie in one slice, which stays in memory until all are merged.
	size := int64(len(rows))*rowSize + int64(len(parts))*2*partSize
	if err := e.account.Take(size); err != nil {
		return nil, err
	}
	defer e.account.Give(size)
	return mergeRows(parts, e.account)
}

// joined returns the rows in the order in which they came.
func (e *entries) joined() ([]row, error) {
	if len(e.pieces) < 2 {
		if len(e.pieces) == 0 {
			return nil, nil
		}
		return e.pieces[0], nil
	}
	if err := e.account.Take(int64(e.count) * rowSize); err != nil {
		return nil, err
	}
	rows := make([]row, 0, e.count)
	for i, piece := range e.pieces {
		rows = append(rows, piece...)
		e.account.Give(int64(cap(piece)) * rowSize)
		e.pieces[i] = nil
	}
	return rows, nil
}

// disjoint puts the runs in order. If a number is freed twice, the run that begins first counts.
func (e *entries) disjoint() ([]run, error) {
	runs := e.runs
	order := func(a, b run) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.count, b.count),
			cmp.Compare(a.generation, b.generation))
	}
	if !slices.IsSortedFunc(runs, order) {
		if err := e.account.Spend(int64(len(runs)) * bounds.SortCost); err != nil {
			return nil, err
		}
		slices.SortFunc(runs, order)
	}
	kept, end := runs[:0], uint32(0)
	for _, r := range runs {
		if r.first+r.count <= end {
			continue
		}
		if r.first < end {
			r.first, r.count = end, r.first+r.count-end
		}
		end = r.first + r.count
		kept = append(kept, r)
	}
	return kept, nil
}
