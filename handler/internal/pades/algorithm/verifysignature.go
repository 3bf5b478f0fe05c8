package algorithm

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated, and called too weak
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/rsa"
	"math/big"

	"github.com/cloudflare/circl/sign/ed448"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Verify verifies a signature value over data. It does not judge the strength of the algorithm,
// which Strong does. Its errors are *Error: NotEvaluated or Invalid.
func (s Scheme) Verify(key crypto.PublicKey, data, signature []byte) error {
	if s.Prehashed() {
		return s.verify(key, nil, s.Digest.Sum(data), signature)
	}
	return s.verify(key, data, nil, signature)
}

// VerifyDigest does what Verify does, for callers that have only the digest of the data, made with
// s.Digest. It cannot evaluate Ed25519 and Ed448, which sign the data.
func (s Scheme) VerifyDigest(key crypto.PublicKey, sum, signature []byte) error {
	if s.Known() && !s.Prehashed() {
		return errorf(NotEvaluated, "a signature by %v over the content itself is not evaluated", s.Family)
	}
	return s.verify(key, nil, sum, signature)
}

func (s Scheme) verify(key crypto.PublicKey, data, sum, signature []byte) error {
	if !s.Known() {
		return errorf(NotEvaluated, "the signature algorithm, or its parameters, are not evaluated")
	}
	if err := s.fits(key); err != nil {
		return err
	}
	var valid bool
	// FIPS mode must not prevent verifying old signatures.
	fips140.WithoutEnforcement(func() { valid = s.holds(key, data, sum, signature) })
	if !valid {
		return errorf(Invalid, "the signature value does not verify with the signer's key")
	}
	return nil
}

// fits returns why a key cannot have made a signature of the scheme, or why it is not evaluated.
func (s Scheme) fits(key crypto.PublicKey) error {
	families := map[Family]bool{}
	switch key := key.(type) {
	case *rsa.PublicKey:
		families[PKCS1], families[PSS] = true, true
		if err := checkRSA(key.N, big.NewInt(int64(key.E))); err != nil {
			return err
		}
	case *RSAKey:
		families[PKCS1], families[PSS] = true, true
		if err := checkRSA(key.N, key.E); err != nil {
			return err
		}
		if key.pss && s.Family == PKCS1 {
			return errorf(NotEvaluated, "the signer's key is reserved for RSASSA-PSS")
		}
		if o := key.only; o != nil && s.Family == PSS && (s.Digest != o.Digest || s.Mask != o.Mask || s.Salt < o.Salt) {
			return errorf(NotEvaluated, "the signer's key is reserved for other parameters of RSASSA-PSS")
		}
	case *ecdsa.PublicKey:
		families[ECDSA], families[PlainECDSA] = true, true
		if !evaluated(key) {
			return errorf(NotEvaluated, "the signer's key is on a curve that is not evaluated")
		}
	case *dsa.PublicKey:
		families[DSA] = true
		if err := checkDSA(key); err != nil {
			return err
		}
	case ed25519.PublicKey:
		families[Ed25519] = true
	case ed448.PublicKey:
		families[Ed448] = true
	default:
		return errorf(NotEvaluated, "the signer's key is of a kind that is not evaluated")
	}
	if !families[s.Family] {
		return errorf(Invalid, "the signature algorithm %v does not fit the signer's key", s)
	}
	if Universal(key) {
		return errorf(NotEvaluated, "the signer's key is not valid: one signature of it fits any data")
	}
	return nil
}

func (s Scheme) holds(key crypto.PublicKey, data, sum, signature []byte) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return s.holdsRSA(key, sum, signature)
	case *RSAKey:
		return s.exactRSA(key.N, key.E, sum, signature)
	case *ecdsa.PublicKey:
		return s.holdsECDSA(key, sum, signature)
	case *dsa.PublicKey:
		return holdsDSA(key, sum, signature)
	case ed25519.PublicKey:
		return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, data, signature)
	case ed448.PublicKey:
		return len(key) == ed448.PublicKeySize && ed448.Verify(key, data, signature, "")
	}
	return false
}

// evaluated reports whether a key is on a curve of this package. No other arithmetic may be used.
func evaluated(key *ecdsa.PublicKey) bool {
	for _, known := range curves {
		if key.Curve == known.curve() {
			return true
		}
	}
	return false
}

func (s Scheme) holdsECDSA(key *ecdsa.PublicKey, sum, signature []byte) bool {
	if s.Family == PlainECDSA {
		size := (key.Params().N.BitLen() + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		b := cryptobyte.NewBuilder(nil)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(new(big.Int).SetBytes(signature[:size]))
			b.AddASN1BigInt(new(big.Int).SetBytes(signature[size:]))
		})
		signature = b.BytesOrPanic()
	}
	return ecdsa.VerifyASN1(key, sum, signature)
}

func checkDSA(key *dsa.PublicKey) error {
	p, q := key.P.BitLen(), key.Q.BitLen()
	if p < minRSA || p > maxDSA || q < 160 || q > maxDSAOrder || q%8 != 0 || key.G.Cmp(key.P) >= 0 ||
		key.Y.Cmp(key.P) >= 0 {
		return errorf(NotEvaluated, "the signer's DSA key of %d and %d bits is not evaluated", p, q)
	}
	return nil
}

func holdsDSA(key *dsa.PublicKey, sum, signature []byte) bool {
	s := cryptobyte.String(signature)
	var inner cryptobyte.String
	r, v := new(big.Int), new(big.Int)
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(v) ||
		!inner.Empty() {
		return false
	}
	// FIPS 186-4, section 4.6: the leftmost bits of the digest, as many as the order has.
	return dsa.Verify(key, sum[:min(len(sum), key.Q.BitLen()/8)], r, v)
}

// Strong checks whether the algorithm of a verified signature is strong enough today: ETSI TS 119
// 312. Its error is an *Error of the kind Weak.
func (s Scheme) Strong(key crypto.PublicKey) error {
	if err := s.Digest.Strong(); err != nil {
		return err
	}
	// MGF1 asks for no collision resistance
	if err := s.Mask.Strong(); err != nil && s.Family == PSS && s.Mask != SHA1 {
		return err
	}
	if _, weak := Until(key); !weak {
		return nil
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return errorf(Weak, "the signer's RSA key has %d bits, fewer than %d", key.N.BitLen(), minGoodRSA)
	case *RSAKey:
		return errorf(Weak, "the signer's RSA key has %d bits, fewer than %d", key.N.BitLen(), minGoodRSA)
	case *ecdsa.PublicKey:
		return errorf(Weak, "the signer's key is on the curve %s", key.Params().Name)
	}
	return errorf(Weak, "the signer's key is a DSA key, which is too weak")
}

// Strong checks whether a digest is strong enough today. Its error is an *Error of the kind Weak.
func (d Digest) Strong() error {
	if _, weak := d.Until(); weak {
		return errorf(Weak, "the digest algorithm %v is too weak", d)
	}
	return nil
}
