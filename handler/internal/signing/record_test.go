package signing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/signing"
)

func TestRecordFinish(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name    string
		err     error
		outcome signing.Outcome
		code    string
	}{
		{"signed", nil, signing.Signed, ""},
		{"refused by policy", fmt.Errorf("context: %w", signing.CertificateNotFound(nil)), signing.Refused,
			"certificate_not_found"},
		{"refused document", &signing.Error{Kind: signing.Unprocessable, Code: "document_encrypted"}, signing.Refused,
			"document_encrypted"},
		{"refused token", &signing.Error{Kind: signing.Unauthenticated, Code: "invalid_token"}, signing.Refused,
			"invalid_token"},
		{"vault down", &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"}, signing.Failed,
			"vault_unavailable"},
		{"too late", &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded"}, signing.Failed,
			"deadline_exceeded"},
		{"unclassified", errors.New("boom"), signing.Failed, "internal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			record := &signing.Record{Time: began}
			record.Finish(test.err, began.Add(1500*time.Millisecond))
			if record.Outcome != test.outcome || record.Code != test.code || record.Duration != 1500*time.Millisecond {
				t.Errorf("got %s %q %v, want %s %q 1.5s", record.Outcome, record.Code, record.Duration, test.outcome,
					test.code)
			}
		})
	}
}

func TestAuditLogWritesOneLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := signing.NewAuditLog(&out)
	record := &signing.Record{InvocationID: "i\n1", Outcome: signing.Signed, Duration: 42 * time.Millisecond}
	record.By(signing.Principal{TenantID: "t", ObjectID: "o", ClientID: "c", Scopes: []string{"not recorded"}})
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if err := log.Write(record); err != nil {
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
	if err := signing.NewAuditLog(brokenWriter{}).Write(&signing.Record{}); err == nil {
		t.Error("got no error, want one: a signature without a record must not be released")
	}
}

func TestFaultOfAnUnclassifiedErrorTellsNothing(t *testing.T) {
	t.Parallel()
	fault := signing.AsError(errors.New("https://seals.vault.azure.net said no"))
	if fault.Kind != signing.Internal || strings.Contains(fault.Detail, "vault") {
		t.Errorf("got %v %q, want an internal error without its cause", fault.Kind, fault.Detail)
	}
}
