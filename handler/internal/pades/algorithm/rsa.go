package algorithm

import (
	"bytes"
	"crypto/rsa"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// checkRSA returns why a key is not evaluated. With an exponent of 1 anybody can sign; with an even
// exponent or modulus there is no private key.
func checkRSA(n, e *big.Int) error {
	if bits := n.BitLen(); bits < minRSA || bits > maxRSA {
		return errorf(NotEvaluated, "the signer's RSA key has %d bits, which is not evaluated", bits)
	}
	if e.BitLen() > maxExponent {
		return errorf(NotEvaluated, "the signer's RSA key has a public exponent that is too large to evaluate")
	}
	if e.Sign() <= 0 || e.BitLen() < 2 || e.Bit(0) == 0 || n.Bit(0) == 0 {
		return errorf(NotEvaluated, "the modulus or the exponent of the signer's RSA key is not valid")
	}
	return nil
}

// holdsRSA reports whether a signature verifies. It uses crypto/rsa if that supports the scheme,
// else exactRSA.
func (s Scheme) holdsRSA(key *rsa.PublicKey, sum, signature []byte) bool {
	hash := s.Digest.Hash()
	switch {
	case key.E > 1<<31-1: // crypto/rsa would call the signature wrong
	case s.Family == PKCS1 && hash != 0:
		if rsa.VerifyPKCS1v15(key, hash, sum, signature) == nil {
			return true
		}
	case s.Family == PSS && hash != 0 && s.Mask == s.Digest && s.Salt > 0: // 0 means any length in crypto/rsa
		return rsa.VerifyPSS(key, hash, sum, signature, &rsa.PSSOptions{SaltLength: s.Salt, Hash: hash}) == nil
	}
	return s.exactRSA(key.N, big.NewInt(int64(key.E)), sum, signature)
}

// exactRSA verifies schemes that crypto/rsa does not support. All input is public, so that its time
// may depend on the input.
func (s Scheme) exactRSA(n, e *big.Int, sum, signature []byte) bool {
	em, ok := open(n, e, signature)
	if !ok {
		return false
	}
	switch s.Family {
	case PKCS1:
		// RFC 8017, section 9.2, note 1: the parameters of the hash may be missing.
		return bytes.Equal(em, s.Digest.pkcs1(sum, len(em), true)) ||
			bytes.Equal(em, s.Digest.pkcs1(sum, len(em), false))
	case PSS:
		bits := n.BitLen() - 1
		if bits%8 == 0 { // the encoded message is a byte shorter than the modulus
			if em[0] != 0 {
				return false
			}
			em = em[1:]
		}
		return s.verifyPSS(sum, em, bits)
	}
	return false
}

// open is RSAVP1: RFC 8017, section 5.2.2. It returns as many bytes as the modulus has.
func open(n, e *big.Int, signature []byte) (em []byte, ok bool) {
	size := (n.BitLen() + 7) / 8
	value := new(big.Int).SetBytes(signature)
	if len(signature) != size || value.Cmp(n) >= 0 {
		return nil, false
	}
	return new(big.Int).Exp(value, e, n).FillBytes(make([]byte, size)), true
}

// pkcs1 is EMSA-PKCS1-v1_5-ENCODE of a sum: RFC 8017, section 9.2; nil = it does not fit.
func (d Digest) pkcs1(sum []byte, size int, withNull bool) []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(d.OID())
			if withNull {
				b.AddASN1NULL()
			}
		})
		b.AddASN1OctetString(sum)
	})
	info, err := b.Bytes()
	if err != nil || len(info)+11 > size || len(sum) != d.Size() {
		return nil
	}
	em := bytes.Repeat([]byte{0xff}, size)
	em[0], em[1] = 0, 1
	copy(em[size-len(info):], info)
	em[size-len(info)-1] = 0
	return em
}

// PKCS1Digest returns the digest that the value of a PKCS #1 v1.5 signature names; the form
// adbe.x509.rsa_sha1 names it nowhere else. The cost is that of verifying. Its errors are *Error:
// NotEvaluated, or Invalid if the value is not a signature by the key.
func PKCS1Digest(n, e *big.Int, signature []byte) (Digest, error) {
	if err := checkRSA(n, e); err != nil {
		return "", err
	}
	invalid := errorf(Invalid, "the signature value does not verify with the signer's key")
	em, ok := open(n, e, signature)
	if !ok || em[0] != 0 || em[1] != 1 {
		return "", invalid
	}
	info := cryptobyte.String(bytes.TrimLeft(em[2:], "\xff"))
	var zero uint8
	var inner, sum cryptobyte.String
	var named Identifier
	if !info.ReadUint8(&zero) || zero != 0 || !info.ReadASN1(&inner, asn1.SEQUENCE) || !info.Empty() ||
		!named.Read(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&sum, asn1.OCTET_STRING) {
		return "", invalid
	}
	if named.Digest() == "" {
		return "", errorf(NotEvaluated, "the digest algorithm %v is not evaluated", named.OID)
	}
	return named.Digest(), nil
}
