package pades_test

import (
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

var (
	update  = flag.Bool("update", false, "write the golden files anew")
	gallery = flag.String("gallery", "",
		"folder to which the signed documents of the gallery are written, for .ci/pictures")
)

// pose is a visible signature on a page as in real documents.
type pose struct {
	name       string
	page       string // entries of the page
	ground     string // operators that paint the page; "" = a letter
	field      string // entries of an existing signature field; "" = a new one
	signer     string // common name; "" = the usual one
	options    pades.Options
	appearance pades.Appearance
	again      bool // a second one beside it
}

const (
	a4     = "/MediaBox [0 0 595 842] "
	dark   = "0.1 0.12 0.2 rg -2000 -2000 9000 9000 re f "
	letter = "0.85 g 60 60 400 8 re f 60 90 470 8 re f 60 120 440 8 re f 60 150 470 8 re f 60 700 200 20 re f "
	long   = "Maximilian Alexander von Hohenstein-Waldburg"
	reason = "I have read this agreement with all of its annexes, and approve it on behalf of the company"
)

func rect(x, y, width, height int) string {
	return fmt.Sprintf("/Rect [%d %d %d %d]", x, y, x+width, y+height)
}

func at(x, y, width, height float64) pades.Appearance {
	return pades.Appearance{Page: 1, Box: pades.Rectangle{X: x, Y: y, Width: width, Height: height}}
}

// hand is a picture of a handwritten signature on a transparent background.
func hand() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 120, 40))
	for x := 4; x < 116; x++ {
		for y := range 3 {
			m.Set(x, 20+(x%23-11)*(x%7-3)/4+y, color.NRGBA{20, 30, 140, 255})
		}
	}
	return m
}

