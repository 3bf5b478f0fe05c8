package cms

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signerInfo is the part of a SignerInfo that must be DER: all but the unsigned attributes.
type signerInfo struct {
	signer     signerIdentifier
	digest     algorithmIdentifier
	attributes cryptobyte.String // the whole element [0]
	algorithm  algorithmIdentifier
	signature  cryptobyte.String
}

// readSignerInfo reads the contents of a SignerInfo (RFC 5652, section 5.3), given the digestAlgorithms beside it.
func (s *SignedData) readSignerInfo(c cursor, declared []algorithmIdentifier) error {
	rest := cryptobyte.String(c.rest)
	info, err := readSigned(&rest)
	if err != nil {
		return err
	}
	c.rest = rest
	if c.at(explicit(1)) {
		unsigned, ok := c.take(explicit(1))
		if !ok {
			return faultf(Malformed, "the unsigned attributes cannot be read")
		}
		if s.UnsignedAttributes, err = readUnsignedAttributes(unsigned); err != nil {
			return err
		}
	}
	if !c.empty() {
		return faultf(Malformed, "the SignerInfo has unknown parts")
	}
	return s.understand(declared, info)
}

func readSigned(s *cryptobyte.String) (signerInfo, error) {
	var info signerInfo
	var version int64
	if !s.ReadASN1Integer(&version) || !readSignerIdentifier(s, &info.signer) || !readAlgorithm(s, &info.digest, cryptobyte_asn1.SEQUENCE) {
		return info, faultf(Malformed, "the SignerInfo cannot be read")
	}
	want := int64(1)
	if info.signer.keyID != nil {
		want = 3
	}
	if version != want {
		return info, faultf(Malformed, "the version of the SignerInfo does not go with its signer identifier")
	}
	// RFC 5652 would allow a bare signature over the content. It could be passed off as one over attributes, and the other way round.
	if !s.PeekASN1Tag(explicit(0)) {
		return info, faultf(Malformed, "there are no signed attributes")
	}
	if !s.ReadASN1Element(&info.attributes, explicit(0)) || !readAlgorithm(s, &info.algorithm, cryptobyte_asn1.SEQUENCE) ||
		!s.ReadASN1(&info.signature, cryptobyte_asn1.OCTET_STRING) {
		return info, faultf(Malformed, "the SignerInfo cannot be read")
	}
	return info, nil
}

// understand draws the conclusions from a SignerInfo. What makes the signature unacceptable but leaves it readable is kept for Verify,
// so that a report can still say who signed and how.
func (s *SignedData) understand(declared []algorithmIdentifier, info signerInfo) error {
	a, err := readSignedAttributes(info.attributes)
	if err != nil {
		return err
	}
	s.signer, s.Signature = info.signer, info.signature
	s.attributes, s.SignedAttributes, s.SigningTime = a, a.all, a.signingTime
	s.DigestAlgorithm = info.digest.digest()
	s.scheme = info.algorithm.scheme(s.DigestAlgorithm)
	s.SignatureAlgorithm = info.algorithm.oid.String()
	if s.scheme.family != "" {
		s.SignatureAlgorithm = s.scheme.String()
	}
	switch {
	case a.v2 != nil:
		s.Binding = BindingV2
	case a.v1 != nil:
		s.Binding = BindingV1
	}
	s.fault = s.disagreement(declared, info)
	return nil
}

func (s *SignedData) disagreement(declared []algorithmIdentifier, info signerInfo) error {
	a := s.attributes
	if !a.sorted {
		// Readers that encode the SET OF again get other bytes than readers that take it as it is: whether it verifies would depend
		// on who looks.
		return faultf(Malformed, "the signed attributes are not in the order that DER demands")
	}
	if !a.contentType.Equal(s.contentType) {
		return faultf(Malformed, "the content-type attribute is missing or names another type than the content's")
	}
	if a.messageDigest == nil {
		return faultf(Malformed, "the message-digest attribute is missing")
	}
	if !slices.ContainsFunc(declared, func(d algorithmIdentifier) bool { return d.oid.Equal(info.digest.oid) }) {
		return faultf(AlgorithmMismatch, "the signer's digest algorithm is not among the digestAlgorithms")
	}
	if s.scheme.family != "" && s.DigestAlgorithm != 0 && s.scheme.hash != s.DigestAlgorithm {
		return faultf(AlgorithmMismatch, "the signature algorithm uses another digest than the digest algorithm")
	}
	if p := a.protection; p != nil {
		if p.digest != s.DigestAlgorithm || !p.signature.oid.Equal(info.algorithm.oid) || p.signature.scheme(p.digest) != s.scheme {
			return faultf(AlgorithmMismatch, "the cms-algorithm-protection attribute names other algorithms")
		}
	}
	return nil
}
