package main

import (
	"context"
	"fmt"
	"strings"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

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

// paint is how a terminal shows the states of a report.
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

// summarizeFindings ends a batch with a line for a person. In a pipe it is said only with
// --verbose: the code of the program tells the rest.
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
