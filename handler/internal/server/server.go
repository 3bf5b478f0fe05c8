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

	"influxion/handler/internal/audit"
	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/render"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/csc"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// Authenticator turns an access token into the verified caller. Its errors are *signing.Error:
// Unauthenticated for a token that does not verify; PermissionDenied for a verified caller without
// the scope or role, who is returned as well, for the record; Unavailable if it cannot be decided
// now. It must be safe for concurrent use.
type Authenticator interface {
	Authenticate(ctx context.Context, accessToken string) (signing.Principal, error)
}

// Check is one thing that /api/health?ready=1 tries. Its name is shown to anonymous callers: it
// must name no host or tenant. Its error is logged, never sent.
type Check struct {
	Name  string
	Check func(ctx context.Context) error
}

// Challenge tells a caller without a token where to get one.
type Challenge struct {
	AuthorizationURI string // the authority's authorization endpoint
	Scope            string // what to ask for there
}

// Config holds the server's parts. Authenticator, Sealer, Extender, Verifier, Directory, Jobs and
// Audit are required.
type Config struct {
	Authenticator Authenticator
	Sealer        *signing.Sealer
	Extender      *signing.Extender
	Verifier      *signing.Verifier
	Directory     *signing.Directory
	Renderer      *render.Renderer    // nil = no documents are made here
	Hashes        *signing.HashSigner // nil = nobody may have hashes signed
	Jobs          *Jobs
	Idempotency   idempotency.Store // nil = no Idempotency-Key is honoured
	Audit         *audit.Log
	Ready         []Check
	Challenge     Challenge
	Page          *page.Config  // nil = there is no page for people
	Disabled      []string      // functions whose routes are not served; their names in any case
	Rate          *rate.Limiter // of each caller; nil = no limit

	MaxDocumentBytes int64 // of one document; 0 = 50 MiB
	MaxInFlightBytes int64 // of all documents in memory at once, at least one; 0 = 4 × MaxDocumentBytes
	// MaxWorkingBytes limits the memory for work on all documents in progress, apart from the
	// documents themselves: their parsed objects and their validation data. At least 8 MiB; 0 = 512
	// MiB. A document is refused if work on it takes more than three quarters of this limit.
	MaxWorkingBytes int64
	Heap            memory.Heap // nil = its garbage collection is not tuned

	Logger  *slog.Logger     // nil = none
	Now     func() time.Time // nil = time.Now
	Version string           // of this build, shown by health and OpenAPI
	Address string           // where clients call, for OpenAPI: https://host; "" = where they asked
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
	csc       *csc.Service
	reader    *request.Reader
	readiness *readiness
	openapi   []byte
	page      *page.Page // nil = none
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
		Document: config.MaxDocumentBytes, InFlight: config.MaxInFlightBytes, Working: config.MaxWorkingBytes,
	}
	description := openAPI(config.Version, config.Address)
	return &Server{
		config:    config,
		csc:       &csc.Service{Hashes: config.Hashes, Now: config.Now},
		reader:    request.New(limits, config.Heap),
		readiness: newReadiness(config.Ready, config.Logger, config.Now),
		openapi:   description,
		page:      newPage(config.Page, description),
	}
}

// Work begins work on a document of the given size in bytes, within the memory of all requests. The
// caller must release the result.
func (s *Server) Work(document int64) *memory.Work { return s.reader.Work(document) }

// Handler serves the routes. Every answer comes from the one pipeline, including those to unknown
// paths and methods.
func (s *Server) Handler() http.Handler {
	router := echo.New()
	routes := slices.DeleteFunc(Routes(), s.disabled)
	unreached := func(echo.Context) error { panic("internal error: a route that the table does not have") }
	matched := newMatcher(routes)
	for _, route := range routes {
		router.Match(route.Methods(), route.pattern(), unreached)
	}
	// This is a middleware, because with a handler for each route echo would answer OPTIONS itself.
	router.Use(func(echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			route, allow := matched.find(c.Request().Method, c.Path())
			if route == nil {
				route = unmatched(c.Request().URL.Path, allow)
			}
			name := parameter(c)
			if c.Request().URL.RawPath != "" { // the router has matched the escaped path
				name, _ = url.PathUnescape(name) // "" is no name
			}
			s.serve(c.Response().Writer, c.Request(), route, name)
			return nil
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, matched.folded(r)) })
}

// disabled says whether a route's function is turned off.
func (s *Server) disabled(route Route) bool {
	return slices.ContainsFunc(s.config.Disabled, func(name string) bool {
		return strings.EqualFold(name, route.Function)
	})
}

// parameter is the value of the path's one parameter; "" = it has none.
func parameter(c echo.Context) string {
	if values := c.ParamValues(); len(values) > 0 {
		return values[0]
	}
	return ""
}

// unmatched is the route of a request whose path is unknown, or whose path has no such method.
func unmatched(path string, allow []string) *Route {
	return &Route{Path: "unmatched", Anonymous: true, Deadline: shortDeadline, csc: isCSC(path),
		endpoint: func(*Server, context.Context, *exchange) (*answer.Answer, error) {
			if len(allow) > 0 {
				return nil, methodNotAllowed(slices.Compact(allow))
			}
			return nil, routeNotFound()
		}}
}
