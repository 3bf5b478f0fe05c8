package appearance

import (
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of what is drawn.
const (
	MaxText  = 8 << 10  // bytes of UTF-8
	MaxImage = 5 << 20  // bytes
	maxFont  = 32 << 20 // bytes

	minSide = 4.0    // points: nothing can be read in a smaller box
	maxSide = 14_400 // ISO 32000-2, annex C: the largest page
	padding = 2.0    // points between the edge of the box and its content
	gap     = 4.0    // points between image and text
)

// Error says why content cannot be drawn. Detail is one sentence that is safe for the client.
type Error struct {
	Detail string
	Err    error // the cause; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Detail
	}
	return e.Detail + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func refused(format string, args ...any) *Error { return &Error{Detail: fmt.Sprintf(format, args...)} }

// Content is what a Drawing shows.
type Content struct {
	Text    string   // Unicode, its lines separated by line feeds; "" = none
	Caption *Caption // instead of Text; nil = none
	Image   []byte   // a PNG or JPEG file; nil = none
	Font    []byte   // a TrueType file; nil = the built-in DejaVu Sans
	Look    Look
	// Opaque leaves out all transparency: a transparent image is put on white. PDF/A-1 requires
	// this.
	Opaque bool
	// CIDSet lists the embedded glyphs in the font descriptor (/CIDSet). PDF/A-1 requires this, PDF
	// 2.0 deprecates it.
	CIDSet bool
}

// Drawing is content that is laid out in a box. Form writes it, once.
type Drawing struct {
	width, height float64
	content       Content
	image         *picture
	imageAt       box
	blocks        []block
}

// box is a rectangle in points.
type box struct{ x, y, width, height float64 }

// Draw lays content out in a box of the given width and height in points. It returns an *Error if
// the box is too small or too large, if Content.Text does not fit, or if the text, the image or the
// font cannot be read or shown. Safe for concurrent use.
func Draw(content Content, width, height float64) (*Drawing, error) {
	if !(width >= minSide && height >= minSide && width <= maxSide && height <= maxSide) { // NaN fails every comparison
		return nil, refused("the box is smaller than %g or larger than %d points", minSide, maxSide)
	}
	d := &Drawing{width: width, height: height, content: content}
	inset := min(padding, width/20, height/20)
	free := box{inset, inset, width - 2*inset, height - 2*inset}
	if content.Image != nil {
		var err error
		if d.image, err = readImage(content.Image, content.Opaque); err != nil {
			return nil, err
		}
		d.imageAt, free = share(free, d.image.aspect(), d.says())
	}
	return d, d.write(free)
}

// says reports whether the drawing has text.
func (d *Drawing) says() bool { return d.content.Text != "" || d.content.Caption != nil }

// write lays out the text in the part of the box that the image leaves free.
func (d *Drawing) write(free box) error {
	if !d.says() {
		return nil
	}
	t, err := newTypesetter(d.content.Font)
	if err != nil {
		return err
	}
	if d.content.Caption != nil {
		d.blocks, err = t.arrange(*d.content.Caption, free, d.image == nil)
		return err
	}
	paragraphs, err := t.paragraphs(d.content.Text)
	if err != nil {
		return err
	}
	s, err := t.set(paragraphs, free.width, free.height)
	if err != nil {
		return err
	}
	d.blocks = []block{{s, free}}
	return nil
}

// share divides the box between image and text. An image alone gets all of it, and an image beside
// text at most two fifths of the longer side. The image keeps its aspect ratio.
func share(free box, aspect float64, text bool) (image, rest box) {
	most := free
	wide := free.width >= free.height
	switch {
	case text && wide:
		most.width *= 0.4
	case text:
		most.height *= 0.4
	}
	image = box{width: most.width, height: most.width / aspect}
	if image.height > most.height {
		image.width, image.height = most.height*aspect, most.height
	}
	rest = free
	switch {
	case text && wide:
		image.x, image.y = free.x, free.y+(free.height-image.height)/2
		rest.x += image.width + gap
		rest.width -= image.width + gap
	case text:
		image.x, image.y = free.x+(free.width-image.width)/2, free.y+free.height-image.height
		rest.height -= image.height + gap
	default:
		image.x, image.y = free.x+(free.width-image.width)/2, free.y+(free.height-image.height)/2
	}
	return image, rest
}

// Form adds the font and the image to an update, and returns the form XObject that shows the
// drawing. turned is the angle by which readers rotate the page clockwise when they show it: 0, 90,
// 180 or 270 degrees. The form's /Matrix turns the drawing the other way.
func (d *Drawing) Form(update *pdf.Update, turned int) *pdf.Stream {
	resources := pdf.Dict{}
	var colors []Color
	content := d.content.Look.paint(d.width, d.height, d.says(), &colors)
	if d.image != nil {
		resources["XObject"] = pdf.Dict{"Image": d.image.write(update)}
		content = d.image.paint(content, d.imageAt)
	}
	if len(d.blocks) > 0 {
		ink := d.content.Look.ink()
		colors = append(colors, ink)
		resources["Font"] = pdf.Dict{"Text": d.blocks[0].font.write(update, d.content.CIDSet)}
		for _, b := range d.blocks {
			content = b.paint(content, b.at, ink)
		}
	}
	if len(colors) > 0 {
		resources["ColorSpace"] = colorSpaces(colors)
	}
	return form(d.width, d.height, turned, resources, content)
}

// Empty returns a form XObject that shows nothing. Width and height are in points.
func Empty(width, height float64) *pdf.Stream { return form(width, height, 0, pdf.Dict{}, nil) }

func form(width, height float64, turned int, resources pdf.Dict, content []byte) *pdf.Stream {
	dict := pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"), "Resources": resources,
		"BBox": pdf.Array{pdf.Integer(0), pdf.Integer(0), Number(width), Number(height)},
	}
	if turned != 0 {
		dict["Matrix"] = matrix(width, height, turned)
	}
	if len(content) == 0 {
		return pdf.NewStream(dict, nil)
	}
	return deflated(dict, content)
}

// matrix is the /Matrix that turns a box counterclockwise and moves it back into the first
// quadrant.
func matrix(width, height float64, turned int) pdf.Array {
	zero, one, minus := pdf.Integer(0), pdf.Integer(1), pdf.Integer(-1)
	switch turned {
	case 90:
		return pdf.Array{zero, one, minus, zero, Number(height), zero}
	case 180:
		return pdf.Array{minus, zero, zero, minus, Number(width), Number(height)}
	default:
		return pdf.Array{zero, minus, one, zero, zero, Number(width)}
	}
}
