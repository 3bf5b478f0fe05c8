package archive_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/signing"
)

// linked is a document of one page with a link to each address, as Chromium prints them.
func linked(catalog string, addresses ...string) []byte {
	objects := []string{"<< /Type /Catalog /Pages 2 0 R " + catalog + " >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", ""}
	var entries strings.Builder
	for i, address := range addresses {
		fmt.Fprintf(&entries, "%d 0 R ", i+4)
		objects = append(objects, fmt.Sprintf("<< /Type /Annot /Subtype /Link /Rect [72 %d 272 %d] /F 4 "+
			"/StructParent %d /A << /S /URI /URI (%s) >> >>", 700-i, 750-i, 100000+i, address))
	}
	objects[2] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [" + entries.String() + "] >>"
	return pdftest.File{Objects: objects}.Bytes()
}

// A link that marks a place becomes an empty signature field there, with or without a standard;
// other links stay.
func TestSignatureFields(t *testing.T) {
	t.Parallel()
	for _, standard := range archive.Standards() {
		document := archived(t, linked("", "https://example.com", "signature-field:buyer", "signature-field:seller_2"),
			archive.Options{Standard: standard})
		if _, err := archive.Check(t.Context(), bytes.NewReader(document), standard); err != nil {
			t.Errorf("%s: got %v, want it to conform", standard, err)
		}
		file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		_, catalog, err := file.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		form, _ := catalog["AcroForm"].(pdf.Dict)
		fields, _ := form["Fields"].(pdf.Array)
		if len(fields) != 2 {
			t.Fatalf("%s: got the form %v, want two fields", standard, form)
		}
		for i, want := range []string{"buyer Sig Widget [72 699 272 749] 4 100001",
			"seller_2 Sig Widget [72 698 272 748] 4 100002"} {
			field, err := file.Dict(fields[i])
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s %v %v %v %v %v", field["T"].(pdf.String).Text(), field["FT"], field["Subtype"],
				field["Rect"], field["F"], field["StructParent"])
			if got != want || field["V"] != nil || field["A"] != nil {
				t.Errorf("%s: got %s (%v), want an empty field %s", standard, got, field, want)
			}
			appearance, err := file.Dict(field["AP"])
			if stream, failed := file.Stream(appearance["N"]); err != nil || failed != nil || stream == nil {
				t.Errorf("%s: got the appearance %v (%v, %v), want one: ISO 19005-2, 6.3.3", standard, appearance, err,
					failed)
			}
		}
		if link, err := file.Dict(pdf.Ref{Number: 4}); err != nil || link["Subtype"] != pdf.Name("Link") {
			t.Errorf("%s: got %v (%v), want the other link as it was", standard, link, err)
		}
	}
}

func TestSignatureFieldsThatAreRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("signature-field:f%d", i)
	}
	for name, document := range map[string][]byte{
		"one name twice": linked("", "signature-field:a", "signature-field:a"),
		"no name":        linked("", "signature-field:"),
		"a hierarchy":    linked("", "signature-field:a.b"),
		"a space":        linked("", "signature-field:a%20b"),
		"a long name":    linked("", "signature-field:"+strings.Repeat("a", 65)),
		"many":           linked("", many...),
		"a form":         linked("/AcroForm << /Fields [] >>", "signature-field:a"),
	} {
		_, err := archive.Append(t.Context(), bytes.NewReader(document),
			archive.Options{Standard: archive.PDFA2B, Time: noon})
		if err == nil || signing.AsError(err).Code != "signature_field_invalid" {
			t.Errorf("%s: got %v, want signature_field_invalid", name, err)
		}
	}
	if _, err := archive.Append(t.Context(), bytes.NewReader(linked("", many[:50]...)),
		archive.Options{Standard: archive.None, Time: noon}); err != nil {
		t.Errorf("got %v, want as many fields as are allowed", err)
	}
}
