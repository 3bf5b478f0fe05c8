package trusttest

import (
	"net/http"
)

// Demand is what the TSA asks of its callers, as those of companies do.
type Demand struct {
	User, Password    string // Basic authentication; "" = none
	Header, Key       string // "" = none
	ClientCertificate bool   // in TLS, for whose verification the listener has to care
}

// Demand makes the TSA ask for credentials from now on.
func (s *Services) Demand(demand Demand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demand = demand
}

// Shown are the credentials that the requests to the TSA had, whether or not they were those that it asks for: the values of the headers
// Authorization and of that of the demand, and the common names of client certificates.
func (s *Services) Shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.shown...)
}

// admits says whether a request to the TSA shows what is asked for.
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
