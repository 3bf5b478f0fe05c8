package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// TestTypeOfTheElement: the element of a signature is a form in its namespace. If it cannot be one,
// no element is added, and the increment says so.
func TestTypeOfTheElement(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const (
		own, pdf20 = "<< /Type /Namespace /NS (http://example.org/own) >>", "<< /NS (http://iso.org/pdf2/ssn) >>"
		pdf17      = "<< /NS (http://iso.org/pdf/ssn) >>"
	)
	none, seventh, eighth := pdf.Object(nil), pdf.Ref{Number: 7}, pdf.Ref{Number: 8}
	for _, test := range []struct {
		name, root, namespace string // of the document's element
		others                []string
		want                  pdf.Object
		lost                  bool
	}{
		{"no namespace", "", "", nil, none, false},
		{"a role map without it", "/RoleMap << /Title /H1 >>", "", nil, none, false},
		{"mapped to itself", "/RoleMap << /Form /Form >>", "", nil, none, false},
		{"mapped to another type", "/RoleMap << /Form /Sect >>", "", nil, none, true},
		{"mapped, a role map that is an object", "/RoleMap 7 0 R", "", []string{"<< /Form /Formular >>"}, none, true},
		{"mapped, a namespace of PDF 2.0", "/RoleMap << /Form /Sect >> /Namespaces [7 0 R 8 0 R]", "",
			[]string{own, pdf20}, eighth, false},
		{"mapped, another namespace", "/RoleMap << /Form /Sect >> /Namespaces [7 0 R]", "", []string{own}, none, true},
		{"PDF 2.0", "/RoleMap << /Form /Sect >>", "/NS 7 0 R", []string{pdf20}, seventh, false},
		{"PDF 1.7", "", "/NS 7 0 R", []string{pdf17}, seventh, false},
		{"its own, and PDF 2.0", "/Namespaces [7 0 R 8 0 R]", "/NS 7 0 R", []string{own, pdf20}, eighth, false},
		{"its own alone", "/Namespaces [7 0 R]", "/NS 7 0 R", []string{own}, none, false},
		{"its own alone, mapped", "/RoleMap << /Form /P >>", "/NS 7 0 R", []string{own}, none, true},
		{"a namespace that is a name", "", "/NS /Own", nil, none, true},
		{"a role map that is a number", "/RoleMap 1", "", nil, none, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := taggedPage("", append([]string{"<< /K 5 0 R /ParentTree 6 0 R " + test.root + " >>",
				"<< /S /Document /P 4 0 R /K 0 /Pg 3 0 R " + test.namespace + " >>", "<< /Nums [0 [5 0 R]] >>"},
				test.others...)...)
			signed, increment := s.signedWith(t, before, seen())
			if lost := increment.Inaccessible != ""; lost != test.lost {
				t.Fatalf("got %q, want lost %v", increment.Inaccessible, test.lost)
			}
			if found := verified(t, signed, s.trust()); found[0].Indication != pades.TotalPassed {
				t.Errorf("got %+v, want it to pass", found[0])
			}
			file, _, _ := signatureWidget(t, signed)
			element := must2(file.Dict(numbersOf(t, file, pdf.Ref{Number: 6})[1]))
			if (element == nil) != test.lost || element["NS"] != test.want {
				t.Errorf("got %v, want the namespace %v", element, test.want)
			}
		})
	}
}
