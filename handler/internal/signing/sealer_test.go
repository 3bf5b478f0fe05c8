package signing_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// fakeSource holds certificates in memory.
type fakeSource struct {
	names        []string
	certificates map[string]*signing.Certificate
	err          error
	errs         map[string]error // about single certificates

	mu    sync.Mutex
	asked []string
}

func (s *fakeSource) Names(context.Context) ([]string, error) { return s.names, s.err }

func (s *fakeSource) Certificate(_ context.Context, name, version string) (*signing.Certificate, error) {
	s.mu.Lock()
	s.asked = append(s.asked, name+"/"+version)
	s.mu.Unlock()
	if err := cmp.Or(s.errs[name], s.err); err != nil {
		return nil, err
	}
	if certificate, ok := s.certificates[name]; ok && (version == "" || version == certificate.Version) {
		return certificate, nil
	}
	return nil, signing.CertificateNotFound(errors.New("unknown"))
}

func newCertificate(t *testing.T, name string, algorithm pkitest.Algorithm,
	changes ...func(*x509.Certificate)) *signing.Certificate {
	t.Helper()
	chain, key := pkitest.SignerOf(t, algorithm, changes...)
	return &signing.Certificate{Name: name, Version: strings.Repeat("a", 32), Chain: chain, Key: key}
}

func newSealer(t *testing.T, source *fakeSource) *signing.Sealer {
	t.Helper()
	return &signing.Sealer{Source: source, Policy: signing.Policy{Certificates: []string{"invoices", "contracts"}},
		Now: time.Now}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "invoices", pkitest.P256)
	sealer := newSealer(t, &fakeSource{certificates: map[string]*signing.Certificate{"invoices": certificate}})
	original := pdftest.Sample(10_000)
	record := &signing.Record{}
	result, err := sealer.Seal(t.Context(), signing.Principal{}, signing.Request{Document: bytes.NewReader(original)},
		record)
	if err != nil {
		t.Fatal(err)
	}
	output := append(bytes.Clone(original), result.Increment...)
	in, out := sha256.Sum256(original), sha256.Sum256(output)
	want := signing.Record{
		RecordedDocument: signing.RecordedDocument{DocumentDigest: hex.EncodeToString(in[:]),
			SignedDigest: hex.EncodeToString(out[:]), DocumentBytes: int64(len(original))},
		RecordedCertificate: signing.RecordedCertificate{Certificate: "invoices",
			CertificateVersion:     certificate.Version,
			CertificateFingerprint: certificate.Fingerprint()},
		RecordedLevel: signing.RecordedLevel{Level: "B-B"},
	}
	if !reflect.DeepEqual(*record, want) {
		t.Errorf("got record %+v, want %+v", *record, want)
	}
	report, err := verify.Verify(t.Context(), bytes.NewReader(output),
		pades.Trust{Anchors: certificate.Chain[1:], Time: time.Now()})
	if err != nil || len(report.Signatures) != 1 || report.Signatures[0].Indication != pades.TotalPassed {
		t.Errorf("got %+v %v, want one signature that passes", report, err)
	}
}

// countedDocument counts what is read of it.
type countedDocument struct {
	pades.Document
	bytes, beginnings int
}

func (d *countedDocument) ReadAt(p []byte, offset int64) (int, error) {
	d.bytes += len(p)
	if offset == 0 && len(p) < 2<<10 {
		d.beginnings++ // a pass for a digest reads more
	}
	return d.Document.ReadAt(p, offset)
}

// A document is read twice as a whole: for its digest, and again for the check of what leaves. It
// is opened as often, not a third time for what the answer says about it.
func TestSealReadsTwice(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	sealer := newSealer(t, &fakeSource{certificates: map[string]*signing.Certificate{
		"invoices": newCertificate(t, "invoices", pkitest.P256)}})
	document := &countedDocument{Document: bytes.NewReader(pdftest.Sample(size))}
	if _, err := sealer.Seal(t.Context(), signing.Principal{}, signing.Request{Document: document},
		&signing.Record{}); err != nil {
		t.Fatal(err)
	}
	if passes := float64(document.bytes) / size; passes < 2 || passes > 2.05 {
		t.Errorf("got the document read %.2f times, want twice and a little", passes)
	}
	if document.beginnings != 2 {
		t.Errorf("got the beginning read %d times, want the document opened twice", document.beginnings)
	}
}

// wrongKey signs with a key other than the one that it shows.
type wrongKey struct{ shown, used crypto.Signer }

func (k wrongKey) Public() crypto.PublicKey { return k.shown.Public() }

func (k wrongKey) Sign(rand io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	return k.used.Sign(rand, digest, options)
}

