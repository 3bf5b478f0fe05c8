package server

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"influxion/handler/internal/pades"
)

// report.html is the page for people. It loads nothing and runs nothing: its policy says so to browsers.
//
//go:embed report.html
var reportTemplate string

const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// readableReport is a verification report as a person reads it: the same for a page and for plain text.
type readableReport struct {
	Summary  string
	Findings []readableFinding
}

// readableFinding is what is told of one signature or timestamp.
type readableFinding struct {
	Title      string
	Indication string
	Reason     string // "" when there is nothing to explain
	Rows       []readableRow
}

type readableRow struct{ Label, Value string }

func newReadableReport(told *pades.Report) readableReport {
	counts := told.Summary
	report := readableReport{Summary: "The document has no signature."}
	if counts.Total > 0 {
		report.Summary = fmt.Sprintf("%d signatures and timestamps: %d passed, %d indeterminate, %d failed",
			counts.Total, counts.Passed, counts.Indeterminate, counts.Failed)
	}
	for i, signature := range told.Signatures {
		report.Findings = append(report.Findings, newReadableFinding(i+1, signature, told.Revisions))
	}
	return report
}

func newReadableFinding(number int, s pades.Signature, revisions []pades.Revision) readableFinding {
	kind := "Signature"
	if s.Kind == pades.KindDocumentTimestamp {
		kind = "Document timestamp"
	}
	f := readableFinding{Title: fmt.Sprintf("%d. %s in field %q", number, kind, readable(s.Field)), Indication: string(s.Indication)}
	if s.SubIndication != "" {
		f.Reason = string(s.SubIndication) + ": " + readable(s.Detail)
	}
	f.add("Integrity", integrity(s))
	f.add("Signer", signerTrust(s))
	f.add("Level", string(s.Level))
	if s.Signer != nil {
		f.add("Signed by", s.Signer.Subject)
		f.add("Issued by", s.Signer.Issuer)
		f.add("Certificate", fmt.Sprintf("valid %s to %s, SHA-256 %s", instant(s.Signer.NotBefore), instant(s.Signer.NotAfter), s.Signer.Fingerprint))
	}
	f.add("Proved to exist at", instant(s.BestSignatureTime))
	f.add("Claimed time", instant(s.ClaimedTime))
	f.add("Name", s.Name)
	f.add("Reason", s.Reason)
	f.add("Location", s.Location)
	f.add("Contact", s.ContactInfo)
	f.add("Algorithm", s.SignatureAlgorithm)
	f.add("Certification", map[pades.Permission]string{
		pades.NoChanges: "nothing may be changed", pades.FormFilling: "forms may be filled and signatures added",
		pades.FormsAndComments: "forms may be filled, signatures and comments added",
	}[s.Certification])
	for _, link := range s.Chain {
		f.add("Chain", chainLink(link))
	}
	for _, timestamp := range s.Timestamps {
		f.add("Timestamp", readableTimestamp(timestamp))
	}
	switch covers := s.CoversWholeDocument; {
	case covers == nil:
		f.add("Covers", "not established")
	case *covers:
		f.add("Covers", "the whole document")
	default:
		f.add("Covers", "an earlier revision of the document")
		f.add("Changed since", change(s.ChangesAfter))
	}
	for _, revision := range revisions {
		if s.Revision > 0 && revision.Number > s.Revision {
			f.add("Later revision", laterRevision(revision, !slices.Contains(s.ForbiddenRevisions, revision.Number)))
		}
	}
	return f
}

func (f *readableFinding) add(label, value string) {
	if value != "" {
		f.Rows = append(f.Rows, readableRow{label, readable(value)})
	}
}

func chainLink(link pades.Link) string {
	if link.Anchor {
		return link.Subject + " (trust anchor)"
	}
	r := link.Revocation
	if r == nil {
		return link.Subject
	}
	text := link.Subject + ": revocation " + r.Status
	if r.Kind != "" {
		text += fmt.Sprintf(" by %s from %s", strings.ToUpper(r.Kind), r.Source)
	}
	if at := instant(r.RevokedAt); at != "" {
		text += " at " + at
	}
	if at := instant(r.ThisUpdate); at != "" {
		text += ", as of " + at
	}
	return text
}

