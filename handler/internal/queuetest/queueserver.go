package queuetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/storagetest"
)

// Config configures a Server.
type Config struct {
	storagetest.Door

	Queues []string         // their names
	Now    func() time.Time // nil = time.Now
}

// Kind is the kind of a fault.
type Kind string

// The kinds.
const (
	Down      Kind = "down"      // the connection is closed
	Throttled Kind = "throttled" // 503 ServerBusy
	Lost      Kind = "lost"      // a message is put, and the answer is lost
)

// Server is the service. Serve it over TLS. Safe for concurrent use.
type Server struct {
	config Config

	mu     sync.Mutex
	queues map[string][]*message // the oldest first
	fault  Kind                  // "" = none
	left   int                   // number of requests that still get it; below 0 = all
	serial int
}

// New makes empty queues.
func New(config Config) *Server {
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{config: config, queues: map[string][]*message{}}
	for _, name := range config.Queues {
		s.queues[name] = []*message{}
	}
	return s
}

// Fail makes requests fail from now on. times limits the number of failures; 0 = until Clear. Lost
// affects only Put Message.
func (s *Server) Fail(kind Kind, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.left = kind, times
	if times == 0 {
		s.left = -1
	}
}

// Clear ends a fault.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = ""
}

// Put puts a message into a queue, as somebody else with the role could.
func (s *Server) Put(queue, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(queue, text, 0)
}

// Messages returns the texts of all messages in a queue, including the invisible ones.
func (s *Server) Messages(queue string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, m := range s.queues[queue] {
		texts = append(texts, m.text)
	}
	return texts
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.config.Admit(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.take(r)
	switch fault {
	case Down:
		panic(http.ErrAbortHandler)
	case Throttled:
		storagetest.Problem(w, http.StatusServiceUnavailable, "ServerBusy")
		return
	}
	s.serve(w, r, fault == Lost)
}

// serve answers a request. The caller must hold the lock.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, lost bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	queue := parts[0]
	if _, ok := s.queues[queue]; !ok {
		storagetest.Problem(w, http.StatusNotFound, "QueueNotFound")
		return
	}
	messages := len(parts) == 2 && parts[1] == "messages"
	one := len(parts) == 3 && parts[1] == "messages"
	switch {
	case messages && r.Method == http.MethodPost:
		s.putMessage(w, r, queue, lost)
	case messages && r.Method == http.MethodGet:
		s.getMessages(w, r, queue)
	case one && r.Method == http.MethodPut:
		s.updateMessage(w, r, queue, parts[2])
	case one && r.Method == http.MethodDelete:
		s.deleteMessage(w, r, queue, parts[2])
	case len(parts) == 1 && r.Method == http.MethodPut:
		w.WriteHeader(http.StatusNoContent) // it is there: Create Queue
	case messages && r.Method == http.MethodDelete:
		s.queues[queue] = []*message{}
		w.WriteHeader(http.StatusNoContent) // Clear Messages
	case len(parts) == 1 && r.Method == http.MethodGet && r.URL.Query().Get("comp") == "metadata":
		w.Header().Set("X-Ms-Approximate-Messages-Count", strconv.Itoa(len(s.queues[queue])))
		w.WriteHeader(http.StatusOK)
	default:
		storagetest.Problem(w, http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
	}
}

// take returns the fault for a request, if the fault affects requests of its kind.
func (s *Server) take(r *http.Request) Kind {
	if s.fault == "" || s.left == 0 || s.fault == Lost && r.Method != http.MethodPost {
		return ""
	}
	s.left--
	return s.fault
}

// find returns the index of the message with the right receipt. If there is none, it answers the
// request.
func (s *Server) find(w http.ResponseWriter, r *http.Request, queue, id string) (int, bool) {
	at := slices.IndexFunc(s.queues[queue], func(m *message) bool { return m.id == id })
	switch {
	case at < 0:
		storagetest.Problem(w, http.StatusNotFound, "MessageNotFound")
	case s.queues[queue][at].receipt == "" || s.queues[queue][at].receipt != r.URL.Query().Get("popreceipt"):
		storagetest.Problem(w, http.StatusBadRequest, "PopReceiptMismatch")
	default:
		return at, true
	}
	return 0, false
}
