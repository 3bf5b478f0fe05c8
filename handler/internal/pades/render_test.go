package pades_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// shownText reads the text of a form XObject with the font in it, line by line.
func shownText(t *testing.T, file *pdf.File, form *pdf.Stream) string {
	t.Helper()
	content, err := file.Decode(form)
	if err != nil {
		t.Fatal(err)
	}
	characters := characters(t, file, form)
	var lines []string
	for _, shown := range regexp.MustCompile(`<([0-9A-F]+)> Tj`).FindAllStringSubmatch(string(content), -1) {
		line := ""
		for hex := shown[1]; hex != ""; hex = hex[4:] {
			line += characters[hex[:4]]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

// characters gives the characters of the glyphs in the font of a form XObject, by the hexadecimal
// numbers of the glyphs.
func characters(t *testing.T, file *pdf.File, form *pdf.Stream) map[string]string {
	t.Helper()
	font, err := file.Dict(form.Dict["Resources"].(pdf.Dict)["Font"].(pdf.Dict)["Text"])
	if err != nil {
		t.Fatal(err)
	}
	stream, err := file.Stream(font["ToUnicode"])
	if err != nil {
		t.Fatal(err)
	}
	table, err := file.Decode(stream)
	if err != nil {
		t.Fatal(err)
	}
	characters := map[string]string{}
	for _, row := range regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]{4})>\n`).FindAllStringSubmatch(string(table), -1) {
		unit, err := strconv.ParseUint(row[2], 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		characters[row[1]] = string(utf16.Decode([]uint16{uint16(unit)}))
	}
	return characters
}

// TestPictureOfAVisibleSignature renders signed pages with Poppler and checks the pixels: the box
// shows the signature upright, and the rest of the page stays blank.
func TestPictureOfAVisibleSignature(t *testing.T) {
	t.Parallel()
	renderer, err := exec.LookPath("pdftoppm")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftoppm is not installed: run .ci/validators/install.sh")
		}
		t.Skip("pdftoppm is not installed")
	}
	s := ecdsaSigner(t)
	box := pades.Rectangle{X: 20, Y: 30, Width: 128, Height: 64}
	font := "I" // a tall bar, which makes a rotation visible
	for _, turned := range []int{0, 90, 180, 270} {
		page := fmt.Sprintf("/MediaBox [0 0 595 842] /CropBox [50 100 450 700] /Rotate %d", turned)
		// The same place for an existing field, in the coordinates of the page.
		rect := map[int]string{0: "70 130 198 194", 90: "356 120 420 248", 180: "302 606 430 670",
			270: "80 552 144 680"}[turned]
		field := fmt.Sprintf("<< /FT /Sig /T (seal) /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /Rect [%s] >>", rect)
		for _, test := range []struct {
			name    string
			options pades.Options
			image   image.Rectangle // where the image is, in points from the upper left corner of the box
			text    bool
		}{
			{"image",
				pades.Options{Appearance: &pades.Appearance{Box: box, HideText: true, Image: pngOf(t, quarters())}},
				image.Rect(4, 2, 124, 62), false},
			{"JPEG",
				pades.Options{Appearance: &pades.Appearance{Box: box, HideText: true, Image: jpegOf(t, quarters())}},
				image.Rect(4, 2, 124, 62), false},
			{"text", pades.Options{Appearance: &pades.Appearance{Box: box, Text: font}}, image.Rectangle{}, true},
			{"both", pades.Options{Appearance: &pades.Appearance{Box: box, Text: font, Image: pngOf(t, quarters())}},
				image.Rect(2, 20, 51, 44), true},
			{"field", pades.Options{Field: "seal",
				Appearance: &pades.Appearance{Text: font, Image: pngOf(t, quarters())}}, image.Rect(2, 20, 51, 44),
				true},
		} {
			t.Run(fmt.Sprintf("%s %d", test.name, turned), func(t *testing.T) {
				t.Parallel()
				document := onePage(page)
				if test.options.Field != "" {
					document = onePage(page+" /Annots [4 0 R]", field)
				}
				picture := render(t, renderer, s.sign(t, document, test.options))
				inspect(t, picture, box, test.image, test.text)
			})
		}
	}
}

// scale is the pixels of a point in rendered pages.
const scale = 2

func render(t *testing.T, renderer string, document []byte) image.Image {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "signed.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), renderer, "-png", "-singlefile", "-cropbox", "-r",
		strconv.Itoa(72*scale), file, filepath.Join(folder, "page"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(folder, "page.png"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func inspect(t *testing.T, picture image.Image, box pades.Rectangle, at image.Rectangle, text bool) {
	t.Helper()
	bounds := picture.Bounds()
	left, top := int(box.X*scale), bounds.Dy()-int((box.Y+box.Height)*scale)
	place := image.Rect(left, top, left+int(box.Width*scale), top+int(box.Height*scale))
	var ink image.Rectangle // of the text
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			pixel := image.Pt(x, y)
			if isWhite(picture, x, y) {
				continue
			}
			if !pixel.In(place) {
				t.Fatalf("got ink at %v, outside of the box %v", pixel, place)
			}
			inner := pixel.Sub(place.Min).Div(scale)
			if !inner.In(at.Inset(-1)) {
				ink = ink.Union(image.Rectangle{pixel, pixel.Add(image.Pt(1, 1))})
			}
		}
	}
	if ink.Empty() == text || text && ink.Dy() < 2*ink.Dx() {
		t.Errorf("got ink of text in %v, want an upright bar: %v", ink, text)
	}
	if at.Empty() {
		return
	}
	for i, want := range [4][3]int{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {0, 0, 0}} {
		point := place.Min.Add(at.Min.Mul(scale)).Add(
			image.Pt((1+2*(i%2))*at.Dx()*scale/4, (1+2*(i/2))*at.Dy()*scale/4))
		r, g, b, _ := picture.At(point.X, point.Y).RGBA()
		for channel, got := range []uint32{r, g, b} {
			if difference := int(got>>8) - want[channel]; difference > 40 || difference < -40 {
				t.Errorf("quarter %d at %v: got %d %d %d, want %v", i, point, r>>8, g>>8, b>>8, want)
				break
			}
		}
	}
}

func isWhite(picture image.Image, x, y int) bool {
	r, g, b, _ := picture.At(x, y).RGBA()
	return r>>8 > 250 && g>>8 > 250 && b>>8 > 250
}
