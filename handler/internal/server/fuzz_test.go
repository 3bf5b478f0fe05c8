package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/signing"
)

// fuzzServer reads forms; it has nothing to sign with.
func fuzzServer() *Server {
	return New(Config{MaxDocumentBytes: 1 << 16})
}

// read gives the form of a request with a body.
func read(s *Server, query, mediaType string, body []byte) (*form, error) {
	r := httptest.NewRequest(http.MethodPost, "/api/sign", bytes.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", mediaType)
	x := &exchange{writer: httptest.NewRecorder(), request: r, route: &Routes()[0], hold: hold{total: s.inFlight}, imageHold: hold{total: s.images}, allowance: s.beside.allowance()}
	defer x.release()
	if err := s.limit(context.Background(), x); err != nil {
		return nil, err
	}
	return s.readForm(context.Background(), x, signOptions())
}

// FuzzForms sends the same document and options in the three forms: all are read alike, or all refused for the same reason.
func FuzzForms(f *testing.F) {
	seeds := []struct {
		document             string
		name1, value1, name2 string
		value2               string
	}{
		{"%PDF-1.7", "reason", "Approved", "certificate", "seal"},
		{"%PDF-1.7", "reason", "Köln \"quoted\" \\ / \u2028", "location", "😀"},
		{"\x00\xff\r\n--x--", "certify", "no-changes", "level", "B-B"},
		{"", "reason", "", "reason", "a,b"},
		{"a", "certificate", "a,b", "field", "a\r\nb"},
		{"a", "unknown", "a", "Reason", "\xff"},
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add([]byte(seed.document), seed.name1, seed.value1, seed.name2, seed.value2)
	}
	s := fuzzServer()
	f.Fuzz(func(t *testing.T, document []byte, name1, value1, name2, value2 string) {
		if name1 == name2 || name1 == "document" || name2 == "document" || !utf8.ValidString(name1+name2) {
			return // encoders of other languages cannot say these
		}
		values := map[string]string{name1: value1, name2: value2}
		query := url.Values{}
		for name, value := range values {
			query.Set(name, value)
		}
		raw, rawErr := read(s, query.Encode(), mediaPDF, document)
		form, formErr := read(s, "", "multipart/form-data; boundary=frontier", encodeForm(t, document, values))
		checkSame(t, "form", raw, form, rawErr, formErr)
		if utf8.ValidString(value1 + value2) {
			object, objectErr := read(s, "", mediaJSON, encodeJSON(t, document, values))
			checkSame(t, "JSON", raw, object, rawErr, objectErr)
		}
		if rawErr == nil {
			if got, _ := io.ReadAll(io.NewSectionReader(raw.document, 0, raw.document.Size())); !bytes.Equal(got, document) || !maps.Equal(raw.options.values, values) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), raw.options.values, len(document), values)
			}
		}
	})
}

func checkSame(t *testing.T, what string, raw, other *form, rawErr, otherErr error) {
	t.Helper()
	if (rawErr == nil) != (otherErr == nil) {
		// Each form says in its own place that there is no document or no room; the options come first in some.
		t.Fatalf("%s: got %v, want %v", what, otherErr, rawErr)
	}
	if rawErr != nil {
		for _, err := range []error{rawErr, otherErr} {
			if kind := signing.Fault(err).Kind; kind != signing.InvalidRequest && kind != signing.TooLarge {
				t.Fatalf("%s: got %v, want a fault of the request", what, err)
			}
		}
		return
	}
	a, _ := io.ReadAll(io.NewSectionReader(raw.document, 0, raw.document.Size()))
	b, _ := io.ReadAll(io.NewSectionReader(other.document, 0, other.document.Size()))
	if !bytes.Equal(a, b) || !maps.Equal(raw.options.values, other.options.values) {
		t.Fatalf("%s: got %d bytes and %v, want %d and %v", what, len(b), other.options.values, len(a), raw.options.values)
	}
}

func encodeForm(t *testing.T, document []byte, values map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary("frontier"); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := w.WriteField(name, values[name]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("document", "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(document)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodeJSON(t *testing.T, document []byte, values map[string]string) []byte {
	t.Helper()
	object := maps.Clone(values)
	object["document"] = base64.StdEncoding.EncodeToString(document)
	out, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// nobody knows every caller and no certificate.
type nobody struct{}

func (nobody) Authenticate(context.Context, string) (signing.Principal, error) {
	return signing.Principal{TenantID: "tenant"}, nil
}

func (nobody) Certificate(context.Context, string, string) (*signing.Certificate, error) {
	return nil, signing.CertificateNotFound(nil)
}

func (nobody) Names(context.Context) ([]string, error) { return nil, nil }

// FuzzRequest sends any body and header to the whole pipeline: the answer is a problem of the request, one record tells of it, nothing
// stays reserved, and what the JSON reader takes encoding/json takes as well.
func FuzzRequest(f *testing.F) {
	seeds := []struct{ query, authorization, mediaType, body string }{
		{"certificate=seal", "Bearer token", mediaPDF, "%PDF-1.7"},
		{"", "bearer token", mediaJSON, `{"document": "JVBERi0=", "reason": null, "name": "\ud83d\ude00"}`},
		{"", "Bearer token", mediaJSON, `{"document":"JVBE\r\nRi0=","reason":"a"}{}`},
		{"", "Bearer token", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=document\r\n\r\n%PDF\r\n--x--\r\n"},
		{"", "Bearer token", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=reason\r\nContent-Type: text/plain; charset=x\r\n\r\na\r\n--x"},
		{"a=1&a=2&%zz", "Basic x", "application/pdf; a=b", ""},
		{"level=B-B;certify", "Bearer =", "text/plain", "\x00"},
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add(seed.query, seed.authorization, seed.mediaType, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, query, authorization, mediaType string, body []byte) {
		var audit, log bytes.Buffer
		s := New(Config{Authenticator: nobody{}, Sealer: &signing.Sealer{Source: nobody{}, Policy: signing.Policy{Certificates: []string{"seal"}}, Now: time.Now},
			Audit: signing.NewAuditLog(&audit), MaxDocumentBytes: 1 << 16, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		r := httptest.NewRequest(http.MethodPost, "/api/sign", bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header["Authorization"], r.Header["Content-Type"] = []string{authorization}, []string{mediaType}
		recorder := httptest.NewRecorder()
		s.Handler().ServeHTTP(recorder, r)
		if recorder.Code < 400 || recorder.Code >= 500 {
			t.Errorf("got status %d, want a refusal: %s", recorder.Code, log.String())
		}
		var p problem
		if err := json.Unmarshal(recorder.Body.Bytes(), &p); err != nil || p.Status != recorder.Code || p.Code == "" || p.Instance == "" {
			t.Errorf("got %s (%v), want a problem", recorder.Body, err)
		}
		if got := bytes.Count(audit.Bytes(), []byte("\n")); got != 1 {
			t.Errorf("got %d audit records, want 1", got)
		}
		if got := bytes.Count(log.Bytes(), []byte("\n")); got != 1 {
			t.Errorf("got %d log lines, want 1", got)
		}
		if !s.inFlight.TryAcquire(4 * (1<<16 + segmentSize)) {
			t.Error("got bytes that stay reserved, want none")
		}
		if _, err := read(s, query, mediaJSON, body); err == nil && !json.Valid(body) {
			t.Errorf("got %q accepted, want a refusal: it is not JSON", body)
		}
	})
}
