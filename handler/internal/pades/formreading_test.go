package pades_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Entries that are no fields or annotations are omitted, with a remark, and a later signature finds
// no changes.
func TestEntriesThatAreNone(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, entry := range []string{
		"7", "-1.5", "/Name", "(text)", "<0102>", "true", "[1 2]", "[]", "10 0 R", "11 0 R", "12 0 R", "13 0 R",
		"14 0 R",
	} {
		for list, change := range map[string]func(objects []string){
			"/Fields": func(objects []string) { objects[3] = "<< /Fields [" + entry + " 5 0 R " + entry + "] >>" },
			"/Kids": func(objects []string) {
				objects[4] = "<< /FT /Sig /T (Sign here) /Kids [" + entry +
					" 6 0 R] >>"
			},
			"/Annots": func(objects []string) { objects[6] = "[" + entry + " 6 0 R]" },
		} {
			t.Run(entry+" in "+list, func(t *testing.T) {
				t.Parallel()
				objects := append(splitField(), "", "", "(a string)", "5.5", "[6 0 R]", "<< /Broken",
					pdftest.Stream("", "data"))
				change(objects)
				signed, notes := noted(t, s, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
				if !strings.Contains(notes, "of "+list) || !strings.Contains(notes, "left out") ||
					!place.MatchString(notes) {
					t.Errorf("got notes %q, want one of an entry of %s and where", notes, list)
				}
				if list == "/Kids" { // this test does not compare two forms of the field
					return
				}
				again, _ := noted(t, s, signed, pades.Options{Field: "Sign here"})
				noted(t, s, again, pades.Options{})
			})
		}
	}
}

// A later signature changes neither the objects below a kid that is null, nor a form that a field
// names as its parent. Therefore the earlier signature stays valid.
func TestFormsThatFieldsReferTo(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, change := range map[string]func(objects []string){
		"a kid that is null":         func(o []string) { o[4] = "<< /FT /Tx /T (x) /Kids [6 0 R 8 0 R] >>" },
		"an annotation that is null": func(o []string) { o[6] = "[6 0 R 8 0 R]" },
		"the form as the field's parent": func(o []string) {
			o[4] = "<< /FT /Tx /T (x) /Kids [6 0 R] /Parent 4 0 R >>"
		},
		"the form as a widget's parent": func(o []string) {
			o[4] = "<< /FT /Tx /T (x) /Type /Annot /Subtype /Widget /Rect [9 9 90 90] /P 3 0 R /Parent 4 0 R >>"
			o[6] = "[5 0 R]"
		},
	} {
		for _, streams := range []bool{false, true} {
			objects := append(splitField(), "null")
			change(objects)
			file := pdftest.File{Objects: objects, Streams: streams}
			signed, _ := noted(t, s, file.Bytes(), pades.Options{})
			again, _ := noted(t, s, signed, pades.Options{})
			t.Run(fmt.Sprintf("%s, object streams %v", name, streams), func(t *testing.T) {
				checkAttack(t, s, again, pades.ChangeSignature)
			})
		}
	}
}

// Readers treat a signature field whose value is no dictionary as empty: this field can be signed,
// and so can others.
func TestSignatureValueThatIsNone(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, value := range []string{"(Signature)", "7", "/Name", "[1 2]", "false", "8 0 R", "99 0 R"} {
		for _, field := range []string{"", "Sign here"} {
			objects := append(splitField(), "(Signature)")
			objects[4] = "<< /FT /Sig /T (Sign here) /Kids [6 0 R] /V " + value + " >>"
			signed, _ := noted(t, s, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: field})
			noted(t, s, signed, pades.Options{})
		}
	}
	objects := append(splitField(), pdftest.Stream("/ByteRange [0 1 2 3] /Contents <00>", "data"))
	objects[4] = "<< /FT /Sig /T (Sign here) /Kids [6 0 R] /V 8 0 R >>"
	_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), pades.Options{})
	wantPlaced(t, err)
}

