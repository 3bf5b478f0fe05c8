package pades_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// Integrity, trust in the signer, and later changes are three separate results. The first line for
// a person says first what is good.
func TestIntegrityTrustAndChangesAreToldApart(t *testing.T) {
	t.Parallel()
	s, stranger := ecdsaSigner(t), ecdsaSigner(t)
	signed := s.sign(t, sample(), pades.Options{})
	tampered := bytes.Replace(signed, []byte("[0 0 595 842]"), []byte("[0 0 595 843]"), 1)
	swapped, flipped := bytes.Clone(signed), bytes.Clone(signed)
	// in the issuer's signature
	flipDigit(swapped, bytes.Index(signed, []byte(hex.EncodeToString(s.chain[0].Raw)))+2*len(s.chain[0].Raw)-1)
	value := bytes.Index(signed, []byte("/Contents <"))
	flipDigit(flipped, value+len(bytes.TrimRight(signed[value:value+bytes.IndexByte(signed[value:], '>')], "0"))-1)
	page := func(document []byte) []byte {
		return appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(3), pdf.Dict{"Rotate": pdf.Integer(90)})
		})
	}
	template := pkitest.SigningTemplate("Encipherment", time.Now())
	template.KeyUsage = x509.KeyUsageKeyEncipherment
	services := newWorld(t, trusttest.Config{})
	other := services.newSigner(t, pkitest.P256, template, trusttest.OCSP, trusttest.CRL)
	for _, test := range []struct {
		name      string
		document  []byte
		trust     pades.Trust
		integrity pades.Integrity
		signer    pades.SignerTrust
		changes   pades.Change
		verdict   string // the beginning of the document's verdict
	}{
		{"all good", signed, s.trust(), pades.IntegrityIntact, pades.SignerTrusted, pades.ChangeNone,
			"1 signature, valid"},
		{"an unknown root", signed, stranger.trust(), pades.IntegrityIntact, pades.SignerNotTrusted, pades.ChangeNone,
			"signed content intact; no chain leads"},
		{"no anchors", signed, pades.Trust{Time: time.Now()}, pades.IntegrityIntact, pades.SignerNotTrusted,
			pades.ChangeNone, "signed content intact; no chain leads"},
		{"expired", signed, pades.Trust{Anchors: s.trust().Anchors, Time: s.chain[0].NotAfter.Add(time.Hour)},
			pades.IntegrityIntact, pades.SignerIndeterminate, pades.ChangeNone,
			"signed content intact; the certificate has expired"},
		{"a certificate for other things", other.sign(t, sample(), pades.Options{}),
			pades.Trust{Anchors: []*x509.Certificate{services.Root}, Time: time.Now()},
			pades.IntegrityIntact, pades.SignerNotTrusted, pades.ChangeNone,
			"signed content intact; the certificate's key usage"},
		{"changed content", tampered, s.trust(), pades.IntegrityBroken, pades.SignerTrustNotEvaluated,
			pades.ChangeNotEvaluated, "1 of 1 signature failed; the content is not what was signed"},
		{"changed content and an unknown root", tampered, stranger.trust(), pades.IntegrityBroken,
			pades.SignerTrustNotEvaluated, pades.ChangeNotEvaluated, "1 of 1 signature failed"},
		{"another certificate of the same key", swapped, s.trust(), pades.IntegrityIntact,
			pades.SignerTrustNotEvaluated, pades.ChangeNone,
			"signed content intact; the signed reference names a certificate that is not"},
		{"a changed signature value", flipped, s.trust(), pades.IntegrityBroken, pades.SignerTrustNotEvaluated,
			pades.ChangeNotEvaluated, "1 of 1 signature failed"},
		{"another page behind", page(signed), s.trust(), pades.IntegrityIntact, pades.SignerTrusted, pades.ChangeOther,
			"what was appended after this signature changes the document"},
		{"another page behind, and an unknown root", page(signed), stranger.trust(), pades.IntegrityIntact,
			pades.SignerNotTrusted, pades.ChangeOther, "no chain leads"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report := reported(t, test.document, test.trust)
			got := report.Signatures[0]
			if got.Integrity != test.integrity || got.Trust != test.signer || got.ChangesAfter != test.changes {
				t.Errorf("got %s, %s and %s (%s), want %s, %s and %s", got.Integrity, got.Trust, got.ChangesAfter,
					got.Detail, test.integrity, test.signer, test.changes)
			}
			if !strings.HasPrefix(report.Verdict.Detail, test.verdict) || report.Verdict.Indication != got.Indication {
				t.Errorf("got %+v, want %q", report.Verdict, test.verdict)
			}
			if test.changes == pades.ChangeOther && !strings.Contains(report.Verdict.Detail, "changes the document") {
				t.Errorf("got %+v, want it to tell of the change", report.Verdict)
			}
			if failed := got.Indication == pades.TotalFailed; failed != (got.Integrity == pades.IntegrityBroken) ||
				(got.IntegrityDetail == "") == failed {
				t.Errorf("got %s with %s (%q)", got.Indication, got.Integrity, got.IntegrityDetail)
			}
		})
	}
}

// A report says what was verified, when, and against what.
func TestReportsCanBeFiled(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, s.sign(t, sample(), pades.Options{}), pades.Options{})
	for _, document := range [][]byte{signed, sample(), signed[:len(signed)-1]} {
		trust := s.trust()
		report := reported(t, document, trust)
		if want := sha256Hex(document); report.Document.SHA256 != want || report.Document.Size != int64(len(document)) {
			t.Errorf("got %+v, want %s of %d bytes", report.Document, want, len(document))
		}
		if !report.VerifiedAt.Equal(trust.Time) || len(report.TrustAnchors) != 1 ||
			report.TrustAnchors[0] != sha256Hex(trust.Anchors[0].Raw) {
			t.Errorf("got %v and %v, want %v and the anchor", report.VerifiedAt, report.TrustAnchors, trust.Time)
		}
		if report.Limits["signatures"] != 200 || report.Limits["certificates"] == 0 || report.Revisions == nil ||
			report.Unjudged == nil || report.Signatures == nil {
			t.Errorf("got %+v, want limits and no member that is null", report)
		}
	}
}

// flipDigit replaces a hexadecimal digit by another one that is not 0.
func flipDigit(document []byte, at int) {
	if document[at] == '1' {
		document[at] = '2'
	} else {
		document[at] = '1'
	}
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
