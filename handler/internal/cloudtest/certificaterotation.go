package cloudtest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"sync"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

// current is the signing certificate of the current version. All its fields change together.
type current struct {
	mu   sync.Mutex
	leaf *x509.Certificate
}

// RotateCertificate adds a version of the signing certificate with a new key, as the vault does
// before one expires, and returns the version.
func (c *Cloud) RotateCertificate() (version string, err error) {
	err = c.putCertificate(
		func(name string, _ keyvaulttest.Format, chain []*x509.Certificate, key crypto.Signer) (string, error) {
			version, err = c.Vault.Rotate(name, chain, key)
			return version, err
		})
	return version, err
}

// EnableCertificate enables or disables the current version of the signing certificate.
func (c *Cloud) EnableCertificate(enabled bool) error {
	return c.Vault.SetEnabled(c.CertificateName, "", enabled)
}

// RevokeCertificate makes the CA report the current signing certificate as revoked from now on.
func (c *Cloud) RevokeCertificate() error {
	c.current.mu.Lock()
	defer c.current.mu.Unlock()
	const superseded = 4 // RFC 5280, section 5.3.1
	return c.Trust.Revoke(c.current.leaf, c.config.Now(), superseded)
}

// NewChain makes the chain of a signing certificate and its key, leaf first, root last.
func (c *Cloud) NewChain(algorithm pkitest.Algorithm) ([]*x509.Certificate, crypto.Signer, error) {
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		return nil, nil, fmt.Errorf("signing key: %w", err)
	}
	template := pkitest.SigningTemplate("Example Organisation Seal", c.config.Now())
	c.config.Misconfigured.template(template, c.config.Now())
	if c.config.Misconfigured == SelfSigned {
		chain, err := selfSign(template, key)
		return chain, key, err
	}
	chain, err := c.Trust.Issue(template, key.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("signing certificate: %w", err)
	}
	return chain, key, nil
}

// holdCertificate adds a certificate whose key never leaves the vault's HSM, and returns its
// version.
func (c *Cloud) holdCertificate(name string, algorithm pkitest.Algorithm) (version string, err error) {
	chain, key, err := c.NewChain(algorithm)
	if err != nil {
		return "", err
	}
	version, err = c.Vault.AddCertificate(name, keyvaulttest.Certificate{Chain: chain, Key: key, HSM: true})
	if err != nil {
		return "", fmt.Errorf("put the certificate into the vault: %w", err)
	}
	return version, nil
}

// selfSign makes a self-signed certificate, in place of one from an authority.
func selfSign(template *x509.Certificate, key crypto.Signer) ([]*x509.Certificate, error) {
	template.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	return []*x509.Certificate{certificate}, nil
}

// putCertificate passes a new signing certificate to one of the vault's methods.
func (c *Cloud) putCertificate(put func(string, keyvaulttest.Format, []*x509.Certificate,
	crypto.Signer) (string, error)) error {
	c.current.mu.Lock()
	defer c.current.mu.Unlock()
	chain, key, err := c.NewChain(c.config.Algorithm)
	if err != nil {
		return err
	}
	if _, err := put(c.CertificateName, c.config.Format, chain, key); err != nil {
		return fmt.Errorf("put the certificate into the vault: %w", err)
	}
	c.current.leaf = chain[0]
	return nil
}
