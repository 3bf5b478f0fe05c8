package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
)

// holder is a place in a document whose entries a later revision must not change, whatever the
// signature permits. @ is where the entry stands.
type holder struct {
	name    string
	number  int    // of the object that holds the entry
	catalog string // entries of the catalog
	page    string
	fields  string   // further fields of the form
	objects []string // from 7 on; object 6 is the value of the entry
	keys    string
}

const (
	lookKeys   = "H OC Contents NM StructParent Lang AF AA A TU TM Parent Rect P Subtype BM ca CA Dest PA Popup "
	streamKeys = "Filter DecodeParms F FFilter FDecodeParms Resources Group Ref OC OPI Matrix BBox FormType Metadata " +
		"SMask Alternates Decode ColorSpace ImageMask Mask Intent Interpolate PieceInfo LastModified " +
		"StructParents AF Measure PtData"
)

// holders has the dictionaries of ISO 32000-2 that readers draw, run or read aloud, with the keys
// of its tables that no signature, form filling, comment or validation data sets.
func holders() []holder {
	widget := "<< /Type /Annot /Subtype /Widget /Rect [0 0 90 9] "
	reaches := func(name, path, keys string) holder {
		return holder{name: name, number: 7, catalog: path, objects: []string{"<< @ >>"}, keys: keys}
	}
	return []holder{
		{name: "the catalog", number: 1, catalog: "@", keys: "PageLabels Names Dests ViewerPreferences PageLayout " +
			"PageMode Outlines Threads OpenAction AA URI MarkInfo Lang SpiderInfo OutputIntents PieceInfo " +
			"OCProperties " +
			"Legal Requirements Collection NeedsRendering AF DPartRoot Private"},
		{name: "a page", number: 3, page: "@", keys: "CropBox BleedBox TrimBox ArtBox BoxColorInfo Rotate " +
			"Group Thumb B Dur Trans AA Metadata PieceInfo StructParents ID PZ SeparationInfo Tabs " +
			"TemplateInstantiated " +
			"PresSteps UserUnit VP AF OutputIntents DPart Private"},
		{name: "a page's resources", number: 7, page: "/Resources 7 0 R", objects: []string{"<< @ >>"},
			keys: "ExtGState ColorSpace Pattern Shading XObject Font ProcSet Properties"},
		{name: "the form", number: 7, catalog: "/AcroForm 7 0 R", objects: []string{"<< /Fields [9 0 R] @ >>", "null"},
			keys: "CO Q XFA Private"},
		{name: "a text field", number: 7, page: "/Annots [7 0 R]", fields: "7 0 R",
			objects: []string{widget + "/FT /Tx /T (a) @ >>"}, keys: lookKeys + "MaxLen DV DS Opt F BS Border Lock SV"},
		{name: "a choice", number: 7, page: "/Annots [7 0 R]", fields: "7 0 R",
			objects: []string{widget + "/FT /Ch /T (a) @ >>"}, keys: "Opt TI DV A AA F Ff"},
		{name: "a button", number: 7, page: "/Annots [7 0 R]", fields: "7 0 R",
			objects: []string{widget + "/FT /Btn /T (a) @ >>"}, keys: "Opt DV A AA F Ff"},
		{name: "a signature field that waits", number: 7, page: "/Annots [7 0 R]", fields: "7 0 R",
			objects: []string{widget + "/FT /Sig /T (a) @ >>"}, keys: lookKeys + "Lock SV DV F"},
		{name: "a field above others", number: 7, page: "/Annots [8 0 R]", fields: "7 0 R",
			objects: []string{"<< /FT /Tx /T (a) /Kids [8 0 R] @ >>", widget + "/T (b) /Parent 7 0 R >>"},
			keys:    "AA DV Opt MaxLen TU TM"},
		{name: "a watermark", number: 7, page: "/Annots [7 0 R]", objects: []string{"<< /Subtype /Watermark @ >>"},
			keys: "AP AS F OC FixedPrint Rect Contents"},
		{name: "a screen", number: 7, page: "/Annots [7 0 R]", objects: []string{"<< /Subtype /Screen @ >>"},
			keys: "AP A AA MK T Rect"},
		{name: "rich media", number: 7, page: "/Annots [7 0 R]", objects: []string{"<< /Subtype /RichMedia @ >>"},
			keys: "RichMediaContent RichMediaSettings AP"},
		{name: "an action", number: 7, page: "/Annots [8 0 R]",
			objects: []string{"<< /S /URI @ >>", "<< /Subtype /Link /Rect [0 0 9 9] /A 7 0 R >>"},
			keys:    "URI IsMap Next JS F D N NewWindow Win R AN T Flags H OP TA Mac Unix"},
		{name: "an image or form that a page draws", number: 7, page: "/Resources << /XObject << /X 7 0 R >> >>",
			objects: []string{"<< /Type /XObject /Subtype /Form /Length 3 @ >>\nstream\nq Q\nendstream"},
			keys:    streamKeys},
		{name: "a font", number: 7, page: "/Resources << /Font << /F1 7 0 R >> >>",
			objects: []string{"<< /Type /Font @ >>"},
			keys: "Subtype BaseFont Encoding ToUnicode Widths FirstChar LastChar FontDescriptor DescendantFonts " +
				"CharProcs " +
				"Resources FontMatrix FontBBox CIDToGIDMap W DW"},
		{name: "a graphics state", number: 7, page: "/Resources << /ExtGState << /G 7 0 R >> >>",
			objects: []string{"<< @ >>"}, keys: "Font BM SMask CA ca HT TR TR2 BG UCR OP op OPM LW D RI AIS TK"},
		{name: "a layer", number: 7, catalog: "/OCProperties << /OCGs [7 0 R] /D << /Order [7 0 R] >> >>",
			objects: []string{"<< /Type /OCG @ >>"}, keys: "Name Intent Usage"},
		{name: "the states of layers", number: 7, catalog: "/OCProperties << /OCGs [] /D 7 0 R >>",
			objects: []string{"<< @ >>"}, keys: "BaseState ON OFF AS Order RBGroups Locked ListMode Intent"},
		reaches("an outline", "/Outlines << /First 7 0 R /Last 7 0 R >>",
			"Title Dest A SE C F Next Prev First Last Count"),
		reaches("the names of scripts", "/Names << /JavaScript << /Names [(a) 7 0 R] >> >>", "S JS Next"),
		reaches("an attached file", "/Names << /EmbeddedFiles << /Names [(a) 7 0 R] >> >>",
			"F UF EF RF Desc CI AFRelationship Thumb ID V EP"),
		reaches("a page label", "/PageLabels << /Nums [0 7 0 R] >>", "S P St"),
		reaches("an output intent", "/OutputIntents [7 0 R]",
			"S DestOutputProfile OutputConditionIdentifier Info MixingHints"),
		reaches("the root of the structure", "/StructTreeRoot 7 0 R",
			"IDTree RoleMap ClassMap Namespaces PronunciationLexicon AF"),
		reaches("an element of the structure", "/StructTreeRoot << /K 7 0 R >>",
			"S P ID Ref Pg A C R T Lang Alt E ActualText AF NS PhoneticAlphabet Phoneme"),
		reaches("a name space", "/StructTreeRoot << /Namespaces [7 0 R] >>", "NS Schema RoleMapNS"),
		reaches("the viewer's preferences", "/ViewerPreferences 7 0 R",
			"HideToolbar ViewArea ViewClip Direction Enforce"),
		reaches("a collection", "/Collection 7 0 R", "Schema D View Navigator Sort Folders"),
		reaches("a requirement", "/Requirements [7 0 R]", "S V RH Penalty"),
		reaches("a document part", "/DPartRoot << /DPartRootNode 7 0 R >>", "Start End DParts Metadata DPM AF"),
	}
}

