package server

import (
	"bytes"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// A report for people loads nothing, runs nothing, and cannot be framed by another page.
func TestReadableReport(t *testing.T) {
	t.Parallel()
	found := &pades.Report{
		Document:   pades.DocumentIdentity{Name: "a<b>.pdf"},
		Summary:    pades.Summary{Total: 1},
		Signatures: []pades.Signature{{Name: "<script>"}},
	}
	page, err := readableReport(found, mediaHTML, report.HTML)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := page.Body.WriteTo(
		&body,
	); err != nil || strings.Contains(body.String(), "<script") ||
		!strings.Contains(body.String(), "a&lt;b&gt;.pdf") {
		t.Errorf("got %v and %s, want the texts escaped", err, body.String())
	}
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.HasSuffix(policy, "; frame-ancestors 'none'") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("got policy %q, want one that allows a style sheet alone", policy)
	}
	text, err := readableReport(found, mediaText, report.Text)
	if err != nil || text.Header.Get("Content-Language") != "en" || text.Header.Get("Content-Security-Policy") != "" {
		t.Errorf("got %v and %v", text, err)
	}
}
