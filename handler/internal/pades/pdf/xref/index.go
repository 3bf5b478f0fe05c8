package xref

import (
	"slices"
	"sort"

	"influxion/handler/internal/pades/pdf/bounds"
)

// row is a cross-reference entry of an object that is in use. Entries lie in layers, and a lower
// layer overrides those above it. Each section has some layers, and the sections follow each other
// from the newest to the oldest.
type row struct {
	entry  packed
	number uint32
	layer  uint16
	freed  uint16 // the highest of the layers below that free the object; noLayer = none
}

// run is a range of free numbers of the same generation.
type run struct {
	first, count uint32
	generation   uint16
}

const (
	noLayer = 1<<16 - 1
	rowSize = 16
	runSize = 12

	// The layers of a hybrid section: the entries in use of its table, those of the stream beside
	// it, and the free entries of its table.
	layersOfSection = 3
	maxSections     = noLayer / layersOfSection

	pageNumbers = 64
	mergeRate   = 2 // rows that are moved for one unit of Limits.Work
)

// index finds the entry of each object number, for a document and for each of its earlier
// revisions. A row takes 16 bytes, and consecutive free numbers are one run. An earlier revision
// consists of the layers from a given one on, so that nothing is copied for it. An index does not
// change once it is made.
type index struct {
	rows  []row    // by number, then by layer
	pages []uint32 // of each page of numbers: its first row
	free  [][]run  // by layer: ascending, without overlap
	freed []int    // the layers that have runs
}

func (r row) before(number uint32, layer uint16) bool {
	return r.number < number || r.number == number && r.layer < layer
}

// get returns the entry of an object in the layers from the given one on; 0 = the object is not in
// use there.
func (x *index) get(number int, from uint16) packed {
	at := x.find(number, from)
	if at < 0 || x.rows[at].freed != noLayer && x.rows[at].freed >= from {
		return 0
	}
	return x.rows[at].entry
}

// find returns the place of the first row of a number in the layers from the given one on; -1 =
// there is none.
func (x *index) find(number int, from uint16) int {
	page := number / pageNumbers
	if number < 0 || page+1 >= len(x.pages) {
		return -1
	}
	begin, end := int(x.pages[page]), int(x.pages[page+1])
	at := begin + sort.Search(end-begin, func(i int) bool { return !x.rows[begin+i].before(uint32(number), from) })
	if at == end || x.rows[at].number != uint32(number) {
		return -1
	}
	return at
}

// freeing returns the entry that frees a number in the layers from the given one on, if there is
// one, and how many layers it searched.
func (x *index) freeing(number int, from uint16) (entry packed, looked int) {
	end := noLayer
	if at := x.find(number, from); at >= 0 {
		end = int(x.rows[at].layer)
	}
	first, _ := slices.BinarySearch(x.freed, int(from))
	for _, layer := range x.freed[first:] {
		if layer >= end {
			break
		}
		looked++
		if r, ok := x.freeRun(number, layer); ok {
			return packFree(int64(r.generation)), looked
		}
	}
	return 0, looked
}

// freeRun returns the run of a layer that frees a number.
func (x *index) freeRun(number, layer int) (r run, ok bool) {
	if layer >= len(x.free) {
		return run{}, false
	}
	runs := x.free[layer]
	i := sort.Search(len(runs), func(i int) bool { return int(runs[i].first)+int(runs[i].count) > number })
	if i == len(runs) || int(runs[i].first) > number {
		return run{}, false
	}
	return runs[i], true
}

// frees reports whether a layer frees a number. has reports whether a layer has the number in use.
func (x *index) frees(number int, layer uint16) bool {
	_, ok := x.freeRun(number, int(layer))
	return ok
}

func (x *index) has(number int, layer uint16) bool {
	at := x.find(number, layer)
	return at >= 0 && x.rows[at].layer == layer
}

