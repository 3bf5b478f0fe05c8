package terminal

import (
	"strings"
	"unicode"
)

// maxText bounds one text, in characters.
const maxText = 2000

// Safe makes a text of a document, a certificate or a server harmless: no control characters, which terminals obey, and none of those
// that turn the direction of writing, which show something else than what is there. It has one line.
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
