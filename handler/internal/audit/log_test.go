package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/render"
	"influxion/handler/internal/signing"
)

func TestAuditLogWritesOneLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(audit.Config{Out: &out})
	defer log.Close()
	record := &signing.Record{InvocationID: "i\n1",
		RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed, Duration: 42 * time.Millisecond}}
	record.By(signing.Principal{TenantID: "t", ObjectID: "o", ClientID: "c", Scopes: []string{"not recorded"}})
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if err := log.Write(t.Context(), record, audit.Attempts); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 20 {
		t.Fatalf("got %d lines, want 20", len(lines))
	}
	for _, line := range lines {
		var got struct {
			Msg   string
			MS    int64 `json:"duration_ms"`
			Audit signing.Record
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if got.Msg != "audit" || got.MS != 42 || got.Audit.TenantID != "t" || got.Audit.ObjectID != "o" ||
			got.Audit.ClientID != "c" {
			t.Errorf("got %s, want the record", line)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestAuditLogReportsALostRecord(t *testing.T) {
	t.Parallel()
	log := audit.New(audit.Config{Out: brokenWriter{}})
	defer log.Close()
	if err := log.Write(t.Context(), &signing.Record{}, audit.Attempts); err == nil {
		t.Error("got no error, want one: a signature without a record must not be released")
	}
}

// Names from certificates, and of as many files as a page can refer to, do not make a line longer
// than MaxLine.
func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(audit.Config{Out: &out})
	defer log.Close()
	record := &signing.Record{RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed},
		RecordedLevel: signing.RecordedLevel{Shortfall: strings.Repeat("ä\x00", audit.MaxLine)}}
	if err := log.Write(t.Context(), record, audit.Attempts); err != nil {
		t.Fatal(err)
	}
	if got := out.Len(); got > audit.MaxLine/8 {
		t.Errorf("got a line of %d bytes, want it bounded", got)
	}
	out.Reset()
	for range render.MaxFiles {
		record.Files = append(record.Files,
			signing.RecordedFile{Name: strings.Repeat("&", 255), ETag: "0x8DE2F4A1B2C3D4E"})
	}
	if err := log.Write(t.Context(), record, audit.Attempts); err != nil || out.Len() > audit.MaxLine/2 {
		t.Errorf("got a line of %d bytes with many files (%v), want it bounded", out.Len(), err)
	}
	if _, ok, err := audit.ParseLine(bytes.TrimSuffix(out.Bytes(), []byte("\n"))); !ok || err != nil {
		t.Errorf("got %v, want a line that is read", err)
	}
}
