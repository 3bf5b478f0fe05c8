package signing_test

import (
	"errors"
	"fmt"
	"strings"
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

func TestFaultOfAnUnclassifiedErrorTellsNothing(t *testing.T) {
	t.Parallel()
	fault := signing.AsError(errors.New("https://seals.vault.azure.net said no"))
	if fault.Kind != signing.Internal || strings.Contains(fault.Detail, "vault") {
		t.Errorf("got %v %q, want an internal error without its cause", fault.Kind, fault.Detail)
	}
}
