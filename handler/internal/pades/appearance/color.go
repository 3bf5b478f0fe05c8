package appearance

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"influxion/handler/internal/pades/pdf"
)

// Color is a colour of sRGB, eight bits a channel.
type Color struct{ R, G, B uint8 }

const borderWidth = 0.75 // points

var (
	black = Color{}
	white = Color{0xff, 0xff, 0xff}
)

// namedColors are the sixteen names of CSS level 1.
var namedColors = map[string]Color{
	"black": black, "silver": {0xc0, 0xc0, 0xc0}, "gray": {0x80, 0x80, 0x80}, "white": white,
	"maroon": {0x80, 0, 0}, "red": {0xff, 0, 0}, "purple": {0x80, 0, 0x80}, "fuchsia": {0xff, 0, 0xff},
	"green": {0, 0x80, 0}, "lime": {0, 0xff, 0}, "olive": {0x80, 0x80, 0}, "yellow": {0xff, 0xff, 0},
	"navy": {0, 0, 0x80}, "blue": {0, 0, 0xff}, "teal": {0, 0x80, 0x80}, "aqua": {0, 0xff, 0xff},
}

// ParseColor reads a colour in the notation of CSS: #rrggbb, #rgb, or one of the sixteen names of
// CSS level 1, in upper or lower case. The number sign may be missing, because the query of a URL
// must escape it. It returns an *Error for any other text.
func ParseColor(text string) (Color, error) {
	text = strings.ToLower(text)
	if named, ok := namedColors[text]; ok {
		return named, nil
	}
	digits := strings.TrimPrefix(text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	channels, err := hex.DecodeString(digits)
	if err != nil || len(channels) != 3 {
		return Color{}, refused("is not a colour: write #rrggbb or a name such as navy")
	}
	return Color{channels[0], channels[1], channels[2]}, nil
}

// Look is the colours of a drawing. The plate is the filled rectangle behind text and image. The
// zero Look is legible on every page: black text on a white plate, and an image alone without a
// plate.
type Look struct {
	Color      *Color // of the text; nil = black or white, whichever stands out from the background
	Background *Color // of the plate; nil = white, or black behind light text; no plate if there is no text
	Clear      bool   // there is no plate: the page shows through
	Border     *Color // of the line around the box; nil = no line
}

// plate returns the colour of the plate; nil = there is none.
func (l Look) plate(text bool) *Color {
	switch {
	case l.Clear:
		return nil
	case l.Background != nil:
		return l.Background
	case !text:
		return nil // an image may be a handwritten signature that is placed over a line of the page
	case l.Color != nil && !l.Color.dark():
		return &black
	}
	return &white
}

// paint returns the operators that draw plate and border, and appends the colours that they use to
// colors.
func (l Look) paint(width, height float64, text bool, colors *[]Color) []byte {
	var out []byte
	if plate := l.plate(text); plate != nil {
		out = fmt.Appendf(out, "q %s 0 0 %s %s re f Q\n", plate.operators(false), decimal(width), decimal(height))
		*colors = append(*colors, *plate)
	}
	if l.Border != nil {
		line := min(borderWidth, width/10, height/10)
		out = fmt.Appendf(out, "q %s %s w %s %s %s %s re S Q\n", l.Border.operators(true), decimal(line),
			decimal(line/2), decimal(line/2), decimal(width-line), decimal(height-line))
		*colors = append(*colors, *l.Border)
	}
	return out
}

// ink is the colour of the text.
func (l Look) ink() Color {
	switch {
	case l.Color != nil:
		return *l.Color
	case l.Background != nil && !l.Clear && l.Background.dark():
		return white
	}
	return black
}

// dark reports whether white has more contrast to a colour than black has, by the relative
// luminance of WCAG 2.2.
func (c Color) dark() bool {
	linear := func(channel uint8) float64 {
		v := float64(channel) / 0xff
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	luminance := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	return luminance < 0.179 // where both contrasts are equal: sqrt(1.05*0.05) - 0.05
}

// space names the resource for the colour space of a colour. Only black uses the calibrated grey
// space, because black is the same in all spaces. Poppler tints other calibrated greys.
func (c Color) space() pdf.Name {
	if c == black {
		return "Grey"
	}
	return "RGB"
}

// operators returns the operators that set the colour for filling or for stroking.
func (c Color) operators(stroke bool) string {
	space, color := "cs", "sc"
	if stroke {
		space, color = "CS", "SC"
	}
	values := "0"
	if c != black {
		values = fmt.Sprintf("%s %s %s", ofOne(c.R), ofOne(c.G), ofOne(c.B))
	}
	return fmt.Sprintf("/%s %s %s %s", c.space(), space, values, color)
}

// ofOne converts a channel to the range of PDF, 0 to 1.
func ofOne(channel uint8) string { return decimal(float64(channel) / 0xff) }

// colorSpaces returns the colour space resources that the colours need.
func colorSpaces(colors []Color) pdf.Dict {
	spaces := pdf.Dict{}
	for _, c := range colors {
		spaces[c.space()] = calibratedRGB()
		if c == black {
			spaces[c.space()] = calibratedGrey()
		}
	}
	return spaces
}