func readableTimestamp(t pades.Timestamp) string {
	text := instant(t.Time)
	if t.TSA != nil {
		text += " by " + t.TSA.Subject
	}
	text += ": " + string(t.Indication)
	if t.SubIndication != "" {
		text += " " + string(t.SubIndication) + ": " + t.Detail
	}
	return text
}

func laterRevision(r pades.Revision, allowed bool) string {
	text := fmt.Sprintf("to byte %d: %s", r.End, change(r.Change))
	if len(r.Fields) > 0 {
		text += " (" + strings.Join(r.Fields, ", ") + ")"
	}
	if !allowed {
		text += ", which this signature does not allow"
	}
	return text
}

// integrity says in words whether what was signed is as it was.
func integrity(s pades.Signature) string {
	return withReason(map[pades.Integrity]string{
		pades.IntegrityIntact: "what was signed is intact", pades.IntegrityBroken: "broken", pades.IntegrityNotEvaluated: "not evaluated",
	}[s.Integrity], s.IntegrityDetail)
}

// signerTrust says in words whether the signer's certificate was good.
func signerTrust(s pades.Signature) string {
	return withReason(map[pades.SignerTrust]string{
		pades.SignerTrusted: "trusted", pades.SignerNotTrusted: "not trusted", pades.SignerIndeterminate: "not decided",
		pades.SignerTrustNotEvaluated: "not evaluated",
	}[s.Trust], s.TrustDetail)
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// change says in words what class of change it is.
func change(c pades.Change) string {
	return map[pades.Change]string{
		pades.ChangeNone: "nothing", pades.ChangeDSS: "validation data or timestamps were added", pades.ChangeSignature: "a signature was added",
		pades.ChangeFormFilling: "form fields were filled", pades.ChangeAnnotation: "annotations were changed",
		pades.ChangeOther: "what the document shows may have changed", pades.ChangeMetadata: "dates or the producer were changed",
		pades.ChangeNotEvaluated: "not evaluated",
	}[c]
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// maxReadable bounds one text of a report, in characters.
const maxReadable = 2000

// readable makes a text of a document or a certificate harmless: no control characters, which terminals obey, and none of those that turn
// the direction of writing, which show something else than what is there.
func readable(text string) string {
	clean := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(clean) > maxReadable {
		clean = append(clean[:maxReadable], '…')
	}
	for i, r := range clean {
		switch {
		case unicode.Is(unicode.Zs, r):
			clean[i] = ' '
		case !unicode.IsGraphic(r):
			clean[i] = '\uFFFD'
		}
	}
	return string(clean)
}

func htmlReport(report *pades.Report) (*answer, error) {
	page, err := template.New("report").Parse(reportTemplate)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, newReadableReport(report)); err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	header := http.Header{"Content-Security-Policy": {reportPolicy}, "Content-Language": {"en"}}
	return &answer{status: http.StatusOK, mediaType: mediaHTML, header: header, body: bytesBody(out.Bytes())}, nil
}

func textReport(report *pades.Report) (*answer, error) {
	readable := newReadableReport(report)
	var out bytes.Buffer
	fmt.Fprintln(&out, readable.Summary)
	for _, finding := range readable.Findings {
		fmt.Fprintf(&out, "\n%s: %s\n", finding.Title, finding.Indication)
		if finding.Reason != "" {
			fmt.Fprintf(&out, "  %s\n", finding.Reason)
		}
		for _, row := range finding.Rows {
			fmt.Fprintf(&out, "  %-20s %s\n", row.Label, row.Value)
		}
	}
	return &answer{status: http.StatusOK, mediaType: mediaText, header: http.Header{"Content-Language": {"en"}}, body: bytesBody(out.Bytes())}, nil
}
