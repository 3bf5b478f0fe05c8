package trace_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"testing/slogtest"

	"influxion/handler/internal/server/trace"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanID  = "00f067aa0ba902b7"
)

func TestOf(t *testing.T) {
	t.Parallel()
	good := trace.Context{TraceID: traceID, SpanID: spanID}
	for name, test := range map[string]struct {
		values []string
		want   trace.Context
	}{
		"none":        {nil, trace.Context{}},
		"sampled":     {[]string{"00-" + traceID + "-" + spanID + "-01"}, good},
		"not sampled": {[]string{"00-" + traceID + "-" + spanID + "-00"}, good},
		"two": {[]string{"00-" + traceID + "-" + spanID + "-00", "00-" + traceID + "-" + spanID + "-00"},
			trace.Context{}},
		"upper case":      {[]string{"00-4BF92F3577B34DA6A3CE929D0E0E4736-" + spanID + "-01"}, trace.Context{}},
		"no trace":        {[]string{"00-00000000000000000000000000000000-" + spanID + "-01"}, trace.Context{}},
		"no span":         {[]string{"00-" + traceID + "-0000000000000000-01"}, trace.Context{}},
		"another version": {[]string{"ff-" + traceID + "-" + spanID + "-01"}, trace.Context{}},
		"more":            {[]string{"00-" + traceID + "-" + spanID + "-01-canary"}, trace.Context{}},
		"a line break":    {[]string{"00-" + traceID + "-" + spanID + "-01\n"}, trace.Context{}},
		"text":            {[]string{"canary"}, trace.Context{}},
	} {
		if got := trace.Of(http.Header{"Traceparent": test.values}); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("00-" + traceID + "-" + spanID + "-01")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		got := trace.Of(http.Header{"Traceparent": {value}})
		if got == (trace.Context{}) {
			return
		}
		if back := "00-" + got.TraceID + "-" + got.SpanID + "-" + value[len(value)-2:]; back != value {
			t.Errorf("got %+v of %q", got, value)
		}
	})
}

// Lines of a request carry its trace, whichever derived logger writes them. Other lines carry none.
func TestLinesCarryTheTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(trace.NewHandler(slog.NewJSONHandler(&out, nil)))
	ctx := trace.With(t.Context(), trace.Context{TraceID: traceID, SpanID: spanID})
	line := func() map[string]any {
		t.Helper()
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
			t.Fatalf("got %q: %v", out.String(), err)
		}
		out.Reset()
		return fields
	}
	logger.InfoContext(ctx, "one", "a", 1)
	if got := line(); got["trace_id"] != traceID || got["span_id"] != spanID || got["a"] != 1.0 {
		t.Errorf("got %v", got)
	}
	logger.With("b", 2).InfoContext(ctx, "two")
	if got := line(); got["trace_id"] != traceID || got["span_id"] != spanID || got["b"] != 2.0 {
		t.Errorf("got %v", got)
	}
	for _, write := range []func(){
		func() { logger.Info("three") },
		func() { logger.InfoContext(t.Context(), "four") },
		func() { logger.InfoContext(trace.With(t.Context(), trace.Context{}), "five") },
	} {
		write()
		if got := line(); got["trace_id"] != nil || got["span_id"] != nil {
			t.Errorf("got %v, want no trace", got)
		}
	}
}

// The handler satisfies the contract of slog.Handler.
func TestHandlerIsOne(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := slogtest.TestHandler(trace.NewHandler(slog.NewJSONHandler(&out, nil)), func() (lines []map[string]any) {
		for line := range bytes.SplitSeq(bytes.TrimSpace(out.Bytes()), []byte("\n")) {
			var fields map[string]any
			if err := json.Unmarshal(line, &fields); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fields)
		}
		return lines
	})
	if err != nil {
		t.Error(err)
	}
}
