package material

import (
	"crypto"
	"crypto/x509"
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

// Why material may not sign. Other causes have no error of their own.
var (
	ErrNotExportable = errors.New("holds no private key: the key is not exportable by the certificate's policy")
	ErrNoCertificate = errors.New("holds no certificate of its private key")
	ErrNotYetValid   = errors.New("is not valid yet")
	ErrExpired       = errors.New("has expired")
	ErrNotForSigning = errors.New("may not sign")
)

// errUnreadableKey replaces the parser's own error, which can describe key bytes.
var errUnreadableKey = errors.New("has a private key that cannot be read")

// The content types that the vault states for the secret of a certificate.
const (
	typePKCS12 = "application/x-pkcs12"
	typePEM    = "application/x-pem-file"
)

// Material is what a secret holds, in no particular order. Not safe for concurrent use while it is
// read.
type Material struct {
	Certificates []*x509.Certificate
	Oddities     []Oddity

	keys  []privateKey
	marks map[*x509.Certificate]string // local key IDs; none = ""
}

// privateKey is a private key as read from the secret.
type privateKey struct {
	key  crypto.PrivateKey
	mark string // local key ID, which the key's certificate has too; "" = none
	err  error  // why the key cannot be used; nil = it can
}

// Oddity is a certificate that crypto/x509 refuses, and the reason. Without a subject it could not
// be read at all.
type Oddity struct{ Subject, Reason string }

// addCertificate adds a certificate to the material. It also adds one that crypto/x509 refuses but
// whose fields can be read. It skips one that cannot be read: one malformed certificate of an
// authority must not make the leaf unusable.
func (m *Material) addCertificate(der []byte, mark string) error {
	if len(m.Certificates)+len(m.Oddities) == maxInSecret {
		return fmt.Errorf("holds over %d certificates", maxInSecret)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		m.Oddities = append(m.Oddities, Oddity{Reason: err.Error()})
		return nil
	}
	if reason := certificate.Refusal(c); reason != "" {
		m.Oddities = append(m.Oddities, Oddity{certificate.DistinguishedName(c.RawSubject), reason})
	}
	m.Certificates = append(m.Certificates, c)
	if mark != "" {
		if m.marks == nil {
			m.marks = map[*x509.Certificate]string{}
		}
		m.marks[c] = mark
	}
	return nil
}

// Known reports whether a certificate can have the content type.
func Known(contentType string) bool { return readerOf(contentType) != nil }

func readerOf(contentType string) func(value string) (*Material, error) {
	switch strings.ToLower(contentType) {
	case typePKCS12:
		return readPKCS12
	case typePEM:
		return readPEM
	}
	return nil
}

// Read reads a secret's value, which is PKCS#12 in base64 or PEM by its content type.
func Read(contentType, value string) (*Material, error) {
	read := readerOf(contentType)
	if read == nil {
		return nil, errors.New("is neither PKCS#12 nor PEM")
	}
	if len(value) > maxValue {
		return nil, fmt.Errorf("is over %d bytes", maxValue)
	}
	return read(value)
}

// ReadCertificate reads a certificate in DER, which comes without its key.
func ReadCertificate(der []byte) (*Material, error) {
	if len(der) > maxValue {
		return nil, fmt.Errorf("is over %d bytes", maxValue)
	}
	var found Material
	if err := found.addCertificate(der, ""); err != nil {
		return nil, err
	}
	return &found, nil
}

// ChainAndKey returns the key that may sign now, and its chain, leaf first. Its error says why
// there is none.
func (m *Material) ChainAndKey(now time.Time) ([]*x509.Certificate, crypto.Signer, error) {
	pair, err := m.pair(now)
	if err != nil {
		return nil, nil, m.explain(err)
	}
	chain, err := ChainOf(pair.leaf, m.Certificates)
	if err != nil {
		return nil, nil, err
	}
	return chain, pair.key, nil
}

// explain adds to ErrNoCertificate the reason why a certificate could not be read.
func (m *Material) explain(err error) error {
	if !errors.Is(err, ErrNoCertificate) {
		return err
	}
	for _, odd := range m.Oddities {
		if odd.Subject == "" {
			return fmt.Errorf("%w; it has one that cannot be read: %s", err, odd.Reason)
		}
	}
	return err
}
