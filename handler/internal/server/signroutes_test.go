package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"influxion/handler/internal/signing"
)

// TestSignedJSON checks the parts of an answer in JSON.
func TestSignedJSON(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for padding := range 3 { // base64 ends in three ways
		document := append(samplePDF(), bytes.Repeat([]byte("\n"), padding)...)
		body, err := json.Marshal(map[string]any{"document": document})
		if err != nil {
			t.Fatal(err)
		}
		response, err := a.Client().Do(a.request(t, http.MethodPost, "/api/sign", "application/json", body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var answer struct{ Document, SHA256 string }
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		signed, err := base64.StdEncoding.DecodeString(answer.Document)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(signed, document) || len(signed) == len(document) {
			t.Errorf("got %d bytes, want the document of %d with more behind it", len(signed), len(document))
		}
		if sum := sha256.Sum256(signed); answer.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("got digest %s, want %x", answer.SHA256, sum)
		}
		records := a.audit.records(t)
		if got := records[len(records)-1].Audit; got.SignedDigest != answer.SHA256 ||
			got.DocumentBytes != int64(len(document)) {
			t.Errorf("got %+v in the audit record, want the digest and length of the answer", got)
		}
	}
}

// TestRefusedOptionIsRecorded has options that are judged only after the document was read. The
// record states what was to be signed, and how.
func TestRefusedOptionIsRecorded(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(samplePDF())
	tests := []struct{ name, query, certificate, level string }{
		{"a flag that is none", "allow-lower=1&level=B-T&certificate=seal", "seal", "B-T"},
		{"certify unknown", "certify=all&certificate=seal", "seal", ""},
		{"neither name nor level", "level=canary-option&certificate=canary/option", "", ""},
	}
	for _, test := range tests {
		a := newAPI(t)
		if _, code, _ := send(t, a, "/api/sign?"+test.query, "application/pdf", samplePDF()); code != "option_invalid" {
			t.Errorf("%s: got %s, want option_invalid", test.name, code)
		}
		records := a.audit.records(t)
		if len(records) != 1 {
			t.Fatalf("%s: got %d audit records, want 1", test.name, len(records))
		}
		got := records[0].Audit
		if got.Outcome != signing.Refused || got.DocumentDigest != hex.EncodeToString(sum[:]) ||
			got.DocumentBytes != int64(len(samplePDF())) ||
			got.Certificate != test.certificate || got.Level != test.level {
			t.Errorf("%s: got %+v, want the document, certificate %q and level %q", test.name, got, test.certificate,
				test.level)
		}
	}
}
