package keyvault

import (
	"influxion/handler/internal/keyvault/pkcs12"
)

// What the tests of this package can use in addition to its API.

const (
	MaxCertificates = maxCertificates
	MaxRefusals     = maxRefusals
	MaxCalls        = maxCalls
	MaxIterations   = pkcs12.MaxIterations
)

// Held returns the numbers of certificates and refusals in the cache of a source.
func Held(s *Source) (values, refusals int) {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.values), len(s.certificates.refusals)
}

// Calls returns the number of running fetches of certificates.
func Calls(s *Source) int {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.calls)
}
