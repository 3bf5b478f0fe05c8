package pades_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
)

// onePage is a document of one page with the given entries.
func onePage(entries string, objects ...string) []byte {
	page := "<< /Type /Page /Parent 2 0 R /Resources << >> " + entries + " >>"
	catalog := "/AcroForm << /Fields [] >>"
	if len(objects) > 0 {
		catalog = "/AcroForm << /Fields [4 0 R] >>"
	}
	return pdftest.File{Objects: append(append(pdftest.Pages(1, catalog)[:2], page), objects...)}.Bytes()
}

// quarters is an image of four colours: red, green above blue, black.
func quarters() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			corner := []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {0, 0, 0, 255}}
			m.Set(x, y, corner[x/32+y/16*2])
		}
	}
	return m
}

func pngOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 100}); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// signatureWidget gives the newest widget with a signature, and its form XObject.
func signatureWidget(t *testing.T, signed []byte) (*pdf.File, pdf.Dict, *pdf.Stream) {
	t.Helper()
	file, _ := open(t, signed)
	var widget pdf.Dict
	err := file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		annotations, err := file.Array(page["Annots"])
		if err != nil {
			t.Fatal(err)
		}
		for _, annotation := range annotations {
			if dict, err := file.Dict(annotation); err == nil && (dict["V"] != nil || dict["Parent"] != nil) {
				widget = dict
			}
		}
		return true
	})
	if err != nil || widget == nil {
		t.Fatalf("got %v, want a widget", err)
	}
	appearances, err := file.Dict(widget["AP"])
	if err != nil {
		t.Fatal(err)
	}
	form, err := file.Stream(appearances["N"])
	if err != nil || form == nil {
		t.Fatalf("got %v %v, want a form", form, err)
	}
	return file, widget, form
}

func TestVisibleSignatureIsPlacedAsThePageIsShown(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const media = "/MediaBox [0 0 600 800] "
	for _, test := range []struct {
		page  string
		rect  string
		mk    string
		about string
	}{
		{media, "[10 20 110 50]", "<nil>", "as it is"},
		{media + "/Rotate 90", "[550 10 580 110]", "map[R:90]", "turned right"},
		{media + "/Rotate 180", "[490 750 590 780]", "map[R:180]", "upside down"},
		{media + "/Rotate 270", "[20 690 50 790]", "map[R:270]", "turned left"},
		{media + "/Rotate -90", "[20 690 50 790]", "map[R:270]", "negative"},
		{media + "/Rotate 450", "[550 10 580 110]", "map[R:90]", "more than once around"},
		{media + "/Rotate 45", "[10 20 110 50]", "<nil>", "no multiple of 90"},
		{media + "/CropBox [50 60 500 700]", "[60 80 160 110]", "<nil>", "cropped"},
		{media + "/CropBox [50 60 500 700] /Rotate 90", "[450 70 480 170]", "map[R:90]", "cropped and turned"},
		{media + "/CropBox [500 700 50 60]", "[60 80 160 110]", "<nil>", "corners in another order"},
		{media + "/CropBox [-50 -60 500 700]", "[10 20 110 50]", "<nil>", "crop box larger than the page"},
		{media + "/CropBox [900 900 999 999]", "[10 20 110 50]", "<nil>", "crop box beside the page"},
		{"/MediaBox [-100 -200 500 600]", "[-90 -180 10 -150]", "<nil>", "origin elsewhere"},
		{"/MediaBox [0.5 0.25 600 800]", "[10.5 20.25 110.5 50.25]", "<nil>", "real numbers"},
		{media + "/UserUnit 2", "[5 10 55 25]", "<nil>", "another unit"},
		{media + "/UserUnit 0.5", "[20 40 220 100]", "<nil>", "a smaller unit"},
		{media + "/UserUnit 2 /Rotate 90 /CropBox [50 60 500 700]", "[475 65 490 115]", "map[R:90]",
			"another unit, turned and cropped"},
		{media + "/UserUnit 0", "[10 20 110 50]", "<nil>", "no unit"},
		{media + "/UserUnit -2", "[10 20 110 50]", "<nil>", "a negative unit"},
		{media + "/UserUnit /Two", "[10 20 110 50]", "<nil>", "a unit that is no number"},
		{"", "[10 20 110 50]", "<nil>", "no media box"},
		{"/MediaBox null", "[10 20 110 50]", "<nil>", "a media box of null"},
		{"/MediaBox [0 0 9]", "[10 20 110 50]", "<nil>", "a media box of three numbers"},
		{"/MediaBox [/A 0 9 9]", "[10 20 110 50]", "<nil>", "a media box of names"},
		{"/MediaBox [0 0 0 0]", "[10 20 110 50]", "<nil>", "a media box without size"},
		{"/MediaBox 99 0 R", "[10 20 110 50]", "<nil>", "a media box that is not there"},
		{"/Rotate 90", "[562 10 592 110]", "map[R:90]", "no media box, turned"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, onePage(test.page), pades.Options{
				Appearance: &pades.Appearance{Box: pades.Rectangle{X: 10, Y: 20, Width: 100, Height: 30}, Text: "text"},
			})
			_, widget, form := signatureWidget(t, signed)
			if got := fmt.Sprint(widget["Rect"]); got != test.rect {
				t.Errorf("got /Rect %s, want %s", got, test.rect)
			}
			if got := fmt.Sprint(widget["MK"]); got != test.mk {
				t.Errorf("got /MK %s, want %s", got, test.mk)
			}
			if got := fmt.Sprint(form.Dict["BBox"]); got != "[0 0 100 30]" {
				t.Errorf("got /BBox %s, want the box as it is shown", got)
			}
			if widget["F"] != pdf.Integer(132) {
				t.Errorf("got /F %v, want 132", widget["F"])
			}
			if found := verified(t, signed, s.trust()); found[0].Indication != pades.TotalPassed {
				t.Errorf("got %+v, want it to pass", found[0])
			}
		})
	}
}

func TestPageOfAVisibleSignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(pdftest.Pages(1, "")[:1],
		"<< /Type /Pages /Count 3 /Kids [3 0 R 4 0 R] /MediaBox [0 0 300 300] /Rotate 0 >>",
		"<< /Type /Page /Parent 2 0 R /Resources << >> >>",
		"<< /Type /Pages /Parent 2 0 R /Count 2 /Kids [5 0 R 6 0 R] /Rotate 90 >>",
		"<< /Type /Page /Parent 4 0 R /Resources << >> >>",
		"<< /Type /Page /Parent 4 0 R /Resources << >> /Rotate 180 >>")
	for number, want := range map[int]struct {
		page   int
		turned pdf.Object
	}{0: {3, nil}, 1: {3, nil}, 2: {5, pdf.Integer(90)}, 3: {6, pdf.Integer(180)}, -1: {6, pdf.Integer(180)}} {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{
				Appearance: &pades.Appearance{Page: number, Box: pades.Rectangle{Width: 100, Height: 30}},
			})
			file, widget, _ := signatureWidget(t, signed)
			characteristics, _ := file.Dict(widget["MK"])
			if widget["P"] != (pdf.Ref{Number: want.page}) || characteristics["R"] != want.turned {
				t.Errorf("got page %v turned by %v, want object %d turned by %v", widget["P"], characteristics["R"],
					want.page, want.turned)
			}
		})
	}
}

func TestVisibleSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	plain := onePage("/MediaBox [0 0 600 800]")
	box := pades.Rectangle{X: 10, Y: 10, Width: 100, Height: 30}
	for _, test := range []struct {
		name       string
		document   []byte
		appearance pades.Appearance
		code       string
		want       string
	}{
		{"no width", plain, pades.Appearance{Box: pades.Rectangle{Height: 30}}, pades.CodeOptionInvalid, "no width"},
		{"negative height", plain, pades.Appearance{Box: pades.Rectangle{Width: 30, Height: -30}},
			pades.CodeOptionInvalid, "no width or no height"},
		{"too small", plain, pades.Appearance{Box: pades.Rectangle{Width: 3, Height: 3}}, pades.CodeOptionInvalid,
			"smaller"},
		{"too small for the text", plain,
			pades.Appearance{Box: pades.Rectangle{Width: 20, Height: 8}, Text: "too much for it"},
			pades.CodeOptionInvalid, "does not fit"},
		{"left of the page", plain, pades.Appearance{Box: pades.Rectangle{X: -5, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "600 by 800"},
		{"right of the page", plain, pades.Appearance{Box: pades.Rectangle{X: 580, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "600 by 800"},
		{"below the page", plain, pades.Appearance{Box: pades.Rectangle{Y: -1, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "600 by 800"},
		{"above the page", plain, pades.Appearance{Box: pades.Rectangle{Y: 780, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "600 by 800"},
		{"beside a turned page", onePage("/MediaBox [0 0 600 800] /Rotate 90"),
			pades.Appearance{Box: pades.Rectangle{Y: 580, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "800 by 600"},
		{"infinite", plain, pades.Appearance{Box: pades.Rectangle{X: 1e300, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "not a place"},
		{"page 2 of 1", plain, pades.Appearance{Page: 2, Box: box}, pades.CodeOptionInvalid, "no page 2"},
		{"page -2", plain, pades.Appearance{Page: -2, Box: box}, pades.CodeOptionInvalid, "-1"},
		{"nothing to show", plain, pades.Appearance{Box: box, HideText: true}, pades.CodeOptionInvalid,
			"needs an image"},
		{"no image", plain, pades.Appearance{Box: box, Image: []byte("GIF89a")}, pades.CodeOptionInvalid, "PNG"},
		{"no font", plain, pades.Appearance{Box: box, Font: []byte("font")}, pades.CodeOptionInvalid, "TrueType"},
		{"missing character", plain, pades.Appearance{Box: box, Text: "署名"}, pades.CodeOptionInvalid, "U+7F72, U+540D"},
		{"parents without end", pdftest.File{Objects: []string{"<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Count 1 /Kids [3 0 R] /Parent 2 0 R >>", "<< /Type /Page /Parent 2 0 R >>"}}.Bytes(),
			pades.Appearance{Box: box}, pades.CodeTooComplex, "levels"},
		{"above the page that no media box gives", onePage(""),
			pades.Appearance{Box: pades.Rectangle{Y: 780, Width: 30, Height: 30}}, pades.CodeOptionInvalid,
			"612 by 792"},
		{"above a page of a smaller unit", onePage("/MediaBox [0 0 600 800] /UserUnit 0.5"),
			pades.Appearance{Box: pades.Rectangle{Y: 390, Width: 30, Height: 30}},
			pades.CodeOptionInvalid, "300 by 400"},
		{"media box of five numbers", onePage("/MediaBox [0 0 9 9 9]"), pades.Appearance{Box: box}, pades.CodeDamaged,
			"(object 3 at offset"},
		{"endless media box", onePage("/MediaBox [0 0 9 99999999999]"), pades.Appearance{Box: box}, pades.CodeDamaged,
			"four numbers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := s.try(t.Context(), test.document, pades.Options{Appearance: &test.appearance})
			if codeOf(err) != test.code || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s with %q", err, test.code, test.want)
			}
		})
	}
}

func TestTextOfAVisibleSignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	at := time.Date(2026, 7, 1, 12, 30, 15, 0, time.FixedZone("", 2*3600))
	for _, test := range []struct {
		name    string
		options pades.Options
		want    string
	}{
		{"certificate", pades.Options{}, "Signed by Seal Date: 2026-07-01 10:30:15 UTC"},
		{"all", pades.Options{Name: "Żaneta", Reason: "Freigabe", Location: "Köln"},
			"Signed by Żaneta Date: 2026-07-01 10:30:15 UTC Reason: Freigabe Location: Köln"},
		{"own text", pades.Options{Reason: "Freigabe", Appearance: &pades.Appearance{Text: "Only\nthis"}}, "Only this"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			options := test.options
			options.Time = at
			if options.Appearance == nil {
				options.Appearance = &pades.Appearance{}
			}
			options.Appearance.Box = pades.Rectangle{X: 10, Y: 10, Width: 300, Height: 90}
			file, _, form := signatureWidget(t, s.sign(t, onePage("/MediaBox [0 0 600 800]"), options))
			if got := shownText(t, file, form); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestVisibleSignatureInAnExistingField(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const media = "/MediaBox [0 0 600 800] /Annots [%d 0 R] "
	widget := "/Type /Annot /Subtype /Widget /Rect [300 200 400 230] /F 4 "
	look := func(a pades.Appearance) *pades.Appearance { a.Text = "text"; return &a }
	for _, test := range []struct {
		name       string
		page       string
		objects    []string
		field      string
		appearance *pades.Appearance
		bbox       string // "" = refused
		matrix     string
		want       string
	}{
		{"merged", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) /P 3 0 R " + widget + ">>"}, "seal",
			look(pades.Appearance{}), "[0 0 100 30]", "<nil>", ""},
		{"kid", fmt.Sprintf(media, 5),
			[]string{"<< /FT /Sig /T (seal) /Kids [5 0 R] >>", "<< /Parent 4 0 R " + widget + ">>"}, "seal",
			look(pades.Appearance{Page: 1}), "[0 0 100 30]", "<nil>", ""},
		{"hierarchy", fmt.Sprintf(media, 6),
			[]string{"<< /T (a) /FT /Sig /Kids [5 0 R] >>", "<< /T (b) /Parent 4 0 R /Kids [6 0 R] >>",
				"<< /T (c) /Parent 5 0 R " + widget + ">>"}, "a.b.c", look(pades.Appearance{}), "[0 0 100 30]", "<nil>",
			""},
		{"merged, invisible, without a box", fmt.Sprintf(media, 4),
			[]string{"<< /FT /Sig /T (seal) /P 3 0 R /AP << /N 5 0 R >> " +
				strings.Replace(widget, "300 200 400 230", "0 0 0 0", 1) + ">>",
				pdftest.Stream("/Subtype /Form /BBox [0 0 0 0]", "")}, "seal", nil, "[0 0 0 0]", "<nil>", ""},
		{"turned page", fmt.Sprintf(media, 4) + "/Rotate 90",
			[]string{"<< /FT /Sig /T (seal) /P 3 0 R " + widget + ">>"}, "seal",
			look(pades.Appearance{}), "[0 0 30 100]", "[0 1 -1 0 100 0]", ""},
		{"turned page without /P", fmt.Sprintf(media, 4) + "/Rotate 90",
			[]string{"<< /FT /Sig /T (seal) " + widget + ">>"}, "seal",
			look(pades.Appearance{}), "[0 0 30 100]", "[0 1 -1 0 100 0]", ""},
		{"turned field", fmt.Sprintf(media, 4) + "/Rotate 90",
			[]string{"<< /FT /Sig /T (seal) /MK << /R 180 >> " + widget + ">>"}, "seal",
			look(pades.Appearance{}), "[0 0 100 30]", "[-1 0 0 -1 100 30]", ""},
		{"invisible in a box", fmt.Sprintf(media, 4),
			[]string{"<< /FT /Sig /T (seal) /AP << /N 5 0 R >> " + widget + ">>",
				pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 0 9 9 re f")}, "seal", nil, "[0 0 100 30]", "<nil>",
			""},
		{"with a box", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) /P 3 0 R " + widget + ">>"}, "seal",
			look(pades.Appearance{Box: pades.Rectangle{Width: 100, Height: 30}}), "", "", "leave out the box"},
		{"on another page", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) /P 3 0 R " + widget + ">>"}, "seal",
			look(pades.Appearance{Page: 2}), "", "", "no page 2"},
		{"without a box", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) /Subtype /Widget /Rect [0 0 0 0] >>"},
			"seal",
			look(pades.Appearance{}), "", "", "no box"},
		{"without a widget", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) >>"}, "seal",
			look(pades.Appearance{}), "", "", "no box"},
		{"hidden", fmt.Sprintf(media, 4),
			[]string{"<< /FT /Sig /T (seal) /P 3 0 R " + strings.Replace(widget, "/F 4", "/F 2", 1) + ">>"}, "seal",
			look(pades.Appearance{}), "", "", "hidden"},
		{"on no page", "/MediaBox [0 0 600 800] ", []string{"<< /FT /Sig /T (seal) " + widget + ">>"}, "seal",
			look(pades.Appearance{}), "", "", "on no page"},
		{"direct widget", fmt.Sprintf(media, 4), []string{"<< /FT /Sig /T (seal) /Kids [<< " + widget + ">>] >>"},
			"seal", look(pades.Appearance{}),
			"", "", "is a direct object"},
		{"too many widgets", fmt.Sprintf(media, 4),
			[]string{"<< /FT /Sig /T (seal) /Kids [" + strings.Repeat("5 0 R ", 21) + "] >>", "<< " + widget + ">>"},
			"seal",
			look(pades.Appearance{}), "", "", "too many places"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// an earlier signature must stay valid
			document := s.sign(t, onePage(test.page, test.objects...), pades.Options{Field: "before"})
			signed, err := s.try(t.Context(), document, pades.Options{Field: test.field, Appearance: test.appearance})
			if test.bbox == "" {
				if code := codeOf(err); code != pades.CodeFieldUnusable && code != pades.CodeOptionInvalid ||
					!strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range verified(t, signed, s.trust()) {
				if found.Indication != pades.TotalPassed ||
					gravest(found.ChangesAfter, pades.ChangeSignature) != pades.ChangeSignature {
					t.Errorf("got %+v, want it to pass", found)
				}
			}
			file, _ := open(t, signed)
			form := widgetForm(t, file, test.field, len(test.objects))
			if got := fmt.Sprint(form.Dict["BBox"]); got != test.bbox {
				t.Errorf("got /BBox %s, want %s", got, test.bbox)
			}
			if got := fmt.Sprint(form.Dict["Matrix"]); got != test.matrix {
				t.Errorf("got /Matrix %s, want %s", got, test.matrix)
			}
			content, err := file.Decode(form)
			if err != nil || (len(content) == 0) != (test.appearance == nil) {
				t.Errorf("got %q %v, want something to see only in a visible signature", content, err)
			}
		})
	}
}

func TestExistingFieldIsOnItsOwnPage(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(pdftest.Pages(2, "/AcroForm << /Fields [5 0 R] >>")[:3],
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Annots [5 0 R] >>",
		"<< /FT /Sig /T (seal) /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 >>")
	for number, code := range map[int]string{0: "", 1: pades.CodeOptionInvalid, 2: "", -1: ""} {
		_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(),
			pades.Options{Field: "seal", Appearance: &pades.Appearance{Page: number}})
		if err != nil && codeOf(err) != code || err == nil && code != "" {
			t.Errorf("page %d: got %v, want %q", number, err, code)
		}
	}
}

// widgetForm gives the form XObject of a widget, which is the last object with a box.
func widgetForm(t *testing.T, file *pdf.File, field string, objects int) *pdf.Stream {
	t.Helper()
	for number := 3 + objects; number > 3; number-- {
		object, err := file.Object(pdf.Ref{Number: number})
		if err != nil {
			t.Fatal(err)
		}
		dict, ok := object.(pdf.Dict)
		if !ok || dict["Rect"] == nil {
			continue
		}
		appearances, err := file.Dict(dict["AP"])
		if err != nil {
			t.Fatal(err)
		}
		form, err := file.Stream(appearances["N"])
		if err != nil || form == nil {
			t.Fatalf("got %v %v, want the appearance of %s", form, err, field)
		}
		return form
	}
	t.Fatalf("got no widget of %s", field)
	return nil
}

// Transparency is left out where PDF/A forbids it.
func TestTransparencyFollowsTheDocument(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	m := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	m.Set(0, 0, color.NRGBA{255, 0, 0, 128})
	const intent = "/OutputIntents [<< /S /GTS_PDFA1 /DestOutputProfile 5 0 R >>]"
	for _, test := range []struct {
		part, intents     string
		smask, cidSet     bool
		level, conformity string
	}{
		{"", "", true, false, "", ""},
		{"1", intent, false, true, "B", "PDF/A-1b"},
		{"2", intent, true, false, "U", "PDF/A-2u"},
		{"2", "", false, false, "B", "PDF/A-2b"},
		{"3", "/OutputIntents [<< /S /GTS_PDFX /DestOutputProfile 5 0 R >>]", false, false, "B", "PDF/A-3b"},
		{"3", "/OutputIntents [<< /S /GTS_PDFA1 >>]", false, false, "B", "PDF/A-3b"},
		{"4", intent, true, false, "", "PDF/A-4"},
	} {
		t.Run(test.conformity+test.intents, func(t *testing.T) {
			t.Parallel()
			objects := append(pdftest.Pages(1, "/Metadata 4 0 R "+test.intents),
				pdftest.Stream("/Type /Metadata /Subtype /XML", xmp(test.part, test.level)),
				pdftest.Stream("/N 3", "profile"))
			document := pdftest.File{Objects: objects}.Bytes()
			if got, err := sign.Conformance(t.Context(), bytes.NewReader(document)); got.PDFA != test.conformity ||
				err != nil {
				t.Errorf("got %q %v, want %q", got, err, test.conformity)
			}
			signed := s.sign(t, document, pades.Options{Appearance: &pades.Appearance{
				Box: pades.Rectangle{X: 10, Y: 10, Width: 200, Height: 60}, Image: pngOf(t, m),
			}})
			increment := signed[len(document):]
			if bytes.Contains(increment, []byte("/SMask")) != test.smask ||
				bytes.Contains(increment, []byte("/CIDSet")) != test.cidSet {
				t.Errorf("want /SMask %v and /CIDSet %v", test.smask, test.cidSet)
			}
		})
	}
}

// Visible signatures in new and in existing fields of locked or certified documents.
func TestPermissionsOfVisibleSignatures(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		name            string
		certify         pades.Permission
		lock            string
		invisible, seen string // codes of signatures in new fields
		filled          string // code of a visible signature in an existing field
	}{
		{"no rule", 0, "", "", "", ""},
		{"certified 1", 1, "", pades.CodeChangesForbidden, pades.CodeChangesForbidden, pades.CodeChangesForbidden},
		{"certified 2", 2, "", "", pades.CodeChangesForbidden, ""},
		{"certified 3", 3, "", "", "", ""},
		{"lock leaves 1", 0, "/Lock << /Action /Include /Fields [(x)] /P 1 >>", pades.CodeChangesForbidden,
			pades.CodeChangesForbidden, pades.CodeChangesForbidden},
		{"lock leaves 2", 0, "/Lock << /Action /Include /Fields [(x)] /P 2 >>", "", pades.CodeChangesForbidden, ""},
		{"lock leaves 3", 0, "/Lock << /Action /Include /Fields [(x)] /P 3 >>", "", "", ""},
		{"lock leaves 9", 0, "/Lock << /Action /Include /Fields [(x)] /P 9 >>", "", "", ""},
		{"lock cannot add", 2, "/Lock << /Action /Include /Fields [(x)] /P 3 >>", "", pades.CodeChangesForbidden, ""},
		{"lock takes from certification", 3, "/Lock << /Action /Include /Fields [(x)] /P 2 >>", "",
			pades.CodeChangesForbidden, ""},
		{"lock of all", 0, "/Lock << /Action /All >>", pades.CodeChangesForbidden, pades.CodeChangesForbidden,
			pades.CodeChangesForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R 5 0 R] >>")[:2],
				"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> /Annots [5 0 R] >>",
				"<< /FT /Sig /T (first) "+test.lock+" >>",
				"<< /FT /Sig /T (later) /P 3 0 R /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 >>")
			first := s.sign(t, pdftest.File{Objects: objects}.Bytes(),
				pades.Options{Field: "first", Certify: test.certify})
			box := &pades.Appearance{Box: pades.Rectangle{Width: 200, Height: 60}}
			for _, next := range []struct {
				options pades.Options
				code    string
			}{
				{pades.Options{}, test.invisible}, {pades.Options{Appearance: box}, test.seen},
				{pades.Options{Field: "later", Appearance: &pades.Appearance{}}, test.filled},
			} {
				signed, err := s.try(t.Context(), first, next.options)
				if next.code != "" {
					if codeOf(err) != next.code {
						t.Errorf("%+v: got %v, want %s", next.options, err, next.code)
					}
					continue
				}
				if err != nil {
					t.Errorf("%+v: got %v, want a signature", next.options, err)
					continue
				}
				for _, found := range verified(t, signed, s.trust()) {
					if found.Indication != pades.TotalPassed {
						t.Errorf("%+v: got %+v, want it to pass", next.options, found)
					}
				}
			}
		})
	}
}

// The strictest of several locks counts, whatever their order.
func TestPermissionsOfSeveralLocks(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, order := range [][]string{{"two", "three"}, {"three", "two"}} {
		objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R 5 0 R] >>"),
			"<< /FT /Sig /T ("+order[0]+") /Lock << /Action /Include /Fields [(x)] /P "+
				map[string]string{"two": "2", "three": "3"}[order[0]]+" >> >>",
			"<< /FT /Sig /T ("+order[1]+") /Lock << /Action /Include /Fields [(x)] /P "+
				map[string]string{"two": "2", "three": "3"}[order[1]]+" >> >>")
		document := pdftest.File{Objects: objects}.Bytes()
		for _, field := range order {
			document = s.sign(t, document, pades.Options{Field: field})
		}
		_, err := s.try(t.Context(), document,
			pades.Options{Appearance: &pades.Appearance{Box: pades.Rectangle{Width: 200, Height: 60}}})
		if codeOf(err) != pades.CodeChangesForbidden {
			t.Errorf("%v: got %v, want %s", order, err, pades.CodeChangesForbidden)
		}
	}
}

// Several signers sign visibly in turn.
func TestSignersInTurn(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, certify := range []pades.Permission{0, 2, 3} {
		for _, streams := range []bool{false, true} {
			objects := append(pdftest.Pages(2, "/AcroForm << /Fields [5 0 R 6 0 R] >>"),
				"<< /FT /Sig /T (one) /P 3 0 R /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 /Lock << /Action "+
					"/Include /Fields [(text)] >> >>",
				"<< /FT /Sig /T (two) /P 4 0 R /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 >>")
			document := pdftest.File{Objects: objects, Streams: streams}.Bytes()
			for i, options := range []pades.Options{
				{Certify: certify}, {Field: "one", Appearance: &pades.Appearance{}},
				{Field: "two", Appearance: &pades.Appearance{Image: jpegOf(t, quarters())}}, {},
			} {
				document = s.sign(t, document, options)
				found := verified(t, document, s.trust())
				if len(found) != i+1 {
					t.Fatalf("got %d signatures, want %d", len(found), i+1)
				}
				for _, signature := range found {
					if signature.Indication != pades.TotalPassed {
						t.Errorf("certify %d, streams %v, after signature %d: got %+v, want it to pass", certify,
							streams, i+1, signature)
					}
				}
			}
		}
	}
}
