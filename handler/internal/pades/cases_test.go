package pades_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
)

// TestCases has small documents that once were handled wrongly. Other programs wrote them, or they
// were written by hand in the same way. A row names the function that processes the file, and the
// lines that this function must return. bugs-root.crt is the anchor.
func TestCases(t *testing.T) {
	t.Parallel()
	hidden := []string{
		"INDETERMINATE: no chain leads from the signer's certificate to a trust anchor; what was appended after this " +
			"signature changes the document: " +
			"the metadata were changed beyond dates and producer",
		`"Signature1" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted other`,
		`"Signature2" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted other`,
	}
	visible := &pades.Appearance{Box: pades.Rectangle{X: 20, Y: 20, Width: 200, Height: 50}, Text: "signed"}
	signedAlone := []string{"TOTAL-PASSED: 1 signature, valid", `"Signature1" TOTAL-PASSED intact trusted none`}
	for _, test := range []struct {
		file string
		does func(t *testing.T, document []byte) string
		want []string // lines
	}{
		{"02-value-in-widget.pdf", verifying, []string{"TOTAL-PASSED: 1 signature, valid", `"Sign here" TOTAL-PASSED intact trusted none`}},
		{"02-value-in-widget.pdf", signing(pades.Options{Field: "Sign here"}),
			[]string{"field_unusable: the field of this name is signed already"}},
		{"02b-value-in-both.pdf", verifying, []string{"TOTAL-PASSED: 1 signature, valid", `"Sign here" TOTAL-PASSED intact trusted none`}},
		{"03a-signer-san-umlaut.pdf", verifying, refused("SAN rfc822Name is malformed")},
		{"03c-signer-negative-serial.pdf", verifying, refused("negative serial number")},
		{"03e-signer-duplicate-extension.pdf", verifying,
			refused("certificate contains duplicate extension with OID \"2.5.29.19\"")},
		{"02c-sealed-then-value-in-widget.pdf", verifying, []string{
			"TOTAL-PASSED: 2 signatures, all valid", `"Signature1" TOTAL-PASSED intact trusted signature`, `"Sign here" TOTAL-PASSED intact trusted none`,
		}},
		{"05a-field-listed-twice.pdf", signing(pades.Options{}), []string{"TOTAL-PASSED: 1 signature, valid", `"Signature1" TOTAL-PASSED intact trusted none`}},
		{"05c-field-own-kid.pdf", signing(pades.Options{}), []string{"TOTAL-PASSED: 1 signature, valid", `"Signature1" TOTAL-PASSED intact trusted none`}},
		{"05e-field-twice-signed-elsewhere.pdf", verifying, []string{"TOTAL-PASSED: 1 signature, valid", `"New" TOTAL-PASSED intact trusted none`}},
		{"07a-m-iso-date.pdf", verifying, []string{
			"TOTAL-PASSED: 1 signature, valid", `"S" TOTAL-PASSED intact trusted none`, "remark: /M is a date, but not in the form of PDF",
		}},
		{"20-lowfield.pdf", signing(pades.Options{Field: "Sign here", Appearance: &pades.Appearance{}}), []string{"TOTAL-PASSED: 1 signature, valid", `"Sign here" TOTAL-PASSED intact trusted none`}},
		{"30-hidden-object-lf-entries.pdf", verifying, hidden},
		{"31-hidden-object-trailing-spaces.pdf", verifying, hidden},
		{"32-hidden-object-xrefstm-0.pdf", verifying, hidden},
		{"33-overlay-freetext.pdf", verifying, []string{
			"INDETERMINATE: signed content intact; no chain leads from the signer's certificate to a trust anchor; 1 " +
				"comment added or changed",
			`"Signature1" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted annotation`,
			`"Signature2" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted annotation`,
		}},
		{"40-index-of-free-objects.pdf", verifying, []string{
			"INDETERMINATE: signed content intact; no chain leads from the signer's certificate to a trust anchor; " +
				"there is no signing time",
			`"S0" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted signature`,
			`"S1" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted signature`,
			`"S2" INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact not_trusted none`,
		}},
		{"15-orphan-widget.pdf", verifying, []string{": no signature"}},
		{"15-orphan-widget.pdf", signing(pades.Options{Field: "Sign here"}), []string{
			"note: the field was shown by a page and was not in the form: it was added to the form",
			"TOTAL-PASSED: 1 signature, valid", `"Sign here" TOTAL-PASSED intact trusted none`,
		}},
		{"15-orphan-widget.pdf", signing(pades.Options{Field: "Another"}), []string{"TOTAL-PASSED: 1 signature, valid", `"Another" TOTAL-PASSED intact trusted none`}},
		{"01-split-field.pdf", signing(pades.Options{Field: "Sign here"}), []string{"TOTAL-PASSED: 1 signature, valid", `"Sign here" TOTAL-PASSED intact trusted none`}},
		{"04-needappearances.pdf", signing(pades.Options{Appearance: visible}), signedAlone},
		{"06-xref-from-1.pdf", signing(pades.Options{}), append([]string{
			"note: the cross-reference table is numbered from 1: the new cross-references are complete"},
			signedAlone...)},
		{"20-catalog-type.pdf", signing(pades.Options{}), signedAlone},
		{"20-junk-endobj-page.pdf", signing(pades.Options{}), signedAlone},
		{"20-no-mediabox.pdf", signing(pades.Options{Appearance: visible}), signedAlone},
		{"20-xrefstm-comment.pdf", signing(pades.Options{}), append([]string{
			"note: a comment precedes the cross-references: the new cross-references are complete"},
			signedAlone...)},
		{"17-encrypted-empty-password.pdf", signing(pades.Options{Reason: "Approved"}), []string{
			"TOTAL-PASSED: 1 signature, valid", `"Signature1" TOTAL-PASSED intact trusted none`,
		}},
		{"20-pages-page-twice.pdf", signing(pades.Options{}), []string{"TOTAL-PASSED: 1 signature, valid", `"Signature1" TOTAL-PASSED intact trusted none`}},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(filepath.Join("testdata", "cases", test.file))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := test.does(t, document), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// refused gives the expected lines for an intact signature whose signer's certificate crypto/x509
// refuses.
func refused(reason string) []string {
	return []string{
		"INDETERMINATE: signed content intact; the certificate does not conform to X.509, and is not relied on: " +
			reason,
		`"S" INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE intact indeterminate none`}
}

// verifying verifies a document, a day after the cases were made.
func verifying(t *testing.T, document []byte) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "cases", "bugs-root.crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("got no PEM")
	}
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return told(verify.Verify(t.Context(), bytes.NewReader(document),
		pades.Trust{Anchors: []*x509.Certificate{root}, Time: root.NotBefore.Add(24 * time.Hour)}))
}