// poses are the visible signatures that people have inspected.
func poses(tb testing.TB) []pose {
	picture, tall, script := pngOf(tb, quarters()), pngOf(tb, image.NewGray(image.Rect(0, 0, 20, 60))),
		pngOf(tb, hand())
	with := func(a pades.Appearance, change func(*pades.Appearance)) pades.Appearance { change(&a); return a }
	bordered := pades.Appearance{Border: "gray"}
	everything := pades.Options{Reason: reason, Location: "Berlin, Germany"}
	return []pose{
		{name: "default-place", page: a4, appearance: bordered},
		{name: "default-place-right", page: a4 + "/Rotate 90", appearance: bordered},
		{name: "default-place-over", page: a4 + "/Rotate 180", appearance: bordered},
		{name: "default-place-left", page: a4 + "/Rotate 270", appearance: bordered},
		{name: "default-place-cropped", page: a4 + "/CropBox [100 200 500 600]", appearance: bordered},
		{name: "default-place-cropped-right", page: a4 + "/CropBox [100 200 500 600] /Rotate 90", appearance: bordered},
		{name: "default-place-origin", page: "/MediaBox [-300 -400 300 400]", appearance: bordered},
		{name: "default-place-card", page: "/MediaBox [0 0 243 153]", appearance: bordered},
		{name: "default-place-stamp", page: "/MediaBox [0 0 90 50]", appearance: bordered},
		{name: "default-place-receipt", page: "/MediaBox [0 0 164 900]", appearance: bordered},
		{name: "default-place-poster", page: "/MediaBox [0 0 2384 1684]", appearance: bordered},
		{name: "default-place-letter", page: "", appearance: bordered},
		{name: "default-place-twice", page: a4, appearance: bordered, again: true},
		{name: "everything", page: a4, options: everything, appearance: at(40, 40, 260, 90)},
		{name: "everything-low", page: a4, options: everything, appearance: at(40, 40, 400, 40)},
		{name: "everything-narrow", page: a4, options: everything, appearance: at(40, 40, 110, 200)},
		{name: "everything-small", page: a4, options: everything, appearance: at(40, 40, 120, 50)},
		{name: "long-name", page: a4, signer: long, appearance: at(40, 40, 200, 60)},
		{name: "long-name-narrow", page: a4, signer: long, appearance: at(40, 40, 90, 60)},
		{name: "long-word", page: a4, signer: "signing.production.contoso.onmicrosoft.com",
			appearance: at(40, 40, 100, 40)},
		{name: "hebrew-name", page: a4, signer: "דוד בן־גוריון", appearance: at(40, 40, 200, 60)},
		{name: "arabic-name", page: a4, signer: "محمد عبد الله", appearance: at(40, 40, 200, 60)},
		{name: "field-240x18", page: a4, field: rect(40, 60, 240, 18)},
		{name: "field-60x10", page: a4, field: rect(40, 60, 60, 10)},
		{name: "field-40x40", page: a4, field: rect(40, 60, 40, 40)},
		{name: "field-20x8", page: a4, ground: dark, field: rect(40, 60, 20, 8)},
		{name: "field-6x6", page: a4, ground: dark, field: rect(40, 60, 6, 6)},
		{name: "field-500x30", page: a4, field: rect(40, 60, 500, 30), options: everything},
		{name: "field-100x100", page: a4, field: rect(40, 60, 100, 100), options: everything},
		{name: "field-30x160", page: a4, field: rect(40, 60, 30, 160)},
		{name: "field-turned", page: a4, field: rect(40, 60, 40, 160) + " /MK << /R 90 >>"},
		{name: "field-on-turned-page", page: a4 + "/Rotate 270", field: rect(40, 60, 60, 180)},
		{name: "dark", page: a4, ground: dark, appearance: at(40, 40, 220, 60)},
		{name: "dark-clear", page: a4, ground: dark,
			appearance: with(at(40, 40, 220, 60),
				func(a *pades.Appearance) { a.Background, a.Color = "none", "white" })},
		{name: "dark-plate", page: a4,
			appearance: with(at(40, 40, 220, 60), func(a *pades.Appearance) { a.Background = "#102a43" })},
		{name: "light-text", page: a4,
			appearance: with(at(40, 40, 220, 60), func(a *pades.Appearance) { a.Color = "ffd" })},
		{name: "colors", page: a4, appearance: with(at(40, 40, 220, 60),
			func(a *pades.Appearance) { a.Background, a.Border, a.Color = "#eef4ff", "navy", "navy" })},
		{name: "image", page: a4,
			appearance: with(at(40, 40, 220, 60), func(a *pades.Appearance) { a.Image, a.Border = picture, "gray" })},
		{name: "image-everything", page: a4, options: everything,
			appearance: with(at(40, 40, 260, 80), func(a *pades.Appearance) { a.Image = picture })},
		{name: "image-tall", page: a4,
			appearance: with(at(40, 40, 100, 140), func(a *pades.Appearance) { a.Image = tall })},
		{name: "hand-alone", page: a4,
			appearance: with(at(40, 40, 220, 60), func(a *pades.Appearance) { a.Image, a.HideText = script, true })},
		{name: "hand-on-dark", page: a4, ground: dark,
			appearance: with(at(40, 40, 220, 60), func(a *pades.Appearance) { a.Image = script })},
		{name: "template", page: a4, options: pades.Options{Reason: "Approved", Level: pades.LevelBB},
			appearance: with(at(40, 40, 220, 70), func(a *pades.Appearance) {
				a.Text = "{{name}}\n{{organization}}\nfor {{reason}}, {{date}}\nPlace: {{location}}\nLevel {{level}}"
			})},
		{name: "text-wraps", page: a4, appearance: with(at(40, 40, 120, 60), func(a *pades.Appearance) {
			a.Text = "Checked by Anna-Lena Müller-Lüdenscheidt on 2026-07-01, and released"
		})},
		{name: "cyrillic-name", page: a4, signer: "Екатерина Вишневская", appearance: at(40, 40, 200, 60)},
		{name: "vietnamese-name", page: a4, signer: "Nguyễn Thị Ánh Tuyết", appearance: at(40, 40, 200, 60)},
		{name: "name-alone", page: a4, appearance: with(at(40, 40, 220, 30), func(a *pades.Appearance) {
			a.Text, a.Background, a.Border = "{{name}}", "none", "#c00000"
		})},
		{name: "long-reason-high", page: a4, options: everything, appearance: at(40, 40, 140, 260)},
		{name: "image-low", page: a4, appearance: with(at(40, 40, 400, 24),
			func(a *pades.Appearance) { a.Image, a.Border = picture, "gray" })},
		{name: "turned-everything", page: a4 + "/Rotate 90", options: everything,
			appearance: with(at(40, 40, 300, 70), func(a *pades.Appearance) { a.Border = "teal" })},
		{name: "over-image", page: a4 + "/Rotate 180", appearance: with(at(40, 40, 220, 60),
			func(a *pades.Appearance) { a.Image = script })},
		{name: "cropped-everything", page: a4 + "/CropBox [100 200 500 600] /Rotate 270", options: everything,
			appearance: with(at(40, 40, 220, 100), func(a *pades.Appearance) { a.Background = "navy" })},
	}
}

