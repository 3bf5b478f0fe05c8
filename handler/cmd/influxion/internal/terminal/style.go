package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style colours text by ECMA-48. The zero Style has no colours.
type Style struct{ Colour bool }

// NewStyle returns the style for an output: colours on a terminal, unless NO_COLOR is set
// (no-color.org) or the terminal is dumb.
func NewStyle(out io.Writer, getenv func(string) string) Style {
	return Style{IsTerminal(out) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// IsTerminal reports whether an output is a terminal.
func IsTerminal(out any) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// width returns a terminal's number of columns, or 80 if it is unknown.
func width(out any) int {
	if file, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

func (s Style) paint(code, text string) string {
	if !s.Colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good marks success.
func (s Style) Good(text string) string { return s.paint("32", text) }

// Doubt marks what a person should check.
func (s Style) Doubt(text string) string { return s.paint("33", text) }

// Bad marks faults.
func (s Style) Bad(text string) string { return s.paint("31", text) }

// Strong marks headings.
func (s Style) Strong(text string) string { return s.paint("1", text) }

// Faint marks labels.
func (s Style) Faint(text string) string { return s.paint("2", text) }