// An entry that no reader treats as a field may hold a signature. The document must not be signed
// as if it had none.
func TestUnreadableFieldWithASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, field := range map[string]string{
		"a name that is a number":                      "<< /FT /Sig /T 5 /V 8 0 R >>",
		"a type that is a string":                      "<< /FT (Sig) /T (x) /V 8 0 R >>",
		"kids that are a number":                       "<< /FT /Sig /T (x) /Kids 7 /V 8 0 R >>",
		"a name that is a number, the signature below": "<< /T 5 /Kids [11 0 R] >>",
		"a widget beside one that cannot be read":      "<< /FT /Sig /T (x) /Kids [12 0 R 10 0 R] >>",
	} {
		objects := append(splitField(), "<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>", field, "<< /Kids 7 >>",
			"<< /FT /Sig /T (y) /V 8 0 R >>", "<< /V 8 0 R >>")
		objects[3] = "<< /Fields [5 0 R 9 0 R] >>"
		_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), pades.Options{})
		t.Run(name, func(t *testing.T) { wantPlaced(t, err) })
	}
	objects := append(splitField(), "<< /FT /Sig")
	objects[3] = "<< /SigFlags 3 /Fields [5 0 R 8 0 R] >>"
	_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), pades.Options{})
	wantPlaced(t, err)
}

// A page tree that contains itself, or a branch twice, does not make the reader loop.
func TestPageTreesThatLeadBack(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for kids, want := range map[string]int{
		"[2 0 R 3 0 R]": 3, "[3 0 R 2 0 R]": 3, "[4 0 R 3 0 R]": 5, "[4 0 R 4 0 R]": 5, "[3 0 R 3 0 R]": 3,
		"[null 99 0 R 4 0 R]": 5, "[6 0 R 4 0 R]": 5,
	} {
		objects := append(pdftest.Pages(1, ""), "<< /Type /Pages /Count 1 /Parent 2 0 R /Kids [2 0 R 5 0 R 4 0 R] >>",
			"<< /Type /Page /Parent 4 0 R /MediaBox [0 0 9 9] >>", "<< /Type /Pages /Kids [6 0 R 2 0 R] >>")
		objects[1] = "<< /Type /Pages /Count 1 /Kids " + kids + " >>"
		signed, _ := noted(t, s, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
		_, widget, _ := signatureWidget(t, signed)
		if widget["P"] != number(want) {
			t.Errorf("%s: got the signature on %v, want object %d", kids, widget["P"], want)
		}
	}
}

// Poppler shows no page that is a direct object, and no page behind it; other viewers show all.
// Therefore signing on or behind such a page is refused, and signing before it works.
func TestPagesThatAreDirectObjects(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const page, tree = "<< /Type /Page /Parent 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
	visible := func(page int) pades.Options { return pades.Options{Appearance: &pades.Appearance{Page: page}} }
	for _, c := range []struct {
		name, pages string
		options     pades.Options
		want        string // in the detail; empty = signed
	}{
		{"first page", "[" + page + " 3 0 R]", pades.Options{}, "kid 1 of a node in the page tree is a direct object"},
		{"branch", "[" + tree + " 3 0 R]", pades.Options{}, "kid 1 of a node in the page tree is a direct object"},
		{"last page, visible there", "[3 0 R " + page + "]", visible(-1),
			"kid 2 of a node in the page tree is a direct"},
		{"last page, visible on the first", "[3 0 R " + page + "]", visible(1), ""},
		{"last page", "[3 0 R " + page + "]", pades.Options{}, ""},
		{"number", "[7 3 0 R]", pades.Options{}, "kid 1 of a node in the page tree is not a reference"},
	} {
		objects := pdftest.Pages(1, "")
		objects[1] = "<< /Type /Pages /Count 2 /Kids " + c.pages + " /MediaBox [0 0 595 842] >>"
		_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), c.options)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: got %v, want it signed", c.name, err)
			}
			continue
		}
		wantPlaced(t, err)
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "object 2 at offset") {
			t.Errorf("%s: got %v, want %q and object 2", c.name, err, c.want)
		}
	}
	objects := pdftest.Pages(1, "")
	objects[0] = "<< /Type /Catalog /Pages " + tree + " >>"
	_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), pades.Options{})
	if err == nil || !strings.Contains(err.Error(), "is a direct object") ||
		!strings.Contains(err.Error(), "object 1 at offset") {
		t.Errorf("page tree in the catalog: got %v, want object 1 and its direct object", err)
	}
}

