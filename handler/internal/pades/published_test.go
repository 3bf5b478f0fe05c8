package pades_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file bear the names under which they were published: universal signature
// forgery (USF), incremental saving (ISA) and signature wrapping (SWA) by Mladenov et al., 2019;
// shadow attacks by Mainka et al., 2021; evil annotations (EAA) and sneaky signatures (SSA) by
// Rohlmann et al., 2021.

// verdict gives the finding for the signature of s; nil = the file cannot be read, or has no such
// signature.
func verdict(t *testing.T, s signer, attacked []byte) *pades.Signature {
	t.Helper()
	report, err := verify.Verify(t.Context(), bytes.NewReader(attacked), s.trust())
	if _, ofDocument := errors.AsType[*pades.Error](err); ofDocument {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, found := range report.Signatures {
		if found.Indication == pades.TotalPassed && found.Field != "Signature1" && found.Field != "second" {
			t.Errorf("got a signature in field %q that passes", found.Field)
		}
		if found.Field == "Signature1" {
			return &report.Signatures[i]
		}
	}
	return nil
}

// wide overwrites the first occurrence of a text with another text that is not longer, and keeps
// the width.
func wide(document []byte, from int, old, new string) []byte {
	out := bytes.Clone(document)
	at := from + bytes.Index(out[from:], []byte(old))
	copy(out[at:at+len(old)], new+strings.Repeat(" ", len(old)-len(new)))
	return out
}

func TestUniversalSignatureForgery(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	r := verified(t, signed, s.trust())[0].ByteRange
	dict := bytes.LastIndex(signed[:r[1]], []byte(" obj"))
	contents := "/Contents " + string(signed[r[1]:r[2]])
	ranges := string(signed[bytes.Index(signed, []byte("/ByteRange [")):])
	ranges = ranges[:strings.Index(ranges, "]")+1]
	for what, byContents := range map[string]string{
		"as it was": contents, "absent": "", "null": "/Contents null", "empty": "/Contents <>",
		"zero": "/Contents <00>", "without a value": "/Contents",
	} {
		for other, byRange := range map[string]string{
			"as it was": ranges, "absent": "", "null": "/ByteRange null", "empty": "/ByteRange []",
			"without a value": "/ByteRange",
			"negative":        fmt.Sprintf("/ByteRange [0 -%d %d %d]", r[1], r[2], r[3]),
			"of nothing":      "/ByteRange [0 0 0 0]",
		} {
			if byContents == contents && byRange == ranges {
				continue
			}
			t.Run("/Contents "+what+", /ByteRange "+other, func(t *testing.T) {
				t.Parallel()
				attacked := wide(wide(signed, dict, contents, byContents), dict, ranges, byRange)
				if got := verdict(t, s, attacked); got != nil &&
					(got.Indication == pades.TotalPassed || got.SubIndication == "") {
					t.Errorf("got %s %s (%s), want it refused", got.Indication, got.SubIndication, got.Detail)
				}
			})
		}
	}
}

func TestIncrementalSavingAttack(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "")}.Bytes(), pades.Options{})
	r := verified(t, signed, s.trust())[0].ByteRange
	body := "4 0 obj\n" + pdftest.Stream("", shown("PAY 999999")) + "\nendobj\n"
	trailer := "trailer\n<< /Size 12 /Root 1 0 R >>\nstartxref\n"
	oldStart := trailer + string(signed[bytes.LastIndex(signed, []byte("startxref\n"))+10:])
	copied := fmt.Sprintf("11 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange "+
		"[%d %d %d %d] /Contents %s >>\nendobj\n",
		r[0], r[1], r[2], r[3], signed[r[1]:r[2]])
	file, _ := open(t, signed)
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	field := extend(t, file, catalog["AcroForm"], "Fields")[0].(pdf.Ref).Number
	redirected := fmt.Sprintf("%d 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /Rect [0 0 0 0] /V "+
		"11 0 R >>\nendobj\n", field)
	at := func(text string) int { return len(signed) + strings.Index(body+copied+redirected, text) }
	entry := func(number int) string {
		return fmt.Sprintf("%d 1\n%010d 00000 n \n", number, at(fmt.Sprintf("%d 0 obj", number)))
	}
	for name, attacked := range map[string][]byte{
		"1, a whole update":                           rawRevision(signed, body, entry(4), 12),
		"2, an update without a table":                append(bytes.Clone(signed), body+trailer+"0\n%%EOF\n"...),
		"2, an update whose startxref is the old one": append(bytes.Clone(signed), body+oldStart...),
		"2, the same behind a comment":                append(bytes.Clone(signed), "% more\n"+body+oldStart...),
		"2, a trailer to another catalog": append(bytes.Clone(signed),
			"% more\ntrailer\n<< /Size 12 /Root 6 0 R >>\n"...),
		"3, a body alone behind a comment":        append(bytes.Clone(signed), "% more\n"+body...),
		"3, a body alone in the middle of a line": append(bytes.Clone(signed), "% more "+body...),
		"2, the same, far behind": append(bytes.Clone(signed),
			strings.Repeat("%\n", (32<<10-4)/2)+body+
				strings.TrimPrefix(oldStart, "trailer\n<< /Size 12 /Root 1 0 R >>\n")...),
		"3, a body alone": append(bytes.Clone(signed), body...),
		"4, a whole update with a copied signature": rawRevision(signed, body+copied+redirected,
			entry(4)+entry(field)+entry(11), 12),
		"4, a copied signature without a table": append(bytes.Clone(signed),
			body+copied+redirected+trailer+"0\n%%EOF\n"...),
		"4, a copied signature in a body alone": append(bytes.Clone(signed), body+copied+redirected...),
		"4, a copied signature, where it was declared": append(bytes.Clone(signed),
			strings.Replace(copied, "11 0 obj", fmt.Sprint(field+1)+" 0 obj", 1)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := verdict(t, s, attacked)
			if got == nil {
				return
			}
			if coversAll(*got) || got.Indication == pades.TotalPassed {
				t.Errorf("got %s, covering all: %v, %q after it", got.Indication, coversAll(*got), got.ChangesAfter)
			}
		})
	}
}

