package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
)

// taggedPage is a document of one page with a structure tree. Object 4 is its root; the objects
// behind it are the given ones.
func taggedPage(page string, objects ...string) []byte {
	return pdftest.File{
		Objects: append(
			append(
				pdftest.Pages(1, "/MarkInfo << /Marked true >> /StructTreeRoot 4 0 R /AcroForm << /Fields [] >>")[:2],
				"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> "+page+" >>"),
			objects...)}.Bytes()
}

// seen gives options for a visible signature.
func seen() pades.Options {
	return pades.Options{Appearance: &pades.Appearance{Page: 1,
		Box: pades.Rectangle{X: 10, Y: 10, Width: 200, Height: 60}}}
}

// signedWith gives the signed document and the increment.
func (s signer) signedWith(t *testing.T, document []byte, options pades.Options) ([]byte, *pades.Increment) {
	t.Helper()
	options.Time = time.Now()
	increment, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key, options)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes), increment
}

// numbersOf reads a number tree as a reader would: ISO 32000-2, 7.9.7.
func numbersOf(t *testing.T, file *pdf.File, node pdf.Object) map[pdf.Integer]pdf.Object {
	t.Helper()
	found := map[pdf.Integer]pdf.Object{}
	dict, err := file.Dict(node)
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := file.Array(dict["Nums"])
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(numbers); i += 2 {
		key := numbers[i].(pdf.Integer)
		if found[key] != nil {
			t.Errorf("got the key %d twice", key)
		}
		found[key] = numbers[i+1]
	}
	leaves, err := file.Array(dict["Kids"])
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range leaves {
		limits := must2(file.Dict(leaf))["Limits"].(pdf.Array)
		for key, value := range numbersOf(t, file, leaf) {
			if key < limits[0].(pdf.Integer) || key > limits[1].(pdf.Integer) {
				t.Errorf("got the key %d in a leaf of %v", key, limits)
			}
			found[key] = value
		}
	}
	return found
}

func must2(dict pdf.Dict, err error) pdf.Dict {
	if err != nil {
		panic(err)
	}
	return dict
}

