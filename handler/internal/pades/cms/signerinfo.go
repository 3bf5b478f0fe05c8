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

func readSignerIdentifier(s *cryptobyte.String) (signerIdentifier, bool) {
	var id signerIdentifier
	var inner, issuer cryptobyte.String
	byKey := cryptobyte_asn1.Tag(0).ContextSpecific()
	if s.PeekASN1Tag(byKey) {
		ok := s.ReadASN1(&inner, byKey) && len(inner) > 0
		id.keyID = inner
		return id, ok
	}
	id.serial = new(big.Int)
	ok := s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) && inner.ReadASN1Element(&issuer, cryptobyte_asn1.SEQUENCE) &&
		inner.ReadASN1Integer(id.serial) && inner.Empty()
	id.issuer = issuer
	return id, ok
}

// names says whether the identifier means the certificate.
func (id signerIdentifier) names(certificate *x509.Certificate) bool {
	if id.keyID != nil {
		return bytes.Equal(id.keyID, certificate.SubjectKeyId)
	}
	return bytes.Equal(id.issuer, certificate.RawIssuer) && id.serial.Cmp(certificate.SerialNumber) == 0
}

// readSignerInfo reads the contents of the SignerInfo (RFC 5652, section 5.3).
func (s *SignedData) readSignerInfo(c cursor, declared []algorithmIdentifier) error {
	var version int64
	var digest, signature algorithmIdentifier
	var attributes, value cryptobyte.String
	ok := c.strictly(func(r *cryptobyte.String) bool {
		var ok bool
		if !r.ReadASN1Integer(&version) {
			return false
		}
		if s.signer, ok = readSignerIdentifier(r); !ok {
			return false
		}
		digest, ok = readAlgorithm(r, cryptobyte_asn1.SEQUENCE)
		return ok
	})
	if !ok {
		return faultf(Malformed, "the SignerInfo cannot be read")
	}
	want := int64(1)
	if s.signer.keyID != nil {
		want = 3
	}
	if version != want {
		return faultf(Malformed, "the version of the SignerInfo does not go with its signer identifier")
	}
	// RFC 5652 would allow a bare signature over the content. It could be passed off as one over attributes, and the other way round.
	if !c.at(explicit(0)) {
		return faultf(Malformed, "there are no signed attributes")
	}
	ok = c.strictly(func(r *cryptobyte.String) bool {
		var ok bool
		if !r.ReadASN1Element(&attributes, explicit(0)) {
			return false
		}
		signature, ok = readAlgorithm(r, cryptobyte_asn1.SEQUENCE)
		return ok && r.ReadASN1(&value, cryptobyte_asn1.OCTET_STRING)
	})
	if !ok {
		return faultf(Malformed, "the SignerInfo cannot be read")
	}
	if c.at(explicit(1)) {
		unsigned, ok := c.take(explicit(1))
		if !ok {
			return faultf(Malformed, "the unsigned attributes cannot be read")
		}
		var err error
		if s.UnsignedAttributes, err = readUnsignedAttributes(unsigned); err != nil {
			return err
		}
	}
	if !c.empty() {
		return faultf(Malformed, "the SignerInfo has unknown parts")
	}
	s.Signature = value
	return s.understand(declared, digest, signature, attributes)
}

// understand draws the conclusions from a SignerInfo. What makes the signature unacceptable but leaves it readable is kept for Verify,
// so that a report can still say who signed and how.
func (s *SignedData) understand(declared []algorithmIdentifier, digest, signature algorithmIdentifier, attributes []byte) error {
	a, err := readSignedAttributes(attributes)
	if err != nil {
		return err
	}
	s.attributes, s.SignedAttributes, s.SigningTime = a, a.all, a.signingTime
	s.DigestAlgorithm = digest.digest()
	s.scheme = signature.scheme(s.DigestAlgorithm)
	s.SignatureAlgorithm = signature.oid.String()
	if s.scheme.family != "" {
		s.SignatureAlgorithm = s.scheme.String()
	}
	switch {
	case a.v2 != nil:
		s.Binding = BindingV2
	case a.v1 != nil:
		s.Binding = BindingV1
	}
	s.fault = s.disagreement(declared, digest, signature)
	return nil
}

func (s *SignedData) disagreement(declared []algorithmIdentifier, digest, signature algorithmIdentifier) error {
	a := s.attributes
	if !a.sorted {
		// Readers that encode the SET OF again get other bytes than readers that take it as it is: whether it verifies would depend
		// on who looks.
		return faultf(Malformed, "the signed attributes are not in the order that DER demands")
	}
	if !a.contentType.Equal(oidData) {
		return faultf(Malformed, "the content-type attribute is not id-data")
	}
	if !slices.ContainsFunc(declared, func(d algorithmIdentifier) bool { return d.oid.Equal(digest.oid) }) {
		return faultf(AlgorithmMismatch, "the signer's digest algorithm is not among the digestAlgorithms")
	}
	if s.scheme.family != "" && s.DigestAlgorithm != 0 && s.scheme.hash != s.DigestAlgorithm {
		return faultf(AlgorithmMismatch, "the signature algorithm uses another digest than the digest algorithm")
	}
	if p := a.protection; p != nil {
		if p.digest != s.DigestAlgorithm || !p.signature.oid.Equal(signature.oid) || p.signature.scheme(p.digest) != s.scheme {
			return faultf(AlgorithmMismatch, "the cms-algorithm-protection attribute names other algorithms")
		}
	}
	return nil
}

// Signer finds the certificate that the signer is identified by. Of several that fit, the signed reference chooses; where it does not,
// the signer is ambiguous. Its errors are *Fault.
func (s *SignedData) Signer() (*x509.Certificate, error) {
	var found []*x509.Certificate
	for _, certificate := range s.Certificates {
		if s.signer.names(certificate) && !slices.ContainsFunc(found, certificate.Equal) {
			found = append(found, certificate)
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
	if !tbs.SkipASN1(cryptobyte_asn1.SEQUENCE) || !tbs.SkipASN1(cryptobyte_asn1.SEQUENCE) ||
		!tbs.ReadASN1(&key, cryptobyte_asn1.SEQUENCE) || !key.ReadASN1(&algorithm, cryptobyte_asn1.SEQUENCE) {
		return o, true
	}
	var kind, curve asn1.ObjectIdentifier
	ecPublicKey := asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	if !algorithm.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(ecPublicKey) || !algorithm.ReadASN1ObjectIdentifier(&curve) {
		return o, true
	}
	known := []asn1.ObjectIdentifier{{1, 3, 132, 0, 33}, {1, 2, 840, 10045, 3, 1, 7}, {1, 3, 132, 0, 34}, {1, 3, 132, 0, 35}}
	if !slices.ContainsFunc(known, curve.Equal) {
		o.curve = curve
	}
	return o, true
}
