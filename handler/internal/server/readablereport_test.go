package server

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
)

// written gives what an answer writes.
func written(t *testing.T, a *answer, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := a.body.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestReadableReportTellsAll has every member of a finding turn up in both forms.
func TestReadableReportTellsAll(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	certificate := func(name string) pades.Certificate {
		return pades.Certificate{Subject: "CN=" + name, Issuer: "CN=Issuer of " + name, NotBefore: at, NotAfter: at.AddDate(1, 0, 0), Fingerprint: "fingerprint of " + name}
	}
	signer, tsa := certificate("Signer"), certificate("TSA")
	signatures := []pades.Signature{
		{
			Kind: pades.KindSignature, Field: "Approval", Level: pades.LevelLTA, Indication: pades.Indeterminate, SubIndication: pades.TryLater, Detail: "no answer",
			Signer: &signer, BestSignatureTime: at.Add(time.Hour), ClaimedTime: at.Add(2 * time.Hour), Name: "A name", Reason: "A reason", Location: "A place", ContactInfo: "A contact",
			SignatureAlgorithm: "ECDSA-SHA256", Certification: pades.FormFilling, ChangesAfter: pades.ChangeFormFilling, CoversWholeDocument: new(false), Revision: 1, ForbiddenRevisions: []int{2},
			Integrity: pades.IntegrityIntact, Trust: pades.SignerIndeterminate, TrustDetail: "nobody answered",
			Chain: []pades.Link{
				{Certificate: signer, Revocation: &pades.Revocation{Status: "revoked", Kind: "ocsp", Source: "online", RevokedAt: at.Add(3 * time.Hour), ThisUpdate: at.Add(4 * time.Hour)}},
				{Certificate: certificate("Root"), Anchor: true},
			},
			Timestamps: []pades.Timestamp{{Time: at.Add(5 * time.Hour), TSA: &tsa, Indication: pades.TotalFailed, SubIndication: pades.HashFailure, Detail: "another imprint"}},
		},
		{Kind: pades.KindDocumentTimestamp, Field: "Stamp", Indication: pades.TotalPassed, CoversWholeDocument: new(true), Revision: 2},
	}
	wanted := []string{
		"2 signatures and timestamps: 1 passed, 1 indeterminate, 0 failed", "1. Signature in field", "Approval", "INDETERMINATE", "TRY_LATER: no answer", "B-LTA",
		"CN=Signer", "CN=Issuer of Signer", "2026-03-04 05:06:07 UTC", "2027-03-04 05:06:07 UTC", "fingerprint of Signer", "06:06:07", "07:06:07", "A name", "A reason", "A place",
		"A contact", "ECDSA-SHA256", "forms may be filled", "revocation revoked by OCSP from online at 2026-03-04 08:06:07 UTC, as of 2026-03-04 09:06:07 UTC",
		"CN=Root (trust anchor)", "10:06:07 UTC by CN=TSA: TOTAL-FAILED HASH_FAILURE: another imprint", "an earlier revision", "form fields were filled",
		"to byte 4711", "(one, two), which this signature does not allow", "what was signed is intact", "not decided: nobody answered", "2. Document timestamp in field", "Stamp", "the whole document",
	}
	report := &pades.Report{
		Summary: pades.Summarize(signatures), Signatures: signatures,
		Revisions: []pades.Revision{{Number: 1, End: 99}, {Number: 2, End: 4711, Change: pades.ChangeFormFilling, Fields: []string{"one", "two"}}},
	}
	html, htmlErr := htmlReport(report)
	text, textErr := textReport(report)
	for form, got := range map[string]string{"html": written(t, html, htmlErr), "text": written(t, text, textErr)} {
		for _, want := range wanted {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got no %q in\n%s", form, want, got)
			}
		}
	}
	if got := html.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
		t.Errorf("got policy %q, want nothing loaded", got)
	}
	empty, err := textReport(&pades.Report{})
	if got := written(t, empty, err); got != "The document has no signature.\n" {
		t.Errorf("got %q for an unsigned document", got)
	}
}

// TestReadableReportIsHarmless has a document that tries to write into the report what is not so.
func TestReadableReportIsHarmless(t *testing.T) {
	t.Parallel()
	hostile := "</dd><script>alert(1)</script>\x1b[2J\r\nLevel B-LTA\u202edetrever\u2028\u0000" + strings.Repeat("x", 3000) + "\xff"
	signature := pades.Signature{Field: hostile, Name: hostile, Reason: hostile, Detail: hostile, SubIndication: "X", Signer: &pades.Certificate{Subject: hostile}, IntegrityDetail: hostile, TrustDetail: hostile}
	report := &pades.Report{Summary: pades.Summary{Total: 1}, Signatures: []pades.Signature{signature}}
	html, htmlErr := htmlReport(report)
	text, textErr := textReport(report)
	for form, got := range map[string]string{"html": written(t, html, htmlErr), "text": written(t, text, textErr)} {
		for _, bad := range []string{"\x1b", "\r", "\u202e", "\u2028", "\x00", "\xff", "\nLevel B-LTA", strings.Repeat("x", 2001)} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: got %q in the report", form, bad)
			}
		}
		if form == "html" && strings.Contains(got, "<script>") {
			t.Errorf("got a script in %s", got)
		}
	}
}

func TestFieldValue(t *testing.T) {
	t.Parallel()
	if got, want := fieldValue("OCSP for Müller\r\nSet-Cookie: a\x7f"), "OCSP for M?ller??Set-Cookie: a?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