// signing signs a document with a key of its own and gives the remarks. Then it verifies the signed
// document, in which every other signature has an unknown root.
func signing(options pades.Options) func(*testing.T, []byte) string {
	return func(t *testing.T, document []byte) string {
		t.Helper()
		s := ecdsaSigner(t)
		options.Time = time.Now()
		increment, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key, options)
		if err != nil {
			return told(nil, err)
		}
		var notes strings.Builder
		for _, one := range increment.Remarks {
			notes.WriteString("note: " + one + "\n")
		}
		return notes.String() +
			told(verify.Verify(t.Context(), bytes.NewReader(slices.Concat(document, increment.Bytes)), s.trust()))
	}
}

// told summarizes a report in a few lines: the verdict, each signature, its remarks, and what is
// not judged. For an error, it gives the code and the detail.
func told(report *pades.Report, err error) string {
	if fault, ok := errors.AsType[*pades.Error](err); ok {
		return fault.Code + ": " + fault.Detail
	}
	if err != nil {
		return err.Error()
	}
	lines := []string{fmt.Sprintf("%s: %s", report.Verdict.Indication, report.Verdict.Detail)}
	for _, s := range report.Signatures {
		words := []string{fmt.Sprintf("%q", s.Field), string(s.Indication), string(s.SubIndication),
			string(s.Integrity), string(s.Trust), string(s.ChangesAfter)}
		lines = append(lines, strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " "))
		for _, remark := range s.Remarks {
			lines = append(lines, "remark: "+remark)
		}
	}
	for _, one := range report.Unjudged {
		lines = append(lines, fmt.Sprintf("unjudged %d: %s", one.Object, one.Detail))
	}
	return strings.Join(lines, "\n")
}
