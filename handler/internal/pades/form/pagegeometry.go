package form

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/pdf"
)

const (
	MaxCoordinate = 1e6
	maxPageDepth  = 100 // levels of the page tree, as the reader has them
	// roundingSlack is how far a box may extend beyond the page, in points: paper sizes are rounded
	// in many ways.
	roundingSlack = 0.5
)

// Page is a page as it is shown: ISO 32000-2, 7.7.3.3.
type Page struct {
	Ref    pdf.Ref
	Dict   pdf.Dict
	crop   Corners // what is shown of it, in its own coordinates
	Turned int     // clockwise when it is shown: 0, 90, 180 or 270 degrees
	Unit   float64 // of its coordinates, in points: ISO 32000-2, table 31, /UserUnit
}

// Corners are the lower left and the upper right corner of a rectangle.
type Corners struct{ x0, y0, x1, y1 float64 }

func (c Corners) Width() float64  { return c.x1 - c.x0 }
func (c Corners) Height() float64 { return c.y1 - c.y0 }

func (c Corners) Seen() bool { return c.Width() > 0 && c.Height() > 0 }

func (c Corners) Array() pdf.Array {
	return pdf.Array{appearance.Number(c.x0), appearance.Number(c.y0), appearance.Number(c.x1), appearance.Number(c.y1)}
}

// FindPage returns the page with a number as Appearance.Page defines it.
func FindPage(file *pdf.File, number int) (pdf.Ref, pdf.Dict, error) {
	if number == 0 || number == 1 {
		return file.FirstPage()
	}
	var ref pdf.Ref
	var dict pdf.Dict
	count := 0
	err := file.Pages(func(r pdf.Ref, d pdf.Dict) bool {
		count++
		ref, dict = r, d
		return count != number
	})
	if err == nil && number > count {
		return pdf.Ref{}, nil, pades.Invalid(
			"the document has no page " + strconv.Itoa(number) + ": it has " + strconv.Itoa(count))
	}
	if err == nil && dict == nil {
		err = file.NoPage()
	}
	return ref, dict, err
}

// NewPage reads how a page is shown.
func NewPage(file *pdf.File, ref pdf.Ref, dict pdf.Dict) (*Page, error) {
	p := &Page{Ref: ref, Dict: dict}
	media, err := p.box(file, "MediaBox")
	if err != nil {
		return nil, err
	}
	if media == nil {
		media = &Corners{0, 0, 612, 792} // US Letter, the default of all viewers
	}
	p.crop = *media
	crop, err := p.box(file, "CropBox")
	if err != nil {
		return nil, err
	}
	if crop != nil {
		shown := Corners{max(crop.x0, media.x0), max(crop.y0, media.y0), min(crop.x1, media.x1), min(crop.y1, media.y1)}
		if shown.Seen() {
			p.crop = shown
		}
	}
	value, holder, err := p.inherited(file, "Rotate")
	if err != nil {
		return nil, err
	}
	if p.Turned, err = QuarterTurns(file, value); err != nil {
		return nil, file.At(holder, err)
	}
	p.Unit, err = userUnit(file, dict)
	return p, file.At(ref, err)
}

// userUnit reads the unit of a page. Like viewers, it takes anything but a positive number for 1.
func userUnit(file *pdf.File, page pdf.Dict) (float64, error) {
	if !isNumber(file, page["UserUnit"]) {
		return 1, nil
	}
	unit, err := ReadNumber(file, page["UserUnit"])
	if err == nil && unit <= 0 {
		unit = 1
	}
	return unit, err
}

// inherited returns an entry of the page, or of the nearest ancestor that has it, and the object
// that holds the entry.
func (p *Page) inherited(file *pdf.File, key pdf.Name) (value pdf.Object, holder pdf.Ref, err error) {
	node, holder := p.Dict, p.Ref
	for range maxPageDepth {
		if value, err = file.Resolve(node[key]); err != nil || value != nil {
			return value, holder, file.At(holder, err)
		}
		parent := node["Parent"]
		if node, err = file.Dict(parent); err != nil || node == nil {
			return nil, holder, file.At(holder, err)
		}
		if ref, indirect := parent.(pdf.Ref); indirect {
			holder = ref
		}
	}
	return nil, holder, &pades.Error{Code: pades.CodeTooComplex, Detail: "the page tree has too many levels"}
}

