package client_test

import (
	"bytes"
	"errors"
	"testing"

	"influxion/handler/client"
	"influxion/handler/internal/pdftest"
)

// Every operation sends a document's password along, also together with an image.
func TestWithPassword(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	plain := pdftest.File{Objects: pdftest.Pages(1, ""),
		Encryption: &pdftest.Encryption{Revision: 6, User: "open, sesame", Owner: "owner"}}.Bytes()
	document := client.WithPassword(bytes.NewReader(plain), "open, sesame")
	for name, options := range map[string]client.Options{
		"alone": {}, "with options": {Reason: "Approved", Field: "Seal"},
		"visible": {Visible: &client.Visible{Page: 1, Box: [4]float64{50, 50, 200, 60}, Text: "Signed"}},
	} {
		signed, err := c.Sign(t.Context(), document, options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var out bytes.Buffer
		if _, err := signed.WriteTo(&out); err != nil || !bytes.HasPrefix(out.Bytes(), plain) {
			t.Fatalf("%s: got %d bytes (%v), want the document with more behind it", name, out.Len(), err)
		}
		report, err := c.Verify(t.Context(), client.WithPassword(bytes.NewReader(out.Bytes()), "owner"))
		if err != nil || report.Summary.Passed != 1 || report.Signatures[0].Reason != options.Reason {
			t.Errorf("%s: got %+v (%v), want a signature that passes", name, report, err)
		}
	}
	for password, want := range map[string]string{"": "password_required", "another": "password_wrong"} {
		_, err := c.Verify(t.Context(), client.WithPassword(bytes.NewReader(plain), password))
		if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Code != want {
			t.Errorf("password %q: got %v, want %s", password, err, want)
		}
	}
}
