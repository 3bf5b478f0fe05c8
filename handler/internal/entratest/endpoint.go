package entratest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
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

// Fault is a way in which an endpoint fails on demand.
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

// orders are the faults set for the endpoints, and the number of requests of each. Safe for
// concurrent use.
type orders struct {
	mu       sync.Mutex
	faults   map[Endpoint]Fault
	blocked  map[Endpoint]chan struct{}   // closed when Slow is taken away
	started  map[Endpoint][]chan struct{} // closed by the next request
	requests map[Endpoint]int
}

func newOrders() *orders {
	return &orders{
		faults: map[Endpoint]Fault{}, blocked: map[Endpoint]chan struct{}{}, started: map[Endpoint][]chan struct{}{},
		requests: map[Endpoint]int{},
	}
}

func (o *orders) fault(endpoint Endpoint) Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.faults[endpoint]
}

// SetFault makes an endpoint fail until the fault is set to None. Setting a fault releases the
// requests that Slow blocks.
func (s *Server) SetFault(endpoint Endpoint, fault Fault) { s.orders.set(endpoint, fault) }

// Requests is the number of requests that an endpoint has had, failed ones too.
func (s *Server) Requests(endpoint Endpoint) int {
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	return s.orders.requests[endpoint]
}

// Started returns a channel that the next request at the endpoint closes.
func (s *Server) Started(endpoint Endpoint) <-chan struct{} { return s.orders.next(endpoint) }

func (o *orders) set(endpoint Endpoint, fault Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if blocked := o.blocked[endpoint]; blocked != nil {
		close(blocked)
		delete(o.blocked, endpoint)
	}
	o.faults[endpoint] = fault
	if fault == Slow {
		o.blocked[endpoint] = make(chan struct{})
	}
}

func (o *orders) next(endpoint Endpoint) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	started := make(chan struct{})
	o.started[endpoint] = append(o.started[endpoint], started)
	return started
}

// counted wraps the handler of an endpoint with its counter and its fault.
func (o *orders) counted(endpoint Endpoint, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.requests[endpoint]++
		fault, blocked := o.faults[endpoint], o.blocked[endpoint]
		for _, started := range o.started[endpoint] {
			close(started)
		}
		delete(o.started, endpoint)
		o.mu.Unlock()
		if fault == Slow {
			select {
			case <-blocked:
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

// inflated writes so much white space before an answer that no client should read to its end.
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

// fail answers with the fault. It does nothing for a fault that only changes the correct answer.
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
		writeJSON(w, status,
			map[string]any{"error": "server_error", "error_description": fmt.Sprintf("AADSTS90033: %s", fault)})
	case Throttled:
		w.Header().Set("Retry-After", "30")
		writeJSON(w, http.StatusTooManyRequests, map[string]any{"error": "temporarily_unavailable"})
	default:
		return false
	}
	return true
}
