package main

import (
	"errors"
	"fmt"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
)

// sealResults prints the outcomes of a batch: results on stdout, one line for each file, and errors
// on stderr.
type sealResults struct {
	app      *app
	progress *terminal.Progress
	style    terminal.Style
	toStdout bool // stdout takes the document itself
	done     int
	failed   int
	last     error // the last failure
	write    error // of stdout
}

func (r *sealResults) add(o outcome) {
	a := r.app
	if o.err != nil {
		r.failed++
		r.last = fmt.Errorf("%s: %w", o.from, input.Bare(o.from, o.err))
		if a.global.jsonOutput && !r.toStdout {
			r.print(terminal.JSONLine(map[string]any{"file": o.from, "error": errorFields(o.err)}))
		}
		if !exit.RefusesSignIn(o.err) && r.progressing() {
			_ = r.progress.Print(a.err, "influxion: "+r.style.Bad("failed")+" "+terminal.Safe(r.last.Error())+"\n"+
				hint(r.last))
		}
	} else {
		r.done++
		if !r.toStdout {
			r.print(r.line(o))
		}
		if o.signed.Shortfall != "" && !a.global.jsonOutput {
			_ = r.progress.Print(a.err,
				fmt.Sprintf("influxion: %s %s has level %s only: %s\n", r.style.Doubt("note"), terminal.Safe(o.from),
					terminal.Safe(o.signed.Level), terminal.Safe(o.signed.Shortfall)))
		}
		if o.signed.Remarks != "" && !a.global.jsonOutput {
			_ = r.progress.Print(a.err, fmt.Sprintf("influxion: %s %s: %s\n", r.style.Doubt("note"),
				terminal.Safe(o.from), terminal.Safe(o.signed.Remarks)))
		}
		if o.signed.PDFUALost != "" && !a.global.jsonOutput {
			_ = r.progress.Print(a.err,
				fmt.Sprintf("influxion: %s %s is no longer %s: %s\n", r.style.Doubt("note"), terminal.Safe(o.from),
					terminal.Safe(o.signed.PDFUA), terminal.Safe(o.signed.PDFUALost)))
		}
	}
	r.progress.Step(o.from, o.err == nil)
}

// progressing reports whether errors are printed one by one. The error of a single file is printed
// at the end.
func (r *sealResults) progressing() bool { return r.progress.Total() > 1 }

func (r *sealResults) print(text string) {
	if err := r.progress.Print(r.app.out, text); err != nil && r.write == nil {
		r.write = err
	}
}

// line is the name of the written file or, with --json, everything known about it.
func (r *sealResults) line(o outcome) string {
	if !r.app.global.jsonOutput {
		return terminal.Safe(o.to) + "\n"
	}
	s := o.signed
	return terminal.JSONLine(struct {
		File        string `json:"file"`
		Output      string `json:"output"`
		Size        int64  `json:"size"`
		SHA256      string `json:"sha256"`
		Certificate string `json:"certificate,omitempty"`
		Version     string `json:"version,omitempty"`
		Fingerprint string `json:"fingerprint,omitempty"`
		Level       string `json:"level,omitempty"`
		Shortfall   string `json:"shortfall,omitempty"`
		Remarks     string `json:"remarks,omitempty"`
		PDFA        string `json:"pdf_a,omitempty"`
		PDFUA       string `json:"pdf_ua,omitempty"`
		PDFUALost   string `json:"pdf_ua_lost,omitempty"`
		Invocation  string `json:"invocation,omitempty"`
	}{o.from, o.to, s.Size, fmt.Sprintf("%x", s.SHA256), s.Certificate, s.Version, s.Fingerprint, s.Level, s.Shortfall,
		s.Remarks, s.PDFA, s.PDFUA, s.PDFUALost, s.InvocationID})
}

// summarize ends a batch with a line for a person. In a pipe it prints the line only if something
// was not done, or with --verbose.
func (a *app) summarize(done, failed, total int, took time.Duration) {
	switch left := total - done - failed; {
	case failed > 0 || left > 0:
		fmt.Fprintf(a.err, "influxion: %d of %d done, %d failed, %d not begun or given up, in %s\n", done, total,
			failed, left, waiting.Span(took))
	case a.talks():
		fmt.Fprintf(a.err, "influxion: all %d done in %s\n", total, waiting.Span(took))
	}
}

// errorFields returns an error as members of a JSON object.
func errorFields(err error) map[string]any {
	f := map[string]any{"message": err.Error()}
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		f["status"], f["code"], f["detail"], f["instance"] = problem.Status, problem.Code, problem.Detail,
			problem.Instance
		if hint := hints[problem.Code]; hint != "" {
			f["hint"] = hint
		}
	}
	return f
}
