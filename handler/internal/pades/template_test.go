package pades_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

func TestPlaceholdersOfAText(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	leaf := *s.chain[0]
	all := pades.Options{Name: "A. Person", Reason: "Approved", Location: "Köln", ContactInfo: "me@example.org",
		Level: pades.LevelBB}
	for _, test := range []struct {
		name    string
		text    string
		options pades.Options
		want    string
	}{
		{"options", "{{name}}|{{reason}}|{{location}}|{{contact}}|{{level}}", all,
			"A. Person|Approved|Köln|me@example.org|B-B"},
		{"certificate", "{{certificate}}|{{name}}|{{issuer}}", pades.Options{}, "Seal|Seal|Issuer"},
		{"serial number", "{{serial}}", pades.Options{}, fmt.Sprintf("%x", leaf.SerialNumber)},
		{"time", "{{date}}|{{ time }}", pades.Options{}, "2026-07-01|2026-07-01 10:30:15 UTC"},
		{"a line without a value", "a\nReason: {{reason}}\nb", pades.Options{}, "a b"},
		{"a line with one value of two", "{{name}}, {{reason}}", pades.Options{}, "Seal,"},
		{"a value like a placeholder", "{{reason}}", pades.Options{Reason: "{{name}}"}, "{{name}}"},
		{"braces of no placeholder", "{name} }} {", pades.Options{}, "{name} }} {"},
		{"a placeholder in braces", "{{{name}}}", pades.Options{}, "{Seal}"},
	} {
		options := test.options
		options.Time = time.Date(2026, 7, 1, 12, 30, 15, 0, time.FixedZone("", 2*3600))
		options.Appearance = &pades.Appearance{Text: test.text,
			Box: pades.Rectangle{X: 10, Y: 10, Width: 500, Height: 90}}
		file, _, form := signatureWidget(t, s.sign(t, onePage("/MediaBox [0 0 600 800]"), options))
		if got := shownText(t, file, form); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if leaf.SerialNumber.Cmp(big.NewInt(0)) <= 0 {
		t.Error("got no serial number to try")
	}
}

func TestPlaceholdersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for text, want := range map[string]string{
		"{{nmae}}":                "unknown placeholder {{nmae}}: the known ones are name, certificate,",
		"{{Name}}":                "unknown placeholder {{Name}}",
		"{{name":                  "without the name",
		"{{}}":                    "without the name",
		"{{name}} {{":             "without the name",
		"{{na\nme}}":              "without the name",
		"{{reason}}":              "is empty: none",
		"{{reason}}\n{{contact}}": "is empty: none",
	} {
		_, err := s.try(t.Context(), onePage("/MediaBox [0 0 600 800]"),
			pades.Options{Appearance: &pades.Appearance{Text: text}})
		if codeOf(err) != pades.CodeOptionInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	_, err := s.try(t.Context(), onePage("/MediaBox [0 0 600 800]"),
		pades.Options{AllowLower: true, Appearance: &pades.Appearance{Text: "{{level}}"}})
	if codeOf(err) != pades.CodeOptionInvalid || !strings.Contains(err.Error(), "lower") {
		t.Errorf("got %v, want no level that may turn out lower", err)
	}
	for _, a := range []pades.Appearance{{Color: "none"}, {Color: "ish"}, {Background: "#12"}, {Border: "thick"}} {
		if _, err := s.try(t.Context(), onePage("/MediaBox [0 0 600 800]"),
			pades.Options{Appearance: &a}); codeOf(err) != pades.CodeOptionInvalid {
			t.Errorf("%+v: got %v, want it refused", a, err)
		}
	}
}

// TestDefaultPlace: a visible signature without a box is in the lower right corner of the shown
// page, or beside the fields and annotations there.
func TestDefaultPlace(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	text := func(x, y, width, height int) string {
		return fmt.Sprintf("<< /FT /Tx /T (t) /Type /Annot /Subtype /Widget /Rect [%d %d %d %d] >>", x, y, x+width,
			y+height)
	}
	for _, test := range []struct{ name, page, field, want string }{
		{"a page", "/MediaBox [0 0 600 800]", "", "[364 36 564 96]"},
		{"cropped", "/MediaBox [0 0 600 800] /CropBox [100 200 500 700]", "", "[264 236 464 296]"},
		{"turned", "/MediaBox [0 0 600 800] /Rotate 90", "", "[504 564 564 764]"},
		{"small", "/MediaBox [0 0 100 80]", "", "[8 8 92 68]"},
		{"low and wide", "/MediaBox [0 0 600 50]", "", "[395 5 595 45]"},
		{"another unit", "/MediaBox [0 0 600 800] /UserUnit 2", "", "[482 18 582 48]"},
		{"another unit, turned", "/MediaBox [0 0 600 800] /UserUnit 2 /Rotate 90", "", "[552 682 582 782]"},
		{"a field in the corner of another unit", "/MediaBox [0 0 600 800] /UserUnit 2", text(500, 20, 50, 10),
			"[379 18 479 48]"},
		{"no media box", "/MediaBox null", "", "[376 36 576 96]"},
		{"a field in the corner", "/MediaBox [0 0 600 800]", text(400, 40, 90, 20), "[158 36 358 96]"},
		{"fields along the edge", "/MediaBox [0 0 600 800]", text(0, 0, 600, 50), "[364 102 564 162]"},
		{"a field over all", "/MediaBox [0 0 600 800]", text(0, 0, 600, 800), "[364 36 564 96]"},
		{"a field that is not seen", "/MediaBox [0 0 600 800]", text(400, 40, 0, 0), "[364 36 564 96]"},
		{"a field that cannot be read", "/MediaBox [0 0 600 800]", "<< /Subtype /Widget /Rect [/A] >>",
			"[364 36 564 96]"},
		{"a link", "/MediaBox [0 0 600 800]", "<< /Subtype /Link /Rect [400 40 490 60] >>", "[158 36 358 96]"},
		{"a comment", "/MediaBox [0 0 600 800]", "<< /Subtype /FreeText /F 4 /Rect [0 0 600 50] >>",
			"[364 102 564 162]"},
		{"a hidden comment", "/MediaBox [0 0 600 800]", "<< /Subtype /FreeText /F 2 /Rect [0 0 600 50] >>",
			"[364 36 564 96]"},
		{"a comment that is not viewed", "/MediaBox [0 0 600 800]", "<< /Subtype /Stamp /F 32 /Rect [0 0 600 50] >>",
			"[364 36 564 96]"},
		{"a window of a comment", "/MediaBox [0 0 600 800]", "<< /Subtype /Popup /Rect [0 0 600 50] >>",
			"[364 36 564 96]"},
		{"a comment that cannot be read", "/MediaBox [0 0 600 800]", "<< /Subtype /Stamp /F /A /Rect [0 0 600 50] >>",
			"[364 36 564 96]"},
		{"a watermark over all, and a field", "/MediaBox [0 0 600 800]",
			"<< /Subtype /Watermark /Rect [0 0 600 800] >>" + text(0, 0, 600, 50), "[364 102 564 162]"},
		{"a watermark over all", "/MediaBox [0 0 600 800]", "<< /Subtype /Watermark /Rect [0 0 600 800] >>",
			"[364 36 564 96]"},
	} {
		objects := append(pdftest.Pages(2, "")[:2],
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
			"<< /Type /Page /Parent 2 0 R /Resources << >> "+test.page+" /Annots ["+test.field+"] >>")
		signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Appearance: &pades.Appearance{}})
		_, widget, _ := signatureWidget(t, signed)
		if got := fmt.Sprint(widget["Rect"]); got != test.want || widget["P"] != (pdf.Ref{Number: 4}) {
			t.Errorf("%s: got %s on %v, want %s on the last page", test.name, got, widget["P"], test.want)
		}
	}
}
