package pades

import "influxion/handler/internal/pades/appearance"

// Rectangle is an area of a page as it is shown: in points, from the lower left corner of the crop
// box after rotation. On a page with a /UserUnit it is in that unit, as the page's own boxes are.
type Rectangle struct{ X, Y, Width, Height float64 }

// Appearance is what a visible signature shows.
type Appearance struct {
	// Page is the number of the page, from 1; -1 is the last one, 0 the first. An existing field has its own page, and 0 stands for it.
	Page int
	// Box is the area of the signature. The zero Rectangle takes the existing field's own box,
	// which cannot be changed; a new field needs one.
	Box Rectangle
	// Text is Unicode, its lines separated by line feeds, at most 8192 bytes; "" shows who signed, when, and the reason and location if
	// there are any. It is set as large as it fits, between 4 and 12 points.
	Text string
	// Image is a PNG or JPEG file, shown beside the text, or alone when HideText is set; nil = none. At most 5 MiB.
	Image    []byte
	HideText bool
	// Font is a TrueType file for the text, whose maker permits embedding; nil = the built-in one. At most 32 MiB.
	Font []byte
}

// ImageMemory is an upper bound of the memory that it takes to show an image, in bytes, beside its
// file: a few kilobytes can be millions of pixels.
func ImageMemory(image []byte) int64 { return appearance.ImageMemory(image) }

// CheckFont gives the reason why a font cannot be used in an Appearance; nil if it can.
func CheckFont(font []byte) error { return appearance.CheckFont(font) }
