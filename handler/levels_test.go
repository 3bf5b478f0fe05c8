package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pades"
	padessign "influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// whole reads a sealed document to its end.
func whole(t *testing.T, signed *client.Signed, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Body.Close()
	file, err := io.ReadAll(signed.Body)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Every level is reached with the local authorities, with a key in memory and with one in the
// vault. A document that contains all evidence is verified at its level without any request.
func TestLevels(t *testing.T) {
	for name, config := range map[string]hosttest.Config{
		"proxy": {Mode: hosttest.Proxy}, "forward": {Mode: hosttest.Forward},
		"key in the vault": {Environ: []string{"INFLUXION_KEY_MODE=vault"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, config)
			caller, original := p.client(), pdftest.Sample(20_000)
			for level, parts := range map[string]int{"B-B": 1, "B-T": 1, "B-LT": 1, "B-LTA": 2} {
				file, signed, err := sign(t.Context(), caller, original, client.Options{Level: level})
				if err != nil {
					t.Fatalf("%s: %v", level, err)
				}
				if signed.Level != level || signed.Shortfall != "" {
					t.Errorf("%s: got level %q (%s)", level, signed.Level, signed.Shortfall)
				}
				report, err := caller.Verify(t.Context(), bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				if len(report.Signatures) != parts || report.Summary.Passed != parts ||
					report.Signatures[0].Level != level {
					t.Errorf("%s: got %+v, want %d passed, the first at that level", level, report, parts)
				}
			}
		})
	}
}

// A signature of B-B becomes one of B-LTA, and its archive timestamp can be renewed. A timestamp
// alone needs no signature.
func TestExtendAndTimestamp(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller, original := p.client(), pdftest.Sample(0)
	signed, err := caller.Sign(t.Context(), bytes.NewReader(original), client.Options{})
	file := whole(t, signed, err)
	for _, extension := range []client.Extension{{Level: "B-T"}, {Level: "B-LT"}, {}, {}} {
		extended, err := caller.Extend(t.Context(), bytes.NewReader(file), extension)
		longer := whole(t, extended, err)
		if !bytes.HasPrefix(longer, file) || extended.Certificate != "" {
			t.Fatalf("got a document by %q that does not continue the one sent", extended.Certificate)
		}
		if want := extension.Level; want != "" && extended.Level != want || want == "" && extended.Level != "B-LTA" {
			t.Errorf("got level %s for %+v", extended.Level, extension)
		}
		file = longer
	}
	report, err := caller.Verify(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	// A timestamp for B-T, an archive timestamp and its renewal.
	if report.Summary.Total != 4 || report.Summary.Passed != 4 || report.Signatures[0].Level != "B-LTA" {
		t.Errorf("got %+v, want a signature at B-LTA and three timestamps", report)
	}
	timestamped, err := caller.Timestamp(t.Context(), bytes.NewReader(original))
	if report, err = caller.Verify(t.Context(), bytes.NewReader(whole(t, timestamped, err))); err != nil {
		t.Fatal(err)
	}
	if len(report.Signatures) != 1 || report.Signatures[0].Kind != "document_timestamp" || report.Summary.Passed != 1 {
		t.Errorf("got %+v, want a timestamp that passes", report)
	}
	if records := p.audits(t, 6); !slices.ContainsFunc(records, func(line string) bool { return strings.Contains(line, `"action":"timestamp"`) }) ||
		!slices.ContainsFunc(records, func(line string) bool { return strings.Contains(line, `"action":"extend"`) }) {
		t.Errorf("got %s, want records of extending and timestamping", records)
	}
}

// A level that cannot be reached is an error that names the failed service, unless a lower level is
// acceptable.
func TestLevelsThatCannotBeReached(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller, original := p.client(), pdftest.Sample(0)
	for _, test := range []struct {
		name    string
		break_  func() error
		want    string // refusal
		reached string // with AllowLower; "" = refused all the same
		tells   string // of the service
	}{
		{"timestamp authority down", fault(p, trusttest.TSA), "503 level_unreachable", "B-B", "TSA"},
		{"responders and lists down", func() error { fault(p, trusttest.CRL)(); return fault(p, trusttest.OCSP)() },
			"503 level_unreachable", "B-T", "Example Organisation Seal"},
		{"responders alone down", fault(p, trusttest.OCSP), "200", "B-LTA", ""},
		{"revoked", p.RevokeCertificate, "422 certificate_revoked", "", ""},
	} {
		for _, service := range []trusttest.Service{trusttest.TSA, trusttest.OCSP, trusttest.CRL} {
			p.Trust.ClearFault(service)
		}
		// No cache holds an answer about a new certificate.
		version, err := p.RotateCertificate()
		if err == nil {
			err = test.break_()
		}
		if err != nil {
			t.Fatal(err)
		}
		options := client.Options{Level: "B-LTA", Version: version}
		// This does not use the client, because the client tries again.
		response, body := p.do(t, http.MethodPost, "/api/sign?level=B-LTA&version="+version, "application/pdf",
			bytes.NewReader(original))
		var problem struct{ Code, Detail string }
		if response.StatusCode != http.StatusOK {
			if err := json.Unmarshal(body, &problem); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, problem.Code)); got != test.want ||
			!strings.Contains(problem.Detail, test.tells) {
			t.Errorf("%s: got %s (%s), want %s that names %q", test.name, got, problem.Detail, test.want, test.tells)
		}
		options.AllowLower = true
		_, signed, err := sign(t.Context(), caller, original, options)
		switch {
		case test.reached == "":
			if err == nil {
				t.Errorf("%s: got a signature, want none whatever the caller allows", test.name)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case signed.Level != test.reached || (signed.Shortfall != "") != (test.reached != "B-LTA"):
			t.Errorf("%s: got level %s (%q), want %s and a reason where it is lower", test.name, signed.Level,
				signed.Shortfall, test.reached)
		}
	}
}

func fault(p *program, service trusttest.Service) func() error {
	return func() error {
		p.Trust.Fault(service, trusttest.Fault{Kind: trusttest.Down})
		return nil
	}
}

// A slow responder delays callers who verify documents, but not those who sign.
func TestDocumentsDoNotHoldUpSigning(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller := p.client()
	file, _, err := sign(t.Context(), caller, pdftest.Sample(0), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked := p.Trust.Started(trusttest.OCSP)
	p.Trust.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow, Times: 1})
	verified := make(chan error, 1)
	go func() {
		_, err := caller.Verify(t.Context(), bytes.NewReader(file))
		verified <- err
	}()
	<-asked
	if _, signed, err := sign(t.Context(), caller, pdftest.Sample(0), client.Options{Level: "B-LT"}); err != nil ||
		signed.Level != "B-LT" {
		t.Errorf("got %+v and %v, want B-LT", signed, err)
	}
	select {
	case err := <-verified:
		t.Fatalf("got the report (%v) before the signature, want nobody to wait for its responder", err)
	default:
	}
	p.Trust.ClearFault(trusttest.OCSP)
	if err := <-verified; err != nil {
		t.Error(err)
	}
}

// Twenty documents with a slow responder delay nobody who verifies or signs something else.
func TestSlowAuthoritiesHoldUpNobodyElse(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller := p.client()
	foreign, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { foreign.Close() })
	foreign.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow})
	var slow sync.WaitGroup
	ctx, leave := context.WithCancel(t.Context())
	for range 20 {
		document := signedBy(t, foreign)
		asked := foreign.Started(trusttest.OCSP)
		slow.Go(func() {
			_, err := caller.Extend(ctx, bytes.NewReader(document), client.Extension{})
			if err == nil {
				t.Error("got an extended document while the responder is silent, want none")
			}
		})
		<-asked
	}
	own, signed, err := sign(t.Context(), caller, pdftest.Sample(0), client.Options{Level: "B-LT"})
	if err != nil || signed.Level != "B-LT" {
		t.Errorf("got %+v and %v, want B-LT", signed, err)
	}
	if report, err := caller.Verify(t.Context(), bytes.NewReader(own)); err != nil ||
		report.Signatures[0].Indication != "TOTAL-PASSED" {
		t.Errorf("got %+v and %v for our own, want it to pass", report, err)
	}
	leave()
	slow.Wait()
}

