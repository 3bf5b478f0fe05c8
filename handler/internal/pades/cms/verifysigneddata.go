package cms

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"time"

	"influxion/handler/internal/pades/algorithm"
)

// Verify checks the signature against the digest of the content, made with ContentDigest. It
// demands, in this order:
//   - the signer's certificate (NO_SIGNING_CERTIFICATE_FOUND; the same where the value does not
//     verify and a signed reference names another certificate)
//   - a digest algorithm that is known (CRYPTO_CONSTRAINTS_FAILURE)
//   - the message-digest attribute (HASH_FAILURE)
//   - a signature algorithm and a key that are evaluated (CRYPTO_CONSTRAINTS_FAILURE)
//   - the signature value over the signed attributes, or over the content if there are none
//     (SIG_CRYPTO_FAILURE)
//   - parts that do not contradict each other (FORMAT_FAILURE, or SIG_CONSTRAINTS_FAILURE for a
//     signed reference)
//   - that every signed reference names the signer's certificate (SIG_CONSTRAINTS_FAILURE)
//   - algorithms that are strong (CRYPTO_CONSTRAINTS_FAILURE)
//
// Verify therefore reports a broken signature before one with a wrong form, and a wrong form before
// a weak algorithm.
//
// A signature without a signed reference can verify; Binding and Baseline show that. A signature
// whose certificate crypto/x509 refuses can verify too; certificate.Refusal shows that. The errors
// of Verify are *Error.
//
// If there are no signed attributes, the caller must make sure that the content does not begin as a
// SET does (0x31). Otherwise an attacker could present the signed attributes of another signature
// as content.
func (s *SignedData) Verify(digest []byte) error {
	signer, err := s.verify(digest)
	if err != nil {
		return err
	}
	return s.strong(signer)
}

// ContentDigest returns the algorithm of the digest for Verify; "" = unknown.
func (s *SignedData) ContentDigest() algorithm.Digest {
	if s.form == formSHA1 {
		return algorithm.SHA1
	}
	return s.DigestAlgorithm
}

// WeakDigest returns the digest that an error of the kind AlgorithmForbidden is about. Its age
// tells until when the signature was reliable. Of several weak digests, it is the one that ceased
// to be reliable first. If the error is not about a digest, WeakDigest returns the DigestAlgorithm.
func (s *SignedData) WeakDigest() algorithm.Digest {
	return cmp.Or(firstToFail(s.digests()), s.DigestAlgorithm)
}

// digests returns the digests that strong judges, except for the references that it permits.
func (s *SignedData) digests() []algorithm.Digest {
	all := []algorithm.Digest{s.ContentDigest(), s.DigestAlgorithm, s.attributes.weak()}
	if s.scheme.Mask != algorithm.SHA1 {
		all = append(all, s.scheme.Mask)
	}
	return all
}

// firstToFail returns the digest that ceased to be reliable first; "" = all are reliable.
func firstToFail(all []algorithm.Digest) (first algorithm.Digest) {
	var earliest time.Time
	for _, d := range all {
		if until, weak := d.Until(); weak && (first == "" || until.Before(earliest)) {
			first, earliest = d, until
		}
	}
	return first
}

// verify does what Verify does, except that it does not judge the strength of the algorithms. It
// returns the signer's certificate.
func (s *SignedData) verify(digest []byte) (*x509.Certificate, error) {
	signer, err := s.Signer()
	if err != nil {
		return nil, err
	}
	if s.DigestAlgorithm == "" {
		return nil, errorf(AlgorithmUnknown, "the digest algorithm is not known")
	}
	if digest, err = s.encapsulated(digest); err != nil {
		return nil, err
	}
	if len(digest) != s.DigestAlgorithm.Size() ||
		s.attributes != nil && !bytes.Equal(digest, s.attributes.messageDigest) {
		return nil, errorf(DigestMismatch, "the content is not what was signed")
	}
	if !s.scheme.Known() {
		return nil, errorf(AlgorithmUnknown, "the signature algorithm %s, or its parameters, are not evaluated",
			s.SignatureAlgorithm)
	}
	if err := s.checkValue(signer, digest); err != nil {
		return nil, s.unlessOfAnother(signer, err)
	}
	if s.refusal != nil {
		return nil, s.refusal
	}
	return signer, s.bound(signer)
}

// unlessOfAnother returns the error for a signature value that does not verify with the embedded
// certificate. If a signed reference names another certificate, nothing is known about the value:
// that certificate is missing (ETSI EN 319 102-1, section 5.2.3).
func (s *SignedData) unlessOfAnother(signer *x509.Certificate, err error) error {
	if broken, ok := errors.AsType[*Error](err); ok && broken.Kind == SignatureInvalid && s.bound(signer) != nil {
		return errorf(SignerNotFound, "the certificate that a signed reference names is not embedded")
	}
	return err
}

// encapsulated returns the digest of the eContent of adbe.pkcs7.sha1, which is the SHA-1 digest of
// the document.
func (s *SignedData) encapsulated(digest []byte) ([]byte, error) {
	if s.form != formSHA1 {
		return digest, nil
	}
	if !bytes.Equal(digest, s.content) {
		return nil, errorf(DigestMismatch, "the content is not what was signed")
	}
	return s.DigestAlgorithm.Sum(s.content), nil
}

// checkValue checks the signature value over the signed attributes (RFC 5652, section 5.4). If
// there are none, it checks the value over the content that has the digest.
func (s *SignedData) checkValue(signer *x509.Certificate, digest []byte) error {
	key, err := algorithm.Key(signer)
	if err != nil {
		return algorithmError(err)
	}
	if s.attributes == nil && s.otherDigest() {
		return errorf(AlgorithmUnknown, "the signature algorithm and the content use different digests")
	}
	if s.attributes == nil {
		return algorithmError(s.scheme.VerifyDigest(key, digest, s.Signature))
	}
	for _, signed := range s.attributes.forms {
		if err = s.scheme.Verify(key, signed, s.Signature); err == nil {
			return nil
		}
	}
	return algorithmError(err)
}

// strong checks whether the algorithms of a signature that verified are still strong enough.
func (s *SignedData) strong(signer *x509.Certificate) error {
	key, err := algorithm.Key(signer)
	if err != nil {
		return algorithmError(err)
	}
	for _, d := range []algorithm.Digest{s.ContentDigest(), s.DigestAlgorithm} {
		if err := d.Strong(); err != nil {
			return algorithmError(err)
		}
	}
	if d := s.attributes.weak(); d != "" {
		return errorf(AlgorithmForbidden, "the digest algorithm %v of the reference to the certificate is too weak", d)
	}
	return algorithmError(s.scheme.Strong(key))
}

// Baseline returns why a signature that verifies does not have the form of a PAdES baseline level
// (ETSI EN 319 142-1, section 6.3): no signed reference to its certificate (BindingMissing), a part
// that RFC 5652 forbids (FormForbidden), or another reason (NotBaseline). It returns nil for the
// form of B-B and above.
func (s *SignedData) Baseline() error {
	switch {
	case s.Binding == BindingNone:
		return errorf(BindingMissing, "no signed attribute names the signer's certificate")
	case s.odd != "":
		return errorf(FormForbidden, "%s", s.odd)
	case s.BER:
		return errorf(NotBaseline, "the CMS element is not in DER")
	case !s.attributes.isDER():
		return errorf(NotBaseline, "the signed attributes are not in the order that DER demands")
	case s.attributes.has(oidSigningTime):
		return errorf(NotBaseline, "the signing-time attribute is present")
	}
	return nil
}
