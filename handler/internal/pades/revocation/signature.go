package revocation

import (
	"crypto/x509"
	"errors"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// signed is a signature and the data that it covers.
type signed struct {
	data      []byte
	algorithm algorithm.Identifier
	scheme    algorithm.Scheme
	signature []byte
	digest    func() []byte // of data, made once: a CRL can have megabytes, and About can be called often
	proven    *algorithm.Proven
}

// readSignature reads what follows the data in every signed structure of X.509: the algorithm and
// the signature value.
func readSignature(s *cryptobyte.String, data []byte) (signed, bool) {
	made := signed{data: data}
	if !made.algorithm.Read(s, asn1.SEQUENCE) || !s.ReadASN1BitStringAsBytes(&made.signature) ||
		len(made.signature) > maxSignature {
		return signed{}, false
	}
	made.scheme = made.algorithm.Scheme("")
	made.digest = sync.OnceValue(func() []byte { return made.scheme.Digest.Sum(data) })
	return made, true
}

// verify checks that the key of a certificate made the signature, and that key and algorithm are
// strong enough.
func (s signed) verify(by *x509.Certificate) *Error {
	public := by.PublicKey
	if !s.scheme.Known() {
		return errorf(AlgorithmWeak, "the signature algorithm is not one that is evaluated")
	}
	// A weak algorithm is refused before the costly verification.
	if err := s.scheme.Strong(public); err != nil {
		return algorithmError(err)
	}
	if !s.scheme.Prehashed() {
		return algorithmError(s.scheme.Verify(public, s.data, s.signature))
	}
	return algorithmError(
		s.proven.VerifyDigest(s.scheme, public, by.RawSubjectPublicKeyInfo, s.digest(), s.signature))
}

// algorithmError converts an error of package algorithm.
func algorithmError(err error) *Error {
	algorithmErr, ok := errors.AsType[*algorithm.Error](err)
	switch {
	case !ok:
		return nil
	case algorithmErr.Kind == algorithm.Invalid:
		return errorf(SignatureBad, "%s", algorithmErr.Detail)
	}
	return errorf(AlgorithmWeak, "%s", algorithmErr.Detail)
}
