package server

import (
	"context"
	"net/http"
	"slices"
	"time"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// Route is one entry of the API. A route of the Functions host has a folder
// functions/<Function>/function.json that agrees with it.
type Route struct {
	Function  string         // the function's name; "" for the host's own probe, which is no function
	Method    string         // one method; where it is GET there is HEAD as well
	Path      string         // with the host's prefix; {name} stands for a parameter
	Anonymous bool           // no access token is asked for
	Action    signing.Action // of the audit record, one for each attempt, written before the answer; "" = none
	Deadline  time.Duration  // for all but writing the answer; the host's front end gives up after 230 s
	Accepts   []string       // media types of the request body; none = a body is refused
	MaxBody   int64          // bytes of a body that holds no document; 0 = it holds one, if there is one
	Produces  []string       // media types of the answer; the first is the default where a caller may choose
	Traits

	endpoint endpoint
	csc      bool // errors have the form of the Cloud Signature Consortium
}

// Traits are properties that few routes have.
type Traits struct {
	Quiet      bool // logged at debug level when all is well: the host asks it every few milliseconds
	Idempotent bool // an Idempotency-Key is honoured
	ForPeople  bool // of the page, which the API's description leaves out
	CatchAll   bool // its function gets all requests that no other function takes
}

// Methods are those that the route answers to.
func (r Route) Methods() []string {
	if r.Method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead} // RFC 9110, section 9.1: general-purpose servers support both
	}
	return []string{r.Method}
}

// shortDeadline is for routes whose answers are in memory.
const shortDeadline = 5 * time.Second

// endpoint is what a route does: it gives the answer and writes nothing.
type endpoint func(s *Server, ctx context.Context, x *exchange) (*answer.Answer, error)

// Media types in use.
const (
	mediaPDF     = answer.MediaPDF
	mediaJSON    = answer.MediaJSON
	mediaPEM     = "application/x-pem-file"
	mediaProblem = "application/problem+json"
	mediaHTML    = "text/html"
	mediaText    = "text/plain"
)

// Routes is the whole API and the host's probe.
func Routes() []Route {
	document := request.MediaTypes()
	return slices.Concat(cscRoutes(), pageRoutes(), []Route{
		{Function: "Sign", Method: http.MethodPost, Path: "/api/sign", Traits: Traits{Idempotent: true},
			Action:   signing.Sign,
			Deadline: 60 * time.Second,
			Accepts:  document, Produces: []string{mediaPDF, mediaJSON}, endpoint: (*Server).sign},
		{Function: "Extend", Method: http.MethodPost, Path: "/api/extend", Traits: Traits{Idempotent: true},
			Action:   signing.Extend,
			Deadline: 60 * time.Second,
			Accepts:  document, Produces: []string{mediaPDF, mediaJSON}, endpoint: (*Server).extend},
		{Function: "Timestamp", Method: http.MethodPost, Path: "/api/timestamp", Traits: Traits{Idempotent: true},
			Action:   signing.Timestamp,
			Deadline: 60 * time.Second,
			Accepts:  document, Produces: []string{mediaPDF, mediaJSON}, endpoint: (*Server).timestamp},
		{Function: "Generate", Method: http.MethodPost, Path: "/api/generate", Traits: Traits{Idempotent: true},
			Action:   signing.Generate,
			Deadline: 100 * time.Second, Accepts: request.GenerateMediaTypes(),
			Produces: []string{mediaPDF, mediaJSON}, endpoint: (*Server).generate},
		{Function: "Verify", Method: http.MethodPost, Path: "/api/verify",
			Traits:   Traits{Idempotent: true}, // its report can be sealed
			Deadline: 60 * time.Second,
			Accepts:  document, Produces: []string{mediaJSON, mediaHTML, mediaText, mediaPDF},
			endpoint: (*Server).verify},
		{Function: "SubmitJobs", Method: http.MethodPost, Path: "/api/jobs", Traits: Traits{Idempotent: true},
			Deadline: 100 * time.Second, Accepts: document, MaxBody: request.MaxJobsBytes,
			Produces: []string{mediaJSON}, endpoint: (*Server).submit},
		{Function: "ListJobs", Method: http.MethodGet, Path: "/api/jobs", Deadline: 30 * time.Second,
			Produces: []string{mediaJSON}, endpoint: (*Server).listJobs},
		{Function: "JobStatus", Method: http.MethodGet, Path: "/api/jobs/{id}", Deadline: 30 * time.Second,
			Produces: []string{mediaJSON}, endpoint: (*Server).job},
		{Function: "JobDocument", Method: http.MethodGet, Path: "/api/jobs/{id}/document",
			Deadline: 60 * time.Second, Produces: []string{mediaPDF, mediaJSON}, endpoint: (*Server).jobDocument},
		{Function: "DeleteJob", Method: http.MethodDelete, Path: "/api/jobs/{id}", Deadline: 30 * time.Second,
			Produces: []string{mediaJSON}, endpoint: (*Server).deleteJob},
		{Function: "Certificates", Method: http.MethodGet, Path: "/api/certificates", Deadline: 30 * time.Second,
			Produces: []string{mediaJSON}, endpoint: (*Server).certificates},
		{Function: "Certificate", Method: http.MethodGet, Path: "/api/certificates/{name}", Deadline: 30 * time.Second,
			Produces: []string{mediaJSON, mediaPEM}, endpoint: (*Server).certificate},
		{Function: "Health", Method: http.MethodGet, Path: "/api/health", Anonymous: true, Deadline: 15 * time.Second,
			Produces: []string{mediaJSON}, endpoint: (*Server).health},
		{Function: "OpenAPI", Method: http.MethodGet, Path: "/api/openapi.json", Anonymous: true,
			Deadline: shortDeadline,
			Produces: []string{mediaJSON}, endpoint: (*Server).description},
		{Method: http.MethodGet, Path: "/", Anonymous: true, Traits: Traits{Quiet: true}, Deadline: shortDeadline,
			Produces: []string{mediaText}, endpoint: (*Server).probe},
	})
}
