package reference

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Language returns the language that a page states for the whole of itself: the attribute lang of
// its element html. "" = it states none.
func Language(page []byte) string {
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			if token := tokens.Token(); token.Data == "html" {
				return strings.TrimSpace(attribute(token, "lang"))
			}
		}
	}
}
