package pades_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
)

// optionalEntry makes a document without fields, whose object 4 is its form, with a value in one
// entry that is optional.
func optionalEntry(entry, value string) []byte {
	catalog, page, form := "/AcroForm 4 0 R", "", "/Fields []"
	switch put := entry + " " + value; entry {
	case "/AcroForm":
		catalog = put
	case "/Perms":
		catalog += put
	case "/Annots":
		page = put
	case "/Fields":
		form = put
	case "/SigFlags":
		form += put
	}
	return pdftest.File{Objects: []string{
		"<< /Type /Catalog /Pages 2 0 R " + catalog + " >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources << >> " + page + " >>",
		"<< " + form + " >>",
		"7", "[5 0 R]", "<< /Other true >>", pdftest.Stream("", "data"), "(text)",
	}}.Bytes()
}

// An optional entry of another type counts as absent, as for readers: the document can be signed,
// certified and signed again. A remark says so, except for /Perms and /SigFlags.
func TestOptionalEntriesOfAnotherType(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	scalars := []string{"7", "-1", "2.5", "/Name", "(text)", "<00>", "true", "5 0 R", "9 0 R"}
	arrays, dicts := []string{"[]", "[7]", "[9 0 R]", "6 0 R"}, []string{"<< >>", "<< /Other 1 >>", "7 0 R"}
	for entry, others := range map[string][][]string{
		"/AcroForm": {scalars, arrays}, "/Perms": {scalars, arrays}, "/Annots": {scalars, dicts},
		"/Fields": {scalars, dicts}, "/SigFlags": {{"2.5", "/Name", "(text)", "true", "9 0 R"}, arrays, dicts},
	} {
		for _, values := range others {
			for _, value := range values {
				t.Run(fmt.Sprintf("%s %s", entry, value), func(t *testing.T) {
					t.Parallel()
					document := optionalEntry(entry, value)
					signed, notes := noted(t, s, document, pades.Options{})
					said := entry != "/Perms" && entry != "/SigFlags"
					if said != (strings.Contains(notes, entry) && place.MatchString(notes)) {
						t.Errorf("got notes %q", notes)
					}
					noted(t, s, signed, pades.Options{Appearance: &pades.Appearance{}})
					certified, _ := noted(t, s, document, pades.Options{Certify: pades.FormFilling})
					noted(t, s, certified, pades.Options{})
				})
			}
		}
	}
}

// Readers disagree about a stream in place of a dictionary, and a form with signatures must not
// lose any. Such documents are refused, with the place of the fault.
func TestOptionalEntriesInDoubt(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, document := range map[string][]byte{
		"a stream as form":                  optionalEntry("/AcroForm", "8 0 R"),
		"a stream as permissions":           optionalEntry("/Perms", "8 0 R"),
		"fields of a form that says signed": optionalEntry("/Fields", "7 /SigFlags 3"),
	} {
		_, err := sign.Sign(t.Context(), strings.NewReader(string(document)), s.chain, s.key,
			pades.Options{Time: time.Now()})
		if err == nil {
			t.Errorf("%s: signed, want a refusal", name)
			continue
		}
		wantPlaced(t, err)
	}
}