func TestSealRefusals(t *testing.T) {
	t.Parallel()
	good := newCertificate(t, "invoices", pkitest.P256)
	lying := newCertificate(t, "invoices", pkitest.P256)
	other, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	lying.Key = wrongKey{lying.Key, other}
	expired := newCertificate(t, "invoices", pkitest.P256,
		func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	sample := pdftest.Sample(2000)
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	for _, test := range []struct {
		name        string
		ctx         context.Context
		certificate *signing.Certificate
		sourceErr   error
		request     signing.Request
		document    []byte
		kind        signing.Kind
		code        string
	}{
		{name: "certificate not allowed", request: signing.Request{Certificate: "payroll"}, kind: signing.NotFound,
			code: "certificate_not_found"},
		{name: "certificate unknown", request: signing.Request{Certificate: "contracts"}, kind: signing.NotFound,
			code: "certificate_not_found"},
		{name: "version not a version", request: signing.Request{Version: "latest"}, kind: signing.NotFound,
			code: "certificate_not_found"},
		{name: "version unknown", request: signing.Request{Version: strings.Repeat("b", 32)}, kind: signing.NotFound,
			code: "certificate_not_found"},
		{name: "vault down", sourceErr: &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"},
			kind: signing.Unavailable, code: "vault_unavailable"},
		{name: "not a PDF", document: []byte("hello, world"), kind: signing.Unprocessable, code: "not_a_pdf"},
		{name: "level not offered", request: signing.Request{Options: pades.Options{Level: "B-X"}},
			kind: signing.InvalidRequest, code: "option_invalid"},
		{name: "time run out", ctx: ended, kind: signing.DeadlineExceeded, code: "deadline_exceeded"},
		{name: "key that signs with another", certificate: lying, kind: signing.Internal, code: "self_check"},
		{name: "certificate expired meanwhile", certificate: expired, kind: signing.Internal, code: "self_check"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			certificate, ctx, document := good, t.Context(), sample
			if test.certificate != nil {
				certificate = test.certificate
			}
			if test.ctx != nil {
				ctx = test.ctx
			}
			if test.document != nil {
				document = test.document
			}
			sealer := newSealer(t,
				&fakeSource{certificates: map[string]*signing.Certificate{"invoices": certificate},
					err: test.sourceErr})
			test.request.Document = bytes.NewReader(document)
			record := &signing.Record{}
			result, err := sealer.Seal(ctx, signing.Principal{}, test.request, record)
			if result != nil || err == nil {
				t.Fatalf("got %v %v, want an error and no signature", result, err)
			}
			if fault := signing.AsError(err); fault.Kind != test.kind || fault.Code != test.code {
				t.Errorf("got %v %q (%v), want %v %q", fault.Kind, fault.Code, err, test.kind, test.code)
			}
			digest := sha256.Sum256(document)
			if want := hex.EncodeToString(digest[:]); ctx.Err() == nil && record.DocumentDigest != want {
				t.Errorf("got document digest %q, want %q in the record of a refusal too", record.DocumentDigest, want)
			}
			if record.SignedDigest != "" {
				t.Errorf("got signed digest %q, want none", record.SignedDigest)
			}
		})
	}
}

// A name that no vault can have is not written into the audit record, because it is free text of
// the caller.
func TestSealDoesNotAuditFreeText(t *testing.T) {
	t.Parallel()
	record := &signing.Record{}
	request := signing.Request{Document: bytes.NewReader(pdftest.Sample(0)), Certificate: "a name\nwith a line"}
	if _, err := newSealer(t, &fakeSource{}).Seal(t.Context(), signing.Principal{}, request, record); err == nil {
		t.Fatal("got no error, want a refusal")
	}
	if record.Certificate != "" {
		t.Errorf("got %q, want nothing", record.Certificate)
	}
}

func TestDirectoryAndVerifier(t *testing.T) {
	t.Parallel()
	invoices := newCertificate(t, "invoices", pkitest.P256)
	source := &fakeSource{certificates: map[string]*signing.Certificate{"invoices": invoices}}
	directory := &signing.Directory{Source: source,
		Policy: signing.Policy{Certificates: []string{"invoices", "contracts"}}}

	list, err := directory.List(t.Context(), signing.Principal{})
	if err != nil || len(list.Certificates) != 1 || list.Certificates[0] != invoices || list.Unavailable != nil {
		t.Errorf("got %v %v, want the certificate that exists, without the one that does not", list, err)
	}
	if found, err := directory.Find(t.Context(), signing.Principal{}, "INVOICES", invoices.Version); err != nil ||
		found != invoices {
		t.Errorf("got %v %v, want it by name in any case and version", found, err)
	}
	for _, name := range []string{"payroll", "contracts", "../x"} {
		if _, err := directory.Find(t.Context(), signing.Principal{}, name,
			""); codeOf(err) != "certificate_not_found" {
			t.Errorf("%s: got %v, want certificate_not_found", name, err)
		}
	}

	document := bytes.NewReader(pdftest.Sample(0))
	sealed, err := newSealer(t, source).Seal(t.Context(), signing.Principal{}, signing.Request{Document: document},
		&signing.Record{})
	if err != nil {
		t.Fatal(err)
	}
	result := pades.Join(document, sealed.Increment)
	stranger := newCertificate(t, "stranger", pkitest.P256)
	vaultDown := &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"}
	for _, test := range []struct {
		name    string
		source  *fakeSource
		anchors []*x509.Certificate
		want    pades.Indication
		code    string
	}{
		{"the vault's chain counts", source, nil, pades.TotalPassed, ""},
		{"a configured anchor counts", &fakeSource{}, invoices.Chain[1:], pades.TotalPassed, ""},
		{"a stranger's does not", &fakeSource{}, stranger.Chain[1:], pades.Indeterminate, ""},
		{"a configured anchor counts while the vault is down", &fakeSource{err: vaultDown}, invoices.Chain[1:],
			pades.TotalPassed, ""},
		{"no report while the vault is down", &fakeSource{err: vaultDown}, nil, "", "vault_unavailable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			verifier := &signing.Verifier{Directory: &signing.Directory{Source: test.source, Policy: directory.Policy},
				Anchors: test.anchors, Now: time.Now}
			report, err := verifier.Verify(t.Context(), result)
			if code := codeOf(err); code != test.code {
				t.Fatalf("got %v, want code %q", err, test.code)
			}
			if err == nil && report.Signatures[0].Indication != test.want {
				t.Errorf("got %+v, want %s", report.Signatures[0], test.want)
			}
		})
	}
}
