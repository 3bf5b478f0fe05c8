package pades_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// certifiedApart makes a certification whose parts are indirect objects: 6 is /Reference, 7 its
// only entry, 8 the transform's parameters, 9 the /Lock of the field, 10 the /ByteRange, 11 the
// /SubFilter, and 12 /Perms.
func certifiedApart(seal signer) []byte {
	const hole = "[0 0000000000 0000000000 0000000000]"
	contents := "<" + strings.Repeat("0", 8000) + ">"
	objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R 13 0 R] /SigFlags 3 >> /Perms 12 0 R"),
		"<< /FT /Sig /T (Signature1) /V 5 0 R /Lock 9 0 R >>",
		fmt.Sprintf("<< /Type /Sig /SubFilter 11 0 R /M (%s) /ByteRange 10 0 R /Reference 6 0 R /Contents %s >>",
			time.Now().UTC().Format("D:20060102150405Z"), contents),
		"[7 0 R]", "<< /Type /SigRef /TransformMethod /DocMDP /TransformParams 8 0 R >>",
		"<< /Type /TransformParams /P 1 /V /1.2 >>", "<< /Type /SigFieldLock /Action /All /P 1 >>", hole,
		"/ETSI.CAdES.detached", "<< /DocMDP 5 0 R >>", "<< /FT /Tx /T (Sum) /V (1) >>")
	document := pdftest.File{Objects: objects}.Bytes()
	start := bytes.Index(document, []byte(contents))
	end := start + len(contents)
	copy(document[bytes.Index(document, []byte(hole)):],
		fmt.Sprintf("[0 %010d %010d %010d]", start, end, len(document)-end))
	content := append(append([]byte{}, document[:start]...), document[end:]...)
	copy(document[start+1:], hex.EncodeToString(newMessage(seal, content).bytes()))
	return document
}

// What a signature permits is what its own revision says: a later one cannot replace its parts.
func TestRestrictionsThatAreReplaced(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	sealed := certifiedApart(h.newSeal(t, pkitest.P256, nil))
	if got := verified(t, sealed, h.trust())[0]; got.Indication != pades.TotalPassed {
		t.Fatalf("got %s (%s), want it to pass", saidOf(got), got.Detail)
	}
	for number, object := range map[int]pdf.Object{
		6: pdf.Array{}, 7: pdf.Dict{}, 8: pdf.Dict{"P": pdf.Integer(3)}, 9: pdf.Dict{}, 10: pdf.Array{},
		11: pdf.Name("adbe.pkcs7.detached"), 12: pdf.Dict{},
		4: pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.String("Signature1"), "V": pdf.Ref{Number: 5}},
	} {
		for _, more := range []bool{false, true} {
			document := appendix(t, sealed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				u.Set(pdf.Ref{Number: number}, object)
				if more {
					edit(t, f, u, pdf.Ref{Number: 13}, pdf.Dict{"V": pdf.String("999")})
				}
			})
			got := reported(t, document, h.trust()).Signatures[0]
			if got.Indication == pades.TotalPassed || !got.ChangesAfter.Graver(pades.ChangeAnnotation) {
				t.Errorf("object %d, with more %v: got %s and %s", number, more, saidOf(got), got.ChangesAfter)
			}
		}
	}
}
