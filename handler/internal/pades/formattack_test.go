package pades_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file pose as changes that later revisions may make: signing, filling in
// fields, adding validation data.

var point = pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}

// arrives adds an invisible signature field with a signature, and with the entries of the test.
func arrives(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		value := u.Add(pdf.Dict{"Type": pdf.Name("DocTimeStamp"), "SubFilter": pdf.Name("ETSI.RFC3161"),
			"ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
		field := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
			"T": pdf.Text("x"), "V": value, "Rect": point}
		maps.Copy(field, entries)
		ref := u.Add(field)
		edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", ref)})
		edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, ref)})
	}
}

func TestFieldsThatAreMoreThanFields(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	script := pdf.Dict{"S": pdf.Name("JavaScript"), "JS": pdf.Text("this.getField('a').value = 9")}
	plain := payment(resources+"/Contents 4 0 R /Annots []", "")
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		want    pades.Change
	}{
		{"nothing else", plain, arrives(nil), pades.ChangeDSS},
		{"the widget of a field that is a direct object",
			payment(resources+"/Contents 4 0 R /Annots [6 0 R]",
				"/AcroForm << /Fields [<< /FT /Tx /T (a) /Kids [6 0 R] >>] >>",
				"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>"),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"Rect": wholePage, "AP": cover(u)})
			}, pades.ChangeOther},
		{"the same widget, filled",
			payment(resources+"/Contents 4 0 R /Annots [6 0 R]",
				"/AcroForm << /Fields [<< /FT /Tx /T (a) /Kids [6 0 R] >>] >>",
				"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>"),
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), pdf.Dict{"AP": cover(u)}) },
			pades.ChangeFormFilling},
		{"a signature field that is a note", plain,
			arrives(pdf.Dict{"Subtype": pdf.Name("Text"), "Contents": pdf.Text("VOID")}), pades.ChangeOther},
		{"a signature field that is a line", plain,
			arrives(pdf.Dict{"Subtype": pdf.Name("Line"), "L": wholePage, "BS": pdf.Dict{"W": pdf.Integer(900)}}),
			pades.ChangeOther},
		{"a signature field with an action", plain, arrives(pdf.Dict{"A": script}), pades.ChangeOther},
		{"a signature field with a file", plain, arrives(pdf.Dict{"AF": pdf.Array{pdf.Dict{"F": pdf.Text("a.pdf")}}}),
			pades.ChangeOther},
		{"a signature field with actions", plain, arrives(pdf.Dict{"AA": pdf.Dict{"PO": script}}), pades.ChangeOther},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, pdftest.File{Objects: test.objects}.Bytes(), pades.Options{})
			checkAttack(t, s, appendix(t, signed, test.change), test.want)
		})
	}
}

// A field that gets fields below it is no longer a terminal field, and reports would no longer list
// its signature.
func TestASignatureThatIsMadeToVanish(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, s.sign(t, sample(), pades.Options{}), pades.Options{})
	for name, named := range map[string]bool{"a field": true, "a widget": false} {
		attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			_, catalog, err := f.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			first := extend(t, f, catalog["AcroForm"], "Fields")[0].(pdf.Ref)
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
			kid := pdf.Dict{"Parent": first, "FT": pdf.Name("Sig"), "V": value, "Rect": point}
			if named {
				kid["T"] = pdf.Text("below")
			}
			edit(t, f, u, first, pdf.Dict{"Kids": pdf.Array{u.Add(kid)}})
		})
		for _, got := range verified(t, attacked, s.trust()) {
			if got.Field == "Signature2" && got.ChangesAfter != pades.ChangeOther {
				t.Errorf("%s: got %s, %q after it", name, got.Indication, got.ChangesAfter)
			}
		}
	}
}

