package xref

import (
	"fmt"

	"influxion/handler/internal/pades/pdf/syntax"
)

// PlaceSize is the memory of a Place in bytes, including the spare capacity of its slice.
const PlaceSize = 96

// Place is where an object of an update is. Offset counts as the offsets in the file do. If Stream
// is set, the object is in that object stream, at Index.
type Place struct {
	Number, Generation int
	Offset             int64
	Free               bool
	Stream, Index      int
}

// fields returns the three fields of a row in a cross-reference stream: ISO 32000-2, table 18.
func (p Place) fields() (kind byte, second, third int64) {
	switch {
	case p.Free:
		return 0, 0, int64(p.Generation)
	case p.Stream != 0:
		return 2, int64(p.Stream), int64(p.Index)
	}
	return 1, p.Offset, int64(p.Generation)
}

// groups splits places, which must ascend, into groups of consecutive numbers.
func groups(places []Place) [][]Place {
	var all [][]Place
	for i, p := range places {
		if i == 0 || p.Number != places[i-1].Number+1 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], p)
	}
	return all
}

// WriteTable writes a cross-reference table and its trailer: ISO 32000-2, 7.5.4.
func WriteTable(w *syntax.Writer, places []Place, trailer syntax.Dict) {
	const maxTableOffset = 9_999_999_999
	w.Out = append(w.Out, "xref\n"...)
	for _, group := range groups(places) {
		w.Out = fmt.Appendf(w.Out, "%d %d\n", group[0].Number, len(group))
		for _, p := range group {
			if p.Offset > maxTableOffset {
				w.Fail("object %d is too far in the file for a cross-reference table", p.Number)
			}
			kind := 'n'
			if p.Free {
				kind = 'f'
			}
			w.Out = fmt.Appendf(w.Out, "%010d %05d %c \n", p.Offset, p.Generation, kind)
		}
	}
	if len(places) == 0 {
		w.Out = append(w.Out, "0 0\n"...)
	}
	w.Out = append(w.Out, "trailer\n"...)
	w.Object(trailer)
	w.Out = append(w.Out, '\n')
}

// WriteStream writes a cross-reference stream: ISO 32000-2, 7.5.8. The stream itself is the last of
// the places.
func WriteStream(w *syntax.Writer, places []Place, trailer syntax.Dict) {
	self := places[len(places)-1]
	// The standard allows a field of no width, but not every reader does.
	secondWidth, thirdWidth := 1, 1
	for _, p := range places {
		_, second, third := p.fields()
		secondWidth, thirdWidth = max(secondWidth, byteWidth(second)), max(thirdWidth, byteWidth(third))
	}
	var rows []byte
	var index syntax.Array
	for _, group := range groups(places) {
		index = append(index, syntax.Integer(group[0].Number), syntax.Integer(len(group)))
		for _, p := range group {
			kind, second, third := p.fields()
			rows = append(rows, kind)
			rows = appendField(rows, second, secondWidth)
			rows = appendField(rows, third, thirdWidth)
		}
	}
	trailer["Type"] = syntax.Name("XRef")
	trailer["Index"] = index
	trailer["W"] = syntax.Array{syntax.Integer(1), syntax.Integer(secondWidth), syntax.Integer(thirdWidth)}
	w.Stream(syntax.Ref{Number: self.Number}, trailer, rows)
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
