package page

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	_ "image/gif"  // registers the format
	_ "image/jpeg" // registers the format
	_ "image/png"  // registers the format
	"strings"

	"github.com/boombuler/barcode/qr"
)

// picture returns the address of a picture in the data: {{picture .logo}} for the src of an img.
// The value is a PNG, JPEG or GIF in base64, or a data: URI of one.
func (m *meter) picture(value any) (template.URL, error) {
	text := written(value)
	if err := m.look(len(text)); err != nil {
		return "", err
	}
	if strings.HasPrefix(text, "data:") {
		_, text, _ = strings.Cut(text, ",")
	}
	if base64.StdEncoding.DecodedLen(len(text)) > maxPictureBytes {
		return "", over(fmt.Sprintf("a picture in the data has more than %d bytes", maxPictureBytes))
	}
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", wrong("picture needs a picture in base64")
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return "", wrong("picture needs a PNG, a JPEG or a GIF")
	}
	if config.Width > maxPicturePixels/max(config.Height, 1) {
		return "", over(fmt.Sprintf("a picture in the data has more than %d pixels", maxPicturePixels))
	}
	return template.URL("data:image/" + format + ";base64," + text), nil
}

// The cost of a QR code in units of maxWork. A page can have some 100 small codes or 20 large ones.
const (
	qrWork     = 4 << 20
	qrByteWork = 16 << 10
)

// qr draws a text as a QR code (ISO/IEC 18004) with error correction level M and the quiet zone
// that the standard requires: {{qr .link}}. The style sheet sets its size: svg.qr {width: 3cm}.
func (m *meter) qr(value any) (template.HTML, error) {
	text := written(value)
	if text == "" || len(text) > maxQRBytes {
		return "", wrong("qr needs a text of 1 to %d bytes", maxQRBytes)
	}
	// The encoder tries each of the eight masks: a small code takes a millisecond, a large one
	// fifty.
	if err := m.look(qrWork + qrByteWork*len(text)); err != nil {
		return "", err
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", wrong("qr cannot encode the text")
	}
	const quiet = 4 // in modules: ISO/IEC 18004, 9.1
	side := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="%d %d %d %d"`+
		` shape-rendering="crispEdges"><title>QR code</title><path d="`, -quiet, -quiet, side+2*quiet, side+2*quiet)
	for y := range side {
		for x := 0; x < side; x++ {
			run := 0
			for x+run < side {
				if red, _, _, _ := code.At(x+run, y).RGBA(); red != 0 {
					break
				}
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	drawn, err := m.give(b.String(), nil)
	return template.HTML(drawn), err
}
