package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// plural is a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}

// grouped is a number with commas between the thousands.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// size is a length in bytes, and in a larger unit that is easier to read.
func size(bytes int64) string {
	exact := grouped(bytes) + " bytes"
	switch {
	case bytes == 1:
		return "1 byte"
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB (%s)", float64(bytes)/1e6, exact)
	case bytes >= 1e4:
		return fmt.Sprintf("%.0f kB (%s)", float64(bytes)/1e3, exact)
	}
	return exact
}

// instant is a time in digits; "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// date is a time in words, because every country orders digits differently; "" for none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

// capital makes a text begin with a capital.
func capital(text string) string {
	first, length := utf8.DecodeRuneInString(text)
	if length == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[length:]
}

// sentence makes a text begin with a capital and end with a full stop.
func sentence(text string) string {
	return capital(stopped(text))
}

// stopped makes a text end with a full stop.
func stopped(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// enumerate joins texts as English does.
func enumerate(texts []string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " and " + texts[last]
}

// quoted is a text of the document or the certificate, in quotation marks.
func quoted(text string) string { return "“" + text + "”" }
