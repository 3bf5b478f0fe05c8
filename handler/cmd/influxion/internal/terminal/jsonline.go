package terminal

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// JSONLine returns a value as one line of JSON. It escapes all characters that control a terminal
// or are invisible; encoding/json escapes only those below U+0020.
func JSONLine(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic("internal error: a result that is not JSON")
	}
	var line strings.Builder
	for _, r := range string(text) {
		if unicode.IsGraphic(r) {
			line.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&line, `\u%04x`, unit)
		}
	}
	return line.String() + "\n"
}
