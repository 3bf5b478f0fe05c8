package trace

import (
	"context"
	"log/slog"
)

// Handler adds trace_id and span_id to each line whose context has a trace. It leaves a line
// unchanged that is logged without a context, or with a context without a trace. It is as safe for
// concurrent use as the handler that it wraps.
type Handler struct{ next slog.Handler }

// NewHandler makes a Handler that hands lines on to next.
func NewHandler(next slog.Handler) *Handler { return &Handler{next} }

// Enabled is slog.Handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle is slog.Handler.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	if trace := From(ctx); trace != (Context{}) {
		record = record.Clone() // other handlers may keep the record
		record.AddAttrs(slog.String("trace_id", trace.TraceID), slog.String("span_id", trace.SpanID))
	}
	return h.next.Handle(ctx, record)
}

// WithAttrs is slog.Handler.
func (h *Handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &Handler{h.next.WithAttrs(attributes)}
}

// WithGroup is slog.Handler. Within a group, the trace is in the group too.
func (h *Handler) WithGroup(name string) slog.Handler { return &Handler{h.next.WithGroup(name)} }
