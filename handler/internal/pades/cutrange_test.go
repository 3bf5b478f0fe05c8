package pades_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pdftest"
)

// TestSignaturesThatEndWithinARevision has correct signatures that end before their revision does.
// The signed bytes are no document, and anybody could have written the rest of the revision.
func TestSignaturesThatEndWithinARevision(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>",
		"<< /FT /Sig /T (Signature1) /V 7 0 R >>"), unsigned(claimedNow()))
	whole := pdftest.File{Objects: objects}.Bytes()
	start := bytes.Index(whole, []byte(holeContents))
	end := start + len(holeContents)
	for cut := range len(whole) - end {
		document := bytes.Clone(whole)
		copy(document[bytes.Index(document, []byte(holeRange)):],
			fmt.Sprintf("[0 %010d %010d %010d]", start, end, len(document)-cut-end))
		digest := sha256.Sum256(slices.Concat(document[:start], document[end:len(document)-cut]))
		der, err := cms.Sign(cms.Request{Chain: s.chain, Key: s.key, Digest: crypto.SHA256, MessageDigest: digest[:]})
		if err != nil {
			t.Fatal(err)
		}
		hex.Encode(document[start+1:], der)
		got := verified(t, document, s.trust())[0]
		if passes := cut <= len("\n"); (got.Indication == pades.TotalPassed) != passes {
			t.Errorf("%d bytes less, %q: got %s (%s), want it to pass: %v", cut, document[len(document)-cut:],
				got.Indication, got.Detail, passes)
		}
	}
}