// wrapped moves the second signed range behind other objects. A second /ByteRange in the gap gives
// the new place, so the digest is still correct.
func wrapped(t *testing.T, signed []byte, contents, ranges string) []byte {
	t.Helper()
	r := verified(t, signed, pades.Trust{})[0].ByteRange
	start, after := int(r[1]), int(r[2])
	file, _ := open(t, signed)
	var table int
	fmt.Sscan(string(signed[bytes.LastIndex(signed, []byte("startxref"))+len("startxref"):]), &table)
	begin := table + 4000 // of the second part in the new file
	gap := contents + fmt.Sprintf(ranges, start, begin, r[3])
	evil := start + len(gap)
	gap += "4 0 obj\n" + pdftest.Stream("", shown("PAY 999999")) + "\nendobj\n"
	gap += strings.Repeat(" ", table-start-len(gap)) // to where the old startxref leads
	gap += "xref\n0 1\n0000000000 65535 f \n"
	size := int(file.Trailer()["Size"].(pdf.Integer))
	for number := 1; number < size; number++ {
		e, _ := file.Entry(number)
		offset := int(e.Offset)
		switch {
		case number == 4:
			offset = evil
		case offset >= after:
			offset += begin - after
		}
		gap += fmt.Sprintf("%d 1\n%010d 00000 n \n", number, offset)
	}
	gap += fmt.Sprintf("trailer\n<< /Size %d /Root 1 0 R >>\n", size)
	gap += strings.Repeat(" ", begin-start-len(gap))
	attacked := slices.Concat(signed[:start], []byte(gap), signed[after:])
	if !bytes.Equal(attacked[begin:], signed[after:]) {
		t.Fatal("the second part is not what was signed")
	}
	stream, err := func() (*pdf.Stream, error) {
		file, _ := open(t, attacked)
		return file.Stream(pdf.Ref{Number: 4})
	}()
	if err != nil || stream == nil {
		t.Fatalf("got %v %v, want a file that reads", stream, err)
	}
	return attacked
}

