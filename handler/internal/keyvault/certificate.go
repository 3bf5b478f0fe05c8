package keyvault

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds of a secret's value.
const (
	maxValue    = 25 << 10 // Key Vault's own limit
	maxInSecret = 32       // certificates
	maxChain    = 10
	minRSABits  = 2048
	maxRSABits  = 8192 // beyond it a signature takes a second
)

// errNotExportable is what a secret without a private key means.
var errNotExportable = errors.New("holds no private key: the key is not exportable by the certificate's policy")

// material is what a secret's value holds, in no particular order.
type material struct {
	key          crypto.PrivateKey
	certificates []*x509.Certificate
}

// formatOf gives the reader for a content type, or nil for one that no certificate has.
func formatOf(contentType string) func(value string) (material, error) {
	switch strings.ToLower(contentType) {
	case "application/x-pkcs12":
		return readPKCS12
	case "application/x-pem-file":
		return readPEM
	}
	return nil
}

// parse reads a secret's value into a chain, leaf first, with the leaf's key, or says why they are not fit for signing now.
func parse(contentType, value string, now time.Time) ([]*x509.Certificate, crypto.Signer, error) {
	read := formatOf(contentType)
	if read == nil {
		return nil, nil, errors.New("is neither PKCS#12 nor PEM")
	}
	if len(value) > maxValue {
		return nil, nil, fmt.Errorf("is over %d bytes", maxValue)
	}
	found, err := read(value)
	if err != nil {
		return nil, nil, err
	}
	if len(found.certificates) > maxInSecret {
		return nil, nil, fmt.Errorf("holds over %d certificates", maxInSecret)
	}
	key, err := signingKey(found.key)
	if err != nil {
		return nil, nil, err
	}
	leaf, err := leafOf(key, found.certificates)
	if err != nil {
		return nil, nil, err
	}
	if err := fitForSigning(leaf, now); err != nil {
		return nil, nil, err
	}
	chain, err := chainOf(leaf, found.certificates)
	if err != nil {
		return nil, nil, err
	}
	return chain, key, nil
}

// signingKey accepts the keys that PAdES signatures are made with.
func signingKey(key crypto.PrivateKey) (crypto.Signer, error) {
	switch key := key.(type) {
	case nil:
		return nil, errNotExportable
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("has an RSA key of %d bits", bits)
		}
		return key, nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return key, nil
		}
		return nil, fmt.Errorf("has an EC key on %s", key.Curve.Params().Name)
	}
	return nil, fmt.Errorf("has a key of a kind that is not supported (%T)", key)
}

// leafOf gives the certificate of the key. Two different ones would leave open which of them signs.
func leafOf(key crypto.Signer, certificates []*x509.Certificate) (*x509.Certificate, error) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return nil, errors.New("internal error: a public key that cannot be compared")
	}
	var leaf *x509.Certificate
	for _, certificate := range certificates {
		switch {
		case !public.Equal(certificate.PublicKey):
		case leaf == nil:
			leaf = certificate
		case !leaf.Equal(certificate):
			return nil, errors.New("holds two certificates of the same key")
		}
	}
	if leaf == nil {
		return nil, errors.New("holds no certificate of its private key")
	}
	return leaf, nil
}

// fitForSigning checks the leaf as RFC 5280 has it. A certificate without the key usage extension restricts nothing and is
// allowed (4.2.1.3); extended key usages are left to whoever relies on the signature, since the vault's default policy sets ones
// for TLS.
func fitForSigning(leaf *x509.Certificate, now time.Time) error {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case now.Before(leaf.NotBefore):
		return errors.New("its certificate is not valid yet")
	case now.After(leaf.NotAfter):
		return errors.New("its certificate has expired")
	case leaf.IsCA:
		return errors.New("its certificate is an authority's")
	case hasKeyUsage(leaf) && leaf.KeyUsage&signs == 0:
		return errors.New("its certificate's key usage allows no signatures")
	}
	return nil
}

// hasKeyUsage looks for the extension itself: one without any bit set parses to the same zero as none at all.
func hasKeyUsage(certificate *x509.Certificate) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal([]int{2, 5, 29, 15}) {
			return true
		}
	}
	return false
}

// chainOf sorts the leaf's issuers behind it and leaves unrelated certificates out. Issuers are found by name and key identifiers
// and proved by their signature; a chain that ends early is left for the verifier to complete.
func chainOf(leaf *x509.Certificate, certificates []*x509.Certificate) ([]*x509.Certificate, error) {
	chain := []*x509.Certificate{leaf}
	for {
		issuer := issuerOf(chain, certificates)
		if issuer == nil {
			return chain, nil
		}
		if len(chain) == maxChain {
			return nil, fmt.Errorf("has a chain of over %d certificates", maxChain)
		}
		chain = append(chain, issuer)
	}
}

// issuerOf gives the issuer of the chain's last certificate that is not in the chain yet: of several, cross-signed ones, the one
// that is valid longest.
func issuerOf(chain, certificates []*x509.Certificate) *x509.Certificate {
	last := chain[len(chain)-1]
	if bytes.Equal(last.RawIssuer, last.RawSubject) {
		return nil
	}
	var best *x509.Certificate
	for _, candidate := range certificates {
		if !bytes.Equal(last.RawIssuer, candidate.RawSubject) || contains(chain, candidate) {
			continue
		}
		if len(last.AuthorityKeyId) > 0 && len(candidate.SubjectKeyId) > 0 && !bytes.Equal(last.AuthorityKeyId, candidate.SubjectKeyId) {
			continue
		}
		if best != nil && !candidate.NotAfter.After(best.NotAfter) {
			continue
		}
		if last.CheckSignatureFrom(candidate) == nil {
			best = candidate
		}
	}
	return best
}

func contains(chain []*x509.Certificate, certificate *x509.Certificate) bool {
	for _, other := range chain {
		if other.Equal(certificate) {
			return true
		}
	}
	return false
}