// The field and each widget have the signature, because some readers look for it in only one of
// them.
func TestSignatureInFieldAndWidgets(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	two := append(splitField(), "<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [20 80 200 120] /P 3 0 R /F 4 >>")
	two[4], two[6] = "<< /FT /Sig /T (Sign here) /Kids [6 0 R 8 0 R] >>", "[6 0 R 8 0 R]"
	nothing := splitField()
	nothing[5] = "<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [0 0 0 0] /AP << >> /P 3 0 R >>"
	for name, objects := range map[string][]string{"one widget": splitField(), "two widgets": two,
		"a widget without a box": nothing} {
		for _, appearance := range []*pades.Appearance{nil, {Text: "signed"}} {
			if name == "a widget without a box" && appearance != nil {
				continue
			}
			document := pdftest.File{Objects: objects}.Bytes()
			signed, _ := noted(t, s, document, pades.Options{Field: "Sign here", Appearance: appearance})
			file, _ := open(t, signed)
			field, _ := file.Dict(number(5))
			kids, _ := file.Array(field["Kids"])
			for _, node := range append(slices.Clone(kids), number(5)) {
				if dict, _ := file.Dict(node); dict["V"] == nil || dict["V"] != field["V"] {
					t.Errorf("%s, visible %v: got /V %v in %v, want that of the field, %v", name, appearance != nil,
						dict["V"], node, field["V"])
				}
			}
			noted(t, s, signed, pades.Options{}) // it stays valid after another signature

			// In a signed document, a widget changes only if it is to show something.
			before := s.sign(t, document, pades.Options{})
			signed, notes := noted(t, s, before, pades.Options{Field: "Sign here", Appearance: appearance})
			file, _ = open(t, signed)
			widget, _ := file.Dict(number(6))
			if (widget["V"] != nil) != (appearance != nil) ||
				strings.Contains(notes, "do not show") != (appearance == nil) {
				t.Errorf("%s, behind a signature, visible %v: got /V %v and notes %q", name, appearance != nil,
					widget["V"], notes)
			}
		}
	}
}

// With the flag, readers generate the appearances of all fields again, including signed ones.
func TestNeedAppearances(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	visible := &pades.Appearance{Text: "signed"}
	lock := "<< /FT /Sig /T (Sign here) /Kids [6 0 R] /Lock << /Action /All >> >>"
	for _, test := range []struct {
		name, form, field string
		before            *pades.Options // of an earlier signature
		appearance        *pades.Appearance
		stays             bool
	}{
		{"visible", "<< /NeedAppearances true /Fields [5 0 R] >>", "", nil, visible, false},
		{"visible, an object of its own", "<< /NeedAppearances 8 0 R /Fields [5 0 R] >>", "", nil, visible, false},
		{"visible, false", "<< /NeedAppearances false /Fields [5 0 R] >>", "", nil, visible, false},
		{"invisible", "<< /NeedAppearances true /Fields [5 0 R] >>", "", nil, nil, true},
		{"behind a signature", "<< /NeedAppearances true /Fields [5 0 R] >>", "", &pades.Options{}, visible, false},
		{"behind a certification", "<< /NeedAppearances true /Fields [5 0 R] >>", "",
			&pades.Options{Certify: pades.FormFilling}, visible, false},
		{"behind a lock", "<< /NeedAppearances true /Fields [5 0 R 9 0 R] >>", lock, &pades.Options{Field: "Sign here"},
			visible, true},
	} {
		objects := append(splitField(), "true",
			"<< /FT /Sig /T (Other) /Type /Annot /Subtype /Widget /Rect [20 100 200 150] /P 3 0 R /F 4 >>")
		objects[3] = test.form
		if test.field != "" {
			objects[4] = strings.Replace(test.field, "/All", "/Include /Fields [(third)]", 1)
		}
		document := pdftest.File{Objects: objects}.Bytes()
		field := "Sign here"
		if test.before != nil {
			document = s.sign(t, document, *test.before)
		}
		if test.before != nil && test.before.Field == field {
			field = "Other"
		}
		signed, _ := noted(t, s, document, pades.Options{Field: field, Appearance: test.appearance})
		file, catalog := open(t, signed)
		form, _ := file.Dict(catalog["AcroForm"])
		if got := form["NeedAppearances"] != nil; got != test.stays {
			t.Errorf("%s: got /NeedAppearances there: %v, want %v", test.name, got, test.stays)
		}
	}
}

