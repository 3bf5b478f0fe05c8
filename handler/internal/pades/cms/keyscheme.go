package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"

	"influxion/handler/internal/pades/algorithm"
)

// ecdsaHeader is the size of an ECDSA signature value without its numbers: SEQUENCE with a two-byte
// length, two INTEGERs, and a leading zero for each.
const ecdsaHeader = 9

// DefaultDigest returns the digest for a key: as strong as the curve for ECDSA, SHA-256 for RSA. If
// a key cannot sign at all, it returns ErrKeyUnsupported; this check is cheap.
func DefaultDigest(public crypto.PublicKey) (crypto.Hash, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch key.N.BitLen() {
		case 2048, 3072, 4096:
			return crypto.SHA256, nil
		}
		return 0, fmt.Errorf("%w: RSA of %d bits", ErrKeyUnsupported, key.N.BitLen())
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return crypto.SHA256, nil
		case elliptic.P384():
			return crypto.SHA384, nil
		case elliptic.P521():
			return crypto.SHA512, nil
		}
		return 0, fmt.Errorf("%w: curve %s", ErrKeyUnsupported, key.Params().Name)
	}
	return 0, fmt.Errorf("%w: %T", ErrKeyUnsupported, public)
}

// signsWith reports whether this package signs with a digest: one that ETSI TS 119 312 approves and
// all readers support.
func signsWith(d algorithm.Digest) bool {
	return d == algorithm.SHA256 || d == algorithm.SHA384 || d == algorithm.SHA512
}

// schemeFor returns the scheme with which a key signs, and the length of the longest signature
// value that it makes.
func schemeFor(public crypto.PublicKey, digest crypto.Hash, usePSS bool) (algorithm.Scheme, int, error) {
	none := algorithm.Scheme{}
	if _, err := DefaultDigest(public); err != nil {
		return none, 0, err
	}
	d := algorithm.DigestOf(digest)
	if !signsWith(d) {
		return none, 0, fmt.Errorf("%w: digest %v", ErrRequestInvalid, digest)
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if usePSS {
			return algorithm.Scheme{Family: algorithm.PSS, Digest: d, Mask: d, Salt: d.Size()}, key.Size(), nil
		}
		return algorithm.Scheme{Family: algorithm.PKCS1, Digest: d}, key.Size(), nil
	case *ecdsa.PublicKey:
		if usePSS {
			return none, 0, fmt.Errorf("%w: RSASSA-PSS with an ECDSA key", ErrKeyUnsupported)
		}
		return algorithm.Scheme{Family: algorithm.ECDSA, Digest: d}, ecdsaHeader + 2*((key.Params().BitSize+7)/8), nil
	}
	return none, 0, fmt.Errorf("%w: %T", ErrKeyUnsupported, public)
}

// options are the crypto.SignerOpts of a scheme.
func options(s algorithm.Scheme) crypto.SignerOpts {
	if s.Family == algorithm.PSS {
		return &rsa.PSSOptions{SaltLength: s.Salt, Hash: s.Digest.Hash()}
	}
	return s.Digest.Hash()
}