// Fields are added below a field that has fields below it, or only seems to.
func TestFieldsThatComeBelowOthers(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, test := range map[string]struct {
		kid    string
		parent pdf.Object
		want   pades.Change
	}{"a field": {"/T (c)", number(6), pades.ChangeSignature}, "a widget": {"", number(6), pades.ChangeOther},
		"a field, without a parent":    {"/T (c)", nil, pades.ChangeOther},
		"a field, with the one beside": {"/T (c)", number(7), pades.ChangeOther}} {
		objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>", "<< /T (a) /Kids [7 0 R] >>",
			"<< /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /FT /Tx /Parent 6 0 R "+test.kid+" >>")
		attacked := appendix(t, s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{}),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
				kid := u.Add(pdf.Dict{"Parent": test.parent, "FT": pdf.Name("Sig"), "T": pdf.Text("b"), "V": value,
					"Rect": point})
				edit(t, f, u, number(6), pdf.Dict{"Kids": extend(t, f, number(6), "Kids", kid)})
			})
		t.Run(name, func(t *testing.T) { checkAttack(t, s, attacked, test.want) })
	}
}

// A field's /Lock that its signature does not repeat binds later signers, not readers.
func TestALockThatWasNotSigned(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	lock := "/Lock << /Type /SigFieldLock /Action /All >>"
	objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R 7 0 R] >>", "<< /FT /Tx /T (a) >>",
		"<< /FT /Sig /T (Signature1) /V 8 0 R "+lock+" >>")
	fill := func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), pdf.Dict{"V": pdf.Text("9")}) }
	checkAttack(t, s, appendix(t, s.byHand(t, objects, ""), fill), pades.ChangeFormFilling)
}

// A signature that a field inherits must not vanish either.
func TestAnInheritedSignatureThatIsMadeToVanish(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>",
		"<< /T (a) /V 8 0 R /Kids [7 0 R] >>", "<< /T (b) /Parent 6 0 R /FT /Sig >>")
	signed := s.sign(t, s.byHand(t, objects, ""), pades.Options{})
	if found := verified(t, signed, s.trust()); len(found) != 2 || found[0].Indication != pades.TotalPassed ||
		found[1].ChangesAfter != pades.ChangeNone {
		t.Fatalf("got %+v, want two signatures", found)
	}
	for _, field := range []int{6, 7} {
		attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
			edit(t, f, u, number(field), pdf.Dict{"V": value})
		})
		checkAttack(t, s, attacked, pades.ChangeOther)
	}
}

func TestRevisionsThatReadersTakeDifferently(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	t.Run("a form with its fields twice", func(t *testing.T) {
		t.Parallel()
		signed := s.sign(t,
			pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "/AcroForm 6 0 R", "<< /Fields [] >>")}.Bytes(),
			pades.Options{})
		file, _ := open(t, signed)
		ours := extend(t, file, number(6), "Fields")[0].(pdf.Ref)
		body := fmt.Sprintf("6 0 obj\n<< /Fields [] /SigFlags 3 /Fields [%d 0 R] >>\nendobj\n", ours.Number)
		checkAttack(t, s, rawRevision(signed, body, fmt.Sprintf("6 1\n%010d 00000 n \n", len(signed)), 12),
			pades.ChangeOther)
	})
	t.Run("a stream beside the table that says something else", func(t *testing.T) {
		t.Parallel()
		signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "")}.Bytes(), pades.Options{})
		var previous int
		fmt.Sscan(string(signed[bytes.LastIndex(signed, []byte("startxref"))+len("startxref"):]), &previous)
		same, other := len(signed), 0
		out := append(bytes.Clone(signed), "4 0 obj\n"+pdftest.Stream("", shown("PAY 10"))+"\nendobj\n"...)
		other = len(out)
		out = append(out, "4 0 obj\n"+pdftest.Stream("", shown("PAY 999999"))+"\nendobj\n"...)
		hidden := len(out)
		row := string([]byte{1, byte(other >> 16), byte(other >> 8), byte(other), 0})
		out = append(out, "20 0 obj\n"+pdftest.Stream("/Type /XRef /W [1 3 1] /Index [4 1] /Size 21", row)+
			"\nendobj\n"...)
		at := len(out)
		out = fmt.Appendf(out, "xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 21 /Root 1 0 R /Prev %d /XRefStm %d "+
			">>\nstartxref\n%d\n%%%%EOF\n",
			same, previous, hidden, at)
		checkAttack(t, s, out, pades.ChangeOther)
	})
}

