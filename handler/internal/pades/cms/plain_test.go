package cms_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
)

// The structures of RFC 5652 and RFC 5035, declared again for encoding/asn1.
type (
	plainContentInfo struct {
		Type    asn1.ObjectIdentifier
		Content plainSignedData `asn1:"explicit,tag:0"`
	}
	plainSignedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue     `asn1:"tag:0"`
		SignerInfos  []plainSignerInfo `asn1:"set"`
	}
	plainSignerInfo struct {
		Version    int
		Signer     plainIssuerAndSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes asn1.RawValue `asn1:"tag:0"`
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	plainIssuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	plainAttribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	plainSigningCertificateV2 struct {
		Certificates []asn1.RawValue
	}
	plainCertIDV2 struct { // without the DEFAULT
		Hash         []byte
		IssuerSerial plainIssuerSerial
	}
	plainCertIDV2WithHash struct {
		Algorithm    pkix.AlgorithmIdentifier
		Hash         []byte
		IssuerSerial plainIssuerSerial
	}
	plainIssuerSerial struct {
		Names  []asn1.RawValue
		Serial *big.Int
	}
)

func plain(t testing.TB, der []byte) plainSignedData {
	t.Helper()
	var info plainContentInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) != 0 {
		t.Fatalf("got %v and %d bytes of rest, want one ContentInfo", err, len(rest))
	}
	if len(info.Content.SignerInfos) != 1 {
		t.Fatalf("got %d SignerInfos, want 1", len(info.Content.SignerInfos))
	}
	return info.Content
}

func (s plainSignedData) attributes(t testing.TB) []plainAttribute {
	t.Helper()
	var all []plainAttribute
	for rest := s.SignerInfos[0].Attributes.Bytes; len(rest) > 0; {
		var a plainAttribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Values) != 1 {
			t.Fatalf("got %d values of %v, want 1", len(a.Values), a.Type)
		}
		all = append(all, a)
	}
	return all
}

func (s plainSignedData) attribute(t testing.TB, oid asn1.ObjectIdentifier) asn1.RawValue {
	t.Helper()
	for _, a := range s.attributes(t) {
		if a.Type.Equal(oid) {
			return a.Values[0]
		}
	}
	t.Fatalf("got no attribute %v", oid)
	return asn1.RawValue{}
}

// secondOpinion verifies a signature with encoding/asn1 and crypto/x509 alone.
func secondOpinion(t *testing.T, der []byte, request cms.Request, algorithm x509.SignatureAlgorithm) {
	t.Helper()
	signer := plain(t, der).SignerInfos[0]
	signed := slices.Clone(signer.Attributes.FullBytes)
	signed[0] = 0x31
	if err := request.Chain[0].CheckSignature(algorithm, signed, signer.Signature); err != nil {
		t.Errorf("second opinion: got %v, want a valid signature", err)
	}
	digest := plain(t, der).attribute(t, oidMessageDigest)
	if digest.Tag != asn1.TagOctetString || !bytes.Equal(digest.Bytes, request.MessageDigest) {
		t.Errorf("second opinion: got message digest %x, want %x", digest.Bytes, request.MessageDigest)
	}
}

var (
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
)
