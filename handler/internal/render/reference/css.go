package reference

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"influxion/handler/internal/signing"
)

// images are the functions in which a string is an address.
var images = []string{"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade"}

// CSS checks a style sheet, or the declarations of a style attribute. Errors name the place where.
func (c *Checker) CSS(where string, text []byte) error {
	// The lexer writes a zero byte behind its input. The rest of the page can be there, so the
	// lexer gets a copy with space for that byte.
	lexer := css.NewLexer(parse.NewInputBytes(append(make([]byte, 0, len(text)+1), text...)))
	var functions []string // the open functions, and "" for other parentheses
	importing := false
	for {
		kind, token := lexer.Next()
		switch kind {
		case css.ErrorToken:
			return nil // the end: the lexer of CSS accepts all input
		case css.BadURLToken, css.BadStringToken:
			return &signing.Error{Kind: signing.Unprocessable, Code: "style_invalid",
				Detail: where + " has a string or url() that does not end"}
		case css.URLToken:
			if err := address(where, token, c.judge(importing)); err != nil {
				return err
			}
			importing = false
		case css.AtKeywordToken:
			importing = unescape(token[1:]) == "import"
		case css.FunctionToken:
			name := unescape(token[:len(token)-1])
			if name == "url" {
				return forbidden(where, "writes url() with escapes")
			}
			functions = append(functions, name)
		case css.LeftParenthesisToken:
			functions = append(functions, "")
		case css.RightParenthesisToken:
			functions = functions[:max(len(functions)-1, 0)]
		case css.StringToken:
			if importing || slices.ContainsFunc(functions, func(f string) bool { return slices.Contains(images, f) }) {
				if err := c.judge(importing)(where, unquote(token)); err != nil {
					return err
				}
			}
			importing = false
		case css.SemicolonToken, css.LeftBraceToken:
			importing = false
		}
	}
}

// judge returns the check of an address: that of a style sheet for one that @import names.
func (c *Checker) judge(importing bool) func(where, address string) error {
	if importing {
		return c.style
	}
	return c.check
}

// address passes the address in url(…), with or without quotes, to judge.
func address(where string, token []byte, judge func(where, address string) error) error {
	open := strings.IndexByte(string(token), '(')
	if open < 0 {
		return forbidden(where, "has a url() that cannot be read")
	}
	inner := strings.Trim(strings.TrimSuffix(string(token[open+1:]), ")"), " \t\r\n\f")
	if inner != "" && (inner[0] == '"' || inner[0] == '\'') {
		return judge(where, unquote([]byte(inner)))
	}
	return judge(where, decode(inner))
}

func unquote(token []byte) string {
	text := string(token)
	quote := text[:1]
	return decode(strings.TrimSuffix(text[1:], quote))
}

// unescape resolves the escapes in an identifier and converts it to lower case.
func unescape(name []byte) string { return strings.ToLower(decode(string(name))) }

// decode resolves escapes: CSS Syntax Level 3, 4.3.7.
func decode(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		digits := 0
		for digits < 6 && i+1+digits < len(text) && strings.IndexByte("0123456789abcdefABCDEF", text[i+1+digits]) >= 0 {
			digits++
		}
		if digits == 0 {
			if i++; text[i] != '\n' { // an escaped line break continues the string
				b.WriteByte(text[i])
			}
			continue
		}
		value, err := strconv.ParseUint(text[i+1:i+1+digits], 16, 32)
		if err != nil || value == 0 || value > utf8.MaxRune {
			value = utf8.RuneError
		}
		b.WriteRune(rune(value))
		if i += digits; i+1 < len(text) && strings.IndexByte(" \t\n\r\f", text[i+1]) >= 0 {
			i++ // white space that ends the escape
		}
	}
	return b.String()
}