// signedBy is a document with a signature by a new certificate of an authority. The certificate
// names the authority's responder alone.
func signedBy(t *testing.T, authority *trusttest.Services) []byte {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := authority.Issue(pkitest.SigningTemplate("Somebody", time.Now()), key.Public(), trusttest.CRL)
	if err != nil {
		t.Fatal(err)
	}
	document := pdftest.Sample(0)
	increment, err := padessign.Sign(t.Context(), bytes.NewReader(document), chain, key,
		pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return append(document, increment.Bytes...)
}

func TestDefaultLevel(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256},
		hosttest.Config{Environ: []string{"INFLUXION_DEFAULT_LEVEL=B-LT"}})
	if _, signed, err := sign(t.Context(), p.client(), pdftest.Sample(0), client.Options{}); err != nil ||
		signed.Level != "B-LT" {
		t.Errorf("got %+v and %v, want the default level", signed, err)
	}
}

// A report for people says the same as the one for programs.
func TestReadableReports(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	signed, err := p.client().Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)),
		client.Options{Level: "B-LTA", Reason: "<b>& more</b>"})
	file := whole(t, signed, err)
	for media, wanted := range map[string][]string{
		"text/plain": {"2 passed", "TOTAL-PASSED", "<b>& more</b>", "Example Organisation Seal", "trust anchor"},
		"text/html": {"2 passed", "TOTAL-PASSED", "&lt;b&gt;&amp; more&lt;/b&gt;", "Example Organisation Seal",
			"<!DOCTYPE html>"},
	} {
		response, body := p.do(t, http.MethodPost, "/api/verify", "application/pdf", bytes.NewReader(file),
			"Accept: "+media)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != media+"; charset=utf-8" {
			t.Errorf("got %d %s, want 200 and %s", response.StatusCode, response.Header.Get("Content-Type"), media)
		}
		for _, want := range wanted {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s: got %s, want %q in it", media, body, want)
			}
		}
	}
}

// If a page is a resource too, what is appended after a signature would change how the page is
// drawn.
func TestEntangledDocuments(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	document := pdftest.File{Objects: []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</XObject<</X 3 0 R>>>>>>",
	}}.Bytes()
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Errorf("got %v at B-B, want a signature", err)
	}
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{Level: "B-LTA"}); err == nil ||
		refusal(err) != "422 document_damaged" {
		t.Errorf("got %v at B-LTA, want a refusal of the document", err)
	}
}
