package blobtest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/storagetest"
)

// Config configures a Server.
type Config struct {
	storagetest.Door

	Container string   // the name of the first one
	Others    []string // names of further ones
	MaxBlocks int      // of one blob; 0 = 50,000, as the real one has it
	Page      int      // blobs of one answer to List Blobs; 0 = a few
}

// Kind is the kind of a fault.
type Kind string

// The kinds.
const (
	Down      Kind = "down"      // the connection is closed
	Slow      Kind = "slow"      // no answer until Clear, or until the client leaves
	Full      Kind = "full"      // the account takes nothing more
	Immutable Kind = "immutable" // a policy that does not allow protected append writes
	Throttled Kind = "throttled" // 503 ServerBusy
	Lost      Kind = "lost"      // a block or a blob is written, and its answer is lost
)

// Server is the service. Serve it over TLS. Safe for concurrent use.
type Server struct {
	config Config

	mu sync.Mutex
	stored
	fault   Kind // "" = none
	left    int  // number of requests that still get it; below 0 = all
	cleared chan struct{}
	appends int
}

// stored is the content of the containers.
type stored struct {
	blobs   map[string]*storedBlob       // by container/name
	blocks  map[string]map[string][]byte // that no list names yet, by container/name and ID
	version int                          // of the last change
}

// New makes empty containers.
func New(config Config) *Server {
	if config.MaxBlocks <= 0 {
		config.MaxBlocks = 50_000
	}
	if config.Page <= 0 {
		config.Page = fewBlobs
	}
	return &Server{config: config, cleared: make(chan struct{}),
		stored: stored{blobs: map[string]*storedBlob{}, blocks: map[string]map[string][]byte{}}}
}

// Fail makes writes fail from now on. times limits the number of failures; 0 = until Clear. Down
// and Slow also affect reads.
func (s *Server) Fail(kind Kind, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.left = kind, times
	if times == 0 {
		s.left = -1
	}
}

// Clear ends a fault and releases the requests that a slow service holds.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = ""
	close(s.cleared)
	s.cleared = make(chan struct{})
}

// Appends is the number of blocks appended so far.
func (s *Server) Appends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appends
}

// Content returns all blobs of the first container by name.
func (s *Server) Content() map[string][]byte { return s.ContentOf(s.config.Container) }

// ContentOf returns all blobs of a container by name.
func (s *Server) ContentOf(container string) map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := map[string][]byte{}
	for key, blob := range s.blobs {
		if name, inside := strings.CutPrefix(key, container+"/"); inside {
			content[name] = slices.Clone(blob.content)
		}
	}
	return content
}

// Replace replaces the content of an append blob in the first container, as somebody who bypasses
// the service could.
func (s *Server) Replace(name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[s.config.Container+"/"+name] = &storedBlob{kind: appendBlob, content: slices.Clone(content), blocks: 1,
		etag: s.newTag(), changed: time.Now()}
}

// Upload puts a block blob into a container, as somebody else with the role could.
func (s *Server) Upload(container, name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[container+"/"+name] = &storedBlob{kind: blockBlob, content: slices.Clone(content), etag: s.newTag(),
		changed: time.Now()}
}

// Remove removes a blob from the first container, as somebody who bypasses the service could.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, s.config.Container+"/"+name)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.config.Admit(w, r) {
		return
	}
	fault, cleared := s.take(r)
	if interfere(w, r, fault, cleared) {
		return
	}
	container, name, inside := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case container != s.config.Container && !slices.Contains(s.config.Others, container):
		storagetest.Problem(w, http.StatusNotFound, "ContainerNotFound")
	case !inside && r.Method == http.MethodGet && r.URL.Query().Get("comp") == "list":
		s.list(w, r, container)
	case !inside || name == "":
		storagetest.Problem(w, http.StatusNotFound, "ContainerNotFound")
	default:
		s.serveBlob(w, r, container+"/"+name, fault == Lost)
	}
}

// serveBlob answers requests for one blob.
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	comp := r.URL.Query().Get("comp")
	switch {
	case r.Method == http.MethodPut && comp == "appendblock":
		s.append(w, r, key, lost)
	case r.Method == http.MethodPut && (comp == "seal" || comp == "lease"):
		s.close(w, r, key)
	case r.Method == http.MethodPut && comp == "metadata":
		s.setMetadata(w, r, key, lost)
	case r.Method == http.MethodPut && comp == "block":
		s.putBlock(w, r, key)
	case r.Method == http.MethodPut && comp == "blocklist":
		s.putBlockList(w, r, key, lost)
	case r.Method == http.MethodPut && r.URL.RawQuery == "":
		s.create(w, r, key, lost)
	case r.Method == http.MethodDelete && r.URL.RawQuery == "":
		s.remove(w, r, key)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.read(w, r, key)
	default:
		storagetest.Problem(w, http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
	}
}

// take returns the fault for a request, if the fault affects requests of its kind.
func (s *Server) take(r *http.Request) (Kind, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := r.Method == http.MethodPut
	comp := r.URL.Query().Get("comp")
	blocks := comp == "appendblock"
	whole := writes && (comp == "blocklist" || comp == "metadata" ||
		comp == "" && r.Header.Get("X-Ms-Blob-Type") == string(blockBlob))
	befalls := map[Kind]bool{Down: true, Slow: true, Full: writes, Immutable: blocks, Throttled: writes,
		Lost: blocks || whole}
	if s.fault == "" || s.left == 0 || !befalls[s.fault] {
		return "", s.cleared
	}
	s.left--
	return s.fault, s.cleared
}

// interfere answers in place of the service. It does not handle Lost: the writing method does.
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
		storagetest.Problem(w, http.StatusConflict, "AccountCapacityExceeded")
	case Immutable:
		storagetest.Problem(w, http.StatusConflict, "BlobImmutableDueToPolicy")
	case Throttled:
		storagetest.Problem(w, http.StatusServiceUnavailable, "ServerBusy")
	default:
		return false
	}
	return true
}
