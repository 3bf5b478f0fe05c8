package entratest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Endpoint is a part of the server that can have a fault and whose requests are counted.
type Endpoint string

// The endpoints.
const (
	Discovery         Endpoint = "discovery"
	Keys              Endpoint = "keys"
	Token             Endpoint = "token"
	InstanceDiscovery Endpoint = "instance_discovery"
	DeviceCode        Endpoint = "devicecode"
	Authorize         Endpoint = "authorize"
	ManagedIdentity   Endpoint = "managed_identity"
)

// Fault is a way in which an endpoint fails.
type Fault string

// The faults. The zero Fault is none.
const (
	None        Fault = ""
	Down        Fault = "down"         // the connection breaks without an answer
	Slow        Fault = "slow"         // no answer until the fault is taken away or the client leaves
	Garbage     Fault = "garbage"      // 200 with something that is no JSON
	HugeBody    Fault = "huge_body"    // 64 MB of space before the right answer
	WrongIssuer Fault = "wrong_issuer" // metadata that names another tenant's issuer
	Redirect    Fault = "redirect"     // 302 to another host
	ServerError Fault = "server_error" // 500
	Throttled   Fault = "throttled"    // 429 with Retry-After: 30
	NotFound    Fault = "not_found"    // 404
)

// SetFault makes an endpoint fail until it is set to None, and lets go what is held by Slow.
func (s *Server) SetFault(endpoint Endpoint, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.held[endpoint]; held != nil {
		close(held)
		delete(s.held, endpoint)
	}
	s.faults[endpoint] = fault
	if fault == Slow {
		s.held[endpoint] = make(chan struct{})
	}
}

// Requests is the number of requests that an endpoint has had, failed ones too.
func (s *Server) Requests(endpoint Endpoint) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[endpoint]
}

// Started is closed by the next request that arrives at the endpoint.
func (s *Server) Started(endpoint Endpoint) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	started := make(chan struct{})
	s.started[endpoint] = append(s.started[endpoint], started)
	return started
}

// counted wraps the handler of an endpoint with its counter and its fault.
func (s *Server) counted(endpoint Endpoint, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests[endpoint]++
		fault, held := s.faults[endpoint], s.held[endpoint]
		for _, started := range s.started[endpoint] {
			close(started)
		}
		delete(s.started, endpoint)
		s.mu.Unlock()
		if fault == Slow {
			select {
			case <-held:
			case <-r.Context().Done():
				return
			}
		}
		if fault == HugeBody {
			w = inflated{w}
		}
		if !fail(w, fault) {
			next(w, r)
		}
	}
}

// inflated puts so much space before an answer that nobody should read on to it.
type inflated struct{ http.ResponseWriter }

func (i inflated) Write(body []byte) (int, error) {
	space := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		if _, err := i.ResponseWriter.Write(space); err != nil {
			return 0, err
		}
	}
	return i.ResponseWriter.Write(body)
}

// fail answers with the fault, if it is one that has an answer of its own.
func fail(w http.ResponseWriter, fault Fault) bool {
	switch fault {
	case Down:
		panic(http.ErrAbortHandler)
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "<html>maintenance")
	case Redirect:
		w.Header().Set("Location", "https://elsewhere.example.org/")
		w.WriteHeader(http.StatusFound)
	case ServerError, NotFound:
		status := map[Fault]int{ServerError: http.StatusInternalServerError, NotFound: http.StatusNotFound}[fault]
		writeJSON(w, status, map[string]any{"error": "server_error", "error_description": fmt.Sprintf("AADSTS90033: %s", fault)})
	case Throttled:
		w.Header().Set("Retry-After", "30")
		writeJSON(w, http.StatusTooManyRequests, map[string]any{"error": "temporarily_unavailable"})
	default:
		return false
	}
	return true
}