// newIndex makes the index of layers.
func newIndex(layers []layer, a *bounds.Account) (*index, error) {
	x := &index{free: make([][]run, len(layers))}
	var parts [][]row
	for i, l := range layers {
		if len(l.rows) > 0 {
			parts = append(parts, l.rows)
			layers[i].rows = nil
		}
		if len(l.runs) > 0 {
			x.free[i] = l.runs
			x.freed = append(x.freed, i)
		}
	}
	var err error
	if x.rows, err = mergeRows(parts, a); err != nil {
		return nil, err
	}
	for _, layer := range slices.Backward(x.freed) {
		if err := x.markFreed(layer, a); err != nil {
			return nil, err
		}
	}
	return x, x.page(a)
}

// markFreed records a layer in the rows of the numbers that it frees. The layers come from the
// highest to the lowest.
func (x *index) markFreed(layer int, a *bounds.Account) error {
	for _, r := range x.free[layer] {
		last := r.first + r.count - 1
		at := sort.Search(len(x.rows), func(i int) bool { return x.rows[i].number >= r.first })
		for at < len(x.rows) && x.rows[at].number <= last {
			if err := a.Spend(bounds.EntryCost); err != nil {
				return err
			}
			number := x.rows[at].number
			if next := at + x.skip(at, number, uint16(layer)); next < len(x.rows) && x.rows[next].number == number {
				if row := &x.rows[next]; row.freed == noLayer {
					row.freed = uint16(layer)
				}
			}
			at += x.skip(at, number+1, 0)
		}
	}
	return nil
}

// skip returns how many rows from at on come before a number and a layer. Mostly there are none or
// one.
func (x *index) skip(at int, number uint32, layer uint16) int {
	rows := x.rows[at:]
	for i := range min(2, len(rows)) {
		if !rows[i].before(number, layer) {
			return i
		}
	}
	return sort.Search(len(rows), func(i int) bool { return !rows[i].before(number, layer) })
}

// page builds the table of pages, which makes the search for a number short.
func (x *index) page(a *bounds.Account) error {
	if len(x.rows) == 0 {
		return nil
	}
	count := int(x.rows[len(x.rows)-1].number)/pageNumbers + 2
	if err := a.Take(int64(count) * 4); err != nil {
		return err
	}
	x.pages = make([]uint32, count)
	page := 0
	for i, r := range x.rows {
		for ; page <= int(r.number)/pageNumbers; page++ {
			x.pages[page] = uint32(i)
		}
	}
	for ; page < count; page++ {
		x.pages[page] = uint32(len(x.rows))
	}
	return nil
}

// mergeRows merges ordered parts, which may differ in length, to one ordered slice. Rows of the
// same number and layer stay in the order of their parts.
func mergeRows(parts [][]row, a *bounds.Account) ([]row, error) {
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		rows := parts[0]
		parts[0] = nil // the caller's slice must not keep it in memory
		return rows, nil
	}
	total, left, middle := 0, 0, 0
	for _, part := range parts {
		total += len(part)
	}
	for middle < len(parts)-1 && (middle == 0 || left+len(parts[middle]) <= total/2) {
		left += len(parts[middle])
		middle++
	}
	lower, err := mergeRows(parts[:middle], a)
	if err != nil {
		return nil, err
	}
	upper, err := mergeRows(parts[middle:], a)
	if err != nil {
		return nil, err
	}
	if err := a.Spend(int64(total)/mergeRate + 1); err != nil {
		return nil, err
	}
	if err := a.Take(int64(total) * rowSize); err != nil {
		return nil, err
	}
	merged := make([]row, 0, total)
	for len(lower) > 0 && len(upper) > 0 {
		if upper[0].before(lower[0].number, lower[0].layer) {
			merged, upper = append(merged, upper[0]), upper[1:]
		} else {
			merged, lower = append(merged, lower[0]), lower[1:]
		}
	}
	merged = append(append(merged, lower...), upper...)
	a.Give(int64(total) * rowSize) // the memory of the merged parts
	return merged, nil
}
