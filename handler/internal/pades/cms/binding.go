package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Binding says by which signed attribute a signature names its certificate.
type Binding string

// The bindings. Without one, another certificate for the same key could be put in the signer's place.
const (
	BindingNone Binding = ""
	BindingV1   Binding = "signing-certificate"    // RFC 2634, section 5.4: SHA-1
	BindingV2   Binding = "signing-certificate-v2" // RFC 5035, section 3
)

// certificateReference is an ESSCertID or ESSCertIDv2. Of the references in an attribute only the first, the signer's, is kept.
type certificateReference struct {
	hash   crypto.Hash // 0 = not known
	sum    []byte
	issuer []byte // DER of the Name; nil = there is no issuerSerial
	serial *big.Int
}

// readSigningCertificate reads SigningCertificate or SigningCertificateV2, which differ in the hash alone.
func readSigningCertificate(value cryptobyte.String, version Binding) (certificateReference, bool) {
	var outer, references, policies cryptobyte.String
	if !value.ReadASN1(&outer, asn1.SEQUENCE) || !value.Empty() || !outer.ReadASN1(&references, asn1.SEQUENCE) {
		return certificateReference{}, false
	}
	if !outer.Empty() && (!outer.ReadASN1(&policies, asn1.SEQUENCE) || !outer.Empty()) {
		return certificateReference{}, false
	}
	first, ok := readReference(&references, version)
	for ok && !references.Empty() {
		_, ok = readReference(&references, version)
	}
	return first, ok
}

func readReference(s *cryptobyte.String, version Binding) (certificateReference, bool) {
	reference := certificateReference{hash: crypto.SHA1}
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) {
		return reference, false
	}
	if version == BindingV2 {
		reference.hash = crypto.SHA256
		// Many producers write the DEFAULT out; it is a fault of form that no reader punishes.
		if inner.PeekASN1Tag(asn1.SEQUENCE) {
			var a algorithmIdentifier
			if !readAlgorithm(&inner, &a, asn1.SEQUENCE) {
				return reference, false
			}
			reference.hash = a.digest()
		}
	}
	if !inner.ReadASN1((*cryptobyte.String)(&reference.sum), asn1.OCTET_STRING) {
		return reference, false
	}
	if inner.Empty() {
		return reference, true
	}
	return reference, readIssuerSerial(&inner, &reference) && inner.Empty()
}

// readIssuerSerial reads IssuerSerial, whose GeneralNames must be one directoryName (RFC 5035, section 5.4.1.1).
func readIssuerSerial(s *cryptobyte.String, reference *certificateReference) bool {
	var inner, names, directory, issuer cryptobyte.String
	reference.serial = new(big.Int)
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&names, asn1.SEQUENCE) ||
		!inner.ReadASN1Integer(reference.serial) || !inner.Empty() {
		return false
	}
	if !names.ReadASN1(&directory, explicit(4)) || !names.Empty() ||
		!directory.ReadASN1Element(&issuer, asn1.SEQUENCE) || !directory.Empty() {
		return false
	}
	reference.issuer = issuer
	return true
}

// names says whether the reference means the certificate.
func (r certificateReference) names(certificate *x509.Certificate) bool {
	if r.hash == 0 {
		return false
	}
	hash := r.hash.New()
	hash.Write(certificate.Raw)
	if !bytes.Equal(hash.Sum(nil), r.sum) {
		return false
	}
	return r.serial == nil || bytes.Equal(r.issuer, certificate.RawIssuer) && r.serial.Cmp(certificate.SerialNumber) == 0
}
