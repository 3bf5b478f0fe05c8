package keyvault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	errKeyKind        = errors.New("the vault signs with RSA of 2048, 3072 or 4096 bits and with P-256, P-384 or P-521")
	errWrongSignature = errors.New("the vault's signature does not verify with the certificate's key")
)

// signatureScheme is how the vault signs a digest, and how to read its answer: RFC 7518, sections
// 3.3 to 3.5.
type signatureScheme struct {
	name   azkeys.SignatureAlgorithm
	hash   crypto.Hash
	public crypto.PublicKey
	pss    bool
}

// schemeOf returns the scheme for a key and the options of crypto.Signer. The vault ties each curve
// to one digest, and the length of the PSS salt to that of the digest. schemeOf refuses everything
// else before any call.
func schemeOf(public crypto.PublicKey, digest []byte, options crypto.SignerOpts) (signatureScheme, error) {
	s := signatureScheme{hash: options.HashFunc(), public: public}
	at := map[crypto.Hash]int{crypto.SHA256: 0, crypto.SHA384: 1, crypto.SHA512: 2}
	i, ok := at[s.hash]
	if !ok || len(digest) != s.hash.Size() {
		return s, fmt.Errorf("the vault signs no digest %v of %d bytes", s.hash, len(digest))
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		pss, isPSS := options.(*rsa.PSSOptions)
		if !isPSS {
			s.name = []azkeys.SignatureAlgorithm{azkeys.SignatureAlgorithmRS256, azkeys.SignatureAlgorithmRS384,
				azkeys.SignatureAlgorithmRS512}[i]
			return s, nil
		}
		if pss.SaltLength != rsa.PSSSaltLengthEqualsHash && pss.SaltLength != s.hash.Size() {
			return s, fmt.Errorf("the vault signs PSS with a salt of %d bytes, not %d", s.hash.Size(), pss.SaltLength)
		}
		s.pss = true
		s.name = []azkeys.SignatureAlgorithm{azkeys.SignatureAlgorithmPS256, azkeys.SignatureAlgorithmPS384,
			azkeys.SignatureAlgorithmPS512}[i]
		return s, nil
	case *ecdsa.PublicKey:
		if hashOf(key.Curve) != s.hash {
			return s, fmt.Errorf("the vault signs %v only with a key on %s", hashOf(key.Curve), key.Params().Name)
		}
		s.name = []azkeys.SignatureAlgorithm{azkeys.SignatureAlgorithmES256, azkeys.SignatureAlgorithmES384,
			azkeys.SignatureAlgorithmES512}[i]
		return s, nil
	}
	return s, errKeyKind
}

// hashOf returns the digest that the vault ties to a curve; 0 = the vault has no such curve.
func hashOf(curve elliptic.Curve) crypto.Hash {
	switch curve {
	case elliptic.P256():
		return crypto.SHA256
	case elliptic.P384():
		return crypto.SHA384
	case elliptic.P521():
		return crypto.SHA512
	}
	return 0
}

// usualHash returns the digest for the self-test of a key.
func usualHash(public crypto.PublicKey) (crypto.Hash, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch key.N.BitLen() {
		case 2048, 3072, 4096:
			return crypto.SHA256, nil
		}
	case *ecdsa.PublicKey:
		if hash := hashOf(key.Curve); hash != 0 {
			return hash, nil
		}
	}
	return 0, errKeyKind
}

// read verifies the vault's signature and returns it in the form of crypto.Signer.
func (s signatureScheme) read(digest, answer []byte) ([]byte, error) {
	switch key := s.public.(type) {
	case *rsa.PublicKey:
		var err error
		if s.pss {
			err = rsa.VerifyPSS(key, s.hash, digest, answer, &rsa.PSSOptions{SaltLength: s.hash.Size(), Hash: s.hash})
		} else {
			err = rsa.VerifyPKCS1v15(key, s.hash, digest, answer)
		}
		if err != nil {
			return nil, errWrongSignature
		}
		return answer, nil
	case *ecdsa.PublicKey:
		size := (key.Params().BitSize + 7) / 8
		if len(answer) != 2*size {
			return nil, errWrongSignature
		}
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(new(big.Int).SetBytes(answer[:size]))
			b.AddASN1BigInt(new(big.Int).SetBytes(answer[size:]))
		})
		der, err := b.Bytes()
		if err != nil || !ecdsa.VerifyASN1(key, digest, der) {
			return nil, errWrongSignature
		}
		return der, nil
	}
	return nil, errKeyKind
}
