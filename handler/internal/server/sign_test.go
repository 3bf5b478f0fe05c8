package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"
)

// TestSignedJSON takes the answer in JSON apart.
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
		if got := records[len(records)-1].Audit; got.SignedDigest != answer.SHA256 || got.DocumentBytes != int64(len(document)) {
			t.Errorf("got %+v in the audit record, want the digest and length of the answer", got)
		}
	}
}
