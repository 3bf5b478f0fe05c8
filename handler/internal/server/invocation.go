package server

import (
	"net/http"
	"regexp"
	"strings"

	"influxion/handler/internal/guid"
)

const (
	headerHostInvocation = "X-Azure-Functions-InvocationId" // from the Functions host
	headerInvocation     = "Influxion-Invocation-Id"        // to the caller
)

var (
	// W3C Trace Context, section 3.2.2, version 00.
	traceparentForm = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)
)

// invocationID is the host's ID of this request, or a new one. A client can send the header as
// well: when the host forwards a request, it appends its own value as a further header line or
// after a comma, so that only the last value is the host's.
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

// traceparent is the caller's trace context if it has the one form that is safe to log, else "".
func traceparent(header http.Header) string {
	values := header.Values("Traceparent")
	if len(values) != 1 {
		return ""
	}
	parts := traceparentForm.FindStringSubmatch(values[0])
	if parts == nil || strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return ""
	}
	return values[0]
}
