package form

import (
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// The place of a visible signature that nobody has chosen, in points.
const (
	defaultWidth  = 200.0
	defaultHeight = 60.0
	defaultMargin = 36.0 // from the edges of the page as it is shown: printers leave out less
	defaultGap    = 6.0  // from other fields
	maxNeighbours = 2000 // widgets of a page that are kept clear of
)

// Shown gives the width and height of the page as it is shown, in points.
func (p *Page) Shown() (width, height float64) {
	width, height = p.crop.Width()*p.Unit, p.crop.Height()*p.Unit
	if p.Turned%180 != 0 {
		return height, width
	}
	return width, height
}

// DefaultBox is the place for a visible signature that nobody has chosen: the lower right corner of
// what is shown of the page, or, where a form field is there, the next place to the left or above
// that is free of fields. It is smaller on a small page.
func (p *Page) DefaultBox(file *pdf.File) (pades.Rectangle, error) {
	taken, err := p.fields(file)
	if err != nil {
		return pades.Rectangle{}, err
	}
	width, height := p.Shown()
	margin := min(defaultMargin, width/10, height/10)
	box := pades.Rectangle{Width: min(defaultWidth, width-2*margin), Height: min(defaultHeight, height-2*margin)}
	first := box
	first.X, first.Y = width-margin-box.Width, margin
	for box.Y = margin; box.Y+box.Height <= height-margin; box.Y += box.Height + defaultGap {
		for box.X = first.X; box.X >= margin; box.X -= box.Width + defaultGap {
			if place, err := p.Place(box); err == nil && !place.meetsAny(taken) {
				return box, nil
			}
		}
	}
	return first, nil
}

// fields are the places of the form fields that are on the page. Those that cannot be read take
// none.
func (p *Page) fields(file *pdf.File) ([]Corners, error) {
	annotations, err := file.Array(p.Dict["Annots"])
	if err != nil {
		return nil, fmt.Errorf("read /Annots: %w", err)
	}
	var taken []Corners
	for _, annotation := range annotations[:min(len(annotations), maxNeighbours)] {
		widget, err := file.Dict(annotation)
		if err == nil && widget["Subtype"] == pdf.Name("Widget") && widget["Rect"] != nil {
			var corners *Corners
			if corners, err = ReadCorners(file, widget["Rect"]); err == nil && corners.Seen() {
				taken = append(taken, *corners)
			}
		}
		if err != nil && !pades.IsOfDocument(err) {
			return nil, err
		}
	}
	return taken, nil
}

func (c Corners) meetsAny(others []Corners) bool {
	for _, other := range others {
		if c.x0 < other.x1 && other.x0 < c.x1 && c.y0 < other.y1 && other.y0 < c.y1 {
			return true
		}
	}
	return false
}
