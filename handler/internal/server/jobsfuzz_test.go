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

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/signing"
)

// waiting is a queue that nobody serves.
type waiting struct{ ids []string }

// Enqueue implements jobs.Queue.
func (w *waiting) Enqueue(_ context.Context, id string) error {
	w.ids = append(w.ids, id)
	return nil
}

// FuzzJobs sends any body to the route that makes jobs. Either all of its jobs are stored and
// queued, or none, and no memory stays reserved.
func FuzzJobs(f *testing.F) {
	const item = `{"operation": "sign", "document": "JVBERi0=", "name": "a", "options": {"reason": "x", "page": 1}}`
	seeds := []struct{ query, mediaType, body string }{
		{"", "application/json", item},
		{"", "application/json", `{"jobs": [` + item + `, {"operation": "verify", "file": "JVBERi0="}]}`},
		{"", "application/json", `{"jobs": [` + item + `, {"operation": "verify"}]}`},
		{"", "application/json", `{"operation": "generate", "options": {"html_template": {"content": "x"}}}`},
		{"", "application/json", `{"operation": "sign", "blob": "tenant/object/a.pdf", "options": null}`},
		{"", "application/json", `{"jobs": [], "operation": "sign"}`},
		{"operation=sign&reason=x", "application/pdf", "%PDF-1.7"},
		{"operation=extend&level=B-T", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=document; filename=a\r\n\r\n%PDF\r\n--x\r\n" +
				"Content-Disposition: form-data; name=document\r\n\r\n%PDF\r\n--x--\r\n"},
		{"", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=operation\r\n\r\nsign\r\n" +
				"--x\r\nContent-Disposition: form-data; name=image\r\n\r\nx\r\n--x--\r\n"},
	}
	for _, seed := range seeds {
		f.Add(seed.query, seed.mediaType, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, query, mediaType string, body []byte) {
		var log bytes.Buffer
		config, queue := oneDocument(), &waiting{}
		store := jobs.NewMemory(jobs.MemoryLimits{Jobs: 20, Bytes: 4 << 20}, time.Now)
		config.Sealer = &signing.Sealer{Source: nobody{}, Policy: signing.Policy{Certificates: []string{"seal"}},
			Now: time.Now}
		config.Jobs = &Jobs{Store: store, Queue: queue}
		config.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		s := New(config)
		r := httptest.NewRequest(http.MethodPost, "/api/jobs", bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header["Authorization"], r.Header["Content-Type"] = []string{"Bearer token"}, []string{mediaType}
		recorder := httptest.NewRecorder()
		s.Handler().ServeHTTP(recorder, r)
		var told jobList
		kept := 0
		if err := store.Scan(t.Context(), func(jobs.Entry) error { kept++; return nil }); err != nil {
			t.Error(err)
		}
		switch {
		case recorder.Code == http.StatusAccepted:
			if err := json.Unmarshal(recorder.Body.Bytes(), &told); err != nil || len(told.Jobs) == 0 {
				t.Errorf("got %s (%v), want the jobs", recorder.Body, err)
			}
		case recorder.Code < 400 || recorder.Code == 500:
			t.Errorf("got status %d, want jobs or a refusal: %s", recorder.Code, log.String())
		}
		if kept != len(told.Jobs) || len(queue.ids) != kept {
			t.Errorf("got %d jobs kept and %d queued, want the %d that the caller is told of", kept, len(queue.ids),
				len(told.Jobs))
		}
		if err := readAll(s.reader); err != nil {
			t.Errorf("got %v for the next request, want nothing that stays reserved", err)
		}
	})
}
