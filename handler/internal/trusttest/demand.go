package trusttest

import (
	"net/http"
)

// Demand is the authentication that the TSA demands of its callers.
type Demand struct {
	User, Password    string // Basic authentication; "" = none
	Header, Key       string // "" = none
	ClientCertificate bool   // in TLS; the listener must verify it
}

// Demand makes the TSA demand credentials from now on.
func (s *Services) Demand(demand Demand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demand = demand
}

// Shown returns the credentials of the requests to the TSA, right or wrong: the values of the
// Authorization header and of the header that the TSA demands, and the common names of client
// certificates.
func (s *Services) Shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.shown...)
}

// admits reports whether a request to the TSA has the demanded credentials.
func (s *Services) admits(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{"Authorization", s.demand.Header} {
		if value := r.Header.Get(name); value != "" {
			s.shown = append(s.shown, value)
		}
	}
	certified := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	if certified {
		s.shown = append(s.shown, r.TLS.PeerCertificates[0].Subject.CommonName)
	}
	user, password, _ := r.BasicAuth()
	switch {
	case s.demand.User != "" && (user != s.demand.User || password != s.demand.Password):
	case s.demand.Header != "" && r.Header.Get(s.demand.Header) != s.demand.Key:
	case s.demand.ClientCertificate && !certified:
	default:
		return true
	}
	return false
}