func TestVisibleSignatureIsInTheStructureTree(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const (
		document = "<< /S /Document /P 4 0 R /K 0 /Pg 3 0 R >>"
		numbers  = "<< /Nums [0 [5 0 R]] >>"
	)
	for _, test := range []struct {
		name    string
		objects []string
		parent  int         // number of the object that gets the element
		key     pdf.Integer // that it gets
		kept    int         // entries of the parent tree that were there
	}{
		{"one element", []string{"<< /Type /StructTreeRoot /K 5 0 R /ParentTree 6 0 R /ParentTreeNextKey 1 >>",
			document, numbers}, 5, 1, 1},
		{"an array of one", []string{"<< /K [5 0 R] /ParentTree 6 0 R /ParentTreeNextKey 7 >>", document, numbers}, 5,
			7, 1},
		{"an array of two", []string{"<< /K [5 0 R 7 0 R] /ParentTree 6 0 R /ParentTreeNextKey 1 >>", document, numbers,
			document}, 4, 1, 1},
		{"an array that is an object", []string{"<< /K 7 0 R /ParentTree 6 0 R >>", document, numbers, "[5 0 R 5 0 R]"},
			4, 1, 1},
		{"nothing in it", []string{"<< /Type /StructTreeRoot >>"}, 4, 0, 0},
		{"no parent tree", []string{"<< /K 5 0 R /ParentTreeNextKey 3 >>", document}, 5, 3, 0},
		{"a direct parent tree", []string{"<< /K 5 0 R /ParentTree << /Nums [2 5 0 R] >> >>", document}, 5, 3, 1},
		{"numbers that are an object",
			[]string{"<< /K 5 0 R /ParentTree 6 0 R >>", document, "<< /Nums 7 0 R >>", "[4 5 0 R]"}, 5, 5, 1},
		{"leaves", []string{"<< /K 5 0 R /ParentTree 6 0 R >>", document, "<< /Kids [7 0 R 8 0 R] >>",
			"<< /Limits [0 1] /Nums [0 5 0 R 1 5 0 R] >>", "<< /Limits [5 9] /Nums [5 5 0 R 9 5 0 R] >>"}, 5, 10, 4},
		{"a next key that is taken", []string{"<< /K 5 0 R /ParentTree 6 0 R /ParentTreeNextKey 0 >>", document,
			"<< /Nums [8 5 0 R 3 5 0 R] >>"}, 5, 9, 2},
		{"an element without kids",
			[]string{"<< /K 5 0 R /ParentTree 6 0 R >>", "<< /S /Document /P 4 0 R >>", numbers}, 5, 1, 1},
		{"an element with one", []string{"<< /K 5 0 R /ParentTree 6 0 R >>", "<< /S /Document /P 4 0 R /K 7 0 R >>",
			numbers, "<< /S /P /P 5 0 R >>"}, 5, 1, 1},
		{"an element with many", []string{"<< /K 5 0 R /ParentTree 6 0 R >>", "<< /S /Document /P 4 0 R /K 7 0 R >>",
			numbers, "[8 0 R 8 0 R]", "<< /S /P /P 5 0 R >>"}, 5, 1, 1},
	} {
		for _, existing := range []bool{false, true} {
			t.Run(test.name+map[bool]string{true: ", field", false: ""}[existing], func(t *testing.T) {
				t.Parallel()
				before, options := taggedPage("", test.objects...), seen()
				if existing {
					reference := fmt.Sprintf("%d 0 R", 4+len(test.objects))
					objects := append(pdftest.Pages(1,
						"/MarkInfo << /Marked true >> /StructTreeRoot 4 0 R /AcroForm << /Fields ["+reference+
							"] >>")[:2],
						"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> /Annots ["+reference+
							"] >>")
					objects = append(append(objects, test.objects...),
						"<< /FT /Sig /T (seal) /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 /P 3 0 R >>")
					before = pdftest.File{Objects: objects}.Bytes()
					options = pades.Options{Field: "seal", Appearance: &pades.Appearance{}}
				}
				signed, increment := s.signedWith(t, before, options)
				if increment.Inaccessible != "" {
					t.Errorf("got %q, want the document as accessible as before", increment.Inaccessible)
				}
				if found := verified(t, signed, s.trust()); found[0].Indication != pades.TotalPassed {
					t.Errorf("got %+v, want it to pass", found[0])
				}
				inspectStructure(t, signed, test.parent, test.key, test.kept)
			})
		}
	}
}

// inspectStructure follows the widget of a signature to its place in the structure tree, and back.
func inspectStructure(t *testing.T, signed []byte, parent int, key pdf.Integer, kept int) {
	t.Helper()
	file, widget, _ := signatureWidget(t, signed)
	root := must2(file.Dict(pdf.Ref{Number: 4}))
	numbers := numbersOf(t, file, root["ParentTree"])
	if widget["StructParent"] != key || len(numbers) != kept+1 || root["ParentTreeNextKey"] != key+1 {
		t.Fatalf("got the key %v of %d, the next %v, want %d of %d", widget["StructParent"], len(numbers),
			root["ParentTreeNextKey"], key, kept+1)
	}
	element := must2(file.Dict(numbers[key]))
	reference := must2(file.Dict(element["K"]))
	shown := must2(file.Dict(reference["Obj"]))
	if element["S"] != pdf.Name("Form") || reference["Type"] != pdf.Name("OBJR") || shown["StructParent"] != key {
		t.Errorf("got %v, want a form with a reference to the widget", element)
	}
	kids, err := file.Resolve(must2(file.Dict(pdf.Ref{Number: parent}))["K"])
	if array, ok := kids.(pdf.Array); err != nil || !ok || array[len(array)-1] != numbers[key] ||
		element["P"] != (pdf.Ref{Number: parent}) {
		t.Errorf("got the kids %v of %v, want the form last", kids, element["P"])
	}
	text := func(object pdf.Object) string { text, _ := object.(pdf.String); return string(text) }
	if text(widget["TU"]) != "Signed by Seal" || text(widget["Contents"]) != "Signed by Seal" {
		t.Errorf("got /TU %q and /Contents %q, want who signed", widget["TU"], widget["Contents"])
	}
}

