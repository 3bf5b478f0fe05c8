package pades_test

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// A signature that is not evaluated, because its key is too short or too long, gets
// CRYPTO_CONSTRAINTS_FAILURE, and not a reason that a proof of its time would settle.
func TestKeysThatAreNotEvaluated(t *testing.T) {
	t.Parallel()
	e := newEstateAt(t, trusttest.Config{}, time.Date(2015, 6, 1, 0, 0, 0, 0, time.UTC))
	for _, bits := range []uint{1000, 9000} {
		template := pkitest.SigningTemplate("Seal", e.now())
		modulus := new(big.Int).Lsh(big.NewInt(1), bits)
		chain, err := e.Authority(trusttest.Root).Issue(template,
			&rsa.PublicKey{N: modulus.Sub(modulus, big.NewInt(1)), E: 65537})
		if err != nil {
			t.Fatal(err)
		}
		document := signer{chain, e.key}.forge(t, e.now())
		document = withStore(t, e.timestamp(t, document), e.TSAChain()[1:], e.fetch(t, e.TSAChain()),
			e.fetch(t, e.TSAChain()[1:]))
		if got := verified(t, document, e.offline())[0]; got.SubIndication != pades.CryptoConstraintsFailure {
			t.Errorf("%d bits: got %s %s (%s), want %s", bits, got.Indication, got.SubIndication, got.Detail,
				pades.CryptoConstraintsFailure)
		}
		_, err = sign.Extend(t.Context(), bytes.NewReader(document),
			sign.Extension{Level: pades.LevelBLT, Services: e.services(), Time: e.now()})
		if fault, ok := errors.AsType[*pades.Error](err); !ok || fault.Code != pades.CodeSignatureInvalid {
			t.Errorf("%d bits: got %v, want %s", bits, err, pades.CodeSignatureInvalid)
		}
	}
}

// forge makes a document whose signature names the signer's certificate, but was made with another
// key.
func (s signer) forge(t *testing.T, at time.Time) []byte {
	t.Helper()
	const hole = "[0 0000000000 0000000000 0000000000]"
	contents := "<" + strings.Repeat("0", 8000) + ">"
	document := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (Signature1) /V 5 0 R >>", fmt.Sprintf(
			"<< /Type /Sig /SubFilter /adbe.pkcs7.detached /M (%s) /ByteRange %s /Contents %s >>",
			at.UTC().Format("D:20060102150405Z"), hole, contents))}.Bytes()
	start := int64(bytes.Index(document, []byte(contents)))
	end := start + int64(len(contents))
	copy(document[bytes.Index(document, []byte(hole)):],
		fmt.Sprintf("[0 %010d %010d %010d]", start, end, int64(len(document))-end))
	return s.seal(t, document, []int64{0, start, end, int64(len(document)) - end}, start)
}
