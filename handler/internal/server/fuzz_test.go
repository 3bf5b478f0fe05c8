package server

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/signing"
)

// nobody knows every caller and no certificate.
type nobody struct{}

func (nobody) Authenticate(context.Context, string) (signing.Principal, error) {
	return signing.Principal{TenantID: "tenant"}, nil
}

func (nobody) Certificate(context.Context, string, string) (*signing.Certificate, error) {
	return nil, signing.CertificateNotFound(nil)
}

func (nobody) Names(context.Context) ([]string, error) { return nil, nil }

// FuzzRequest sends any body and header to the whole pipeline. The answer is a problem that blames
// the request, one audit record states it, and no memory stays reserved.
func FuzzRequest(f *testing.F) {
	seeds := []struct{ query, authorization, mediaType, body string }{
		{"certificate=seal", "Bearer token", mediaPDF, "%PDF-1.7"},
		{"", "bearer token", "application/json", `{"document": "JVBERi0=", "reason": null, "name": "\ud83d\ude00"}`},
		{"", "Bearer token", "application/json", `{"document":"JVBE\r\nRi0=","reason":"a"}{}`},
		{"", "Bearer token", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=document\r\n\r\n%PDF\r\n--x--\r\n"},
		{"", "Bearer token", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=reason\r\n" +
				"Content-Type: text/plain; charset=x\r\n\r\na\r\n--x"},
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
		var records, log bytes.Buffer
		config := oneDocument()
		config.Sealer = &signing.Sealer{Source: nobody{}, Policy: signing.Policy{Certificates: []string{"seal"}},
			Now: time.Now}
		config.Audit, config.Logger = audit.New(audit.Config{Out: &records}), slog.New(slog.NewJSONHandler(&log, nil))
		s := New(config)
		r := httptest.NewRequest(http.MethodPost, "/api/sign", bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header["Authorization"], r.Header["Content-Type"] = []string{authorization}, []string{mediaType}
		recorder := httptest.NewRecorder()
		s.Handler().ServeHTTP(recorder, r)
		if recorder.Code < 400 || recorder.Code >= 500 {
			t.Errorf("got status %d, want a refusal: %s", recorder.Code, log.String())
		}
		var p problem
		if err := json.Unmarshal(recorder.Body.Bytes(), &p); err != nil || p.Status != recorder.Code ||
			p.Code == "" || p.Instance == "" {
			t.Errorf("got %s (%v), want a problem", recorder.Body, err)
		}
		if got := bytes.Count(records.Bytes(), []byte("\n")); got != 1 {
			t.Errorf("got %d audit records, want 1", got)
		}
		if got := bytes.Count(log.Bytes(), []byte("\n")); got != 1 {
			t.Errorf("got %d log lines, want 1", got)
		}
		if err := readAll(s.reader); err != nil {
			t.Errorf("got %v for the next request, want nothing that stays reserved", err)
		}
	})
}
