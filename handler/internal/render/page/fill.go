package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/signing"
)

// Template is the source of a page.
type Template struct {
	HTML string
	CSS  string // inserted into the head of the page before its own styles; "" = none
	Head string // our own HTML, inserted before both
}

// The names of the parts in errors.
const (
	nameHTML = "html_template"
	nameCSS  = "css_template"
)

// Fill executes the template with data from ParseData and returns the page. Its errors are
// *signing.Error with the place in the template, or that of ctx. Safe for concurrent use.
func Fill(ctx context.Context, source Template, data any) ([]byte, error) {
	m := &meter{ctx: ctx}
	root, err := load(source, m)
	if err != nil {
		return nil, fillError(ctx, err)
	}
	out := &output{meter: m}
	if err := root.Execute(out, data); err != nil {
		return nil, fillError(ctx, err)
	}
	if bytes.Contains(out.Bytes(), []byte(unsafe)) {
		return nil, invalid("a value is not safe at its place: an address that is not a link, or text in a style")
	}
	return out.Bytes(), nil
}

// unsafe is what html/template writes instead of a value that could be code at its place.
const unsafe = "ZgotmplZ"

// doctype is the document type declaration. Browsers treat what follows it as the beginning of the
// head.
var doctype = regexp.MustCompile(`(?i)<!doctype[^>{]*>`)

func load(source Template, m *meter) (*template.Template, error) {
	for name, text := range map[string]string{nameHTML: source.HTML, nameCSS: source.CSS} {
		if len(text) > MaxTemplateBytes {
			return nil, over(fmt.Sprintf("%s has more than %d bytes", name, MaxTemplateBytes))
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, invalid(name + " is not text in UTF-8")
		}
	}
	if strings.Contains(strings.ToLower(source.CSS), "</style") {
		return nil, invalid("css_template closes its own style element")
	}
	if strings.Count(source.HTML, "{{")+strings.Count(source.CSS, "{{") > maxActions {
		return nil, over(fmt.Sprintf("the templates have more than %d actions", maxActions))
	}
	head := source.Head
	if source.CSS != "" {
		head += `<style data-part="` + nameCSS + `">{{template "` + nameCSS + `" .}}</style>`
	}
	text := "<!doctype html>" + head + source.HTML
	if at := doctype.FindStringIndex(source.HTML); at != nil {
		text = source.HTML[:at[1]] + head + source.HTML[at[1]:]
	}
	root, err := template.New(nameHTML).Funcs(m.functions()).Parse(text)
	if err != nil {
		return nil, err
	}
	if source.CSS != "" {
		if _, err := root.New(nameCSS).Parse(source.CSS); err != nil {
			return nil, err
		}
	}
	return root, prepare(root)
}

func invalid(detail string) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "template_invalid", Detail: detail}
}

// over is the error for a template or data beyond a bound.
func over(detail string) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "template_too_complex", Detail: detail}
}

// maxDetail bounds the text of a template error in the answer, in bytes.
const maxDetail = 300

// fillError turns an error of html/template into an error for the template's author. Its text has
// the place and names from the template, but no data.
func fillError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if known, ok := errors.AsType[*signing.Error](err); ok {
		return known
	}
	detail := strings.TrimPrefix(err.Error(), "template: ")
	detail = strings.TrimPrefix(strings.TrimPrefix(detail, "html/template:"), " ")
	detail = quoted.ReplaceAllString(detail, "$1 a value of this kind")
	detail = strings.ToValidUTF8(strings.Map(printable, detail[:min(len(detail), maxDetail)]), "")
	return &signing.Error{Kind: signing.Unprocessable, Code: "template_invalid", Detail: detail}
}

// quoted matches the errors of text/template that quote a value.
var quoted = regexp.MustCompile(`(?s)(can't iterate over|can't use) .*`)

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// output collects the output of a template, up to MaxPageBytes.
type output struct {
	bytes.Buffer
	meter *meter
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if err := o.meter.ctx.Err(); err != nil {
		return 0, err
	}
	if o.Len()+len(p) > MaxPageBytes {
		return 0, over(fmt.Sprintf("the page has more than %d bytes", MaxPageBytes))
	}
	return o.Buffer.Write(p)
}