// byHand signs a document by hand. Its last object is the signature dictionary, with the entries of
// the test.
func (s signer) byHand(t *testing.T, objects []string, entries string) []byte {
	t.Helper()
	return s.byHandWith(t, objects, claimedNow()+" "+entries)
}

// byHandWith is byHand without adding a claimed time.
func (s signer) byHandWith(t *testing.T, objects []string, entries string) []byte {
	t.Helper()
	return s.byHandIn(t, pdftest.File{Objects: objects}, entries, nil)
}

// byHandIn is byHandWith in a file of any kind. change can alter the file before it is signed.
func (s signer) byHandIn(t *testing.T, file pdftest.File, entries string, change func([]byte) []byte) []byte {
	t.Helper()
	file.Objects = append(slices.Clone(file.Objects), unsigned(entries))
	document := file.Bytes()
	if change != nil {
		document = change(document)
	}
	s.fill(t, document)
	return document
}

// The entries of a signature dictionary that fill fills.
const holeRange = "[0 0000000000 0000000000 0000000000]"

var holeContents = "<" + strings.Repeat("0", 8000) + ">"

// unsigned is a signature dictionary for fill to sign, with further entries.
func unsigned(entries string) string {
	return fmt.Sprintf("<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange %s /Contents %s %s >>", holeRange,
		holeContents, entries)
}

// fill signs a document whose only unsigned signature dictionary is from unsigned.
func (s signer) fill(t *testing.T, document []byte) {
	t.Helper()
	start := bytes.Index(document, []byte(holeContents))
	end := start + len(holeContents)
	copy(document[bytes.Index(document, []byte(holeRange)):],
		fmt.Sprintf("[0 %010d %010d %010d]", start, end, len(document)-end))
	digest := sha256.Sum256(slices.Concat(document[:start], document[end:]))
	der, err := cms.Sign(cms.Request{Chain: s.chain, Key: s.key, Digest: crypto.SHA256, MessageDigest: digest[:]})
	if err != nil {
		t.Fatal(err)
	}
	hex.Encode(document[start+1:], der)
}

// Few bytes can touch all fields, and each field would be compared with each lock.
func TestMoreLocksAndFieldsThanCanBeHeldAgainstEachOther(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const fields = 12_000
	var kids strings.Builder
	for i := range fields {
		fmt.Fprintf(&kids, "<< /FT /Tx /T (%d) >>", i)
	}
	form := "<< /Fields [" + kids.String() + " << /FT /Sig /T (locking) /V 7 0 R >>] >>"
	lock := "<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(b)] >> >>"
	for locks, passes := range map[int]bool{1: true, 190: false} {
		document := s.byHand(t, payment(resources+"/Contents 4 0 R", "/AcroForm 6 0 R", form),
			"/Reference ["+strings.Repeat(lock, locks)+"]")
		document = appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(6), pdf.Dict{"NeedAppearances": true})
		})
		got := verified(t, document, s.trust())[0]
		if (got.Indication == pades.TotalPassed) != passes {
			t.Errorf("%d locks: got %s %s (%s), want it to pass: %v", locks, got.Indication, got.SubIndication,
				got.Detail, passes)
		}
		if !passes && (got.SubIndication != pades.LimitReached || got.ForbiddenRevisions != nil) {
			t.Errorf("%d locks: got %s %v, want a limit and nothing forbidden", locks, got.SubIndication,
				got.ForbiddenRevisions)
		}
	}
}
