package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// newTrust starts trust services, and returns a certificate that they issued and clients of them.
func newTrust(t *testing.T) (*trusttest.Services, *signing.Certificate, pades.Services) {
	t.Helper()
	trust, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trust.Close() })
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := trust.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	source, err := trustservices.NewRevocation(
		trustservices.RevocationConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	anchors := x509.NewCertPool()
	anchors.AddCert(trust.Root)
	timestamper, err := trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{trust.TSAURL()}, Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(timestamper.Close)
	return trust, &signing.Certificate{Name: "invoices", Version: strings.Repeat("a", 32), Chain: chain, Key: key},
		pades.Services{Timestamper: timestamper, Revocation: source}
}

// signed gives a document with a signature of level B-B.
func signed(t *testing.T, certificate *signing.Certificate) []byte {
	t.Helper()
	original := pdftest.Sample(0)
	sealer := newSealer(t, &fakeSource{certificates: map[string]*signing.Certificate{"invoices": certificate}})
	result, err := sealer.Seal(t.Context(), signing.Principal{}, signing.Request{Document: bytes.NewReader(original)},
		&signing.Record{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(original, result.Increment)
}

// lying gets timestamps over something other than what it is asked for.
type lying struct{ pades.Timestamper }

func (l lying) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	other := slices.Clone(digest)
	other[0]++
	return l.Timestamper.Timestamp(ctx, hash, other)
}

func TestExtendAndTimestamp(t *testing.T) {
	t.Parallel()
	_, certificate, services := newTrust(t)
	extender := &signing.Extender{Services: services, Now: time.Now}
	plain := signed(t, certificate)
	archive, err := extender.Extend(t.Context(), signing.Request{Document: bytes.NewReader(plain)}, &signing.Record{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		run      func(context.Context, signing.Request, *signing.Record) (*signing.Result, error)
		document []byte
		level    pades.Level
		want     pades.Level
	}{
		"to the highest level": {extender.Extend, plain, "", pades.LevelLTA},
		"to another":           {extender.Extend, plain, pades.LevelBLT, pades.LevelBLT},
		"to one below that of the document": {extender.Extend, slices.Concat(plain, archive.Increment), pades.LevelBT,
			pades.LevelLTA},
		"timestamp":                           {extender.Timestamp, plain, "", ""},
		"timestamp of what has a level by it": {extender.Timestamp, slices.Concat(plain, archive.Increment), "", ""},
	} {
		document := test.document
		request := signing.Request{Document: bytes.NewReader(document), Options: pades.Options{Level: test.level}}
		record := &signing.Record{}
		result, err := test.run(t.Context(), request, record)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in, out := sha256.Sum256(document), sha256.Sum256(slices.Concat(document, result.Increment))
		want := signing.Record{
			RecordedDocument: signing.RecordedDocument{DocumentDigest: hex.EncodeToString(in[:]),
				SignedDigest: hex.EncodeToString(out[:]), DocumentBytes: int64(len(document))},
			RecordedLevel: signing.RecordedLevel{Level: string(test.want)},
		}
		if !reflect.DeepEqual(*record, want) || result.Level != test.want || result.Certificate != nil {
			t.Errorf("%s: got %+v and record %+v, want record %+v", name, result, *record, want)
		}
	}
}

// TestServiceFaults has the error that callers get for each fault of a document or of a trust
// service, alike for extending, timestamping and signing.
func TestServiceFaults(t *testing.T) {
	t.Parallel()
	type attempt = func(context.Context, pades.Services, signing.Request, *signing.Record) error
	extend := func(ctx context.Context, services pades.Services, request signing.Request,
		record *signing.Record) error {
		_, err := (&signing.Extender{Services: services, Now: time.Now}).Extend(ctx, request, record)
		return err
	}
	timestamp := func(ctx context.Context, services pades.Services, request signing.Request,
		record *signing.Record) error {
		_, err := (&signing.Extender{Services: services, Now: time.Now}).Timestamp(ctx, request, record)
		return err
	}
	for _, test := range []struct {
		name    string
		level   pades.Level
		arrange func(trust *trusttest.Services, certificate *signing.Certificate, services *pades.Services)
		plain   bool // the document has no signature
		only    string
		kind    signing.Kind
		code    string
	}{
		{name: "TSA down", arrange: func(trust *trusttest.Services, _ *signing.Certificate, _ *pades.Services) {
			trust.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
		}, kind: signing.Unavailable, code: "level_unreachable"},
		{name: "no TSA", arrange: func(_ *trusttest.Services, _ *signing.Certificate, services *pades.Services) {
			services.Timestamper = nil
		}, kind: signing.Unprocessable, code: "level_unreachable"},
		{name: "a timestamp of something else",
			arrange: func(_ *trusttest.Services, _ *signing.Certificate, services *pades.Services) {
				services.Timestamper = lying{services.Timestamper}
			}, kind: signing.Internal, code: "self_check"},
		{name: "revoked", only: "extend sign",
			arrange: func(trust *trusttest.Services, certificate *signing.Certificate, _ *pades.Services) {
				_ = trust.Revoke(certificate.Chain[0], time.Now().Add(-time.Minute), 1)
			}, kind: signing.Unprocessable, code: pades.CodeCertificateRevoked},
		{name: "unsigned", only: "extend", plain: true, kind: signing.Unprocessable, code: pades.CodeUnsigned},
		{name: "level too low", only: "extend", level: pades.LevelBB, kind: signing.InvalidRequest,
			code: pades.CodeOptionInvalid},
	} {
		for action, try := range map[string]attempt{"extend": extend, "timestamp": timestamp, "sign": nil} {
			if test.only != "" && !strings.Contains(test.only, action) {
				continue
			}
			t.Run(test.name+" "+action, func(t *testing.T) {
				t.Parallel()
				trust, certificate, services := newTrust(t)
				document := signed(t, certificate)
				if test.plain {
					document = pdftest.Sample(0)
				}
				if test.arrange != nil {
					test.arrange(trust, certificate, &services)
				}
				run := try
				if run == nil {
					run = func(ctx context.Context, services pades.Services, request signing.Request,
						record *signing.Record) error {
						sealer := newSealer(t,
							&fakeSource{certificates: map[string]*signing.Certificate{"invoices": certificate}})
						sealer.Services, sealer.Level = services, pades.LevelLTA
						_, err := sealer.Seal(ctx, signing.Principal{}, request, record)
						return err
					}
				}
				request := signing.Request{Document: bytes.NewReader(document),
					Options: pades.Options{Level: test.level}}
				record := &signing.Record{}
				err := run(t.Context(), services, request, record)
				if err == nil {
					t.Fatal("got no error")
				}
				fault := signing.AsError(err)
				if fault.Kind != test.kind || fault.Code != test.code ||
					(fault.RetryAfter > 0) != (test.kind == signing.Unavailable) {
					t.Errorf("got %v %s, retry after %v (%v); want %v %s", fault.Kind, fault.Code, fault.RetryAfter,
						err, test.kind, test.code)
				}
				if strings.Contains(fault.Detail, "127.0.0.1") {
					t.Errorf("got the detail %q, want no address", fault.Detail)
				}
				if digest := sha256.Sum256(document); record.DocumentDigest != hex.EncodeToString(digest[:]) ||
					record.SignedDigest != "" {
					t.Errorf("got %+v, want the digest of what was sent alone", record)
				}
			})
		}
	}
}

// A document that cannot be read is refused, with its digest in the record. A request without time
// left gets the deadline error, whatever else is wrong.
func TestExtendRefusals(t *testing.T) {
	t.Parallel()
	_, certificate, services := newTrust(t)
	extender := &signing.Extender{Services: services, Now: time.Now}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name     string
		ctx      context.Context
		document []byte
		kind     signing.Kind
		code     string
	}{
		{"not a PDF", t.Context(), []byte("hello, world"), signing.Unprocessable, "not_a_pdf"},
		{"time run out", ended, signed(t, certificate), signing.DeadlineExceeded, "deadline_exceeded"},
	} {
		for _, run := range []func(context.Context, signing.Request, *signing.Record) (*signing.Result, error){
			extender.Extend, extender.Timestamp} {
			record := &signing.Record{}
			_, err := run(test.ctx, signing.Request{Document: bytes.NewReader(test.document)}, record)
			if fault := signing.AsError(err); err == nil || fault.Kind != test.kind || fault.Code != test.code {
				t.Errorf("%s: got %v, want %v %s", test.name, err, test.kind, test.code)
			}
			if digest := sha256.Sum256(test.document); record.DocumentDigest != hex.EncodeToString(digest[:]) {
				t.Errorf("%s: got %+v, want the digest of what was sent", test.name, record)
			}
		}
	}
}
