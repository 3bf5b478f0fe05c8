package pades

import "influxion/handler/internal/pades/appearance"

// Rectangle is an area of a page as it is shown, from the lower left corner of the crop box after
// rotation. It is in points of 1/72 inch, whatever the /UserUnit of the page.
type Rectangle struct{ X, Y, Width, Height float64 }

// Appearance is what a visible signature shows.
type Appearance struct {
	// Page is the number of the page, from 1; -1 is the last one. 0 is the page of an existing
	// field. For a new field, 0 is the first page, or the last page if Box is zero, too.
	Page int
	// Box is the area of the signature. The zero Rectangle is the box of an existing field, which
	// cannot be changed. A new field is then in the lower right corner of the page, 36 points from
	// its edges, and 200 by 60 points large. It is smaller on a small page, and to the left of or
	// above existing form fields and annotations.
	Box Rectangle
	// Text is Unicode, with line feeds between its lines, at most 8192 bytes. Placeholders such as
	// {{name}} stand for facts about the signature; a line whose placeholders are all empty is left
	// out. The text is as large as fits, between 4 and 12 points. "" shows who signed, when, and
	// the reason and location if there are any, as far as they fit.
	Text string
	// Image is a PNG or JPEG file, shown beside the text, or alone when HideText is set; nil =
	// none. At most 5 MiB.
	Image    []byte
	HideText bool
	// Font is a TrueType file for the text, whose maker permits embedding; nil = the built-in one.
	// At most 32 MiB.
	Font []byte
	// Color of the text, Background and Border are colours of sRGB in the notation of CSS: #rrggbb,
	// or a name such as navy. Background and Border may be "none". "" means black text on a white
	// background, no background for an image alone, and no border; if only some of them are set,
	// the others are chosen so that text stays readable.
	Color, Background, Border string
}

// ImageMemory is an upper bound of the memory for showing an image, in bytes, without its file: a
// few kilobytes can be millions of pixels.
func ImageMemory(image []byte) int64 { return appearance.ImageMemory(image) }

// CheckFont gives the reason why a font cannot be used in an Appearance; nil if it can.
func CheckFont(font []byte) error { return appearance.CheckFont(font) }