// appear signs the document of a pose.
func (p pose) appear(t *testing.T) []byte {
	t.Helper()
	chain, key := newNamedSigner(t, pkitest.P256, cmp.Or(p.signer, "Erika Mustermann"))
	objects := []string{pdftest.Stream("", cmp.Or(p.ground, letter))}
	page := p.page + " /Contents 4 0 R"
	options := p.options
	if p.field != "" {
		objects = append(objects, "<< /FT /Sig /T (seal) /Type /Annot /Subtype /Widget /F 4 /P 3 0 R "+p.field+" >>")
		page += " /Annots [5 0 R]"
		options.Field = "seal"
	}
	catalog := "/AcroForm << /Fields [] >>"
	if p.field != "" {
		catalog = "/AcroForm << /Fields [5 0 R] >>"
	}
	document := pdftest.File{
		Objects: append(append(pdftest.Pages(1, catalog)[:2],
			"<< /Type /Page /Parent 2 0 R /Resources << >> "+page+" >>"), objects...)}.Bytes()
	options.Appearance, options.Time = &p.appearance, time.Date(2026, 7, 1, 10, 30, 15, 0, time.UTC)
	document = signer{chain, key}.sign(t, document, options)
	if p.again {
		document = signer{chain, key}.sign(t, document, options)
	}
	return document
}

// TestGallery compares visible signatures with those that people have inspected: place, plate,
// sizes and lines.
func TestGallery(t *testing.T) {
	t.Parallel()
	for _, p := range poses(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			signed := p.appear(t)
			if *gallery != "" {
				if err := os.WriteFile(filepath.Join(*gallery, p.name+".pdf"), signed, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := model(t, signed)
			golden := filepath.Join("testdata", "gallery", p.name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// model describes what the newest widget shows: its place, and the operators, with text instead of
// glyphs.
func model(t *testing.T, signed []byte) string {
	t.Helper()
	file, widget, form := signatureWidget(t, signed)
	content, err := file.Decode(form)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(content)
	if resources := form.Dict["Resources"].(pdf.Dict); resources["Font"] != nil {
		characters := characters(t, file, form)
		shown = regexp.MustCompile(`<([0-9A-F]+)> Tj`).ReplaceAllStringFunc(shown, func(hex string) string {
			text := ""
			for glyphs := strings.Trim(hex, "<> Tj"); glyphs != ""; glyphs = glyphs[4:] {
				text += characters[glyphs[:4]]
			}
			return fmt.Sprintf("(%s) Tj", text)
		})
	}
	return fmt.Sprintf("Rect %v\nMatrix %v\nBBox %v\n%s", widget["Rect"], form.Dict["Matrix"], form.Dict["BBox"], shown)
}
