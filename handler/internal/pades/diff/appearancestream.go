package diff

import (
	"bytes"

	"influxion/handler/internal/pades/pdf"
)

// appearance says what the appearance streams of an annotation draw: ISO 32000-2, 12.5.5.
type appearance struct {
	unbounded bool // one has content and no /BBox that clips it: some readers draw it over the page
	draws     bool // one has content and a /BBox with an area
}

// appearanceOf reads the appearance streams of an annotation or a widget in all its states.
func (s *step) appearanceOf(dict pdf.Dict) (a appearance, err error) {
	all, err := s.new.Dict(dict["AP"])
	if err != nil {
		return a, err
	}
	for _, entry := range all {
		object, err := s.new.Resolve(entry)
		if err != nil {
			return a, err
		}
		states, isDict := object.(pdf.Dict)
		if !isDict {
			states = pdf.Dict{"": object}
		}
		for _, state := range states {
			if err := s.look(&a, state); err != nil {
				return a, err
			}
		}
	}
	return a, nil
}

// look adds to a what one appearance stream draws.
func (s *step) look(a *appearance, state pdf.Object) error {
	if err := s.new.Spend(visitCost); err != nil {
		return err
	}
	object, err := s.new.Resolve(state)
	stream, isStream := object.(*pdf.Stream)
	if err != nil || !isStream {
		return err
	}
	box, isBox, err := s.rectangle(stream.Dict["BBox"])
	switch {
	case err != nil:
		return err
	case isBox && (a.draws || !hasArea(box)):
		return nil
	}
	content, err := s.hasContent(stream)
	a.draws = a.draws || content && isBox
	a.unbounded = a.unbounded || content && !isBox
	return err
}

// hasContent reports whether a content stream has anything but white space and comments.
func (s *step) hasContent(stream *pdf.Stream) (bool, error) {
	const most = 256 // encoded bytes: a longer stream counts as content and is not decoded
	extent, err := s.new.Extent(stream)
	if err == nil && extent.End-extent.Start > most {
		return true, nil
	}
	var data []byte
	if err == nil {
		data, err = s.new.Decode(stream)
	}
	if isDamaged(err) { // other readers may be able to decode it
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer s.new.Give(int64(cap(data)))
	for line := range bytes.FieldsFuncSeq(data, func(r rune) bool { return r == '\r' || r == '\n' }) {
		text, _, _ := bytes.Cut(line, []byte("%"))
		if len(bytes.Trim(text, "\x00\t\f ")) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// hasArea reports whether every reader finds that the rectangle has an area. Some readers do not
// accept a rectangle without an area, and draw unscaled what they should fit into it.
func hasArea(box [4]float64) bool {
	const least = 0.01 // more than the rounding error of a coordinate in single precision
	return box[2]-box[0] >= least && box[3]-box[1] >= least
}

// judgeDrawing makes sure that readers draw a filled widget within its rectangle.
func (s *step) judgeDrawing(widget pdf.Dict) error {
	a, err := s.appearanceOf(widget)
	if err != nil {
		return err
	}
	if a.unbounded {
		s.refuseUnbounded()
	}
	if !a.draws {
		return nil
	}
	box, isBox, err := s.rectangle(widget["Rect"])
	if err == nil && !(isBox && hasArea(box)) {
		s.changes.refuse("a field without an area got an appearance, which some readers draw elsewhere")
	}
	return err
}

func (s *step) refuseUnbounded() {
	s.changes.refuse("an appearance has no box, so that some readers draw it over the whole page")
}
