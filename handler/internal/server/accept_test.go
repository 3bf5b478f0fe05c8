package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	produces := []string{mediaJSON, mediaPEM}
	tests := []struct{ accept, want string }{
		{"", mediaJSON}, {"*/*", mediaJSON}, {"application/*", mediaJSON}, {mediaPEM, mediaPEM},
		{"APPLICATION/X-PEM-FILE", mediaPEM},
		{"application/json;q=0.1, application/x-pem-file;q=0.2", mediaPEM}, {"application/json, */*;q=0.9", mediaJSON},
		{"*/*, application/json;q=0", mediaPEM}, {"text/html, */*;q=0.1", mediaJSON},
		{"application/x-pem-file;q=NaN, application/json", mediaJSON},
		{"application/json;q=0", ""}, {"text/html", ""}, {"nonsense", ""}, {"application/json;q=-1", ""},
		{"application/json;q=2", ""},
		{"application/x-pem-file;q=0.5, application/json;q=0.5", mediaJSON},
		{strings.Repeat("text/html,", 10_000) + mediaPEM, mediaPEM},
	}
	for _, test := range tests {
		got, err := negotiate(map[string][]string{"Accept": {test.accept}}, produces)
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("got %q (%v) for %.60q, want %q", got, err, test.accept, test.want)
		}
	}
}

func TestChallengeQuotes(t *testing.T) {
	t.Parallel()
	challenge := Challenge{Scope: `api://a"b\c`}
	got := challenge.header(&signing.Error{Kind: signing.PermissionDenied}, false)
	if want := `Bearer realm="influxion", error="insufficient_scope", scope="api://a\"b\\c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// idleWriter checks, when an answer begins, whether another request can get all the memory for
// documents.
type idleWriter struct {
	*httptest.ResponseRecorder
	reader *request.Reader
	err    error
}

func (w *idleWriter) WriteHeader(status int) {
	w.err = readAll(w.reader)
	w.ResponseRecorder.WriteHeader(status)
}

// readAll reads a document of 128 KiB and unknown length. A reader of one such document needs all
// of its memory for it.
func readAll(reader *request.Reader) error {
	r := httptest.NewRequest(http.MethodPost, "/api/timestamp", strings.NewReader(strings.Repeat("x", 1<<17)))
	r.ContentLength = -1
	r.Header.Set("Content-Type", mediaPDF)
	in := reader.Incoming(httptest.NewRecorder(), r)
	defer in.Release()
	_, err := in.Read(r.Context(), nil)
	return err
}

// oneDocument is the configuration of a server that holds one document of 128 KiB at a time.
func oneDocument() Config {
	return Config{Authenticator: nobody{}, Audit: audit.New(audit.Config{Out: io.Discard}), MaxDocumentBytes: 1 << 17,
		MaxInFlightBytes: 1}
}

// TestRefusalHoldsNoDocument checks that a refused request keeps no memory. net/http may wait for
// the end of the body before it sends the refusal.
func TestRefusalHoldsNoDocument(t *testing.T) {
	t.Parallel()
	s := New(oneDocument())
	w := &idleWriter{ResponseRecorder: httptest.NewRecorder(), reader: s.reader}
	r := httptest.NewRequest(http.MethodPost, "/api/sign?level=B-X", strings.NewReader(strings.Repeat("x", 1<<17)))
	r.ContentLength = -1
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", mediaPDF)
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || w.err != nil {
		t.Errorf("got %d and %v for another request, want 400 and all memory for that", w.Code, w.err)
	}
}
