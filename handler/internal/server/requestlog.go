package server

import (
	"log/slog"
	"slices"

	"influxion/handler/internal/signing"
)

// logRequest writes the one log line of a request. It names the route's template, because raw paths
// and queries hold what callers sent.
func (s *Server) logRequest(x *exchange, status int, err, writeErr error) {
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case status >= 400 || writeErr != nil:
		level = slog.LevelWarn
	case x.route.Quiet:
		level = slog.LevelDebug
	}
	method := x.request.Method
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"},
		method) {
		method = "other"
	}
	attributes := append(make([]slog.Attr, 0, 16),
		slog.String("method", method), slog.String("route", x.route.Path), slog.Int("status", status),
		slog.Int64("duration_ms", s.config.Now().Sub(x.timing.start).Milliseconds()),
		slog.String("invocation_id", x.invocation))
	attributes = append(attributes, x.timing.attributes()...)
	add := func(key, value string) {
		if value != "" {
			attributes = append(attributes, slog.String(key, value))
		}
	}
	add("traceparent", traceparent(x.request))
	add("tenant_id", x.principal.TenantID)
	add("object_id", x.principal.ObjectID)
	add("client_id", x.principal.ClientID)
	if err != nil {
		add("code", signing.AsError(err).Code)
		add("error", err.Error())
	}
	if writeErr != nil {
		add("write_error", writeErr.Error())
	}
	add("stack", string(x.stack))
	s.config.Logger.LogAttrs(x.request.Context(), level, "request", attributes...)
}
