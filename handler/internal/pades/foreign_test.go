package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// attribute is a CMS attribute with one value.
type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// unboundCMS makes a signature with only content-type and message-digest, and without a signed
// reference to the certificate, as other producers do. It does not use package cms.
func unboundCMS(t *testing.T, s signer, digest []byte) []byte {
	t.Helper()
	marshal := func(value any, parameters string) []byte {
		der, err := asn1.MarshalWithParams(value, parameters)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	data, sha := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1},
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	attributes := []attribute{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}, []asn1.RawValue{{FullBytes: marshal(data, "")}}},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}, []asn1.RawValue{{FullBytes: marshal(digest, "")}}},
	}
	sum := sha256.Sum256(marshal(attributes, "set"))
	value, err := s.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	type issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	type signerInfo struct {
		Version    int
		Signer     issuerAndSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes []attribute `asn1:"set,tag:0"`
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	type signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates []asn1.RawValue `asn1:"set,tag:0"`
		Signers      []signerInfo    `asn1:"set"`
	}
	content := signedData{Version: 1, Digests: []pkix.AlgorithmIdentifier{sha},
		Content: struct{ Type asn1.ObjectIdentifier }{data}}
	for _, certificate := range s.chain {
		content.Certificates = append(content.Certificates, asn1.RawValue{FullBytes: certificate.Raw})
	}
	content.Signers = []signerInfo{{
		1, issuerAndSerial{asn1.RawValue{FullBytes: s.chain[0].RawIssuer}, s.chain[0].SerialNumber}, sha, attributes,
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}, value,
	}}
	return marshal(struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, content}, "")
}

// seal writes a CMS over the ranges in the file's /ByteRange into its /Contents.
func (s signer) seal(t *testing.T, file []byte, ranges []int64, contents int64) []byte {
	t.Helper()
	sealed := bytes.Clone(file)
	digest := sha256.Sum256(slices.Concat(file[:ranges[1]], file[ranges[2]:]))
	cms := hex.EncodeToString(unboundCMS(t, s, digest[:]))
	capacity := bytes.IndexByte(file[contents:], '>') - 1
	copy(sealed[contents+1:], cms+strings.Repeat("0", capacity-len(cms)))
	return sealed
}

// A signer can leave a gap that is larger than /Contents, and fill it later. The signature is
// sound, but must not pass.
func TestAGapThatIsNotContents(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	signed = replaceInLast(t, signed, "/SubFilter /ETSI.CAdES.detached", "/SubFilter /adbe.pkcs7.detached")
	stated := verified(t, signed, s.trust())[0].ByteRange
	form := func(r []int64) string { return fmt.Sprintf("[%d %10d %10d %10d]", r[0], r[1], r[2], r[3]) }
	for _, test := range []struct {
		name          string
		before, after int64
		passes        bool
	}{
		{"exact", 0, 0, true}, {"begins early", 1, 0, false}, {"ends late", 0, 1, false},
		{"ends 20 bytes late", 0, 20, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ranges := []int64{0, stated[1] - test.before, stated[2] + test.after, stated[3] - test.after}
			got := verified(t, s.seal(t, replaceInLast(t, signed, form(stated), form(ranges)), ranges, stated[1]),
				s.trust())[0]
			if passes := got.Indication == pades.TotalPassed; passes != test.passes ||
				!passes && got.SubIndication != pades.FormatFailure {
				t.Errorf("got %+v, want it to pass: %v", got, test.passes)
			}
		})
	}
}

// A signature without a signed reference to its certificate is sound in the older format, but has
// no baseline level. With the /SubFilter of PAdES, it does not have the form that it claims.
func TestSignaturesWithoutABinding(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	for _, test := range []struct {
		format     string
		indication pades.Indication
		sub        pades.SubIndication
	}{
		{"adbe.pkcs7.detached", pades.TotalPassed, ""},
		{"ETSI.CAdES.detached", pades.Indeterminate, pades.SigConstraintsFailure},
	} {
		t.Run(test.format, func(t *testing.T) {
			t.Parallel()
			file := replaceInLast(t, signed, "/SubFilter /ETSI.CAdES.detached", "/SubFilter /"+test.format)
			ranges := verified(t, file, s.trust())[0].ByteRange
			file = s.seal(t, file, ranges, ranges[1])
			got := verified(t, file, s.trust())[0]
			if got.Indication != test.indication || got.SubIndication != test.sub || got.Level != "" {
				t.Errorf("got %+v, want %s %s without a level", got, test.indication, test.sub)
			}
		})
	}
}
