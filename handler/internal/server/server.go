package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"influxion/handler/internal/render"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// Authenticator turns an access token into the verified caller. Its errors are *signing.Error:
// Unauthenticated for a token that does not verify; PermissionDenied for a verified caller without
// the scope or role, who is then returned too, for the record; Unavailable when that cannot be
// known now. It must be safe for concurrent use.
type Authenticator interface {
	Authenticate(ctx context.Context, accessToken string) (signing.Principal, error)
}

// Check is one thing that /api/health?ready=1 tries. Its name is shown to anonymous callers: it
// must name no host or tenant. Its error is logged, never sent.
type Check struct {
	Name  string
	Check func(ctx context.Context) error
}

// Challenge is what a caller without a token is told, so that it knows where to get one.
type Challenge struct {
	AuthorizationURI string // the authority's authorization endpoint
	Scope            string // what to ask for there
}

// Config holds the server's parts. Authenticator, Sealer, Extender, Verifier, Directory and Audit
// are required.
type Config struct {
	Authenticator Authenticator
	Sealer        *signing.Sealer
	Extender      *signing.Extender
	Verifier      *signing.Verifier
	Directory     *signing.Directory
	Renderer      *render.Renderer // nil = no documents are made here
	Audit         *signing.AuditLog
	Ready         []Check
	Challenge     Challenge

	MaxDocumentBytes int64 // of one document; 0 = request.DefaultMaxDocumentBytes
	MaxInFlightBytes int64 // of all documents held at once, at least one; 0 = 4 × MaxDocumentBytes
	// MaxBesideBytes is for what the documents in progress take beside themselves: what is read of
	// them, and their validation data; at least 8 MiB, 0 = 512 MiB. A document that takes more than
	// three quarters of it is refused.
	MaxBesideBytes int64
	Heap           request.Heap // nil = it is left to itself

	Logger  *slog.Logger     // nil = none
	Now     func() time.Time // nil = time.Now
	Version string           // of this build, shown by health and OpenAPI
}

// MaxHeaderBytes and the time-outs are what an http.Server around Handler needs: the limits that no
// handler can enforce.
const (
	MaxHeaderBytes    = 64 << 10
	ReadHeaderTimeout = 10 * time.Second
	IdleTimeout       = 2 * time.Minute
)

// Server answers HTTP requests. Safe for concurrent use.
type Server struct {
	config    Config // with its defaults
	reader    *request.Reader
	readiness *readiness
	openapi   []byte
}

// New makes a server of its parts. It does no I/O.
func New(config Config) *Server {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	limits := request.Limits{
		Document: config.MaxDocumentBytes, InFlight: config.MaxInFlightBytes, Working: config.MaxBesideBytes,
	}
	return &Server{
		config:    config,
		reader:    request.New(limits, config.Heap),
		readiness: newReadiness(config.Ready, config.Logger, config.Now),
		openapi:   openAPI(config.Version),
	}
}

// Handler serves the routes. Every answer comes from the one pipeline, also those to unknown paths
// and methods.
func (s *Server) Handler() http.Handler {
	router := echo.New()
	routes := Routes()
	unreached := func(echo.Context) error { panic("internal error: a route that the table does not have") }
	for _, route := range routes {
		router.Match(route.Methods(), route.pattern(), unreached)
	}
	find := func(method, path string) (*Route, []string) {
		var allow []string
		for i := range routes {
			if routes[i].pattern() != path {
				continue
			}
			methods := routes[i].Methods()
			if slices.Contains(methods, method) {
				return &routes[i], nil
			}
			allow = append(allow, methods...)
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

// folded gives the request with the literals of its path spelt as its route does: the Functions
// host matches them without regard to case and hands the path on as the caller wrote it.
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
			return nil, &signing.Error{Kind: signing.NotFound, Code: "route_not_found",
				Detail: "there is nothing under this path"}
		}}
}