func TestSignatureWrapping(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	// A font behind the signature dictionary makes space before the place to which startxref leads.
	options := pades.Options{Appearance: &pades.Appearance{Box: pades.Rectangle{X: 9, Y: 9, Width: 200, Height: 50},
		Text: "The quick brown fox jumps over the lazy dog, AND BACK: 0123456789 ÄÖÜ"}}
	signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "")}.Bytes(), options)
	r := verified(t, signed, s.trust())[0].ByteRange
	contents := string(signed[r[1]:r[2]])
	trimmed := strings.TrimRight(strings.TrimSuffix(contents, ">"), "0") + "00>"
	trimmed = trimmed[:len(trimmed)-1-len(trimmed)%2] + ">"
	for name, test := range map[string]struct{ contents, ranges string }{
		"1, a second range in the gap": {contents, " /ByteRange [0 %d %d %d] >>\nendobj\n"},
		"2, the padding is taken away": {trimmed, " /ByteRange [0 %d %d %d] >>\nendobj\n"},
		"3, a second range and more contents": {contents,
			" /ByteRange [0 %d %d %d] /Contents " + trimmed + " >>\nendobj\n"},
		"4, the old range is not in the dictionary": {contents, " >>\nendobj\n%% %d %d %d\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := verdict(t, s, wrapped(t, signed, test.contents, test.ranges)); got != nil &&
				got.Indication == pades.TotalPassed {
				t.Errorf("got %+v, want it refused", got)
			}
		})
	}
}

func TestShadowAttacks(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	plain := resources + "/Contents 4 0 R"
	overlay := []string{pdftest.Stream("", "/X Do"), pdftest.Stream(formXObject, "1 g 0 0 595 842 re f")}
	covered := "/Resources << /Font << /F1 5 0 R >> /XObject << /X 7 0 R >> >> /Contents [4 0 R 6 0 R]"
	free := func(number int) func(*testing.T, []byte) []byte {
		return func(_ *testing.T, signed []byte) []byte {
			return rawRevision(signed, "", fmt.Sprintf("%d 1\n0000000000 00001 f \n", number), 12)
		}
	}
	update := func(change func(*testing.T, *pdf.File, *pdf.Update)) func(*testing.T, []byte) []byte {
		return func(t *testing.T, signed []byte) []byte { return appendix(t, signed, change) }
	}
	widget := "<< /FT /Tx /T (amount) /V (10) /Type /Annot /Subtype /Widget /F 4 /Rect [0 0 595 842] /AP << /N " +
		"7 0 R >> >>"
	for _, test := range []struct {
		name    string
		objects []string
		attack  func(*testing.T, []byte) []byte
		want    pades.Change
	}{
		{"hide, page object", payment(covered, "", overlay...),
			update(func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(3), pdf.Dict{"Contents": number(4)})
			}), pades.ChangeOther},
		{"hide, cross-reference table", payment(covered, "", overlay...), free(7), pades.ChangeOther},
		{"hide, an annotation that covers",
			payment(plain+" /Annots [6 0 R]", "",
				"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 595 842] /AP << /N 7 0 R >> >>",
				overlay[1]), free(6), pades.ChangeAnnotation},
		{"replace, overlay of a field",
			payment(plain+" /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>", widget, overlay[1]),
			update(func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"V": pdf.Text("999999"), "AP": cover(u)})
			}), pades.ChangeFormFilling},
		{"replace, overlay of a field whose value stays",
			payment(plain+" /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>", widget, overlay[1]),
			update(
				func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), pdf.Dict{"AP": cover(u)}) }),
			pades.ChangeFormFilling},
		{"replace, overlay of a field by its stream",
			payment(plain+" /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>", widget, overlay[1]),
			update(func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				u.Set(number(7),
					pdf.NewStream(pdf.Dict{"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"), "BBox": wholePage},
						[]byte(shown("PAY 999999"))))
			}), pades.ChangeFormFilling},
		{"replace, font", payment(plain, ""),
			update(func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(5),
					pdf.Dict{"Encoding": pdf.Dict{"Differences": pdf.Array{pdf.Integer('1'), pdf.Name("nine")}}})
			}), pades.ChangeOther},
		{"hide and replace, object references",
			payment(plain, "", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+resources+"/Contents 7 0 R >>",
				pdftest.Stream("", shown("PAY 999999"))),
			update(func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(2), pdf.Dict{"Kids": pdf.Array{number(6)}})
			}), pades.ChangeOther},
		{"hide and replace, another catalog",
			payment(plain, "", "<< /Type /Catalog /Pages 7 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>"),
			func(_ *testing.T, signed []byte) []byte {
				return bytes.Replace(rawRevision(signed, "", "0 0\n", 12), []byte("/Size 12 /Root 1 0 R"),
					[]byte("/Size 12 /Root 6 0 R"), 1)
			}, pades.ChangeOther},
		{"hide and replace, object usage", payment(plain, "", "4 0 obj\n"+pdftest.Stream("", shown("PAY 999999"))),
			func(_ *testing.T, signed []byte) []byte {
				at := bytes.Index(signed, []byte("6 0 obj\n4 0 obj")) + len("6 0 obj\n")
				return rawRevision(signed, "", fmt.Sprintf("4 1\n%010d 00000 n \n", at), 12)
			}, pades.ChangeOther},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			attacked := test.attack(t, s.sign(t, pdftest.File{Objects: test.objects}.Bytes(), pades.Options{}))
			got := verdict(t, s, attacked)
			if got == nil {
				if test.want != pades.ChangeOther {
					t.Errorf("got no signature, want %q after it", test.want)
				}
				return
			}
			if got.ChangesAfter != test.want || coversAll(*got) ||
				(got.Indication == pades.TotalPassed) != passesAfter(test.want) {
				t.Errorf("got %s %q (%s), want %q", got.Indication, got.ChangesAfter, got.Detail, test.want)
			}
		})
	}
}

