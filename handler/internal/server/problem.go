package server

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/csc"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// problem is the body of every error: RFC 9457. Its type is about:blank, so that its title is the
// status's own phrase. Programs look at code.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Code     string `json:"code"`
	Instance string `json:"instance"` // the invocation ID, under which the log has the cause
}

// statuses maps each kind of error to its status. A kind that is not listed counts as Internal.
var statuses = map[signing.Kind]int{
	signing.Internal:             http.StatusInternalServerError,
	signing.InvalidRequest:       http.StatusBadRequest,
	signing.Unauthenticated:      http.StatusUnauthorized,
	signing.PermissionDenied:     http.StatusForbidden,
	signing.NotFound:             http.StatusNotFound,
	signing.TooLarge:             http.StatusRequestEntityTooLarge,
	signing.UnsupportedMediaType: http.StatusUnsupportedMediaType,
	signing.Unprocessable:        http.StatusUnprocessableEntity,
	signing.Unavailable:          http.StatusServiceUnavailable,
	signing.DeadlineExceeded:     http.StatusGatewayTimeout,
	signing.TooManyRequests:      http.StatusTooManyRequests,
}

// Status is the HTTP status of an error of the kind.
func Status(kind signing.Kind) int {
	if status, ok := statuses[kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// statusError is an error of HTTP alone: one with a status that no Kind has, or with a header field
// of its own.
type statusError struct {
	status int
	header http.Header
	err    *signing.Error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func methodNotAllowed(allow []string) error {
	return &statusError{http.StatusMethodNotAllowed, http.Header{"Allow": {strings.Join(allow, ", ")}},
		&signing.Error{Kind: signing.InvalidRequest, Code: "method_not_allowed",
			Detail: "this path is not offered with this method"}}
}

func notAcceptable(produces []string) error {
	return &statusError{http.StatusNotAcceptable, nil, &signing.Error{Kind: signing.InvalidRequest,
		Code: "not_acceptable", Detail: "this route answers with " + strings.Join(produces, " or ")}}
}

func invalidRequest(code, detail string, cause error) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: code, Detail: detail, Err: cause}
}

// problem makes the answer to an error.
func (s *Server) problem(x *exchange, err error) *answer.Answer {
	signingErr := signing.AsError(err)
	status := Status(signingErr.Kind)
	header := http.Header{}
	if refused, ok := err.(*statusError); ok {
		status = refused.status
		for name, values := range refused.header {
			header[name] = values
		}
	}
	if signingErr.Code == request.CodeMediaType {
		header.Set("Accept-Post", strings.Join(x.route.Accepts, ", ")) // of the W3C's Linked Data Platform, section 7.1
	}
	if value := s.config.Challenge.header(signingErr, x.stage == stageAuthenticate); value != "" {
		header.Set("WWW-Authenticate", value)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		header.Set("Retry-After", retryAfter(signingErr.RetryAfter))
	}
	media := mediaProblem
	var content any = problem{"about:blank", http.StatusText(status), status, signingErr.Detail, signingErr.Code,
		"urn:uuid:" + x.invocation}
	if x.route.csc {
		media, content = mediaJSON, csc.NewError(status, signingErr.Detail)
	}
	body, err := json.Marshal(content)
	if err != nil {
		panic("internal error: a problem that is not JSON")
	}
	return &answer.Answer{Status: status, MediaType: media, Header: header, Body: answer.Bytes(body)}
}

// retryAfter writes a delay in whole seconds (RFC 9110, section 10.2.3); 0 becomes five seconds.
func retryAfter(delay time.Duration) string {
	if delay <= 0 {
		delay = 5 * time.Second
	}
	return strconv.Itoa(int(math.Ceil(min(delay, time.Hour).Seconds())))
}
