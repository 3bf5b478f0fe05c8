package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/server/trace"
	"influxion/handler/internal/signing"
)

// exchange is one request on its way through the pipeline.
type exchange struct {
	request    *http.Request
	in         *request.Incoming // its body, and the memory that it takes
	route      *Route
	name       string // the path's {name} or {version}
	invocation string
	timing     timing
	principal  signing.Principal
	usage      rate.Usage // what the caller has left
	record     signing.Record
	once       onceOnly
	stage      stage
	stack      []byte // of a panic
}

// stage is how far an exchange came.
type stage int

const (
	stageLimits stage = iota
	stageAuthenticate
	stageEndpoint
)

// serve is the pipeline. It writes the audit record before the answer, and sends nothing that could
// not be recorded.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route *Route, name string) {
	start, traced := s.config.Now(), trace.Of(r.Header)
	r = r.WithContext(trace.With(r.Context(), traced))
	x := &exchange{request: r, in: s.reader.Incoming(w, r), route: route, name: name,
		invocation: invocationID(r.Header), timing: newTiming(start)}
	defer x.in.Release()
	x.record.Time, x.record.InvocationID, x.record.Action = start.UTC(), x.invocation, route.Action
	x.record.TraceID, x.record.SpanID = traced.TraceID, traced.SpanID

	ctx, cancel := context.WithTimeout(r.Context(), route.Deadline)
	defer cancel()
	a, err := s.attempt(ctx, x)
	again, replayed := errors.AsType[*replay](err)
	if replayed { // nothing was attempted
		a, err = again.answer, nil
	}
	err = timeError(r.Context(), ctx, err)
	if x.record.Action != "" && !replayed { // a route may have found an attempt in the request
		x.record.Finish(err, s.config.Now())
		if auditErr := s.config.Audit.WriteAll(r.Context(), x.record.Each(), x.stream()); auditErr != nil {
			err = unrecorded(auditErr, err)
		}
		x.timing.mark(phaseAudit, s.config.Now())
	}
	if err != nil {
		x.in.Release() // a caller may read slowly, and its document must not stay in memory meanwhile
		a = s.problem(x, err)
	}
	s.keep(r.Context(), x, a, err)
	w.Header().Set(headerInvocation, x.invocation)
	if err == nil { // how long a refusal took, and where, is for the log alone
		w.Header().Set(headerServerTiming, x.timing.header())
	}
	x.usage.Set(w.Header())
	x.in.BeforeAnswer()
	s.logRequest(x, a.Status, err, a.Write(w, r.Method))
	x.in.AfterAnswer()
}

// stream is the chain of the audit log to which the record of an attempt belongs. Requests that
// were refused before the endpoint have a chain of their own: they come from callers who may not
// call, or who exceed their rate, and must not fill the store.
func (x *exchange) stream() audit.Stream {
	if x.stage < stageEndpoint {
		return audit.Refusals
	}
	return audit.Attempts
}

// unrecorded is the error for a caller whose record was not written, whatever the outcome was.
func unrecorded(auditErr, err error) error {
	signingErr := &signing.Error{Kind: signing.Internal, Code: "audit_unavailable",
		Detail: "the attempt could not be recorded and its outcome was discarded",
		Err:    errors.Join(auditErr, err)}
	if store, ok := errors.AsType[*signing.Error](auditErr); ok {
		signingErr.Kind, signingErr.Detail, signingErr.RetryAfter = store.Kind, store.Detail, store.RetryAfter
	}
	return signingErr
}

// attempt does everything that can fail, and turns a panic into an error.
func (s *Server) attempt(ctx context.Context, x *exchange) (a *answer.Answer, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			x.stack = debug.Stack()
			a, err = nil, fmt.Errorf("panic: %s", panicText(reason))
		}
	}()
	if err := limit(ctx, x); err != nil {
		return nil, err
	}
	if !x.route.Anonymous {
		x.stage = stageAuthenticate
		token, err := accessToken(x.request.Header)
		if err != nil {
			return nil, err
		}
		x.principal, err = s.config.Authenticator.Authenticate(ctx, token)
		x.timing.mark(phaseAuth, s.config.Now())
		x.record.By(x.principal) // a verified caller without the right is recorded by name
		if err != nil {
			return nil, authenticationError(err)
		}
		x.in.SetCaller(x.principal.TenantID + "/" + x.principal.ObjectID)
		if err := s.countRequest(x); err != nil {
			return nil, err
		}
	}
	x.stage = stageEndpoint
	if err := s.keyOf(x); err != nil {
		return nil, err
	}
	if x.route.Action != "" {
		if err := s.config.Audit.Available(); err != nil {
			return nil, err // before a key signs for an answer that nobody gets
		}
	}
	defer func() { x.timing.mark(phaseWork, s.config.Now()) }()
	return x.route.endpoint(s, budget.With(ctx, x.in.Budget()), x)
}

// countRequest counts the request of a verified caller before it reads anything of the body. If the
// length of the body is unknown, it also has the bytes counted as they are read.
func (s *Server) countRequest(x *exchange) (err error) {
	limiter := s.config.Rate
	if limiter == nil {
		return nil
	}
	x.usage, err = limiter.Request(x.principal, max(0, x.request.ContentLength))
	if err == nil && x.request.ContentLength < 0 {
		x.in.Count(func(bytes int64) (err error) {
			x.usage, err = limiter.Body(x.principal, bytes)
			return err
		})
	}
	return err
}

// countDocument counts a further document or hash of a request. So a caller can get no more
// documents by jobs, and no more hashes by batches, than by single requests.
func (s *Server) countDocument(x *exchange) (err error) {
	if s.config.Rate != nil {
		x.usage, err = s.config.Rate.Document(x.principal)
	}
	return err
}

// limit bounds the body in size and time. It refuses a body if the route takes none.
func limit(ctx context.Context, x *exchange) error {
	takes := len(x.route.Accepts) > 0
	deadline, _ := ctx.Deadline() // every route has one
	if x.route.MaxBody > 0 {
		return x.in.LimitBytes(deadline, x.route.MaxBody)
	}
	if err := x.in.Limit(deadline, takes); err != nil {
		return err
	}
	if !takes && x.request.ContentLength != 0 && x.route.Function != "" {
		return &signing.Error{Kind: signing.TooLarge, Code: "body_unexpected",
			Detail: "this route takes no request body"}
	}
	return nil
}

// codeGone is for a request whose caller has left before its outcome.
const codeGone = "client_gone"

// timeError tells apart a deadline that has passed and a caller that has left.
func timeError(caller, ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	switch signingErr := signing.AsError(err); {
	case signingErr.Kind == signing.DeadlineExceeded && errors.Is(err, os.ErrDeadlineExceeded):
		return err // a body that stopped arriving: net/http reports that as if the caller had left
	case caller.Err() != nil && (errors.Is(err, context.Canceled) || signingErr.Kind == signing.DeadlineExceeded):
		return invalidRequest(codeGone, "the caller went away before the answer", err)
	case signingErr.Kind == signing.DeadlineExceeded:
		return err
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded):
		return &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
			Detail: "the request took longer than this route allows", Err: err}
	}
	return err
}

// panicText describes a panic without values that may hold a caller's data.
func panicText(reason any) string {
	if err, ok := reason.(runtime.Error); ok {
		return err.Error()
	}
	if text, ok := reason.(string); ok && strings.HasPrefix(text, "internal error: ") {
		return text
	}
	return fmt.Sprintf("a value of type %T", reason)
}