func TestCertificationAttacks(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	annotation := func(subtype pdf.Name) func(*testing.T, []byte) []byte {
		return func(t *testing.T, certified []byte) []byte {
			return appendix(t, certified, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				evil := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": subtype, "F": pdf.Integer(4),
					"Rect": wholePage, "AP": cover(u)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", evil)})
			})
		}
	}
	sneaky := func(t *testing.T, certified []byte) []byte {
		return appendix(t, certified, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
			field := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("sneaky"), "V": value,
				"F": pdf.Integer(4), "Rect": wholePage, "AP": cover(u)})
			edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", field)})
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, field)})
		})
	}
	signed := func(t *testing.T, certified []byte) []byte {
		return s.sign(t, certified, pades.Options{Field: "second"})
	}
	for _, test := range []struct {
		name   string
		attack func(*testing.T, []byte) []byte
		most   pades.Permission // the strictest permission that allows it; above the greatest permission = none does
		want   pades.Change
	}{
		{"evil annotation, FreeText", annotation("FreeText"), pades.FormsAndComments, pades.ChangeAnnotation},
		{"evil annotation, Redact", annotation("Redact"), pades.FormsAndComments + 1, pades.ChangeOther},
		{"evil annotation, Watermark", annotation("Watermark"), pades.FormsAndComments + 1, pades.ChangeOther},
		{"evil annotation, of no known kind", annotation("Evil"), pades.FormsAndComments + 1, pades.ChangeOther},
		{"evil annotation, Stamp", annotation("Stamp"), pades.FormsAndComments, pades.ChangeAnnotation},
		{"sneaky signature", sneaky, pades.FormsAndComments, pades.ChangeSignature},
		{"an honest signature", signed, pades.FormFilling, pades.ChangeSignature},
	} {
		for _, permission := range []pades.Permission{pades.NoChanges, pades.FormFilling, pades.FormsAndComments} {
			t.Run(fmt.Sprintf("%s, P %d", test.name, permission), func(t *testing.T) {
				t.Parallel()
				if permission == pades.NoChanges && test.name == "an honest signature" {
					return // signing is refused: see TestCertification
				}
				objects := payment(resources+"/Contents 4 0 R /Annots []", "")
				got := verdict(t, s,
					test.attack(t,
						s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Certify: permission})))
				if got == nil {
					t.Fatal("got no signature")
				}
				if allowed := permission >= test.most; (got.Indication == pades.TotalPassed) != allowed ||
					(got.ForbiddenRevisions == nil) != allowed {
					t.Errorf("got %s (%s), %+v, want it allowed: %v", got.Indication, got.Detail,
						got.ForbiddenRevisions, allowed)
				}
				if got.ChangesAfter != test.want {
					t.Errorf("got %q after it, want %q", got.ChangesAfter, test.want)
				}
			})
		}
	}
}