func (p *Page) box(file *pdf.File, key pdf.Name) (*Corners, error) {
	value, holder, err := p.inherited(file, key)
	if err != nil || value == nil {
		return nil, err
	}
	array, _ := value.(pdf.Array)
	if len(array) > 4 {
		return nil, file.At(holder, &pdf.Error{Kind: pdf.Damaged,
			Detail: "a page's box has more than four numbers, of which viewers use different ones"})
	}
	// Viewers ignore an entry that is no rectangle.
	if len(array) < 4 || slices.ContainsFunc(array, func(o pdf.Object) bool { return !isNumber(file, o) }) {
		return nil, nil
	}
	corners, err := ReadCorners(file, value)
	if err != nil || corners.Width() == 0 && corners.Height() == 0 {
		return nil, file.At(holder, err)
	}
	return corners, nil
}

func isNumber(file *pdf.File, object pdf.Object) bool {
	object, err := file.Resolve(object)
	if err != nil {
		return pades.LimitOf(err) != nil // reading it again then gives the limit
	}
	switch object.(type) {
	case pdf.Integer, pdf.Real:
		return true
	}
	return false
}

// ReadCorners reads a rectangle (ISO 32000-2, 7.9.5), whose corners may come in any order.
func ReadCorners(file *pdf.File, object pdf.Object) (*Corners, error) {
	array, err := file.Array(object)
	if err != nil {
		return nil, fmt.Errorf("read rectangle: %w", err)
	}
	if len(array) != 4 {
		return nil, noRectangle()
	}
	var numbers [4]float64
	for i := range numbers {
		if numbers[i], err = ReadNumber(file, array[i]); err != nil {
			return nil, err
		}
	}
	x, y := numbers[0], numbers[1]
	return &Corners{min(x, numbers[2]), min(y, numbers[3]), max(x, numbers[2]), max(y, numbers[3])}, nil
}

func noRectangle() error {
	return &pdf.Error{Kind: pdf.Damaged, Detail: "a rectangle does not have four numbers"}
}

func ReadNumber(file *pdf.File, object pdf.Object) (float64, error) {
	object, err := file.Resolve(object)
	if err != nil {
		return 0, err
	}
	number := math.NaN()
	switch object := object.(type) {
	case pdf.Integer:
		number = float64(object)
	case pdf.Real:
		if parsed, err := strconv.ParseFloat(string(object), 64); err == nil {
			number = parsed
		}
	}
	if !(math.Abs(number) <= MaxCoordinate) {
		return 0, noRectangle()
	}
	return number, nil
}

// QuarterTurns reads an angle that is a multiple of 90. Like readers, it takes any other angle for
// 0.
func QuarterTurns(file *pdf.File, object pdf.Object) (int, error) {
	angle, err := file.Integer(object)
	if err != nil {
		return 0, fmt.Errorf("read /Rotate: %w", err)
	}
	turned := int((angle%360 + 360) % 360)
	if turned%90 != 0 {
		turned = 0
	}
	return turned, nil
}

// Place converts a box on the page as it is shown, in points, to the page's own coordinates.
func (p *Page) Place(box pades.Rectangle) (Corners, error) {
	width, height := p.crop.Width()*p.Unit, p.crop.Height()*p.Unit
	if p.Turned%180 != 0 {
		width, height = height, width
	}
	if box.Width <= 0 || box.Height <= 0 {
		return Corners{}, pades.Invalid("the box of the visible signature has no width or no height")
	}
	if box.X < -roundingSlack || box.Y < -roundingSlack || box.X+box.Width > width+roundingSlack ||
		box.Y+box.Height > height+roundingSlack {
		return Corners{}, pades.Invalid(
			fmt.Sprintf("the box of the visible signature extends beyond the page, which is %g by %g points as "+
				"it is shown",
				math.Round(width*100)/100, math.Round(height*100)/100))
	}
	box = pades.Rectangle{X: box.X / p.Unit, Y: box.Y / p.Unit, Width: box.Width / p.Unit, Height: box.Height / p.Unit}
	right, top := box.X+box.Width, box.Y+box.Height
	c := p.crop
	switch p.Turned {
	case 90: // what is shown on the right is above in the page's own coordinates
		return Corners{c.x1 - top, c.y0 + box.X, c.x1 - box.Y, c.y0 + right}, nil
	case 180:
		return Corners{c.x1 - right, c.y1 - top, c.x1 - box.X, c.y1 - box.Y}, nil
	case 270:
		return Corners{c.x0 + box.Y, c.y1 - right, c.x0 + top, c.y1 - box.X}, nil
	}
	return Corners{c.x0 + box.X, c.y0 + box.Y, c.x0 + right, c.y0 + top}, nil
}
