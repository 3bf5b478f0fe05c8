package revocation

import (
	"bytes"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// certID identifies a certificate by its serial number and hashes of its issuer's name and key: RFC
// 6960, section 4.1.1.
type certID struct {
	hash     algorithm.Digest // "" = one that is not known
	nameHash []byte
	keyHash  []byte
	serial   []byte // contents of the INTEGER
}

func readCertID(s *cryptobyte.String, id *certID) bool {
	var inner, serial cryptobyte.String
	var a algorithm.Identifier
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !a.Read(&inner, asn1.SEQUENCE) ||
		!inner.ReadASN1Bytes(&id.nameHash, asn1.OCTET_STRING) || !inner.ReadASN1Bytes(&id.keyHash, asn1.OCTET_STRING) ||
		!readSerial(&inner, &serial) || !inner.Empty() {
		return false
	}
	id.hash, id.serial = a.Digest(), serial
	return true
}

// names reports whether id names that issuer. The serial number of id must be that of the
// certificate.
func (id certID) names(certificate, issuer *x509.Certificate) bool {
	return id.hash != "" && bytes.Equal(id.nameHash, id.hash.Sum(certificate.RawIssuer)) &&
		bytes.Equal(id.keyHash, id.hash.Sum(keyOf(issuer)))
}

// keyOf returns the contents of the subjectPublicKey BIT STRING without the octet that counts its
// unused bits. OCSP hashes these bytes.
func keyOf(certificate *x509.Certificate) []byte {
	s := cryptobyte.String(certificate.RawSubjectPublicKeyInfo)
	var inner, a cryptobyte.String
	var key []byte
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&a, asn1.SEQUENCE) ||
		!inner.ReadASN1BitStringAsBytes(&key) {
		return nil
	}
	return key
}

// readSerial reads the contents of an INTEGER. They must be minimal: another encoding of the same
// number would not compare as equal.
func readSerial(s, contents *cryptobyte.String) bool {
	if !s.ReadASN1(contents, asn1.INTEGER) || len(*contents) == 0 {
		return false
	}
	c := *contents
	return len(c) == 1 || !(c[0] == 0 && c[1] < 0x80 || c[0] == 0xff && c[1] >= 0x80)
}

// serialOf returns the contents of the certificate's serial number as an INTEGER; nil = the
// certificate was not parsed from DER.
func serialOf(certificate *x509.Certificate) []byte {
	s := cryptobyte.String(certificate.RawTBSCertificate)
	var inner, serial cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.SkipOptionalASN1(explicit(0)) || !readSerial(&inner, &serial) {
		return nil
	}
	return serial
}
