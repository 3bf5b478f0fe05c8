package cms

import (
	"slices"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
	"influxion/handler/internal/pades/certificate"
)

// signerInfo is a SignerInfo without its unsigned attributes.
type signerInfo struct {
	signer     signerIdentifier
	digest     algorithm.Identifier
	attributes []byte // the whole element [0]; nil = none
	algorithm  algorithm.Identifier
	signature  []byte
}

// readSignerInfo reads the contents of a SignerInfo (RFC 5652, section 5.3). declared are the
// digestAlgorithms of the SignedData.
func (s *SignedData) readSignerInfo(c ber.Cursor, declared []algorithm.Identifier) error {
	info, err := s.readSigned(&c)
	if err != nil {
		return err
	}
	if c.At(explicit(1)) {
		unsigned, ok := c.Take(explicit(1))
		if !ok {
			return errorf(Malformed, "the unsigned attributes cannot be read")
		}
		if s.UnsignedAttributes, err = readUnsignedAttributes(unsigned); err != nil {
			return err
		}
	}
	if !c.Empty() {
		return errorf(Malformed, "the SignerInfo has unknown parts")
	}
	return s.understand(declared, info)
}

func (s *SignedData) readSigned(c *ber.Cursor) (signerInfo, error) {
	var info signerInfo
	malformed := func() error { return errorf(Malformed, "the SignerInfo cannot be read") }
	version, ok := readVersion(c)
	if !ok || !takeSignerIdentifier(c, &info.signer) || !takeAlgorithm(c, &info.digest) {
		return info, malformed()
	}
	want := int64(1)
	if info.signer.keyID != nil {
		want = 3
	}
	if version != want { // nothing else depends on the version: the tag tells the kind of identifier
		s.irregular("the version of the SignerInfo does not fit its signer identifier")
	}
	if c.At(explicit(0)) {
		if info.attributes, ok = c.TakeAny(); !ok {
			return info, malformed()
		}
	}
	// RFC 5652, section 5.3: without attributes the content must be of the type id-data.
	if info.attributes == nil && !s.form.contentType().Equal(oidData) {
		return info, errorf(FormForbidden, "there are no signed attributes")
	}
	if !takeAlgorithm(c, &info.algorithm) {
		return info, malformed()
	}
	info.signature, ok = c.TakeOctets()
	if !ok {
		return info, malformed()
	}
	return info, nil
}

// understand interprets a SignerInfo. It stores an error that makes the signature unacceptable for
// Verify, so that a report can still say who signed and how.
func (s *SignedData) understand(declared []algorithm.Identifier, info signerInfo) error {
	s.signer, s.Signature = info.signer, info.signature
	s.DigestAlgorithm = info.digest.Digest()
	s.algorithm = info.algorithm
	s.scheme = info.algorithm.Scheme(s.DigestAlgorithm)
	s.SignatureAlgorithm = info.algorithm.Name(s.DigestAlgorithm)
	if info.attributes != nil {
		a, err := readSignedAttributes(info.attributes)
		if err != nil {
			return err
		}
		s.attributes, s.SignedAttributes, s.SigningTime = a, a.all, a.signingTime
		s.Remarks = append(s.Remarks, a.remarks...)
	} else {
		s.remark("there are no signed attributes: the signature is over the content itself")
	}
	s.Binding = s.attributes.binding()
	for _, c := range s.Refused {
		if s.signer.names(c) {
			certificate.Complete(c)
		}
	}
	if s.attributes != nil && s.attributes.messageDigest == nil {
		return errorf(Malformed, "the message-digest attribute is missing")
	}
	// RFC 5652, section 5.1, lets a verifier continue.
	if !slices.ContainsFunc(declared, func(d algorithm.Identifier) bool { return d.OID.Equal(info.digest.OID) }) {
		s.irregular("the signer's digest algorithm is not among the digestAlgorithms")
	}
	s.refusal = s.disagreement(info)
	return nil
}

// disagreement returns why the parts of a SignerInfo contradict each other, even if its values
// hold.
func (s *SignedData) disagreement(info signerInfo) error {
	if err := s.attributes.refusal(); err != nil {
		return err
	}
	if a := s.attributes; a != nil && !a.contentType.Equal(s.form.contentType()) {
		return errorf(TypeMismatch, "the content-type attribute is missing or does not name the content's type")
	}
	if s.otherDigest() { // RFC 8933, section 3
		return errorf(AlgorithmMismatch, "the signature algorithm and the digest algorithm use different digests")
	}
	if p := s.attributes.algorithms(); p != nil {
		if p.digest != s.DigestAlgorithm || !p.signature.OID.Equal(info.algorithm.OID) ||
			p.signature.Scheme(p.digest) != s.scheme {
			return errorf(AlgorithmMismatch, "the cms-algorithm-protection attribute names other algorithms")
		}
	}
	return nil
}

// otherDigest reports whether the digest of the signature algorithm is another one than the digest
// of the content.
func (s *SignedData) otherDigest() bool {
	return s.scheme.Prehashed() && s.DigestAlgorithm != "" && s.scheme.Digest != s.DigestAlgorithm
}