// A name means the field that a page shows, whether or not the form leads to it.
func TestOrphans(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	widget := "<< /FT /Sig /T (Sign here) /Type /Annot /Subtype /Widget /Rect [20 20 200 60] /P 3 0 R /F 4 >>"
	const catalog = "<< /Type /Catalog /Pages 2 0 R >>"
	for name, change := range map[string]func(o []string){
		"a widget that is a field": func(o []string) { o[3], o[5] = "<< /Fields [] >>", widget },
		"no form at all":           func(o []string) { o[0], o[5] = catalog, widget },
		"a form without fields":    func(o []string) { o[3], o[5] = "<< /DA (/F 0 Tf) >>", widget },
		"a field above":            func(o []string) { o[3] = "<< /Fields [] >>" },
		"a field above that does not list it": func(o []string) {
			o[3], o[4] = "<< /Fields [] >>", "<< /FT /Sig /T (Sign here) >>"
		},
		"a type above": func(o []string) {
			o[3], o[4] = "<< /Fields [] >>", "<< /FT /Sig >>"
			o[5] = strings.Replace(widget, "/FT /Sig", "/Parent 5 0 R", 1)
		},
		"a field far above that does not list the one below": func(o []string) {
			o[3], o[4], o[7] = "<< /Fields [] >>", "<< /T (Sign here) /Parent 8 0 R /Kids [6 0 R] >>", "<< /FT /Sig >>"
		},
		"on another page": func(o []string) {
			o[1], o[3], o[5] = "<< /Type /Pages /Count 2 /Kids [8 0 R 3 0 R] >>", "<< /Fields [] >>", widget
		},
		"beside what is none": func(o []string) {
			o[3], o[5], o[6] = "<< /Fields [] >>", widget, "[7 (x) 99 0 R null 6 0 R]"
		},
	} {
		for _, appearance := range []*pades.Appearance{nil, {Text: "signed"}} {
			objects := append(splitField(), "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>")
			change(objects)
			document := pdftest.File{Objects: objects}.Bytes()
			signed, notes := noted(t, s, document, pades.Options{Field: "Sign here", Appearance: appearance})
			if !strings.Contains(notes, "added to the form") {
				t.Errorf("%s: got notes %q, want that it was taken in", name, notes)
			}
			file, catalog := open(t, signed)
			if fields, err := form.Read(file, catalog); err != nil || fields.Find("Sign here") == nil {
				t.Errorf("%s: got %v %v, want the form to lead to the field", name, fields, err)
			}
			if shown, _ := file.Dict(number(6)); shown["V"] == nil {
				t.Errorf("%s: got the widget %v, want the signature in it", name, shown)
			}
			noted(t, s, signed, pades.Options{})
			_, err := s.try(t.Context(), s.sign(t, document, pades.Options{}), pades.Options{Field: "Sign here"})
			if codeOf(err) != pades.CodeFieldUnusable {
				t.Errorf("%s, behind a signature: got %v, want %s", name, err, pades.CodeFieldUnusable)
			}
		}
	}
	for name, other := range map[string]string{
		"signed already": strings.Replace(widget, "/T", "/V 4 0 R /T", 1),
		"a text field":   strings.Replace(widget, "/Sig", "/Tx", 1),
	} {
		objects := splitField()
		objects[0], objects[5] = catalog, other
		if _, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(),
			pades.Options{Field: "Sign here"}); codeOf(err) != pades.CodeFieldUnusable {
			t.Errorf("%s: got %v, want %s", name, err, pades.CodeFieldUnusable)
		}
	}
	direct := splitField()
	direct[0], direct[6] = catalog, "["+widget+"]"
	if _, err := s.try(t.Context(), pdftest.File{Objects: direct}.Bytes(),
		pades.Options{Field: "Sign here"}); codeOf(err) != pades.CodeFieldUnusable {
		t.Errorf("no object of its own: got %v, want %s", err, pades.CodeFieldUnusable)
	}
}

// The appearance of an existing field has the size of its box on the page as it is shown.
func TestFieldOnAPageOfAnotherUnit(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for unit, want := range map[string]string{"": "[0 0 180 40]", "/UserUnit 2": "[0 0 360 80]",
		"/UserUnit 0.5": "[0 0 90 20]"} {
		objects := splitField()
		objects[2] = strings.Replace(objects[2], "/Resources", unit+" /Resources", 1)
		signed, _ := noted(t, s, pdftest.File{Objects: objects}.Bytes(),
			pades.Options{Field: "Sign here", Appearance: &pades.Appearance{Text: "signed"}})
		file, _ := open(t, signed)
		widget, _ := file.Dict(number(6))
		appearances, _ := file.Dict(widget["AP"])
		drawn, err := file.Stream(appearances["N"])
		if err != nil || fmt.Sprint(drawn.Dict["BBox"]) != want {
			t.Errorf("%q: got %v %v, want /BBox %s", unit, drawn, err, want)
		}
		if fmt.Sprint(widget["Rect"]) != fmt.Sprint(
			pdf.Array{pdf.Integer(20), pdf.Integer(20), pdf.Integer(200), pdf.Integer(60)}) {
			t.Errorf("%q: got /Rect %v, want it as it was", unit, widget["Rect"])
		}
	}
}
