package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/terminal"
)

// printFinding tells what was found about a file: a report on stdout, an error on stderr.
func (a *app) printFinding(progress *terminal.Progress, f finding, several bool) error {
	if a.global.jsonOutput {
		if f.err != nil {
			return progress.Print(a.out, jsonLine(map[string]any{"file": f.file, "error": fault(f.err)}))
		}
		return progress.Print(a.out, jsonLine(struct {
			File string `json:"file"`
			*client.Report
		}{f.file, f.report}))
	}
	if f.err != nil {
		text := "influxion: " + terminal.Safe(f.file+": "+explain(context.Background(), f.err)) + "\n"
		return progress.Print(a.err, text)
	}
	r := reportPrinter{style: a.style(a.out)}
	r.print(f, several)
	return progress.Print(a.out, r.text.String())
}

// reportPrinter writes a report for a person. Everything out of the document goes through terminal.Safe.
type reportPrinter struct {
	style terminal.Style
	text  strings.Builder
}

func (p *reportPrinter) print(f finding, several bool) {
	s := f.report.Summary
	verdict := p.style.Bad("NOT VERIFIED")
	if f.code() == exitOK {
		verdict = p.style.Good("VERIFIED")
	}
	counts := "no signature"
	if s.Total > 0 {
		counts = fmt.Sprintf("%d of %d signatures and timestamps passed", s.Passed, s.Total)
	}
	fmt.Fprintf(&p.text, "%s  %s  %s\n", p.style.Strong(terminal.Safe(f.file)), verdict, counts)
	for i, signature := range f.report.Signatures {
		p.signature(i+1, signature)
	}
	if several && s.Total > 0 {
		p.text.WriteString("\n")
	}
}

func (p *reportPrinter) signature(number int, s client.Signature) {
	kind := "signature"
	if s.Kind == "document_timestamp" {
		kind = "document timestamp"
	}
	fmt.Fprintf(&p.text, "  %d. %s %s  %s\n", number, kind, terminal.Safe(fmt.Sprintf("%q", s.Field)), p.indication(s.Indication, s.SubIndication))
	if s.SubIndication != "" {
		p.row("why", s.Detail)
	}
	p.row("level", s.Level)
	if s.Signer != nil {
		p.row("signed by", s.Signer.Subject)
		p.row("issued by", s.Signer.Issuer)
		p.row("certificate", fmt.Sprintf("valid %s to %s, SHA-256 %s", moment(s.Signer.NotBefore), moment(s.Signer.NotAfter), s.Signer.Fingerprint))
	}
	p.row("existed at", moment(s.BestSignatureTime))
	p.row("claimed time", moment(s.ClaimedTime))
	p.row("name", s.Name)
	p.row("reason", s.Reason)
	p.row("location", s.Location)
	p.row("contact", s.ContactInfo)
	for _, timestamp := range s.Timestamps {
		text := moment(timestamp.Time)
		if timestamp.TSA != nil {
			text += " by " + timestamp.TSA.Subject
		}
		p.row("timestamp", text+": "+timestamp.Indication+" "+timestamp.SubIndication)
	}
	for _, link := range s.Chain {
		if r := link.Revocation; r != nil && r.Status != "good" {
			p.row("revocation", link.Subject+": "+r.Status)
		}
	}
	p.row("integrity", strings.ReplaceAll(s.Integrity, "_", " "))
	p.row("signer", strings.ReplaceAll(s.Trust, "_", " "))
	if s.CoversWholeDocument == nil || !*s.CoversWholeDocument {
		p.row("changed since", changes[s.ChangesAfter])
	}
	for _, remark := range s.Remarks {
		p.row("remark", remark)
	}
}

// changes says in words what class of change it is.
var changes = map[string]string{
	"none": "nothing", "dss": "validation data or timestamps were added", "signature": "a signature was added",
	"form_filling": "form fields were filled", "annotation": "annotations were changed", "other": "what the document shows may have changed",
	"metadata": "dates or the producer were changed", "not_evaluated": "not evaluated",
}

func (p *reportPrinter) indication(indication, reason string) string {
	text := strings.TrimSpace(terminal.Safe(indication + " " + reason))
	switch indication {
	case passed:
		return p.style.Good(text)
	case "TOTAL-FAILED":
		return p.style.Bad(text)
	}
	return p.style.Doubt(text)
}

func (p *reportPrinter) row(label, value string) {
	if value = strings.TrimSpace(value); value != "" {
		fmt.Fprintf(&p.text, "     %s %s\n", p.style.Faint(fmt.Sprintf("%-14s", label)), terminal.Safe(value))
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
