package material

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"influxion/handler/internal/pades/certificate"
)

// unambiguous returns an error for a leaf that crypto/x509 refuses and that does not say clearly
// what it may be used for, or when. Such a leaf must not sign. Other deviations from X.509 are a
// matter between the issuer and the relying party.
func unambiguous(leaf *x509.Certificate) error {
	reason := certificate.Refusal(leaf)
	if reason == "" {
		return nil
	}
	var usages, constraints int
	for _, extension := range leaf.Extensions {
		switch {
		case extension.Id.Equal(oidKeyUsage):
			usages++
		case extension.Id.Equal(oidBasicConstraints):
			constraints++
		}
	}
	if leaf.NotAfter.IsZero() || leaf.NotBefore.IsZero() || usages > 1 || constraints > 1 ||
		constraints == 1 && !leaf.BasicConstraintsValid {
		return fmt.Errorf("its certificate does not state its purpose or its validity clearly: %s", reason)
	}
	return nil
}

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
)

// signingKey accepts the kinds and sizes of keys that make PAdES signatures.
func signingKey(key crypto.PrivateKey) (crypto.Signer, error) {
	switch key := key.(type) {
	case nil:
		return nil, ErrNotExportable
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

// fitForSigning checks by RFC 5280 that the leaf may sign now. A certificate without the key usage
// extension restricts nothing and may sign (4.2.1.3). Extended key usages are left to the relying
// party, because the vault's default policy sets those for TLS.
func fitForSigning(leaf *x509.Certificate, now time.Time) error {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("its certificate %w", ErrNotYetValid)
	case now.After(leaf.NotAfter):
		return fmt.Errorf("its certificate %w", ErrExpired)
	case leaf.IsCA:
		return fmt.Errorf("its certificate %w: it is an authority's", ErrNotForSigning)
	case hasKeyUsage(leaf) && leaf.KeyUsage&signs == 0:
		return fmt.Errorf("its certificate %w: its key usage allows no signatures", ErrNotForSigning)
	}
	return nil
}

// hasKeyUsage looks for the extension itself, because a key usage without any bit and a missing
// extension parse to the same zero.
func hasKeyUsage(c *x509.Certificate) bool {
	for _, extension := range c.Extensions {
		if extension.Id.Equal(oidKeyUsage) {
			return true
		}
	}
	return false
}
