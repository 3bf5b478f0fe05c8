package appearance

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"influxion/handler/internal/pades/pdf"
)

// Bounds of images.
const (
	maxPixels    = 16 << 20 // of a JPEG, which readers decode
	maxPNGPixels = 4 << 20  // of a PNG, which is decoded here: up to 8 bytes each
	maxImageSide = 32_768
)

// picture is an image in the form in which it goes into the document.
type picture struct {
	width, height int
	grey          bool
	filter        pdf.Name // FlateDecode: samples are to be compressed; DCTDecode: they are a JPEG file
	samples       []byte
	alpha         []byte // nil = opaque
	orientation   int    // of Exif, 1 to 8: how paint turns and mirrors it
}

// readImage reads a PNG or JPEG file. opaque puts a transparent image on white.
func readImage(file []byte, opaque bool) (*picture, error) {
	switch {
	case len(file) > MaxImage:
		return nil, refused("the image is larger than %d bytes", MaxImage)
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return readPNG(file, opaque)
	case bytes.HasPrefix(file, []byte{0xff, 0xd8, 0xff}):
		return readJPEG(file)
	}
	return nil, refused("the image is neither PNG nor JPEG")
}

// ImageMemory returns an upper bound of the memory in bytes that showing an image takes, in
// addition to the file. A JPEG file is only copied, so it counts with its own size; so does a file
// that cannot be read.
func ImageMemory(file []byte) int64 {
	const sample, kept = 8, 4 // bytes of a pixel: decoded; as samples with alpha, and again when these are deflated
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || checkSize(config.Width, config.Height, maxPNGPixels) != nil {
		return int64(len(file))
	}
	return int64(config.Width) * int64(config.Height) * (sample + 2*kept)
}

func readPNG(file []byte, opaque bool) (*picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, &Error{Detail: "the PNG image cannot be read", Err: err}
	}
	if err := checkSize(config.Width, config.Height, maxPNGPixels); err != nil {
		return nil, err
	}
	decoded, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, &Error{Detail: "the PNG image cannot be read", Err: err}
	}
	p := &picture{width: config.Width, height: config.Height, filter: "FlateDecode", orientation: 1}
	p.take(decoded, opaque)
	return p, nil
}

func checkSize(width, height, pixels int) error {
	if width < 1 || height < 1 || width > maxImageSide || height > maxImageSide || width*height > pixels {
		return refused("the image has no pixels or more than %d", pixels)
	}
	return nil
}

// take copies the samples of an image, with eight bits each. It keeps one channel if all colours
// are grey, and alpha only if a pixel is transparent.
func (p *picture) take(decoded image.Image, opaque bool) {
	bounds := decoded.Bounds()
	samples := make([]byte, 0, 3*p.width*p.height)
	alpha := make([]byte, 0, p.width*p.height)
	grey, clear := true, false
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(decoded.At(x, y)).(color.NRGBA)
			if opaque {
				c = onWhite(c)
			}
			grey = grey && c.R == c.G && c.G == c.B
			clear = clear || c.A != 0xff
			samples, alpha = append(samples, c.R, c.G, c.B), append(alpha, c.A)
		}
	}
	if p.grey = grey; grey {
		for i := range alpha {
			samples[i] = samples[3*i]
		}
		samples = samples[:len(alpha)]
	}
	p.samples = samples
	if clear {
		p.alpha = alpha
	}
}

func onWhite(c color.NRGBA) color.NRGBA {
	over := func(v uint8) uint8 {
		return uint8((int(v)*int(c.A) + 0xff*(0xff-int(c.A)) + 0x7f) / 0xff)
	}
	return color.NRGBA{over(c.R), over(c.G), over(c.B), 0xff}
}

// aspect is the width of the picture, as it is shown, divided by its height.
func (p *picture) aspect() float64 {
	if p.orientation > 4 { // the picture is turned by 90 degrees
		return float64(p.height) / float64(p.width)
	}
	return float64(p.width) / float64(p.height)
}

// write adds the image XObject to an update: ISO 32000-2, 8.9.5.
func (p *picture) write(update *pdf.Update) pdf.Ref {
	dict := p.dict(calibratedRGB())
	if p.grey {
		dict = p.dict(greys())
	}
	if p.alpha != nil {
		// A soft mask must have the colour space DeviceGray: ISO 32000-2, table 143.
		dict["SMask"] = update.Add(deflated(p.dict(pdf.Name("DeviceGray")), p.alpha))
	}
	if p.filter == "DCTDecode" {
		dict["Filter"] = p.filter
		return update.Add(pdf.NewStream(dict, p.samples))
	}
	return update.Add(deflated(dict, p.samples))
}

func (p *picture) dict(space pdf.Object) pdf.Dict {
	return pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Image"), "Width": pdf.Integer(p.width),
		"Height":           pdf.Integer(p.height),
		"BitsPerComponent": pdf.Integer(8), "ColorSpace": space,
	}
}

// paint appends the operators that show the image in a box.
func (p *picture) paint(out []byte, at box) []byte {
	// For each orientation, the matrix that turns and mirrors the unit square: two numbers for its
	// x axis, two for its y axis, two for its origin.
	turns := [8][6]float64{
		{1, 0, 0, 1, 0, 0}, {-1, 0, 0, 1, 1, 0}, {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},
		{0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1}, {0, 1, 1, 0, 0, 0}, {0, 1, -1, 0, 1, 0},
	}
	m := turns[p.orientation-1]
	return fmt.Appendf(out, "q %s %s %s %s %s %s cm /Image Do Q\n",
		decimal(m[0]*at.width), decimal(m[1]*at.height), decimal(m[2]*at.width), decimal(m[3]*at.height),
		decimal(at.x+m[4]*at.width), decimal(at.y+m[5]*at.height))
}
