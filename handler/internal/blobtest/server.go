package blobtest

import (
	"encoding/xml"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Config is what a Server is made of.
type Config struct {
	Container string // its name
	TenantID  string // the challenge names it
	// Authorize tells whether an access token may read and write blobs, else ErrNoRole or another
	// error; nil refuses every token.
	Authorize func(token string) error
	MaxBlocks int // of one blob; 0 = 50,000, as the real one has it
}

// ErrNoRole: the token is valid, and its holder has no role on the container.
var ErrNoRole = errors.New("the caller has no role on the container")

// Kind is the kind of a fault.
type Kind string

// The kinds.
const (
	Down      Kind = "down"      // the connection is closed
	Slow      Kind = "slow"      // no answer until Clear, or until the client leaves
	Full      Kind = "full"      // the account takes nothing more
	Immutable Kind = "immutable" // a policy that does not allow protected append writes
	Throttled Kind = "throttled" // 503 ServerBusy
	Lost      Kind = "lost"      // a block is written, and its answer is lost
)

// Server is the service: serve it over TLS. Safe for concurrent use.
type Server struct {
	config Config

	mu      sync.Mutex
	blobs   map[string]*appendBlob
	fault   Kind // "" = none
	left    int  // requests that it still befalls; below 0 = all
	cleared chan struct{}
	appends int
}

// New makes an empty container.
func New(config Config) *Server {
	if config.MaxBlocks <= 0 {
		config.MaxBlocks = 50_000
	}
	return &Server{config: config, blobs: map[string]*appendBlob{}, cleared: make(chan struct{})}
}

// Fail makes writes fail from now on; times says how many, 0 = until Clear. Down and Slow befall
// reads too.
func (s *Server) Fail(kind Kind, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.left = kind, times
	if times == 0 {
		s.left = -1
	}
}

// Clear ends a fault and lets go of what a slow service holds.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = ""
	close(s.cleared)
	s.cleared = make(chan struct{})
}

// Appends is the number of blocks that were written.
func (s *Server) Appends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appends
}

// Content gives all blobs by name.
func (s *Server) Content() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := map[string][]byte{}
	for name, blob := range s.blobs {
		content[name] = slices.Clone(blob.content)
	}
	return content
}

// Replace gives a blob another content, as whoever can get around the service would.
func (s *Server) Replace(name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[name] = &appendBlob{content: slices.Clone(content), blocks: 1}
}

// Remove takes a blob away, as whoever can get around the service would.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, name)
}

// ServeHTTP is http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ms-Version", r.Header.Get("X-Ms-Version"))
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || s.config.Authorize == nil {
		s.challenge(w, "NoAuthenticationInformation")
		return
	}
	if r.Header.Get("X-Ms-Version") == "" {
		problem(w, http.StatusBadRequest, "MissingRequiredHeader")
		return
	}
	switch err := s.config.Authorize(token); {
	case errors.Is(err, ErrNoRole):
		problem(w, http.StatusForbidden, "AuthorizationPermissionMismatch")
		return
	case err != nil:
		s.challenge(w, "InvalidAuthenticationInfo")
		return
	}
	fault, cleared := s.take(r)
	if interfere(w, r, fault, cleared) {
		return
	}
	name, inside := strings.CutPrefix(r.URL.Path, "/"+s.config.Container+"/")
	switch {
	case r.URL.Path == "/"+s.config.Container && r.Method == http.MethodGet && r.URL.Query().Get("comp") == "list":
		s.list(w, r)
	case !inside || name == "":
		problem(w, http.StatusNotFound, "ContainerNotFound")
	case r.Method == http.MethodPut && r.URL.Query().Get("comp") == "appendblock":
		s.append(w, r, name, fault == Lost)
	case r.Method == http.MethodPut && slices.Contains([]string{"comp=seal", "comp=lease"}, r.URL.RawQuery):
		s.close(w, r, name)
	case r.Method == http.MethodPut && r.URL.RawQuery == "":
		s.create(w, r, name)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.read(w, r, name)
	default:
		problem(w, http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
	}
}

func (s *Server) challenge(w http.ResponseWriter, code string) {
	w.Header().Set("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/"+s.config.TenantID+
		"/oauth2/authorize resource_id=https://storage.azure.com")
	problem(w, http.StatusUnauthorized, code)
}

// take gives the fault for a request, if it is of its kind.
func (s *Server) take(r *http.Request) (Kind, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := r.Method == http.MethodPut
	blocks := r.URL.Query().Get("comp") == "appendblock"
	befalls := map[Kind]bool{Down: true, Slow: true, Full: writes, Immutable: blocks, Throttled: writes, Lost: blocks}
	if s.fault == "" || s.left == 0 || !befalls[s.fault] {
		return "", s.cleared
	}
	s.left--
	return s.fault, s.cleared
}

// interfere answers in the place of the service; Lost leaves that to whoever writes the block.
func interfere(w http.ResponseWriter, r *http.Request, fault Kind, cleared chan struct{}) bool {
	switch fault {
	case Down:
		panic(http.ErrAbortHandler)
	case Slow:
		select {
		case <-cleared:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case Full:
		problem(w, http.StatusConflict, "AccountCapacityExceeded")
	case Immutable:
		problem(w, http.StatusConflict, "BlobImmutableDueToPolicy")
	case Throttled:
		problem(w, http.StatusServiceUnavailable, "ServerBusy")
	default:
		return false
	}
	return true
}

// problem answers as the real service does.
func problem(w http.ResponseWriter, status int, code string) {
	body, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: "local"})
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
