package pkitest

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Authority is a CA certificate with its key and its issuers. Safe for concurrent use.
type Authority struct {
	Chain []*x509.Certificate // itself first, the root last
	Key   crypto.Signer
}

// NewRoot makes a self-signed authority with a P-256 key, valid from an hour before now for ten
// years.
func NewRoot(commonName string, now time.Time) (*Authority, error) {
	template := AuthorityTemplate(commonName, now)
	key, err := NewKey(P256)
	if err != nil {
		return nil, err
	}
	certificate, err := create(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Authority{Chain: []*x509.Certificate{certificate}, Key: key}, nil
}

// NewIntermediate makes an authority below a.
func (a *Authority) NewIntermediate(commonName string, now time.Time) (*Authority, error) {
	key, err := NewKey(P256)
	if err != nil {
		return nil, err
	}
	template := AuthorityTemplate(commonName, now)
	template.MaxPathLenZero = true
	chain, err := a.Issue(template, key.Public())
	if err != nil {
		return nil, err
	}
	return &Authority{Chain: chain, Key: key}, nil
}

// Issue signs the template for the public key, and adds a serial number if there is none. It
// returns the chain with the new certificate first.
func (a *Authority) Issue(template *x509.Certificate, public crypto.PublicKey) ([]*x509.Certificate, error) {
	certificate, err := create(template, a.Chain[0], public, a.Key)
	if err != nil {
		return nil, err
	}
	return append([]*x509.Certificate{certificate}, a.Chain...), nil
}

// IssueServer makes a TLS server certificate for host names and IP addresses, valid for a day.
func (a *Authority) IssueServer(now time.Time, hosts ...string) (tls.Certificate, error) {
	key, err := NewKey(P256)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: hosts[0]},
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
	}
	chain, err := a.Issue(template, key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	server := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, certificate := range chain {
		server.Certificate = append(server.Certificate, certificate.Raw)
	}
	return server, nil
}

// Root is the self-signed certificate at the end of the chain.
func (a *Authority) Root() *x509.Certificate { return a.Chain[len(a.Chain)-1] }

// SigningTemplate describes a document-signing leaf: digitalSignature and nonRepudiation, valid
// from an hour before now for two years. Tests may change it before they issue a certificate.
func SigningTemplate(commonName string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: commonName, Organization: []string{"Example Organisation"},
			Country: []string{"DE"}},
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.AddDate(2, 0, 0),
		KeyUsage:  x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
}

// PEM encodes certificates, in order.
func PEM(certificates ...*x509.Certificate) []byte {
	var out []byte
	for _, certificate := range certificates {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	return out
}

// AuthorityTemplate describes a certification authority, valid for ten years.
func AuthorityTemplate(commonName string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: commonName, Organization: []string{"Example Organisation"},
			Country: []string{"DE"}},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(10, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func create(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	if template.SerialNumber == nil {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
		if err != nil {
			return nil, fmt.Errorf("make serial number: %w", err)
		}
		filled := *template
		filled.SerialNumber = serial.Add(serial, big.NewInt(1))
		if parent == template {
			parent = &filled
		}
		template = &filled
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("create certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}
