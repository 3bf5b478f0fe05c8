package pades_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// somewhere makes a document whose last object is the signature. The entries of the catalog and of
// the page, and the further objects, from 6 on, refer to it: %d is its number.
func (s signer) somewhere(t *testing.T, page, catalog string, objects ...string) []byte {
	t.Helper()
	number := 6 + len(objects)
	fill := func(text string) string { return strings.ReplaceAll(text, "%d", fmt.Sprint(number)) }
	all := payment(resources+"/Contents 4 0 R "+fill(page), fill(catalog))
	for _, object := range objects {
		all = append(all, fill(object))
	}
	return s.byHand(t, all, "")
}

const (
	invisible  = "/Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R "
	good       = " TOTAL-PASSED intact trusted none"
	one        = "TOTAL-PASSED: 1 signature, valid"
	noField    = "remark: no field of the form has this signature: most readers do not show it"
	looksLike  = "what looks like a signature dictionary is "
	otherThing = "; the file holds something that looks like a signature and is not judged"
)

// The report lists a signature wherever the document refers to it.
func TestSignaturesAreFoundWhereverTheyHang(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	form := "/AcroForm << /Fields [6 0 R] >>"
	for _, test := range []struct {
		name          string
		page, catalog string
		objects       []string
		want          []string
	}{
		{"in its field", "", form, []string{"<< /FT /Sig /T (s) /V %d 0 R >>"}, []string{one, `"s"` + good}},
		{"in the only widget", "", form, []string{"<< /FT /Sig /T (s) /Kids [7 0 R] >>", "<< " + invisible + "/Parent 6 0 R /V %d 0 R >>"}, []string{one, `"s"` + good}},
		{"in a widget that is no object", "", form, []string{"<< /FT /Sig /T (s) /Kids [<< " + invisible + "/V %d 0 R >>] >>"}, []string{one, `"s"` + good}},
		{"in the second widget", "", form, []string{
			"<< /FT /Sig /T (s) /Kids [7 0 R 8 0 R] >>", "<< " + invisible + "/Parent 6 0 R >>",
			"<< " + invisible + "/Parent 6 0 R /V %d 0 R >>",
		}, []string{one, `"s"` + good}},
		{"in a widget below a widget", "", form, []string{"<< /FT /Sig /T (s) /Kids [7 0 R] >>", "<< /Kids [<< /V %d 0 R >>] >>"}, []string{one, `"s"` + good}},
		{"in all widgets", "", form, []string{"<< /FT /Sig /T (s) /Kids [<< /V %d 0 R >> << /V %d 0 R >>] /V %d 0 R >>"}, []string{one, `"s"` + good}},
		{"in a widget that says itself what it is", "", form, []string{"<< /T (s) /Kids [<< /FT /Sig /V %d 0 R >>] >>"}, []string{one, `"s"` + good}},
		{"in a widget beside an absent value", "", form, []string{"<< /FT /Sig /T (s) /V 99 0 R /Kids [<< /V %d 0 R >>] >>"}, []string{one, `"s"` + good}},
		{"in its field, above another dictionary", "", form, []string{"<< /FT /Sig /T (s) /V %d 0 R /Kids [<< /V << /A 1 >> >>] >>"}, []string{one, `"s"` + good}},
		{"in its field, above another signature", "", form,
			[]string{"<< /FT /Sig /T (s) /V %d 0 R /Kids [<< /V 7 0 R >>] >>",
				"<< /ByteRange [0 1 2 3] /Contents <00> >>"},
			[]string{"INDETERMINATE: the format of the signature is not one that is evaluated",
				`"s" INDETERMINATE SIG_CONSTRAINTS_FAILURE not_evaluated not_evaluated not_evaluated`, `"s"` + good}},
		{"in a field without a type", "", form, []string{"<< /T (s) /V %d 0 R >>"},
			[]string{one, `"s"` + good, "remark: the field does not state that it is a signature field"}},
		{"in a text field", "", form, []string{"<< /FT /Tx /T (s) /V %d 0 R >>"},
			[]string{one, `"s"` + good, "remark: the field does not state that it is a signature field"}},
		{"in a field above another", "", form, []string{"<< /FT /Sig /T (a) /V %d 0 R /Kids [<< /T (b) >>] >>"}, []string{one, `"a.b"` + good}},
		{"in a field above one that has its own value", "", form,
			[]string{"<< /FT /Sig /T (a) /V %d 0 R /Kids [<< /T (b) /V 99 0 R >>] >>"}, []string{
				one + otherThing, `"a"` + good, `unjudged 99: the value of signature field "a.b" is missing, or is not a dictionary`,
			}},
		{"in a field above one that is listed before", "", "/AcroForm << /Fields [7 0 R 6 0 R] >>",
			[]string{"<< /FT /Sig /T (a) /V %d 0 R /Kids [7 0 R] >>", "<< /T (b) >>"},
			[]string{one, `"a"` + good}},
		{"in a field listed twice", "", "/AcroForm << /Fields [6 0 R 6 0 R] >>", []string{"<< /FT /Sig /T (s) /V %d 0 R >>"}, []string{one, `"s"` + good}},
		{"in a field that is its own kid", "", form, []string{"<< /FT /Sig /T (s) /V %d 0 R /Kids [6 0 R 6 0 R] >>"}, []string{one, `"s"` + good}},
		{"in a circle of fields", "", form,
			[]string{"<< /FT /Sig /T (a) /Kids [7 0 R] >>", "<< /T (b) /V %d 0 R /Kids [6 0 R 8 0 R] >>",
				"<< /T (c) /Kids [7 0 R] >>"},
			[]string{one, `"a.b.c"` + good}},
		{"in the permissions alone", "", "/Perms << /DocMDP %d 0 R >>", nil,
			[]string{one, `""` + good, "remark: only /Perms names this certification: no field of the form has it"}},
		{"in a widget on the page alone", "/Annots [6 0 R]", "", []string{"<< " + invisible + "/FT /Sig /T (s) /V %d 0 R >>"}, []string{one, `"s"` + good, noField}},
		{"in a widget of a field that is not listed", "/Annots [6 0 R]", "/AcroForm << /Fields [] >>",
			[]string{"<< " + invisible + "/Parent 7 0 R /V %d 0 R >>", "<< /FT /Sig /T (s) >>"},
			[]string{one, `"s"` + good, noField}},
		{"nowhere", "", "", nil, []string{one, `""` + good, noField}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := s.somewhere(t, test.page, test.catalog, test.objects...)
			if got, want := told(reported(t, document, s.trust()), nil), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// A signature that no field has is listed once, even if it has several entries that look like one.
func TestASignatureThatLooksLikeTwo(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	document := s.byHand(t, payment(resources+"/Contents 4 0 R", ""), "/A << /ByteRange [1] >>")
	want := strings.Join([]string{one, `""` + good, noField}, "\n")
	if got := told(reported(t, document, s.trust()), nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The report also lists what looks like a signature and cannot be judged, with its object.
func TestWhatLooksLikeASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	dictionary := "<< /Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 10] /Contents <00> >>"
	signed := s.somewhere(t, "", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (s) /V %d 0 R >>")
	field := func(value string) []byte {
		return pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>",
			"<< /FT /Sig /T (s) /V "+value+" >>", "[1]", pdftest.Stream("", "x"), "]")}.Bytes()
	}
	none := ": no signature" + otherThing
	// withRange signs a document whose object 6 has a /ByteRange to the end of the document.
	withRange := func(object string) []byte {
		const hole = "[0 1 1 0000000000]"
		object = strings.Replace(object, "%s", hole, 1)
		objects := payment(resources+"/Contents 4 0 R",
			"/AcroForm << /Fields [<< /FT /Sig /T (s) /V 7 0 R >>] >>", object)
		return s.byHandIn(t, pdftest.File{Objects: objects}, claimedNow(), func(document []byte) []byte {
			return bytes.Replace(document, []byte(hole), fmt.Appendf(nil, "[0 1 1 %010d]", len(document)-1), 1)
		})
	}
	behind := func(text string) []byte { // adds the old end again, so that the bytes have no cross-reference section
		return slices.Concat(signed, []byte("\n"+text+"\n"), signed[bytes.LastIndex(signed, []byte("startxref")):])
	}
	for name, test := range map[string]struct {
		document []byte
		want     []string // the beginnings of some lines
	}{
		"a value that is not there":    {field("99 0 R"), []string{none, `unjudged 99: the value of signature field "s" is missing`}},
		"a value that is an array":     {field("7 0 R"), []string{none, `unjudged 7: the value of signature field "s" is missing, or is not a dictionary`}},
		"a value that is a stream":     {field("8 0 R"), []string{none, `unjudged 8: the value of signature field "s" is missing, or is not a dictionary`}},
		"a value that nobody can read": {field("9 0 R"), []string{none, `unjudged 9: the value of field "s": `}},
		"a value that is a string":     {field("(x)"), []string{none, `unjudged 0: the value of signature field "s" is missing, or is not a dictionary`}},
		"usage rights": {
			pdftest.File{Objects: payment("", "/Perms << /UR3 6 0 R >>", dictionary)}.Bytes(),
			[]string{none, "unjudged 6: a signature that grants usage rights"}},
		"permissions for nothing": {pdftest.File{Objects: payment("", "/Perms << /DocMDP 9 0 R >>")}.Bytes(),
			[]string{none, "unjudged 9: /Perms names a certification that does not exist"}},
		"in an object stream": {pdftest.File{Objects: payment("", "", dictionary), Streams: true}.Bytes(),
			[]string{none, "unjudged 6: " + looksLike + "in an object stream"}},
		"in a stream": {pdftest.File{Objects: payment("", "", pdftest.Stream("", dictionary))}.Bytes(),
			[]string{none, "unjudged 6: " + looksLike + "within a stream"}},
		"within another dictionary": {pdftest.File{Objects: payment("", "", "<< /A "+dictionary+" >>")}.Bytes(),
			[]string{none, "unjudged 6: " + looksLike + "not the value of a signature field"}},
		"behind the end": {behind("99 0 obj\n" + dictionary + "\nendobj"),
			[]string{"unjudged 99: " + looksLike + "in an object that no cross-reference leads to"}},
		"behind the end, under the number of a signature": {behind("7 0 obj\n" + dictionary + "\nendobj"),
			[]string{"unjudged 7: " + looksLike + "in an object that no cross-reference leads to"}},
		"in a stream, under the number of the signature whose revision it names": {
			withRange(pdftest.Stream("", "7 0 obj << /ByteRange %s >> endobj")),
			[]string{one + otherThing, "unjudged 7: " + looksLike + "in an object that no cross-reference leads to"}},
		"further down in an object that was replaced": {
			appendix(t, withRange("<< /A << /ByteRange %s >> >>"),
				func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(6), pdf.Dict{}) }),
			[]string{"unjudged 6: " + looksLike + "in an object that no cross-reference leads to"}},
		"behind the end, in no object": {behind(dictionary), []string{"unjudged 7: " + looksLike}},
		"with its name in hexadecimal": {
			behind("99 0 obj\n" + strings.Replace(dictionary, "ByteRange", "Byte#52an#67e", 1) + "\nendobj"),
			[]string{"unjudged 99: " + looksLike + "in an object that no cross-reference leads to"}},
		"before all objects": {
			append([]byte("% /ByteRange [\n"), pdftest.File{Objects: payment("", "")}.Bytes()...),
			[]string{none, "unjudged 0: " + looksLike + "in no object"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := verify.Verify(t.Context(), bytes.NewReader(test.document), s.trust())
			got := told(report, err)
			for _, want := range test.want {
				if !strings.Contains("\n"+got, "\n"+want) {
					t.Errorf("got\n%s\nwant a line that begins\n%s", got, want)
				}
			}
			if err == nil && !strings.Contains(report.Verdict.Detail, "not judged") {
				t.Errorf("got %+v, want it to tell of what is not judged", report.Verdict)
			}
		})
	}
}

// If the search for signatures reaches a bound, the report says so.
func TestBoundsOfTheSearch(t *testing.T) {
	t.Parallel()
	const mega = 1 << 20
	s := ecdsaSigner(t)
	dictionary := "<</ByteRange [0 1 2 3]>>"
	file := func(objects ...string) []byte { return pdftest.File{Objects: payment("", "", objects...)}.Bytes() }
	packed := func(data string) string {
		var out bytes.Buffer
		z := zlib.NewWriter(&out)
		_, _ = z.Write([]byte(data))
		_ = z.Close()
		return pdftest.Stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", out.String())
	}
	blank := packed("9 0 " + strings.Repeat(" ", 6*mega))
	within := func(count int) string { return pdftest.Stream("", strings.Repeat(dictionary, count)) }
	many := "9 0 " + strings.Repeat(dictionary, 500)
	const tooLarge, tooMany = "not all object streams were searched", "there are more than 100: the others " +
		"are not listed"
	for name, test := range map[string]struct {
		document  []byte
		unjudged  int
		want, not string // the beginnings of details
	}{
		"100 places": {file(within(100)), 100, looksLike + "within a stream", tooMany},
		"101 places": {file(within(101)), 101, tooMany, "more than 5000"},
		"5000 places in an object stream": {
			file(pdftest.Stream("/Type /ObjStm /N 1 /First 4", "9 0 "+strings.Repeat(dictionary, 4999))), 101, tooMany,
			"more than 5000"},
		"5001 places in an object stream": {
			file(pdftest.Stream("/Type /ObjStm /N 1 /First 4", "9 0 "+strings.Repeat(dictionary, 5001))), 101,
			"more than 5000 places", tooLarge},
		"many in a packed object stream": {file(packed(many)), 101, looksLike + "in an object stream", tooLarge},
		"names of another kind before": {file(packed("9 0 " + strings.Repeat("/ObjStm ", 5000) + dictionary)), 1,
			looksLike + "in an object stream", tooLarge},
		"30 MiB of object streams": {file(blank, blank, blank, blank, blank, packed(many)), 101,
			looksLike + "in an object stream", tooLarge},
		"36 MiB of object streams": {file(blank, blank, blank, blank, blank, blank, packed(many)), 1, tooLarge,
			looksLike},
		"an object stream of 17 MiB": {file(packed("9 0 " + strings.Repeat(" ", 17*mega))), 1, tooLarge, looksLike},
		"5001 object streams":        {file(strings.Repeat("[/ObjStm]", 5001)), 1, tooLarge, looksLike},
		"5000 names of streams":      {file("[" + strings.Repeat("/ObjStm ", 4999) + "]"), 0, "", tooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := verify.Verify(t.Context(), bytes.NewReader(test.document), s.trust())
			if err != nil {
				t.Fatal(err)
			}
			has := func(detail string) bool {
				return slices.ContainsFunc(report.Unjudged,
					func(u pades.Unjudged) bool { return strings.HasPrefix(u.Detail, detail) })
			}
			if len(report.Unjudged) != test.unjudged || test.want != "" && !has(test.want) || has(test.not) {
				t.Errorf("got %d: %.300v, want %d, %q among them and not %q", len(report.Unjudged), report.Unjudged,
					test.unjudged, test.want, test.not)
			}
		})
	}
}

// withoutPrevious appends a revision with only the catalog and the pages. Its trailer has /Prev 0,
// which some writers use for no previous section.
func withoutPrevious(t *testing.T, document []byte) []byte {
	t.Helper()
	out := append(bytes.Clone(document), "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"...)
	entries := "0 1\n0000000000 65535 f \n" + fmt.Sprintf("1 1\n%010d 00000 n \n", len(document))
	for number := 2; number <= 5; number++ {
		entries += fmt.Sprintf("%d 1\n%010d 00000 n \n", number,
			bytes.Index(document, fmt.Appendf(nil, "\n%d 0 obj", number))+1)
	}
	at := len(out)
	return fmt.Appendf(out, "xref\n%strailer\n<< /Size 6 /Root 1 0 R /Prev 0 >>\nstartxref\n%d\n%%%%EOF\n", entries, at)
}
