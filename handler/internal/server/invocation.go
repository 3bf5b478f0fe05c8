package server

import (
	"net/http"
	"strings"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/server/trace"
)

const (
	headerHostInvocation = "X-Azure-Functions-InvocationId" // from the Functions host
	headerInvocation     = "Influxion-Invocation-Id"        // to the caller
)

// invocationID is the host's ID of this request, or a new one. A client can send the header as
// well. When the host forwards a request, it appends its own value as a further header line or
// after a comma, so only the last value is the host's.
func invocationID(header http.Header) string {
	if values := header.Values(headerHostInvocation); len(values) > 0 {
		last := values[len(values)-1]
		last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		if guid.Valid(last) {
			return strings.ToLower(last)
		}
	}
	return guid.New()
}

// traceparent is the caller's trace context as it came, if it has the one form that is safe to log,
// else "".
func traceparent(r *http.Request) string {
	if trace.From(r.Context()) == (trace.Context{}) {
		return ""
	}
	return r.Header.Get("Traceparent")
}
