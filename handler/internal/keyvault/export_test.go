package keyvault

// What the tests of this package see beyond its API.

const (
	MaxCertificates = maxCertificates
	MaxRefusals     = maxRefusals
	MaxFlights      = maxFlights
	MaxIterations   = maxIterations
)

// Parse reads a secret's value.
var Parse = parse

// Held says how many certificates and refusals a source holds.
func Held(s *Source) (values, refusals int) {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.values), len(s.certificates.refusals)
}

// Flights says how many fetches of certificates are under way.
func Flights(s *Source) int {
	s.certificates.mu.Lock()
	defer s.certificates.mu.Unlock()
	return len(s.certificates.flights)
}
