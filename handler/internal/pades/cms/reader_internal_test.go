package cms

import (
	"crypto/x509"
	"testing"
	"time"

	"influxion/handler/internal/pkitest"
)

// A Reader keeps no more than its bound, and nothing that cannot be parsed.
func TestReaderKeepsItsBound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	var r Reader
	if _, err := r.certificate([]byte("no certificate")); err == nil || len(r.kept) != 0 {
		t.Errorf("got %v and %d kept, want an error and none", err, len(r.kept))
	}
	var last *x509.Certificate
	for range 2 * maxKept / len(root.Chain[0].Raw) {
		chain, err := root.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if last, err = r.certificate(chain[0].Raw); err != nil || !last.Equal(chain[0]) {
			t.Fatalf("got %v, want the certificate", err)
		}
	}
	kept := 0
	for der := range r.kept {
		kept += len(der)
	}
	if kept != r.size || kept > maxKept || kept < maxKept/2 {
		t.Errorf("got %d bytes kept and %d counted, want at most %d", kept, r.size, maxKept)
	}
	if again, err := r.certificate(last.Raw); err != nil || again == last {
		t.Errorf("got %v, want one that is parsed anew", err)
	}
}

// A known certificate stands only for itself.
func TestReaderKnowsCertificates(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := Reader{Known: root.Chain}
	for range 2 {
		if got, err := r.certificate(root.Chain[0].Raw); err != nil || got != root.Chain[0] {
			t.Errorf("got %v, want the certificate that is known", err)
		}
		if got, err := r.certificate(other.Chain[0].Raw); err != nil || !got.Equal(other.Chain[0]) ||
			got == other.Chain[0] {
			t.Errorf("got %v, want another that is parsed", err)
		}
	}
}
