package revocation

import (
	"bytes"
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// oidNoCheck is id-pkix-ocsp-nocheck: RFC 6960, section 4.2.2.2.1.
var oidNoCheck = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// HasNoCheck reports whether an OCSP responder's certificate carries id-pkix-ocsp-nocheck: its
// issuer exempts it from revocation checks.
func HasNoCheck(certificate *x509.Certificate) bool {
	for _, e := range certificate.Extensions {
		if e.Id.Equal(oidNoCheck) {
			return true
		}
	}
	return false
}

// signer finds the signer of the response: the issuer itself, or a delegated responder (RFC 6960,
// section 4.2.2.2).
func (r *Response) signer(issuer *x509.Certificate, others []*x509.Certificate) (*x509.Certificate, *Error) {
	var worst *Error
	if r.identifies(issuer) {
		if worst = r.signed.verify(issuer); worst == nil {
			return issuer, nil
		}
	}
	for _, candidate := range r.Candidates(others) {
		err := delegated(candidate, issuer, r.signed.proven)
		if err == nil {
			err = r.signed.verify(candidate)
		}
		if err == nil {
			return candidate, nil
		}
		// an error about an authorized signer is preferred to errors about others
		if worst == nil || worst.Kind == SignerForbidden {
			worst = err
		}
	}
	if worst == nil {
		worst = errorf(SignerForbidden, "the OCSP response is not signed by the issuer or its own responder")
	}
	return nil, worst
}

// Candidates returns the certificates that About tries as the responder, at most maxCandidates:
// those that the response identifies, its own certificates before the others.
func (r *Response) Candidates(others []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for _, certificate := range slices.Concat(r.Certificates, others) {
		if len(found) < maxCandidates && r.identifies(certificate) {
			found = append(found, certificate)
		}
	}
	return found
}

// identifies reports whether the responderID identifies a certificate.
func (r *Response) identifies(c *x509.Certificate) bool {
	if r.name != nil {
		return certificate.SameName(r.name, c.RawSubject)
	}
	return bytes.Equal(r.keyHash, algorithm.SHA1.Sum(keyOf(c)))
}

// delegated returns an error if the issuer did not delegate to the responder.
func delegated(responder, issuer *x509.Certificate, proven *algorithm.Proven) *Error {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	unknown := func(oid encoding_asn1.ObjectIdentifier) bool { return !oid.Equal(oidNoCheck) }
	switch {
	case !bytes.Equal(responder.RawIssuer, issuer.RawSubject):
		return errorf(SignerForbidden, "the responder's certificate is from another issuer")
	case !slices.Contains(responder.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return errorf(SignerForbidden, "the responder's certificate is not one for OCSP signing")
	case !certificate.Permits(responder, signing):
		return errorf(SignerForbidden, "the responder's key usage does not allow signing")
	case slices.ContainsFunc(responder.UnhandledCriticalExtensions, unknown):
		return errorf(SignerForbidden, "the responder's certificate has a critical extension that is not understood")
	case !certificate.Permits(issuer, x509.KeyUsageCertSign):
		return errorf(SignerForbidden, "the issuer's key usage does not allow it to certify a responder")
	}
	return issued(responder, issuer, proven)
}

// issued checks the issuer's signature on the certificate of a responder or CRL signer, by the same
// rules as signatures on evidence.
func issued(responder, issuer *x509.Certificate, proven *algorithm.Proven) *Error {
	s := cryptobyte.String(responder.Raw)
	var inner, data cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Element(&data, asn1.SEQUENCE) {
		return errorf(SignerForbidden, "the certificate of the signer cannot be read")
	}
	signature, ok := readSignature(&inner, data)
	if !ok {
		return errorf(SignerForbidden, "the certificate of the signer cannot be read")
	}
	signature.proven = proven
	err := signature.verify(issuer)
	if err != nil && err.Kind == SignatureBad {
		return errorf(SignerForbidden, "the certificate of the signer is not signed by the issuer")
	}
	return err
}