// TestTabOrderOfTaggedPages: with its first annotation, a page of a tagged document gets a tab
// order, and no other page does.
func TestTabOrderOfTaggedPages(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		name     string
		document []byte
		want     pdf.Object
	}{
		{"tagged", taggedPage("", "<< >>"), pdf.Name("S")},
		{"with another order", taggedPage("/Tabs /R", "<< >>"), pdf.Name("R")},
		{"not tagged", onePage("/MediaBox [0 0 600 800]"), nil},
	} {
		for _, options := range []pades.Options{{}, seen()} {
			signed, _ := s.signedWith(t, test.document, options)
			file, widget, _ := signatureWidget(t, signed)
			page := must2(file.Dict(pdf.Ref{Number: 3}))
			if page["Tabs"] != test.want {
				t.Errorf("%s: got /Tabs %v, want %v", test.name, page["Tabs"], test.want)
			}
			tagged := test.want != nil && options.Appearance != nil
			if (widget["StructParent"] != nil) != tagged || (widget["TU"] != nil) != (options.Appearance != nil) {
				t.Errorf("%s: got %v, want a place in the structure where one can see it: %v", test.name, widget,
					tagged)
			}
		}
	}
}

// TestStructureOfASignedDocumentStays: the second signature does not change the structure tree, and
// the increment says so, because strict readers treat a growing tree as a change.
func TestStructureOfASignedDocumentStays(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	first, _ := s.signedWith(t, taggedPage("", "<< /K 5 0 R >>", "<< /S /Document /P 4 0 R >>"), pades.Options{})
	for name, options := range map[string]pades.Options{"visible": seen(), "invisible": {}} {
		second, increment := s.signedWith(t, first, options)
		if got := increment.Inaccessible != ""; got != (options.Appearance != nil) {
			t.Errorf("%s: got %q, want a word of it where the signature is seen", name, increment.Inaccessible)
		}
		if added := second[len(first):]; bytes.Contains(added, []byte("StructElem")) ||
			bytes.Contains(added, []byte("ParentTree")) {
			t.Errorf("%s: got a structure tree that has grown", name)
		}
		for _, found := range verified(t, second, s.trust()) {
			if found.Indication != pades.TotalPassed {
				t.Errorf("%s: got %+v, want it to pass", name, found)
			}
		}
	}
}

// TestStructureThatCannotBeRead: a document with an unreadable structure tree can be signed. The
// tree stays, and the increment says so.
func TestStructureThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, objects := range map[string][]string{
		"a number":             {"7"},
		"kids that are a name": {"<< /K [9 0 R] /ParentTree 5 >>"},
		"keys out of range":    {"<< /ParentTree << /Nums [2147483647 null] >> >>"},
		"keys that are names":  {"<< /ParentTree << /Nums [/A null] >> >>"},
		"a next key as a name": {"<< /ParentTreeNextKey /A >>"},
		"an element of a kind": {"<< /K 5 0 R >>", "(text)"},
		"too many leaves":      {"<< /ParentTree << /Kids [" + strings.Repeat("5 0 R ", 20_001) + "] >> >>", "<< >>"},
	} {
		document := taggedPage("", objects...)
		signed, increment := s.signedWith(t, document, seen())
		if increment.Inaccessible == "" || bytes.Contains(signed[len(document):], []byte("StructElem")) {
			t.Errorf("%s: got %q, want the tree to stay and a word of it", name, increment.Inaccessible)
		}
		if found := verified(t, signed, s.trust()); found[0].Indication != pades.TotalPassed {
			t.Errorf("%s: got %+v, want it to pass", name, found[0])
		}
	}
}
