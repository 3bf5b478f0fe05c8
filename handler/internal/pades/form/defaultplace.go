package form

import (
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// The default place of a visible signature, in points.
const (
	defaultWidth  = 200.0
	defaultHeight = 60.0
	defaultMargin = 36.0 // from the edges of the page as it is shown: more than most printers leave blank
	defaultGap    = 6.0  // from other fields and annotations
	maxNeighbours = 2000 // annotations of a page that the place avoids
)

// shown gives the width and height of the page as it is shown, in points.
func (p *Page) shown() (width, height float64) {
	width, height = p.crop.Width()*p.Unit, p.crop.Height()*p.Unit
	if p.Turned%180 != 0 {
		return height, width
	}
	return width, height
}

// DefaultBox is the place of a visible signature if the caller chose none: the lower right corner
// of the visible page. If an annotation or a form field is there, it is the next free place to the
// left or above. If no place is free, it may cover annotations, and form fields only if it must. It
// is smaller on a small page. It may also cover the contents of the page, which are not examined.
func (p *Page) DefaultBox(file *pdf.File) (pades.Rectangle, error) {
	fields, others, err := p.neighbours(file)
	if err != nil {
		return pades.Rectangle{}, err
	}
	for _, taken := range [][]Corners{slices.Concat(fields, others), fields} {
		if box, free := p.freeBox(taken); free {
			return box, nil
		}
	}
	box, _ := p.freeBox(nil)
	return box, nil
}

// freeBox gives the first default place that overlaps none of the taken ones.
func (p *Page) freeBox(taken []Corners) (pades.Rectangle, bool) {
	width, height := p.shown()
	margin := min(defaultMargin, width/10, height/10)
	box := pades.Rectangle{Width: min(defaultWidth, width-2*margin), Height: min(defaultHeight, height-2*margin)}
	first := box
	first.X, first.Y = width-margin-box.Width, margin
	for box.Y = margin; box.Y+box.Height <= height-margin; box.Y += box.Height + defaultGap {
		for box.X = first.X; box.X >= margin; box.X -= box.Width + defaultGap {
			if place, err := p.Place(box); err == nil && !place.meetsAny(taken) {
				return box, true
			}
		}
	}
	return first, false
}

// neighbours are the places of the form fields and of the other annotations that are shown on the
// page. Unreadable ones are left out.
func (p *Page) neighbours(file *pdf.File) (fields, others []Corners, err error) {
	annotations, err := file.OptionalArray(p.Dict["Annots"])
	if err != nil {
		return nil, nil, fmt.Errorf("read /Annots: %w", err)
	}
	for _, annotation := range annotations[:min(len(annotations), maxNeighbours)] {
		corners, isField, err := neighbour(file, annotation)
		switch {
		case err != nil && !pades.IsOfDocument(err):
			return nil, nil, err
		case err != nil || corners == nil || !corners.Seen():
		case isField:
			fields = append(fields, *corners)
		default:
			others = append(others, *corners)
		}
	}
	return fields, others, nil
}

// neighbour gives the place of an annotation; nil = it is not shown. A hidden field has a place,
// too, because a script can show it.
func neighbour(file *pdf.File, annotation pdf.Object) (place *Corners, isField bool, err error) {
	const hidden, noView = 1 << 1, 1 << 5 // ISO 32000-2, table 167
	dict, err := file.Dict(annotation)
	if err != nil || dict["Rect"] == nil {
		return nil, false, err
	}
	kind, err := file.Name(dict["Subtype"])
	if err != nil || kind == "Popup" {
		return nil, false, err
	}
	if kind != "Widget" {
		if flags, err := file.Integer(dict["F"]); err != nil || flags&(hidden|noView) != 0 {
			return nil, false, err
		}
	}
	place, err = ReadCorners(file, dict["Rect"])
	return place, kind == "Widget", err
}

func (c Corners) meetsAny(others []Corners) bool {
	for _, other := range others {
		if c.x0 < other.x1 && other.x0 < c.x1 && c.y0 < other.y1 && other.y0 < c.y1 {
			return true
		}
	}
	return false
}
