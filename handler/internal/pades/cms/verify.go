package cms

import (
	"bytes"
	"crypto/x509"
)

// Verify checks the signature against the digest of the content, made with DigestAlgorithm. In this order it demands: a sound form
// (FORMAT_FAILURE), the signer's certificate (NO_SIGNING_CERTIFICATE_FOUND), algorithms that are known (CRYPTO_CONSTRAINTS_FAILURE),
// the message-digest attribute (HASH_FAILURE), the signature value over the signed attributes (SIG_CRYPTO_FAILURE), every signed
// reference to the signer's certificate (SIG_CONSTRAINTS_FAILURE), and algorithms that are strong (CRYPTO_CONSTRAINTS_FAILURE): what
// is broken is told before what is only weak.
//
// A signature without any signed reference can verify: Binding and Baseline tell. Its errors are *Fault.
func (s *SignedData) Verify(messageDigest []byte) error {
	signer, err := s.verify(messageDigest)
	if err != nil {
		return err
	}
	return s.scheme.acceptable(signer.PublicKey)
}

// verify is Verify but for the strength of the algorithms. It gives the signer's certificate.
func (s *SignedData) verify(messageDigest []byte) (*x509.Certificate, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	signer, err := s.Signer()
	if err != nil {
		return nil, err
	}
	if s.DigestAlgorithm == 0 {
		return nil, faultf(AlgorithmUnknown, "the digest algorithm is not known")
	}
	if len(messageDigest) != s.DigestAlgorithm.Size() || !bytes.Equal(messageDigest, s.attributes.messageDigest) {
		return nil, faultf(DigestMismatch, "the content is not what was signed")
	}
	if s.scheme.family == "" {
		return nil, faultf(AlgorithmUnknown, "the signature algorithm %s, or its parameters, are not known", s.SignatureAlgorithm)
	}
	hash := s.DigestAlgorithm.New()
	hash.Write(s.attributes.set)
	if err := s.scheme.verify(signer.PublicKey, hash.Sum(nil), s.Signature); err != nil {
		return nil, err
	}
	if !s.bound(signer) {
		return nil, faultf(BindingMismatch, "the signed reference names another certificate than the signer's")
	}
	return signer, nil
}

// Baseline says why a signature that verifies has no form of a PAdES baseline level (ETSI EN 319 142-1, section 6.3): no signed
// reference to its certificate (BindingMissing), or something else (NotBaseline). nil = it has the form of B-B at least.
func (s *SignedData) Baseline() error {
	switch {
	case s.Binding == BindingNone:
		return faultf(BindingMissing, "no signed attribute names the signer's certificate")
	case s.BER:
		return faultf(NotBaseline, "the CMS element is not DER")
	case s.attributes.has(oidSigningTime):
		return faultf(NotBaseline, "the signing-time attribute is present")
	}
	return nil
}
