package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/manualpage"
)

// The manual page contains every command with its flags, as their help describes them.
func TestManual(t *testing.T) {
	t.Parallel()
	root := (&app{}).command()
	var out bytes.Buffer
	if err := manualpage.Write(&out, root, version); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	commands, flags := 0, 0
	has := func(what, text string) {
		if !strings.Contains(page, manualpage.Escape(text)) {
			t.Errorf("%s: got a page without %q", what, text)
		}
	}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for _, below := range c.Commands() {
			if !below.IsAvailableCommand() {
				continue // hidden, or help
			}
			commands++
			has(below.CommandPath(), below.CommandPath())
			for line := range strings.SplitSeq(below.Long+"\n"+below.Example, "\n") {
				has(below.CommandPath(), line)
			}
			visit(below)
		}
		c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			_, usage := pflag.UnquoteUsage(f)
			if f.Name != "help" {
				flags++
				has(c.CommandPath()+" --"+f.Name, "--"+f.Name)
				has(c.CommandPath()+" --"+f.Name, usage)
			}
		})
	}
	visit(root)
	if commands < 15 || flags < 80 {
		t.Errorf("got %d commands with %d flags, want all", commands, flags)
	}
	has("exit codes", strings.Split(exit.Help, "\n")[1])
}

func TestRoff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"--level B-B": `\-\-level B\-B`, ".env file": `\&.env file`, "'quoted'": `\(aqquoted\(aq`, `C:\signed`: `C:\esigned`,
	} {
		if got := manualpage.Escape(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
