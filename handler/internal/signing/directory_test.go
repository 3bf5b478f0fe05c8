package signing_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// Whatever is wrong with one certificate, the listing has the other one. A document gets the same
// report as without the trouble, or an error if the report cannot be known.
func TestTroubleOfOneCertificate(t *testing.T) {
	t.Parallel()
	good, bad := newCertificate(t, "invoices", pkitest.P256), newCertificate(t, "contracts", pkitest.P256)
	stranger := newCertificate(t, "invoices", pkitest.P256)
	documents := map[string]pades.Document{
		"of the good one": sealWith(t, good), "of the bad one": sealWith(t, bad),
		"of a stranger": sealWith(t, stranger), "changed": changed(t, sealWith(t, bad)),
		"unsigned": bytes.NewReader(pdftest.Sample(0)),
	}
	policy := signing.Policy{Certificates: []string{"bad", "good"}}
	verify := func(source *fakeSource, document pades.Document) (pades.Indication, string) {
		verifier := &signing.Verifier{Directory: &signing.Directory{Source: source, Policy: policy}, Now: time.Now}
		report, err := verifier.Verify(t.Context(), document)
		if err != nil {
			return "", codeOf(err)
		}
		return report.Verdict.Indication, ""
	}
	held := map[string]*signing.Certificate{"good": good, "bad": bad}
	for name, test := range map[string]struct {
		err   *signing.Error
		known bool // what the bad one has signed is verified all the same
	}{
		"key disabled": {&signing.Error{Kind: signing.Unavailable, Code: "key_unusable", Certificate: bad}, true},
		"no right to sign": {&signing.Error{Kind: signing.Unavailable, Code: "vault_forbidden", Certificate: bad},
			true},
		"no right to read": {&signing.Error{Kind: signing.Unavailable, Code: "vault_forbidden"}, false},
		"garbage":          {&signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"}, false},
		"unclassified":     {&signing.Error{}, false},
	} {
		source := &fakeSource{certificates: held, errs: map[string]error{"bad": test.err}}
		list, err := (&signing.Directory{Source: source, Policy: policy}).List(t.Context(), signing.Principal{})
		if err != nil || len(list.Certificates) != 1 || list.Certificates[0] != good ||
			len(list.Unavailable) != 1 || list.Unavailable[0].Name != "bad" ||
			codeOf(list.Unavailable[0].Err) != test.err.Code {
			t.Errorf("%s: got %+v (%v), want the good one, and what is wrong with the other", name, list, err)
		}
		for document, content := range documents {
			want, wantCode := verify(&fakeSource{certificates: held}, content)
			if !test.known && want == pades.Indeterminate || !test.known && document == "of the bad one" {
				want, wantCode = "", test.err.Code
			}
			if got, code := verify(source, content); got != want || code != wantCode {
				t.Errorf("%s: got %q %q of a document %s, want %q %q", name, got, code, document, want, wantCode)
			}
		}
	}
}

// A text that cannot be a version of the vault is not found. The source is not asked for it,
// because it would become part of an address there.
func TestVersionsThatAreNone(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "invoices", pkitest.P256)
	for version, found := range map[string]bool{"": true, certificate.Version: true, "x": false, "../x": false,
		certificate.Version[1:] + "/": false} {
		source := &fakeSource{certificates: map[string]*signing.Certificate{"invoices": certificate}}
		directory := &signing.Directory{Source: source, Policy: signing.Policy{Certificates: []string{"invoices"}}}
		got, err := directory.Find(t.Context(), signing.Principal{}, "invoices", version)
		if (got != nil) != found || (len(source.asked) > 0) != found ||
			!found && codeOf(err) != "certificate_not_found" {
			t.Errorf("version %q: got %v (%v), asked for %q, want it found: %v", version, got, err, source.asked, found)
		}
	}
}

// If no certificate can be used, listing returns the error about the first one.
func TestTroubleOfEveryCertificate(t *testing.T) {
	t.Parallel()
	source := &fakeSource{errs: map[string]error{"a": signing.CertificateNotFound(errors.New("unknown")),
		"b": &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"},
		"c": &signing.Error{Kind: signing.Unavailable, Code: "key_unusable"}}}
	directory := &signing.Directory{Source: source, Policy: signing.Policy{Certificates: []string{"a", "b", "c"}}}
	if list, err := directory.List(t.Context(), signing.Principal{}); codeOf(err) != "vault_unavailable" {
		t.Errorf("got %+v (%v), want vault_unavailable", list, err)
	}
}

// slowSource gives no answer before it was asked for all certificates.
type slowSource struct {
	fakeSource
	all *sync.WaitGroup // of the certificates that it was not asked for yet
}

func (s *slowSource) Certificate(ctx context.Context, name, version string) (*signing.Certificate, error) {
	s.all.Done()
	s.all.Wait()
	return s.fakeSource.Certificate(ctx, name, version)
}

// A listing fetches several certificates at once, and keeps their order.
func TestListingAsksAtOnce(t *testing.T) {
	t.Parallel()
	names := []string{"d", "a", "c", "b"}
	certificates := map[string]*signing.Certificate{}
	for _, name := range names {
		certificates[name] = newCertificate(t, name, pkitest.P256)
	}
	synctest.Test(t, func(t *testing.T) {
		source := &slowSource{fakeSource: fakeSource{certificates: certificates}, all: new(sync.WaitGroup)}
		source.all.Add(len(names))
		directory := &signing.Directory{Source: source, Policy: signing.Policy{Certificates: names}}
		list, err := directory.List(t.Context(), signing.Principal{})
		if err != nil || len(list.Certificates) != len(names) {
			t.Fatalf("got %+v (%v), want all", list, err)
		}
		for i, certificate := range list.Certificates {
			if certificate.Name != names[i] {
				t.Errorf("got %s at place %d, want %s", certificate.Name, i, names[i])
			}
		}
	})
}

// changed is a document in which one byte of the signed content differs.
func changed(t *testing.T, document pades.Document) pades.Document {
	t.Helper()
	content, err := io.ReadAll(io.NewSectionReader(document, 0, document.Size()))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte("/Type"))
	content[at+1] ^= 0x20
	return bytes.NewReader(content)
}
