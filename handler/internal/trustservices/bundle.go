package trustservices

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/certificate"
)

// maxBundle bounds the certificates that are read from one caIssuers answer.
const maxBundle = 32

// oidSignedData is 1.2.840.113549.1.7.2, as the contents of its encoding.
const oidSignedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// parseBundle reads the answer of a caIssuers address: one certificate or a certs-only CMS in DER
// (RFC 5280, section 4.2.2.1), or either of them in PEM, which is common. It leaves out
// certificates that cannot be read.
func parseBundle(data []byte) []*x509.Certificate {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return parseDER(data)
	}
	var all []*x509.Certificate
	for range maxBundle {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		all = append(all, parseDER(block.Bytes)...)
	}
	return all[:min(len(all), maxBundle)]
}

func parseDER(der []byte) []*x509.Certificate {
	if one, err := certificate.ParseSound(der); err == nil && len(one.Raw) == len(der) {
		return []*x509.Certificate{one}
	}
	var all []*x509.Certificate
	for rest := signedCertificates(der); !rest.Empty() && len(all) < maxBundle; {
		var element cryptobyte.String
		var tag asn1.Tag
		if !rest.ReadAnyASN1Element(&element, &tag) {
			return nil
		}
		if one, err := certificate.ParseSound(element); err == nil {
			all = append(all, one)
		}
	}
	return all
}

// signedCertificates gives the contents of the certificates field of SignedData (RFC 5652, section
// 5.1); nothing if the field is absent.
func signedCertificates(der cryptobyte.String) cryptobyte.String {
	explicit := asn1.Tag(0).ContextSpecific().Constructed()
	var info, kind, wrapped, signed, certificates cryptobyte.String
	if !der.ReadASN1(&info, asn1.SEQUENCE) || !der.Empty() || !info.ReadASN1(&kind, asn1.OBJECT_IDENTIFIER) ||
		string(kind) != oidSignedData ||
		!info.ReadASN1(&wrapped, explicit) || !wrapped.ReadASN1(&signed, asn1.SEQUENCE) ||
		!signed.SkipASN1(asn1.INTEGER) ||
		!signed.SkipASN1(asn1.SET) || !signed.SkipASN1(asn1.SEQUENCE) || !signed.ReadASN1(&certificates, explicit) {
		return nil
	}
	return certificates
}

// issuersOf gives the candidates that issued a certificate: their subject is its issuer, and its
// signature verifies with their key.
func issuersOf(one *x509.Certificate, candidates []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for _, candidate := range candidates {
		if issued(one, candidate) && !candidate.Equal(one) {
			found = append(found, candidate)
		}
	}
	return found
}

func issued(one, issuer *x509.Certificate) bool {
	return bytes.Equal(one.RawIssuer, issuer.RawSubject) && cheapToVerify(issuer) &&
		one.CheckSignatureFrom(issuer) == nil
}
