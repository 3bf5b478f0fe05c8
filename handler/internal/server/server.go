// Package server is Influxion's HTTP edge: it turns requests into calls of package signing and the outcomes into answers, as
// docs/architecture.md describes. Routes are data (Routes); one pipeline (Server.serve) does what they have in common: invocation ID,
// limits, deadline, authentication, audit, problem details (RFC 9457), bearer challenges (RFC 6750) and the log line.
//
// It must never log or answer with an access token, a document's bytes, a raw path or query, or the cause of a fault; never answer
// an attempt to sign before its audit record is written; and never hold more document bytes at once than Config allows.
package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"

	"influxion/handler/internal/signing"
)

// Authenticator turns an access token into the verified caller. Its errors are *signing.Error: Unauthenticated for a token that
// does not verify; PermissionDenied for a verified caller without the scope or role, who is then returned too, for the record;
// Unavailable when that cannot be known now. It must be safe for concurrent use.
type Authenticator interface {
	Authenticate(ctx context.Context, accessToken string) (signing.Principal, error)
}

// Check is one thing that /api/health?ready=1 tries. Its name is shown to anonymous callers: it must name no host or tenant. Its
// error is logged, never sent.
type Check struct {
	Name  string
	Check func(ctx context.Context) error
}

// Challenge is what a caller without a token is told, so that it knows where to get one.
type Challenge struct {
	AuthorizationURI string // the authority's authorization endpoint
	Scope            string // what to ask for there
}

// Config holds the server's parts. Authenticator, Sealer, Extender, Verifier, Directory and Audit are required.
type Config struct {
	Authenticator Authenticator
	Sealer        *signing.Sealer
	Extender      *signing.Extender
	Verifier      *signing.Verifier
	Directory     *signing.Directory
	Audit         *signing.AuditLog
	Ready         []Check
	Challenge     Challenge

	MaxDocumentBytes int64 // of one document; 0 = DefaultMaxDocumentBytes
	MaxInFlightBytes int64 // of all documents held at once, at least one; 0 = 4 × MaxDocumentBytes
	// MaxBesideBytes is for what the documents in progress take beside themselves: what is read of them, and their validation data; at
	// least 8 MiB, 0 = 512 MiB. A document that takes more than three quarters of it is refused.
	MaxBesideBytes int64
	Heap           Heap // nil = it is left to itself

	Logger  *slog.Logger     // nil = none
	Now     func() time.Time // nil = time.Now
	Version string           // of this build, shown by health and OpenAPI
}

// DefaultMaxDocumentBytes stays below the Functions host's own limit for a whole request body, 104,857,600 bytes, also for a
// document in base64.
const DefaultMaxDocumentBytes = 50 << 20

// MaxHeaderBytes and the time-outs are what an http.Server around Handler needs: the limits that no handler can enforce.
const (
	MaxHeaderBytes    = 64 << 10
	ReadHeaderTimeout = 10 * time.Second
	IdleTimeout       = 2 * time.Minute
)

// Server answers HTTP requests. Safe for concurrent use.
type Server struct {
	authenticator Authenticator
	sealer        *signing.Sealer
	extender      *signing.Extender
	verifier      *signing.Verifier
	directory     *signing.Directory
	audit         *signing.AuditLog
	challenge     Challenge
	maxDocument   int64
	inFlight      *semaphore.Weighted
	images        *semaphore.Weighted
	beside        *beside
	readiness     *readiness
	openapi       []byte
	log           *slog.Logger
	now           func() time.Time
	version       string
}

// New makes a server of its parts. It does no I/O.
func New(config Config) *Server {
	s := &Server{
		authenticator: config.Authenticator,
		sealer:        config.Sealer,
		extender:      config.Extender,
		verifier:      config.Verifier,
		directory:     config.Directory,
		audit:         config.Audit,
		challenge:     config.Challenge,
		maxDocument:   config.MaxDocumentBytes,
		log:           config.Logger,
		now:           config.Now,
		version:       config.Version,
	}
	if s.maxDocument <= 0 {
		s.maxDocument = DefaultMaxDocumentBytes
	}
	inFlight := config.MaxInFlightBytes
	if inFlight <= 0 {
		inFlight = 4 * (s.maxDocument + segmentSize)
	}
	// One document of the allowed size must always fit, or no wait would ever end.
	s.inFlight = semaphore.NewWeighted(max(inFlight, s.maxDocument+segmentSize))
	s.images = semaphore.NewWeighted(maxImagesInFlight * imagePlace)
	s.beside = newBeside(cmp.Or(config.MaxBesideBytes, defaultBeside), config.Heap)
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.readiness = newReadiness(config.Ready, s.log, s.now)
	s.openapi = openAPI(s.version)
	return s
}

// Handler serves the routes. Every answer comes from the one pipeline, also those to unknown paths and methods.
func (s *Server) Handler() http.Handler {
	router := echo.New()
	routes := Routes()
	unreached := func(echo.Context) error { panic("internal error: a route that the table does not have") }
	for _, route := range routes {
		router.Add(route.Method, route.pattern(), unreached)
	}
	find := func(method, path string) (*Route, []string) {
		var allow []string
		for i := range routes {
			if routes[i].pattern() != path {
				continue
			}
			if routes[i].Method == method {
				return &routes[i], nil
			}
			allow = append(allow, routes[i].Method)
		}
		return nil, allow
	}
	// A middleware rather than a handler a route: echo answers OPTIONS by itself otherwise.
	router.Use(func(echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			route, allow := find(c.Request().Method, c.Path())
			if route == nil {
				route = unmatched(allow)
			}
			name := c.Param("name")
			if c.Request().URL.RawPath != "" { // the router has matched the escaped path
				name, _ = url.PathUnescape(name) // "" is no name
			}
			s.serve(c.Response().Writer, c.Request(), route, name)
			return nil
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, folded(routes, r)) })
}

// pattern is the path as the router spells it.
func (r *Route) pattern() string { return strings.NewReplacer("{", ":", "}", "").Replace(r.Path) }

// folded gives the request with the literals of its path spelt as its route does: the Functions host matches them without regard to
// case and hands the path on as the caller wrote it.
func folded(routes []Route, r *http.Request) *http.Request {
	path, rawPath := fold(routes, r.URL.Path), fold(routes, r.URL.RawPath)
	if path == r.URL.Path && rawPath == r.URL.RawPath {
		return r
	}
	other, address := *r, *r.URL // a handler leaves the request that it is given alone
	address.Path, address.RawPath = path, rawPath
	other.URL = &address
	return &other
}

// fold leaves parameters, and a path that no route has, as they are.
func fold(routes []Route, path string) string {
	for i := range routes {
		spelling := strings.Split(routes[i].Path, "/")
		segments := strings.SplitN(path, "/", len(spelling)+1)
		same := len(segments) == len(spelling)
		for j := 0; same && j < len(segments); j++ {
			if strings.HasPrefix(spelling[j], "{") {
				spelling[j] = segments[j]
			}
			same = strings.EqualFold(spelling[j], segments[j])
		}
		if same {
			return strings.Join(spelling, "/")
		}
	}
	return path
}

// unmatched stands for a path, or a method on a known path, that the table does not have.
func unmatched(allow []string) *Route {
	return &Route{Path: "unmatched", Anonymous: true, Deadline: 5 * time.Second,
		endpoint: func(*Server, context.Context, *exchange) (*answer, error) {
			if len(allow) > 0 {
				return nil, methodNotAllowed(slices.Compact(allow))
			}
			return nil, &signing.Error{Kind: signing.NotFound, Code: "route_not_found", Detail: "there is nothing under this path"}
		}}
}
