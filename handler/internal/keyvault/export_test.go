package keyvault

import (
	"crypto"
	"crypto/x509"
	"time"

	"influxion/handler/internal/keyvault/pkcs12"
)

// What the tests of this package see beyond its API.

const (
	MaxCertificates = maxCertificates
	MaxRefusals     = maxRefusals
	MaxCalls        = maxCalls
	MaxIterations   = pkcs12.MaxIterations
)

// Parse reads a secret's value.
func Parse(contentType, value string, now time.Time) ([]*x509.Certificate, crypto.Signer, error) {
	found, err := parse(contentType, value, now)
	return found.chain, found.key, err
}

// Held says how many certificates and refusals a source holds.
func Held(s *Source) (values, refusals int) {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.values), len(s.certificates.refusals)
}

// Calls says how many fetches of certificates are under way.
func Calls(s *Source) int {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.calls)
}
