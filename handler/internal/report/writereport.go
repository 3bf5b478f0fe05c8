package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"

	"influxion/handler/internal/pades"
)

//go:embed report.html
var htmlSource string

//go:embed report.css
var style string

//go:embed report.txt
var textSource string

//go:embed terminal.txt
var terminalSource string

// HTML writes a report as one page in English that loads nothing and runs nothing. The page itself
// contains the Policy that tells browsers so.
func HTML(w io.Writer, r *pades.Report) error {
	parsed, err := htmltemplate.New("report").Parse(htmlSource)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	return parsed.Execute(w, struct {
		*page
		Style  htmltemplate.CSS
		Policy string
	}{newPage(r), htmltemplate.CSS(style), Policy()})
}

// Policy is the Content-Security-Policy of the page: one style sheet, named by its digest, and
// nothing else. It lacks frame-ancestors, which only a header field may set.
func Policy() string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(
		digest[:],
	) + "'; base-uri 'none'; form-action 'none'"
}

// Text writes a report in plain text, in English and UTF-8, for mails and files.
func Text(w io.Writer, r *pades.Report) error {
	return execute(w, textSource, newPage(r), Paint{})
}

// Paint colours the texts of a terminal. A nil function leaves a text as it is.
type Paint struct {
	State  func(state State, text string) string
	Strong func(text string) string
	Faint  func(text string) string
}

// Terminal writes a summary of a report for a person at a terminal. The file is the document's name
// as the person gave it.
func Terminal(w io.Writer, file string, r *pades.Report, paint Paint) error {
	p := newPage(r)
	p.Name = cleanText(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(file), maxText)
	return execute(w, terminalSource, p, paint)
}

func execute(w io.Writer, source string, p *page, paint Paint) error {
	plain := func(text string) string { return text }
	if paint.State == nil {
		paint.State = func(_ State, text string) string { return text }
	}
	if paint.Strong == nil {
		paint.Strong = plain
	}
	if paint.Faint == nil {
		paint.Faint = plain
	}
	parsed, err := template.New("report").Funcs(template.FuncMap{
		"upper": strings.ToUpper, "label": label, "paint": paint.State, "strong": paint.Strong, "faint": paint.Faint,
	}).Parse(source)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	return parsed.Execute(w, p)
}

// label pads a label to the width of all labels; the further lines of a value have an empty one.
func label(text string, line int) string {
	const width = 20
	if line > 0 {
		text = ""
	}
	return fmt.Sprintf("%-*s", width, text)
}
