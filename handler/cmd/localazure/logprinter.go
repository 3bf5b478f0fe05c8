package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"influxion/handler/internal/hosttest"
)

// logPrinter prints the log of host and handler with a prefix, and dimmed on a terminal, so that a
// person can tell it from the report.
type logPrinter struct {
	out         io.Writer
	dim, normal string
}

// newLogPrinter dims only on a terminal, and not if NO_COLOR is set.
func newLogPrinter(out *os.File) *logPrinter {
	p := &logPrinter{out: out}
	info, err := out.Stat()
	if _, plain := os.LookupEnv("NO_COLOR"); err == nil && info.Mode()&os.ModeCharDevice != 0 && !plain {
		p.dim, p.normal = "\x1b[2m", "\x1b[0m"
	}
	return p
}

func (p *logPrinter) print(line hosttest.Line) {
	source := "host   "
	if line.Handler {
		source = "handler"
	}
	level := ""
	if line.Level != hosttest.Information {
		level = strings.ToUpper(string(line.Level)) + " "
	}
	fmt.Fprintf(p.out, "%s%s | %s%s%s\n", p.dim, source, level, printable(line.Text), p.normal)
}

// printable removes characters that would control the terminal from a log line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}
