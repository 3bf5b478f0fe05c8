package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// finding is the result for one file.
type finding struct {
	file   string
	report *pades.Report
	err    error
}

func (f finding) code() int {
	switch {
	case f.err != nil && exit.RefusesSignIn(f.err):
		return exit.SignIn
	case f.err != nil:
		return exit.Failed
	case f.report.Summary.Total == 0 || f.report.Summary.Passed != f.report.Summary.Total:
		return exit.NotVerified
	}
	return exit.OK
}

// worse gives the more important of two exit codes: a refused sign-in comes before a file that
// could not be verified, and that before one that did not pass.
func worse(a, b int) int {
	rank := map[int]int{exit.OK: 0, exit.NotVerified: 1, exit.Failed: 2, exit.SignIn: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// printFinding prints the result for a file: a report on stdout, an error on stderr.
func (a *app) printFinding(progress *terminal.Progress, f finding, several bool) error {
	if a.global.jsonOutput {
		if f.err != nil {
			return progress.Print(a.out, terminal.JSONLine(map[string]any{"file": f.file, "error": errorFields(f.err)}))
		}
		return progress.Print(a.out, terminal.JSONLine(struct {
			File string `json:"file"`
			*pades.Report
		}{f.file, f.report}))
	}
	if f.err != nil {
		text := terminal.Safe(f.file + ": " + exit.Explain(context.Background(), input.Bare(f.file, f.err)))
		return progress.Print(a.err, "influxion: "+text+"\n"+hint(f.err))
	}
	var text strings.Builder
	if err := report.Terminal(&text, f.file, f.report, paint(a.style(a.out))); err != nil {
		return err
	}
	if several && f.report.Summary.Total > 0 {
		text.WriteString("\n")
	}
	return progress.Print(a.out, text.String())
}

// paint says how a terminal shows the states of a report.
func paint(style terminal.Style) report.Paint {
	return report.Paint{Strong: style.Strong, Faint: style.Faint, State: func(state report.State, text string) string {
		switch state {
		case report.Good:
			return style.Good(text)
		case report.Bad:
			return style.Bad(text)
		}
		return style.Doubt(text)
	}}
}

// summarizeFindings ends a batch with a line for a person. In a pipe it prints the line only with
// --verbose: the exit code tells the rest.
func (a *app) summarizeFindings(total int, codes map[int]int) {
	if total < 2 || !a.talks() {
		return
	}
	text := fmt.Sprintf("influxion: of %d documents %d verified", total, codes[exit.OK])
	for _, part := range []struct {
		code int
		text string
	}{{exit.NotVerified, "not verified"}, {exit.Failed, "not read"}, {exit.SignIn, "refused with the sign-in"}} {
		if n := codes[part.code]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, part.text)
		}
	}
	fmt.Fprintln(a.err, text)
}

// sealFlags adds the flags that say how to seal the report.
func sealFlags(c *cobra.Command, seal *client.Seal) {
	flags := c.Flags()
	flags.StringVar(&seal.Certificate, "certificate", "",
		"`NAME` of the certificate for --seal (default: the service's)")
	flags.StringVar(&seal.Level, "level", "", "level of that seal: B-B, B-T, B-LT, B-LTA (default: the service's)")
	choices(c, "level", levels...)
}

// writePDF lets the service make the report on a document once more, as PDF/A, and writes it to its
// file. The document has the same name there as in the other reports.
func (r *verifyRun) writePDF(ctx context.Context, file string) error {
	document, closeDocument, err := input.Open(ctx, file, r.app.in)
	if err != nil {
		return err
	}
	defer closeDocument()
	ctx, cancel := r.app.limited(ctx)
	defer cancel()
	var seal *client.Seal
	if r.reports.Seal {
		seal = &r.seal
	}
	named := namedDocument{document, documentName(file)}
	made, err := r.service.VerifyPDF(ctx, client.WithPassword(named, r.password), seal)
	if err != nil {
		return fmt.Errorf("report in PDF: %w", waiting.TimedOut(ctx, err))
	}
	defer made.Body.Close() // of a report whose file cannot be made
	return r.app.files.Write(r.reports.PDF, r.reports.Force, func(w io.Writer) error {
		_, err := made.WriteTo(w)
		return err
	})
}

// namedDocument is a document with the name for its report.
type namedDocument struct {
	client.Document
	name string
}

// Name returns that name; "" = the document has none.
func (d namedDocument) Name() string { return d.name }
