package page

import (
	"fmt"
	"html/template"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"influxion/handler/internal/signing"
)

// functions are the functions for templates, in addition to and, index, len, not, or and slice of
// text/template, which cost little. They replace those of text/template whose result can be much
// larger than their arguments. docs/generate.md describes each of them for authors.
func (m *meter) functions() template.FuncMap {
	return template.FuncMap{
		stepFunction: m.turn,

		"print":    func(args ...any) (string, error) { return m.print(fmt.Sprint, args) },
		"println":  func(args ...any) (string, error) { return m.print(fmt.Sprintln, args) },
		"printf":   m.printf,
		"html":     func(args ...any) (string, error) { return m.print(template.HTMLEscaper, args) },
		"urlquery": func(args ...any) (string, error) { return m.print(template.URLQueryEscaper, args) },
		"js":       func(...any) (string, error) { return "", wrong("js is not supported: pages have no scripts") },
		"call":     func(...any) (string, error) { return "", wrong("call is not supported: data has no functions") },

		"eq": m.equal, "ne": m.unequal, "lt": m.order(-1), "gt": m.order(1), "le": m.order(-1, 0), "ge": m.order(0, 1),
		"add": m.arithmetic(sum), "sub": m.arithmetic(difference), "mul": m.arithmetic(product),
		"div": m.arithmetic(quotient), "round": m.round, "sum": m.total,

		"number": m.number, "percent": m.percent, "money": m.money, "date": m.date,

		"upper": m.text(strings.ToUpper), "lower": m.text(strings.ToLower), "trim": m.text(strings.TrimSpace),
		"join": m.join, "split": m.split, "lines": m.lines, "default": fallback,

		"table": m.table, "picture": m.picture, "qr": m.qr, "signature": m.signature,
	}
}

// wrong is the error of a function call. It is for the template's author and must contain no data.
func wrong(format string, args ...any) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "template_invalid", Detail: fmt.Sprintf(format, args...)}
}

// print writes values. Each value may have at most maxText bytes.
func (m *meter) print(write func(...any) string, args []any) (string, error) {
	for _, arg := range args {
		size, err := printed(arg)
		if err != nil {
			return "", err
		}
		if err := m.look(size); err != nil {
			return "", err
		}
		if size > maxText {
			return "", over(fmt.Sprintf("a function of the template gets more than %d bytes", maxText))
		}
	}
	return m.give(write(args...), nil)
}

// printed returns the approximate length in bytes of a written value. The value must be a text, a
// number or a truth value.
func printed(arg any) (int, error) {
	value := reflect.ValueOf(arg)
	switch value.Kind() {
	case reflect.String:
		return value.Len(), nil
	case reflect.Map, reflect.Slice, reflect.Func, reflect.Pointer, reflect.Struct:
		return 0, wrong("a function that needs a text or a number gets something else")
	}
	return 32, nil
}

// widths matches what makes a verb of a format write more than its value: a width of more than two
// digits, or a width from the arguments.
var widths = regexp.MustCompile(`[0-9]{3}|\*|\[`)

func (m *meter) printf(format string, args ...any) (string, error) {
	if len(format) > maxQRBytes || widths.MatchString(format) {
		return "", wrong("printf gets a format that is too long or too wide")
	}
	return m.print(func(...any) string { return fmt.Sprintf(format, args...) }, args)
}

// text makes a template function from a function of one text. It writes another value as print
// does.
func (m *meter) text(change func(string) string) func(any) (string, error) {
	return func(arg any) (string, error) {
		return m.print(func(args ...any) string { return change(written(args[0])) }, []any{arg})
	}
}

// written returns a value as a page shows it; "" for a missing value.
func written(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// join joins the texts of a list: {{join ", " .names}}.
func (m *meter) join(separator string, list any) (string, error) {
	elements, err := m.list("join", list)
	if err != nil {
		return "", err
	}
	texts, length := make([]string, 0, len(elements)), 0
	for _, element := range elements {
		size, err := printed(element)
		if err != nil {
			return "", err
		}
		if length += size + len(separator); length > maxText {
			return "", over(fmt.Sprintf("join returns more than %d bytes", maxText))
		}
		texts = append(texts, written(element))
	}
	return m.give(strings.Join(texts, separator), nil)
}

// list returns the elements of an array of the data or of a result of split. A missing value is an
// empty list.
func (m *meter) list(function string, list any) ([]any, error) {
	elements, ok := list.([]any)
	if !ok && list != nil {
		return nil, wrong("%s needs a list", function)
	}
	return elements, m.look(len(elements))
}

// split splits a text: {{range split ";" .codes}}.
func (m *meter) split(separator string, text any) ([]any, error) {
	value := written(text)
	if _, err := m.give(value, nil); err != nil {
		return nil, err
	}
	if value == "" || separator == "" {
		return nil, nil
	}
	parts := []any{}
	for part := range strings.SplitSeq(value, separator) {
		parts = append(parts, part)
	}
	return parts, m.look(16 * len(parts))
}

// lines writes a text and keeps its line breaks: {{lines .address}}.
func (m *meter) lines(text any) (template.HTML, error) {
	escaped, err := m.print(func(args ...any) string {
		return strings.ReplaceAll(template.HTMLEscapeString(written(args[0])), "\n", "<br>")
	}, []any{text})
	return template.HTML(escaped), err
}

// signature marks a place for an empty signature field: {{signature "buyer"}}. The style sheet sets
// its size: a.signature {display: block; height: 2cm}.
func (m *meter) signature(name any) (template.HTML, error) {
	address, err := m.print(func(args ...any) string { return url.PathEscape(written(args[0])) }, []any{name})
	return template.HTML(`<a class="signature" href="signature-field:` + template.HTMLEscapeString(address) + `"></a>`), err
}

// fallback returns the value, or other if the value is empty: {{.name | default "nobody"}}.
func fallback(other, value any) any {
	if truth, _ := template.IsTrue(value); truth {
		return value
	}
	return other
}
