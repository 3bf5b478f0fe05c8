package trusttest

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/pkitest"
)

// identity is a key with the chain of its certificate.
type identity struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

// authority is a certification authority, and what it publishes.
type authority struct {
	*pkitest.Authority
	name      Name
	responder identity           // signs OCSP responses
	lister    *pkitest.Authority // signs the indirect CRL

	mu      sync.Mutex
	issued  map[string]bool // by serial number
	revoked map[string]x509.RevocationListEntry
}

func (s *Services) addAuthority(name Name, made *pkitest.Authority) error {
	a := &authority{
		Authority: made, name: name, responder: identity{made.Chain, made.Key},
		issued: map[string]bool{}, revoked: map[string]x509.RevocationListEntry{},
	}
	s.authorities[name] = a
	if err := a.addLister(s.config.Now()); err != nil {
		return err
	}
	if !s.config.Delegated {
		return nil
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		return err
	}
	template := responderTemplate(made.Chain[0].Subject.CommonName+" OCSP", s.config.Now())
	chain, err := a.issue(template, key.Public())
	if err != nil {
		return err
	}
	a.responder = identity{chain, key}
	return nil
}

// addIntermediate makes an authority below the root, whose certificate names the root's services.
func (s *Services) addIntermediate(name Name, commonName string) error {
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		return err
	}
	template := pkitest.AuthorityTemplate(commonName, s.config.Now())
	template.MaxPathLenZero = true
	chain, err := s.issue(Root, template, key.Public())
	if err != nil {
		return err
	}
	return s.addAuthority(name, &pkitest.Authority{Chain: chain, Key: key})
}

// responderTemplate describes a delegated responder: RFC 6960, section 4.2.2.2.
func responderTemplate(commonName string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: commonName, Organization: []string{"Example Organisation"},
			Country: []string{"DE"}},
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.AddDate(1, 0, 0),
		KeyUsage:  x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{
			purposes(false, oidOCSPSigning),
			{Id: oidOCSPNoCheck, Value: []byte{5, 0}},
		},
	}
}

// issue makes a certificate that names the authority's services.
func (s *Services) issue(name Name, template *x509.Certificate, public crypto.PublicKey,
	without ...Service) ([]*x509.Certificate, error) {
	filled := *template
	named := func(service Service, already []string) []string {
		if len(already) > 0 || slices.Contains(without, service) || slices.Contains(s.config.Without, service) {
			return already
		}
		return []string{s.URL(name, service)}
	}
	filled.OCSPServer = named(OCSP, filled.OCSPServer)
	filled.CRLDistributionPoints = named(CRL, filled.CRLDistributionPoints)
	filled.IssuingCertificateURL = named(Issuers, filled.IssuingCertificateURL)
	return s.authorities[name].issue(&filled, public)
}

func (a *authority) issue(template *x509.Certificate, public crypto.PublicKey) ([]*x509.Certificate, error) {
	if len(template.SubjectKeyId) == 0 {
		id, err := keyID(public)
		if err != nil {
			return nil, err
		}
		filled := *template
		filled.SubjectKeyId = id
		template = &filled
	}
	chain, err := a.Issue(template, public)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issued[chain[0].SerialNumber.String()] = true
	return chain, nil
}

// Revoke makes the issuer of a certificate report it as revoked from a time on, with a CRLReason
// (RFC 5280, section 5.3.1).
func (s *Services) Revoke(certificate *x509.Certificate, at time.Time, reason int) error {
	for _, a := range s.authorities {
		if string(a.Chain[0].RawSubject) != string(certificate.RawIssuer) {
			continue
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.revoked[certificate.SerialNumber.String()] = x509.RevocationListEntry{
			SerialNumber: certificate.SerialNumber, RevocationTime: at.UTC().Truncate(time.Second), ReasonCode: reason,
		}
		return nil
	}
	return fmt.Errorf("revoke %s: not issued here", certificate.Subject.CommonName)
}

// entry returns the authority's CRL entry for a serial number.
func (a *authority) entry(serial string) (entry x509.RevocationListEntry, revoked, issued bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entry, revoked = a.revoked[serial]
	return entry, revoked, a.issued[serial]
}
