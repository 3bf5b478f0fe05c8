package terminal

import (
	"strings"
	"unicode"
)

// maxText bounds one text, in characters.
const maxText = 2000

// Safe makes text of a document, a certificate or a server harmless. It removes control characters,
// which terminals obey, and characters that change the direction of writing, which make text look
// different from what it is. The result is one line.
func Safe(text string) string {
	clean := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(clean) > maxText {
		clean = append(clean[:maxText], '…')
	}
	for i, r := range clean {
		switch {
		case unicode.Is(unicode.Zs, r) || r == '\n' || r == '\r' || r == '\t':
			clean[i] = ' '
		case !unicode.IsGraphic(r):
			clean[i] = '\uFFFD'
		}
	}
	return string(clean)
}
