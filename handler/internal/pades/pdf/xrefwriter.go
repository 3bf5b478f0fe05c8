package pdf

import (
	"fmt"

	"influxion/handler/internal/pades/pdf/syntax"
)

// placeSize is what a place takes in memory, allowing for growth, in bytes.
const placeSize = 96

// place is where an object of an update is: its offset is as the file counts. With a stream it is
// in an object stream, at an index.
type place struct {
	number, generation int
	offset             int64
	free               bool
	stream, index      int
}

// fields are the three of a row in a cross-reference stream: ISO 32000-2, table 18.
func (p place) fields() (kind byte, second, third int64) {
	switch {
	case p.free:
		return 0, 0, int64(p.generation)
	case p.stream != 0:
		return 2, int64(p.stream), int64(p.index)
	}
	return 1, p.offset, int64(p.generation)
}

// runs groups places, which ascend, by consecutive numbers.
func runs(places []place) [][]place {
	var groups [][]place
	for i, p := range places {
		if i == 0 || p.number != places[i-1].number+1 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], p)
	}
	return groups
}

// writeTable writes a cross-reference table and its trailer: ISO 32000-2, 7.5.4.
func writeTable(w *syntax.Writer, places []place, trailer Dict) {
	const maxTableOffset = 9_999_999_999
	w.Out = append(w.Out, "xref\n"...)
	for _, group := range runs(places) {
		w.Out = fmt.Appendf(w.Out, "%d %d\n", group[0].number, len(group))
		for _, p := range group {
			if p.offset > maxTableOffset {
				w.Fail("object %d is too far in the file for a cross-reference table", p.number)
			}
			kind := 'n'
			if p.free {
				kind = 'f'
			}
			w.Out = fmt.Appendf(w.Out, "%010d %05d %c \n", p.offset, p.generation, kind)
		}
	}
	if len(places) == 0 {
		w.Out = append(w.Out, "0 0\n"...)
	}
	w.Out = append(w.Out, "trailer\n"...)
	w.Object(trailer)
	w.Out = append(w.Out, '\n')
}

// writeXRefStream writes a cross-reference stream, which is the last of the places: ISO 32000-2,
// 7.5.8.
func writeXRefStream(w *syntax.Writer, places []place, trailer Dict) {
	self := places[len(places)-1]
	// The standard allows a field of no width, but not every reader does.
	secondWidth, thirdWidth := 1, 1
	for _, p := range places {
		_, second, third := p.fields()
		secondWidth, thirdWidth = max(secondWidth, byteWidth(second)), max(thirdWidth, byteWidth(third))
	}
	var rows []byte
	var index Array
	for _, group := range runs(places) {
		index = append(index, Integer(group[0].number), Integer(len(group)))
		for _, p := range group {
			kind, second, third := p.fields()
			rows = append(rows, kind)
			rows = appendField(rows, second, secondWidth)
			rows = appendField(rows, third, thirdWidth)
		}
	}
	trailer["Type"] = Name("XRef")
	trailer["Index"] = index
	trailer["W"] = Array{Integer(1), Integer(secondWidth), Integer(thirdWidth)}
	w.Stream(Ref{Number: self.number}, trailer, rows)
}

func byteWidth(n int64) int {
	width := 0
	for ; n > 0; n >>= 8 {
		width++
	}
	return width
}

func appendField(dst []byte, value int64, width int) []byte {
	for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(value>>shift))
	}
	return dst
}
