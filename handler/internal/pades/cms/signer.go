package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signerIdentifier is a SignerIdentifier: issuer and serial number, or a subject key identifier.
type signerIdentifier struct {
	issuer []byte // DER of the Name
	serial *big.Int
	keyID  []byte // nil = by issuer and serial number
}

func readSignerIdentifier(s *cryptobyte.String, id *signerIdentifier) bool {
	var inner, issuer cryptobyte.String
	if byKey := cryptobyte_asn1.Tag(0).ContextSpecific(); s.PeekASN1Tag(byKey) {
		ok := s.ReadASN1(&inner, byKey) && len(inner) > 0
		id.keyID = inner
		return ok
	}
	id.serial = new(big.Int)
	ok := s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) && inner.ReadASN1Element(&issuer, cryptobyte_asn1.SEQUENCE) &&
		inner.ReadASN1Integer(id.serial) && inner.Empty()
	id.issuer = issuer
	return ok
}

// names says whether the identifier means the certificate.
func (id signerIdentifier) names(certificate *x509.Certificate) bool {
	if id.keyID != nil {
		return bytes.Equal(id.keyID, certificate.SubjectKeyId)
	}
	return bytes.Equal(id.issuer, certificate.RawIssuer) && id.serial.Cmp(certificate.SerialNumber) == 0
}

// Signer finds the certificate that the signer is identified by. Of several that fit, the signed reference chooses; where it does not,
// the signer is ambiguous. Its errors are *Fault.
func (s *SignedData) Signer() (*x509.Certificate, error) {
	var found []*x509.Certificate
	for _, certificate := range s.Certificates {
		if s.signer.names(certificate) && !slices.ContainsFunc(found, certificate.Equal) {
			found = append(found, certificate)
		}
		if len(found) == maxFits {
			break
		}
	}
	switch len(found) {
	case 0:
		return nil, s.signerMissing()
	case 1:
		return found[0], nil
	}
	for _, certificate := range found {
		if s.Binding != BindingNone && s.bound(certificate) {
			return certificate, nil
		}
	}
	return nil, faultf(SignerNotFound, "%d different certificates fit the signer identifier", len(found))
}

// bound says whether every signed reference means the certificate.
func (s *SignedData) bound(certificate *x509.Certificate) bool {
	for _, reference := range []*certificateReference{s.attributes.v1, s.attributes.v2} {
		if reference != nil && !reference.names(certificate) {
			return false
		}
	}
	return true
}

// signerMissing tells a certificate that is absent from one that is there and beyond crypto/x509, such as one with a Brainpool key.
func (s *SignedData) signerMissing() error {
	for _, raw := range s.unparsed {
		o, ok := readOutline(raw)
		if !ok || s.signer.keyID != nil || !bytes.Equal(o.issuer, s.signer.issuer) || o.serial.Cmp(s.signer.serial) != 0 {
			continue
		}
		if o.curve != nil {
			return faultf(AlgorithmUnknown, "the signer's key is on a curve that is not known: %v", o.curve)
		}
		return faultf(Malformed, "the signer's certificate cannot be parsed")
	}
	return faultf(SignerNotFound, "the signer's certificate is not embedded")
}

// outline is the little that can be read of a certificate that crypto/x509 refuses.
type outline struct {
	issuer []byte
	serial *big.Int
	curve  asn1.ObjectIdentifier // a curve that crypto/x509 does not know
}

func readOutline(raw []byte) (outline, bool) {
	s := cryptobyte.String(raw)
	o := outline{serial: new(big.Int)}
	var certificate, tbs, issuer, key, algorithm cryptobyte.String
	if !s.ReadASN1(&certificate, cryptobyte_asn1.SEQUENCE) || !certificate.ReadASN1(&tbs, cryptobyte_asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(explicit(0)) || !tbs.ReadASN1Integer(o.serial) || !tbs.SkipASN1(cryptobyte_asn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, cryptobyte_asn1.SEQUENCE) {
		return o, false
	}
	o.issuer = issuer
	var validity, subject cryptobyte.String
	if !tbs.ReadASN1(&validity, cryptobyte_asn1.SEQUENCE) || !tbs.ReadASN1(&subject, cryptobyte_asn1.SEQUENCE) ||
		!tbs.ReadASN1(&key, cryptobyte_asn1.SEQUENCE) || !key.ReadASN1(&algorithm, cryptobyte_asn1.SEQUENCE) {
		return o, true
	}
	var kind, curve asn1.ObjectIdentifier
	ecPublicKey := asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	if !readOID(&algorithm, &kind) || !kind.Equal(ecPublicKey) || !readOID(&algorithm, &curve) {
		return o, true
	}
	known := []asn1.ObjectIdentifier{{1, 3, 132, 0, 33}, {1, 2, 840, 10045, 3, 1, 7}, {1, 3, 132, 0, 34}, {1, 3, 132, 0, 35}}
	if !slices.ContainsFunc(known, curve.Equal) {
		o.curve = curve
	}
	return o, true
}
