package shell

import (
	"regexp"
	"strings"
)

// plain is a word in which no character means anything to a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9._:/@%+=,-]+$`)

// Word returns a text as one word of a command line, in quotes where it needs them.
func Word(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
