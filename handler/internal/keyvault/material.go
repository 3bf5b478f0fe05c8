package keyvault

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"time"

	"influxion/handler/internal/pades/certificate"
)

// Bounds of a secret's value.
const (
	maxValue    = 25 << 10 // Key Vault's own limit
	maxInSecret = 32       // certificates
	maxChain    = 10
	minRSABits  = 2048
	maxRSABits  = 8192 // beyond it a signature takes a second
)

// errNotExportable is the error for a secret without a private key.
var errNotExportable = errors.New("holds no private key: the key is not exportable by the certificate's policy")

// errUnreadableKey replaces the parser's own error, which can describe key bytes.
var errUnreadableKey = errors.New("has a private key that cannot be read")

// material is the content of a secret's value, in no particular order.
type material struct {
	keys         []privateKey
	certificates []*x509.Certificate
	marks        map[*x509.Certificate]string // local key IDs; none = ""
	oddities     []oddity
}

// privateKey is a private key as read from the secret.
type privateKey struct {
	key  crypto.PrivateKey
	mark string // local key ID, which the key's certificate has too; "" = none
	err  error  // why the key cannot be used; nil = it can
}

// oddity is a certificate that crypto/x509 refuses, and the reason.
type oddity struct{ subject, reason string }

// addCertificate adds a certificate to the material. It also adds one that crypto/x509 refuses but
// whose fields can be read. It skips one that cannot be read: one malformed certificate of an
// authority must not make the leaf unusable.
func (m *material) addCertificate(der []byte, mark string) error {
	if len(m.certificates)+len(m.oddities) == maxInSecret {
		return fmt.Errorf("holds over %d certificates", maxInSecret)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		m.oddities = append(m.oddities, oddity{reason: err.Error()})
		return nil
	}
	if reason := certificate.Refusal(c); reason != "" {
		m.oddities = append(m.oddities, oddity{certificate.DistinguishedName(c.RawSubject), reason})
	}
	m.certificates = append(m.certificates, c)
	if mark != "" {
		if m.marks == nil {
			m.marks = map[*x509.Certificate]string{}
		}
		m.marks[c] = mark
	}
	return nil
}

// usable is a chain with a key that may sign.
type usable struct {
	chain    []*x509.Certificate // leaf first
	key      crypto.Signer
	oddities []oddity
}

// formatOf returns the reader for a content type, or nil for a type that no certificate has.
func formatOf(contentType string) func(value string) (material, error) {
	switch strings.ToLower(contentType) {
	case "application/x-pkcs12":
		return readPKCS12
	case "application/x-pem-file":
		return readPEM
	}
	return nil
}

// parse reads a secret's value and returns the chain with the leaf's key. Its error says why they
// may not sign now.
func parse(contentType, value string, now time.Time) (usable, error) {
	read := formatOf(contentType)
	if read == nil {
		return usable{}, errors.New("is neither PKCS#12 nor PEM")
	}
	if len(value) > maxValue {
		return usable{}, fmt.Errorf("is over %d bytes", maxValue)
	}
	found, err := read(value)
	if err != nil {
		return usable{}, err
	}
	pair, err := found.pair(now)
	if err != nil {
		return usable{}, found.explain(err)
	}
	chain, err := chainOf(pair.leaf, found.certificates)
	if err != nil {
		return usable{}, err
	}
	return usable{chain, pair.key, found.oddities}, nil
}

// explain adds to errNoCertificate the reason why a certificate could not be read.
func (m *material) explain(err error) error {
	if !errors.Is(err, errNoCertificate) {
		return err
	}
	for _, odd := range m.oddities {
		if odd.subject == "" {
			return fmt.Errorf("%w; it has one that cannot be read: %s", err, odd.reason)
		}
	}
	return err
}

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
		return fmt.Errorf("its certificate does not say clearly what it is for, or when: %s", reason)
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

// fitForSigning checks by RFC 5280 that the leaf may sign now. A certificate without the key usage
// extension restricts nothing and may sign (4.2.1.3). Extended key usages are left to the relying
// party, because the vault's default policy sets those for TLS.
func fitForSigning(leaf *x509.Certificate, now time.Time) error {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("its certificate %w", errNotYetValid)
	case now.After(leaf.NotAfter):
		return fmt.Errorf("its certificate %w", errExpired)
	case leaf.IsCA:
		return fmt.Errorf("its certificate %w: it is an authority's", errNotForSigning)
	case hasKeyUsage(leaf) && leaf.KeyUsage&signs == 0:
		return fmt.Errorf("its certificate %w: its key usage allows no signatures", errNotForSigning)
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

// chainOf puts the leaf's issuers behind it in order and leaves out unrelated certificates. It
// finds issuers by name and key identifiers, and proves each by its signature. A verifier can
// complete a chain that ends early.
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

// issuerOf returns the issuer of the chain's last certificate, unless the chain contains it
// already. Of several cross-signed issuers it returns the one that is valid longest.
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
		if len(last.AuthorityKeyId) > 0 && len(candidate.SubjectKeyId) > 0 &&
			!bytes.Equal(last.AuthorityKeyId, candidate.SubjectKeyId) {
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

func contains(chain []*x509.Certificate, c *x509.Certificate) bool {
	for _, other := range chain {
		if other.Equal(c) {
			return true
		}
	}
	return false
}
