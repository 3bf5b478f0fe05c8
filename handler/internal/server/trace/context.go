package trace

import (
	"context"
	"net/http"
	"regexp"
	"strings"
)

// Context identifies a request in a distributed trace. The zero Context belongs to no trace.
type Context struct {
	TraceID string // 32 lower-case hexadecimal digits
	SpanID  string // 16 of them: the caller's own span, which for the handler is that of the Functions host
}

// W3C Trace Context, section 3.2.2, version 00.
var form = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// Of reads the header field traceparent. It gives the zero Context if the field is missing, occurs
// more than once, or has another form (section 3.2.2), because an unreadable trace must not fail
// the request.
func Of(header http.Header) Context {
	values := header.Values("Traceparent")
	if len(values) != 1 {
		return Context{}
	}
	parts := form.FindStringSubmatch(values[0])
	if parts == nil || strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return Context{}
	}
	return Context{TraceID: parts[1], SpanID: parts[2]}
}

type key struct{}

// With gives a context whose log lines belong to the trace.
func With(ctx context.Context, trace Context) context.Context {
	if trace == (Context{}) {
		return ctx
	}
	return context.WithValue(ctx, key{}, trace)
}

// From gives the trace of a context, or the zero Context.
func From(ctx context.Context) Context {
	trace, _ := ctx.Value(key{}).(Context)
	return trace
}
