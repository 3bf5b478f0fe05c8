package manualpage

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Write writes the manual page of a command line, in roff with the macros of man(7). It takes the
// text from the help of each command, so the two cannot differ. The page is the same on every
// machine.
func Write(w io.Writer, root *cobra.Command, version string) error {
	m := &manual{}
	m.macro("TH", strings.ToUpper(root.Name()), "1", "", root.Name()+" "+version, "User Commands")
	m.macro("SH", "NAME")
	m.line(root.Name() + ` \- ` + Escape(root.Short))
	m.macro("SH", "SYNOPSIS")
	m.line(`\fB` + Escape(root.Name()) + `\fR COMMAND [FLAGS]`)
	m.macro("SH", "DESCRIPTION")
	m.text(root.Long)
	m.macro("SH", "COMMANDS")
	m.commands(root)
	m.macro("SH", "FLAGS OF EVERY COMMAND")
	m.flags(root.PersistentFlags())
	_, err := io.WriteString(w, m.String())
	return err
}

// manual is a page while it is being written.
type manual struct{ strings.Builder }

func (m *manual) line(text string) {
	m.WriteString(text)
	m.WriteByte('\n')
}

// macro writes a roff request with its arguments.
func (m *manual) macro(name string, arguments ...string) {
	m.WriteString("." + name)
	for _, argument := range arguments {
		m.WriteString(` "` + strings.ReplaceAll(Escape(argument), `"`, `\(dq`) + `"`)
	}
	m.WriteByte('\n')
}

// commands writes about each subcommand, in the order of the parent's help.
func (m *manual) commands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		m.macro("SS", c.CommandPath()+strings.TrimPrefix(c.Use, c.Name()))
		about := c.Long
		if about == "" {
			about = c.Short + "."
		}
		m.text(about)
		m.flags(c.NonInheritedFlags())
		if c.Example != "" {
			m.macro("PP")
			m.line("Examples:")
			m.literal(strings.Split(strings.Trim(c.Example, "\n"), "\n"))
		}
		m.commands(c)
	}
}

// text writes paragraphs. Lines that begin with two spaces are printed unchanged.
func (m *manual) text(text string) {
	var literal []string
	flush := func() {
		if len(literal) > 0 {
			m.literal(literal)
			literal = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "  "):
			literal = append(literal, line)
			continue
		case line == "":
			flush()
			m.macro("PP")
			continue
		}
		flush()
		m.line(Escape(line))
	}
	flush()
}

func (m *manual) literal(lines []string) {
	m.macro("PP")
	m.macro("nf")
	for _, line := range lines {
		m.line(Escape(line))
	}
	m.macro("fi")
	m.macro("PP")
}

func (m *manual) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		m.macro("TP")
		spelling := ""
		if f.Shorthand != "" {
			spelling = `\fB` + Escape("-"+f.Shorthand) + `\fR, `
		}
		spelling += `\fB` + Escape("--"+f.Name) + `\fR`
		if value != "" {
			spelling += ` \fI` + Escape(value) + `\fR`
		}
		m.line(spelling)
		m.line(Escape(usage))
	})
}

// Escape escapes a line of text: the escape character, hyphens that must stay hyphens when copied,
// and characters that would start a request at the beginning of a line.
func Escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}
