package xref

import (
	"bufio"
	"errors"
	"io"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// readStreamSection reads the cross-reference stream at an offset into a section.
func (c *chaining) readStreamSection(section *Section, offset int64) error {
	var err error
	section.Trailer, err = c.readXRefStream(section, c.newLayer(0), offset)
	return err
}

// readXRefStream reads the cross-reference stream (ISO 32000-2, 7.5.8) at an offset and returns its
// dictionary.
func (c *chaining) readXRefStream(section *Section, into *entries, offset int64) (syntax.Dict, error) {
	repeats := c.src.Parser.Repeats
	stream, err := c.src.Streams.StreamAt(offset)
	if err != nil {
		return nil, err
	}
	if err := checkTwice(c.src.Parser, repeats); err != nil {
		return nil, err
	}
	if stream == nil || stream.Entries()["Type"] != syntax.Name("XRef") {
		return nil, bounds.Damaged.ErrorfAt(offset, "there are no cross-references at the stated offset")
	}
	dict := stream.Entries()
	rows, err := c.newRows(dict)
	if err != nil {
		return nil, err
	}
	rows.into = into
	decoded, err := stream.Decoded()
	if err != nil {
		return nil, err
	}
	c.readTo() // endstream, behind the data
	rows.reader = bufio.NewReaderSize(decoded, 4096)
	for _, r := range rows.ranges {
		if err := c.readRows(rows, r); err != nil {
			return nil, err
		}
		if err := c.addRange(section, r); err != nil {
			return nil, err
		}
	}
	section.Odd = section.Odd || rows.odd
	return dict, c.add(into)
}

// rows is the layout of a cross-reference stream.
type rows struct {
	reader io.Reader
	widths [3]int
	length int // bytes of a row
	row    [24]byte
	ranges []Range
	twice  bool // some numbers are in more than one range
	odd    bool // Section.Odd
	into   *entries
}

// newRows reads the layout of a cross-reference stream from its dictionary: 7.5.8.2.
func (c *chaining) newRows(dict syntax.Dict) (*rows, error) {
	r := &rows{}
	if err := r.readWidths(dict); err != nil {
		return nil, err
	}
	if err := r.readIndex(dict, c.src.Limits.Objects); err != nil {
		return nil, err
	}
	if len(r.ranges) > 1 {
		if err := c.src.Account.Spend(int64(len(r.ranges)) * bounds.SortCost); err != nil {
			return nil, err
		}
		_, r.twice = MergeRanges(slices.Clone(r.ranges))
	}
	return r, nil
}

// readWidths reads /W, the widths of the fields of a row.
func (r *rows) readWidths(dict syntax.Dict) error {
	widths, _ := dict["W"].(syntax.Array)
	if len(widths) < 3 {
		return bounds.Damaged.Errorf("a cross-reference stream has no field widths")
	}
	for i, object := range widths {
		width, ok := object.(syntax.Integer)
		if !ok || width < 0 || width > 8 || i >= len(r.widths) && width != 0 {
			return bounds.Damaged.Errorf("a cross-reference stream has unusable field widths")
		}
		if i < len(r.widths) {
			r.widths[i] = int(width)
			r.length += int(width)
		}
	}
	if r.length == 0 {
		return bounds.Damaged.Errorf("a cross-reference stream has fields without width")
	}
	return nil
}

// readIndex reads /Index, the ranges of object numbers, which is [0 /Size] where it is missing. No
// number may be over the limit.
func (r *rows) readIndex(dict syntax.Dict, limit int) error {
	if _, ok := dict["Size"].(syntax.Integer); !ok {
		return bounds.Damaged.Errorf("a cross-reference stream has no size")
	}
	numbers, given := dict["Index"].(syntax.Array)
	if !given {
		if dict["Index"] != nil {
			return bounds.Damaged.Errorf("a cross-reference stream has an unusable index")
		}
		numbers = syntax.Array{syntax.Integer(0), dict["Size"]}
	}
	if len(numbers)%2 != 0 {
		return bounds.Damaged.Errorf("a cross-reference stream has an unusable index")
	}
	for i := 0; i < len(numbers); i += 2 {
		first, ok := numbers[i].(syntax.Integer)
		count, ok2 := numbers[i+1].(syntax.Integer)
		switch {
		case !ok || !ok2 || first < 0 || count < 0:
			return bounds.Damaged.Errorf("a cross-reference stream has an unusable index")
		case int64(first) > int64(limit) || int64(count) > int64(limit)-int64(first):
			return bounds.TooComplex.Errorf("a cross-reference stream has object numbers over %d", limit)
		case count > 0:
			r.ranges = append(r.ranges, Range{int(first), int(count)})
		}
	}
	return nil
}

// readRows reads the entries of one range. If a number comes twice, its first entry counts.
// Therefore free entries are kept in the order in which they come.
func (c *chaining) readRows(rows *rows, r Range) error {
	const block = 4096
	row := rows.row[:rows.length]
	for i := range r.Count {
		if i%block == 0 {
			n := min(block, r.Count-i)
			if err := c.src.Account.Spend(int64(n) * bounds.EntryCost); err != nil {
				return err
			}
		}
		if _, err := io.ReadFull(rows.reader, row); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return bounds.Damaged.Errorf("a cross-reference stream has fewer entries than it claims")
			}
			return err
		}
		entry, err := c.rowEntry(rows, row)
		if err != nil {
			return err
		}
		if rows.twice {
			err = rows.into.addRow(r.First+i, entry)
		} else {
			err = rows.into.add(r.First+i, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *chaining) rowEntry(rows *rows, row []byte) (packed, error) {
	var fields [3]uint64
	for i, width := range rows.widths {
		for _, c := range row[:width] {
			fields[i] = fields[i]<<8 | uint64(c)
		}
		row = row[width:]
	}
	kind, second, third := fields[0], fields[1], fields[2]
	if rows.widths[0] == 0 {
		kind = 1
	}
	rows.odd = rows.odd || kind > 2 || kind == 1 && second == 0
	switch {
	case kind == 1 && second == 0:
		return packFree(0), nil // as in a table
	case kind == 1 && (second > uint64(maxOffset-c.src.Origin) || third > syntax.MaxGeneration),
		kind == 2 && (second > maxStream || third > maxStream):
		return 0, bounds.Damaged.Errorf("a cross-reference stream has an entry out of range")
	case kind == 1:
		return packOffset(c.src.Origin+int64(second), int64(third)), nil
	case kind == 2:
		return packInStream(int64(second), int64(third)), nil
	}
	// A free entry. By 7.5.8.3, an entry of any other type is a reference to the null object.
	return packFree(int64(min(third, syntax.MaxGeneration))), nil
}
