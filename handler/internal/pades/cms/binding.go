package cms

import (
	"bytes"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// Binding says which signed attribute names the signer's certificate.
type Binding string

// The bindings. Without one, the signer's certificate can be exchanged for another one with the
// same key.
const (
	BindingNone Binding = ""
	BindingV1   Binding = "signing-certificate"    // RFC 2634, section 5.4: SHA-1
	BindingV2   Binding = "signing-certificate-v2" // RFC 5035, section 3
)

// certificateReference is an ESSCertID or ESSCertIDv2. Only the first reference of an attribute,
// which is the signer's, is kept.
type certificateReference struct {
	hash   algorithm.Digest // "" = not known
	sum    []byte
	issuer []byte // DER of the Name; nil = there is no issuerSerial
	serial *big.Int
}

// readSigningCertificate reads SigningCertificate or SigningCertificateV2, which differ in the hash
// alone.
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

// readBinding reads the value of a signing-certificate attribute.
func readBinding(value cryptobyte.String, version Binding, out **certificateReference) bool {
	reference, ok := readSigningCertificate(value, version)
	if ok {
		*out = &reference
	}
	return ok
}

func readReference(s *cryptobyte.String, version Binding) (certificateReference, bool) {
	reference := certificateReference{hash: algorithm.SHA1}
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) {
		return reference, false
	}
	if version == BindingV2 {
		reference.hash = algorithm.SHA256
		// Many producers write the DEFAULT value, which DER forbids. No reader rejects it.
		if inner.PeekASN1Tag(asn1.SEQUENCE) {
			var a algorithm.Identifier
			if !a.Read(&inner, asn1.SEQUENCE) {
				return reference, false
			}
			reference.hash = a.Digest()
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

// readIssuerSerial reads IssuerSerial, whose GeneralNames must be one directoryName (RFC 5035,
// section 5.4.1.1).
func readIssuerSerial(s *cryptobyte.String, reference *certificateReference) bool {
	var inner, names, directory, issuer cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&names, asn1.SEQUENCE) ||
		!readSerial(&inner, &reference.serial) || !inner.Empty() {
		return false
	}
	if !names.ReadASN1(&directory, explicit(4)) || !names.Empty() ||
		!directory.ReadASN1Element(&issuer, asn1.SEQUENCE) || !directory.Empty() {
		return false
	}
	reference.issuer = issuer
	return true
}

// names returns why the reference names another certificate; nil = it names this one.
func (r certificateReference) names(c *x509.Certificate) error {
	if r.hash == "" {
		return errorf(BindingMismatch,
			"the signed reference to the signer's certificate uses a digest algorithm that is not evaluated")
	}
	same := bytes.Equal(r.hash.Sum(c.Raw), r.sum)
	if same && r.serial != nil {
		same = r.serial.Cmp(c.SerialNumber) == 0 && certificate.SameText(r.issuer, c.RawIssuer)
	}
	if !same {
		return errorf(BindingMismatch, "the signed reference names a certificate that is not the signer's")
	}
	return nil
}

// references are the signed references to the signer's certificate.
func (a *signedAttributes) references() (all []*certificateReference) {
	if a == nil {
		return nil
	}
	for _, reference := range []*certificateReference{a.v1, a.v2} {
		if reference != nil {
			all = append(all, reference)
		}
	}
	return all
}

// weak returns the digest of a reference for which other certificates can be made; "" = there is
// none. SHA-1 does not count: RFC 2634 defines it, and a collision does not give a certificate that
// an authority issued.
func (a *signedAttributes) weak() algorithm.Digest {
	for _, reference := range a.references() {
		if reference.hash == algorithm.MD5 {
			return reference.hash
		}
	}
	return ""
}

// binding returns the strongest of the references.
func (a *signedAttributes) binding() Binding {
	switch {
	case a == nil:
		return BindingNone
	case a.v2 != nil:
		return BindingV2
	case a.v1 != nil:
		return BindingV1
	}
	return BindingNone
}
