package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// namedEntry is an annotation that is drawn with entries of another object, as if the keys of that
// object were names that the document chose.
type namedEntry struct {
	holder     int    // object number of the dictionary
	object     string // object 7: the holder, unless the catalog is the holder
	annotation string // entries of object 6, the annotation
	use        string // a key of namedUses; "" = nothing uses it
	key        pdf.Name
}

// namedUses are the appearance of the annotation, and the content of object 8. Both may contain the
// object number of the holder and the key.
var namedUses = map[string]struct{ appearance, resources, content string }{
	"states":           {appearance: "/AP << /N %d 0 R >> /AS /%s"},
	"XObjects":         {resources: "/XObject %d 0 R", content: "/%s Do"},
	"fonts":            {resources: "/Font %d 0 R", content: "BT /%s 24 Tf 9 9 Td (99) Tj ET"},
	"optional content": {resources: "/Properties %d 0 R", content: "/OC /%s BDC 0 0 99 99 re f EMC"},
	"":                 {},
}

// judge signs the document with a lock on the field (locked), changes the entry, and gives the
// finding.
func (n namedEntry) judge(t *testing.T, s signer) pades.Signature {
	t.Helper()
	use := namedUses[n.use]
	appearance, named := "/AP << /N 8 0 R >>", ""
	if use.appearance != "" {
		appearance = fmt.Sprintf(use.appearance, n.holder, n.key)
	}
	if use.resources != "" {
		named = fmt.Sprintf(use.resources, n.holder)
	}
	fields := "10 0 R"
	if strings.Contains(n.annotation, "/FT") {
		fields += " 6 0 R"
	}
	if strings.Contains(n.object, "/FT") {
		fields += " 7 0 R"
	}
	annotations := "[6 0 R]"
	if strings.Contains(n.object, "/Text") {
		annotations = "[6 0 R 7 0 R]"
	}
	objects := payment(resources+"/Contents 4 0 R /Annots "+annotations,
		"/OCProperties << /OCGs [9 0 R] /D << /OFF [9 0 R] >> >> /AcroForm << /Fields ["+fields+"] >>",
		"<< /Type /Annot /Rect [0 0 595 842] "+n.annotation+" "+appearance+" >>", n.object,
		pdftest.Stream("/Subtype /Form /BBox [0 0 99 99] /Resources << "+named+" >>",
			strings.ReplaceAll(use.content, "%s", string(n.key))),
		"<< /Type /OCG /Name (a) >>", "<< /FT /Sig /T (Signature1) /V 11 0 R >>")
	if strings.Contains(n.object, "/Page ") {
		objects[1] = "<< /Type /Pages /Count 2 /Kids [3 0 R 7 0 R] >>"
	}
	signed := s.byHand(t, objects, locked("/Action /Include /Fields [(locked)]"))
	attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		value := cover(u)["N"]
		if n.use == "optional content" {
			value = number(9)
		}
		edit(t, f, u, number(n.holder), pdf.Dict{n.key: value})
	})
	return verified(t, attacked, s.trust())[0]
}

// The states of an appearance and resources have names of the document's choice as their keys. The
// catalog, a page, a field or an annotation can be such a dictionary, too. If an entry may change
// in one use, this must not change what the other use draws.
func TestDictionariesWhoseKeysAreNames(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const field, note = "<< /FT /Tx /T (free) >>", "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>"
	page := "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
	for _, holder := range []struct {
		name   string
		number int
		object string
		keys   []pdf.Name
		passes int // the number of keys whose change passes where nothing uses them
	}{
		{"the catalog", 1, "<< >>", []pdf.Name{"Extensions", "DSS", "Metadata", "Perms", "Version"}, 0},
		{"a page", 7, page, []pdf.Name{"Annots", "LastModified"}, 0},
		{"a field", 7, field, []pdf.Name{"V", "AP", "AS", "M", "RV", "I", "MK"}, 6},
		{"an annotation", 7, note, []pdf.Name{"Contents", "AP", "Any"}, 0},
	} {
		passed := 0
		for _, annotation := range []string{"/Subtype /Stamp", "/Subtype /Widget /FT /Tx /T (locked)"} {
			for _, key := range holder.keys {
				for use := range namedUses {
					got := namedEntry{holder.number, holder.object, annotation, use, key}.judge(t, s)
					switch {
					case got.Indication != pades.TotalPassed:
					case use != "":
						t.Errorf("%s, %s of %s, %s: got %s %q", holder.name, use, annotation, key, got.Indication,
							got.ChangesAfter)
					default:
						passed++
					}
				}
			}
		}
		if passed != 2*holder.passes {
			t.Errorf("%s: %d keys may change where nothing uses them, want %d", holder.name, passed, 2*holder.passes)
		}
	}
}

// The /Data of a signature reference names the catalog without using it as a value (ISO 32000-2,
// table 256), as in the signatures of Acrobat.
func TestSignaturesThatReferToTheCatalog(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]pades.Change{"Data": pades.ChangeDSS, "Other": pades.ChangeOther} {
		rule{signed: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P 2 >> /" + key +
			" 1 0 R >>]", change: set(1, pdf.Dict{"Extensions": pdf.Dict{}}), want: want,
			passes: want == pades.ChangeDSS}.check(t, ecdsaSigner(t))
	}
}