// Whatever a signature permits, no entry of the document but those for filling, comments and
// validation data may change: not its value, nor the object that it refers to.
func TestEntriesThatMustNotChange(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, h := range holders() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			for key := range strings.FieldsSeq(h.keys) {
				for way, attack := range entryAttacks {
					got := verified(t, attack(t, s, h, key), s.trust())
					for _, one := range got {
						if one.Indication == pades.TotalPassed || one.Integrity != pades.IntegrityIntact {
							t.Errorf("/%s %s: got %s %q, integrity %s", key, way, one.Indication, one.ChangesAfter,
								one.Integrity)
						}
					}
					if len(got) != 1 {
						t.Errorf("/%s %s: got %d signatures, want 1", key, way, len(got))
					}
				}
			}
		})
	}
}

const newEntry = "<< /Changed (999999) >>"

// entryAttacks are the ways in which a later revision changes an entry.
var entryAttacks = map[string]func(t *testing.T, s signer, h holder, key string) []byte{
	"gets another value": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" 6 0 R", "<< /Was 1 >>", h.number, "/"+key+" "+newEntry)
	},
	"is removed": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" 6 0 R", "<< /Was 1 >>", h.number, "")
	},
	"is added": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "", "null", h.number, "/"+key+" "+newEntry)
	},
	"refers to an object that changes": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" 6 0 R", "<< /Was 1 >>", 6, newEntry)
	},
	"refers to an object that goes": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" 6 0 R", "<< /Was 1 >>", 6, "null")
	},
	"refers to an object that was missing": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" 90 0 R", "null", 90, newEntry)
	},
	"refers, in an array, to an object that changes": func(t *testing.T, s signer, h holder, key string) []byte {
		return h.attacked(t, s, "/"+key+" [6 0 R]", "<< /Was 1 >>", 6, newEntry)
	},
}

// attacked signs a document in which the holder has the entry and object 6 is value. The revision
// behind it gives another value to object n, or another entry to the holder if n is its number.
func (h holder) attacked(t *testing.T, s signer, entry, value string, n int, now string) []byte {
	t.Helper()
	build := func(entry string) []string {
		field := 7 + len(h.objects)
		catalog := h.catalog
		if !strings.Contains(catalog, "/AcroForm") {
			catalog += fmt.Sprintf(" /AcroForm << /Fields [%s %d 0 R] >>", h.fields, field)
		}
		page := h.page + " /Contents 4 0 R"
		if !strings.Contains(page, "/Resources") {
			page += " " + resources
		}
		objects := append(payment(page, catalog, value), h.objects...)
		for i := range objects {
			objects[i] = strings.Replace(objects[i], "@", entry, 1)
		}
		return append(objects, fmt.Sprintf("<< /FT /Sig /T (Signature1) /V %d 0 R >>", field+1))
	}
	signed := s.byHand(t, build(entry), certified("3"))
	if n == h.number {
		now = build(now)[n-1]
	}
	return revisionOf(signed, 100, map[int]string{n: now})
}
