package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// An answer with a result states where the time went; a refusal does not. The log states it in both
// cases, with the same names.
func TestServerTiming(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^((auth|body|work|audit);dur=\d+\.\d, )*total;dur=\d+\.\d$`)
	for _, test := range []struct {
		name, method, path, token, media string
		document                         []byte
		phases                           string // of the header
		logged                           []string
	}{
		{"a signature", "POST", "/api/sign", goodToken, "application/pdf", samplePDF(), "auth body work audit total",
			[]string{"auth_ms", "body_ms", "work_ms", "audit_ms"}},
		{"a list", "GET", "/api/certificates", goodToken, "", nil, "auth work total", []string{"auth_ms", "work_ms"}},
		{"anonymous", "GET", "/api/openapi.json", "", "", nil, "work total", []string{"work_ms"}},
		{"no token that verifies", "POST", "/api/sign", "canary-token", "application/pdf", samplePDF(), "",
			[]string{"auth_ms", "audit_ms"}},
		{"no document", "POST", "/api/sign", goodToken, "application/pdf", []byte("canary"), "",
			[]string{"auth_ms", "body_ms", "work_ms", "audit_ms"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			r := a.request(t, test.method, test.path, test.media, test.document)
			if test.token != "" {
				r.Header.Set("Authorization", "Bearer "+test.token)
			}
			response, err := a.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			a.Close()
			got := response.Header.Get("Server-Timing")
			if test.phases != "" && !form.MatchString(got) {
				t.Errorf("got %q, want phases in milliseconds", got)
			}
			names := strings.Join(strings.Fields(regexp.MustCompile(`;dur=[0-9.]+,?`).ReplaceAllString(got, "")), " ")
			if names != test.phases {
				t.Errorf("got the phases %q, want %q", names, test.phases)
			}
			lines := strings.Split(strings.TrimSpace(a.log.String()), "\n")
			var line map[string]any
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
				t.Fatal(err)
			}
			var logged []string
			for _, name := range []string{"auth_ms", "body_ms", "work_ms", "audit_ms"} {
				if _, there := line[name].(float64); there {
					logged = append(logged, name)
				}
			}
			if strings.Join(logged, " ") != strings.Join(test.logged, " ") {
				t.Errorf("got %v in the log, want %v", logged, test.logged)
			}
		})
	}
}

// The audit record names the trace of the attempt, if the request did.
func TestAuditRecordHasTheTrace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ traceparent, trace, span string }{
		{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736",
			"00f067aa0ba902b7"},
		{"canary", "", ""},
	} {
		a := newAPI(t)
		r := a.request(t, http.MethodPost, "/api/sign", "application/pdf", samplePDF())
		r.Header.Set("Authorization", "Bearer "+goodToken)
		r.Header.Set("Traceparent", test.traceparent)
		response, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		a.Close()
		var line struct {
			Audit struct {
				TraceID string `json:"trace_id"`
				SpanID  string `json:"span_id"`
			} `json:"audit"`
		}
		if err := json.Unmarshal([]byte(a.audit.String()), &line); err != nil {
			t.Fatal(err)
		}
		if got := line.Audit; got.TraceID != test.trace || got.SpanID != test.span {
			t.Errorf("%q: got %+v, want %s and %s", test.traceparent, got, test.trace, test.span)
		}
	}
}
