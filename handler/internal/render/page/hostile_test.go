package page_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"influxion/handler/internal/render/page"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/signing"
)

// Templates and data that would take endless time, or all memory, each end with an error.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	for _, test := range rendertest.HostileTemplates() {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			_, err := fill(t, test.HTML, "", test.Data)
			code := ""
			if err != nil {
				code = signing.AsError(err).Code
			}
			if code != test.Code {
				t.Errorf("got %q (%.300v), want %q", code, err, test.Code)
			}
			if err != nil && (strings.Contains(err.Error(), strings.Repeat("<", 20)) || len(err.Error()) > 500) {
				t.Errorf("got data in an error: %.200s", err)
			}
		})
	}
}

// An error names the place in the template but contains no data, because it goes to the log.
func TestErrorsHoldNoData(t *testing.T) {
	t.Parallel()
	for _, html := range []string{`{{range .s}}{{end}}`, `{{range .o.s}}{{end}}`, `{{.s.t}}`, `{{index .s .s}}`,
		`{{slice .s .s}}`, `{{money "EUR" "de" .s}}`, `{{date "long" "de" .s}}`, `{{add .s 1}}`, `{{sum .s .s}}`,
		`{{lt .o .s}}`, `{{join "," .s}}`, `{{table .s "a"}}`, `{{picture .s}}`, `{{len .n}}`, `{{printf .s .o}}`,
		`{{number .s "de" 1}}`, `{{upper .o}}`, `{{template "x" .s}}`, `<a href="{{.u}}">`, `{{index .o .o}}`} {
		_, err := fill(t, html, "", `{"s":"canary","o":{"s":"canary"},"n":1,"u":"canary:canary"}`)
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an error without data", html, err)
		}
	}
}

func TestHostileData(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ data, code string }{
		"deep arrays":    {strings.Repeat("[", 9999), "template_too_complex"},
		"deep objects":   {strings.Repeat(`{"a":`, 9999), "template_too_complex"},
		"many values":    {"[" + strings.Repeat("1,", 200_000) + "1]", "template_too_complex"},
		"long":           {`"` + strings.Repeat("x", page.MaxDataBytes) + `"`, "template_too_complex"},
		"long in HTML":   {`"` + strings.Repeat("<", page.MaxPageBytes/5+1) + `"`, "template_too_complex"},
		"long in a link": {`["` + strings.Repeat("é", page.MaxPageBytes/6+1) + `"]`, "template_too_complex"},
		"a member twice": {`{"a":1,"a":2}`, "data_invalid"},
		"two values":     {`{} {}`, "data_invalid"},
		"cut":            {`{"a":`, "data_invalid"},
		"no JSON":        {`{a:1}`, "data_invalid"},
		"not UTF-8":      {"\"\xff\"", "data_invalid"},
	} {
		if _, err := page.ParseData([]byte(test.data)); err == nil || signing.AsError(err).Code != test.code {
			t.Errorf("%s: got %v, want %s", name, err, test.code)
		}
	}
}

// A text of data may make as many bytes as a page may have. What html/template escapes counts as
// its reference.
func TestTextsThatGrow(t *testing.T) {
	t.Parallel()
	html, link := strings.Repeat("<", page.MaxPageBytes/5), strings.Repeat("é", page.MaxPageBytes/6) // 3 and 2 left
	for text, fits := range map[string]bool{
		html + "xxx": true, html + "xxxx": false, link + "xx": true, link + "xxx": false,
		html + "<": false, html + ">": false, html + "&": false, html + `\"`: false, html + "'": false,
		html + "+": false, html + "=": false, html + "`": false, html + " ": false, html + `\t`: false,
		html + `\n`: false, html + `\r`: false, html + `\u0000`: false, html[1:] + "xxx\u0080": false,
	} {
		_, err := page.ParseData([]byte(`"` + text + `"`))
		if fits != (err == nil) || err != nil && signing.AsError(err).Code != "template_too_complex" {
			t.Errorf("%.3q…%q: got %.100v, want that it fits: %v", text, text[len(text)-4:], err, fits)
		}
	}
}

// A picture in the data may be as long as the data, and so may a text of which little is escaped.
func TestLongDataOfPlainText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("abc+/0123456789ABCDEFGHIJ", page.MaxDataBytes/25-1),
		strings.Repeat("words of a text ", page.MaxDataBytes/16-1)} {
		if _, err := page.ParseData([]byte(`"` + text + `"`)); err != nil {
			t.Errorf("%.20q…: got %v, want the text", text, err)
		}
	}
}

// A caller that leaves, or a deadline, ends a template that writes nothing.
func TestFillEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := page.Fill(ctx, page.Template{HTML: `{{range 1000}}{{end}}`}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// Our head and styles follow the document type, wherever the template has it.
func TestHead(t *testing.T) {
	t.Parallel()
	const head = `HEAD<style data-part="css_template">b{color:red}</style>`
	for html, want := range map[string]string{
		`x`:                  `<!doctype html>` + head + `x`,
		`<!DOCTYPE html><p>`: `<!DOCTYPE html>` + head + `<p>`,
		`{{define "a"}}y{{end}}<!doctype html>{{template "a"}}`: `<!doctype html>` + head + `y`,
	} {
		out, err := page.Fill(t.Context(), page.Template{HTML: html, CSS: "b{color:{{.c}}}", Head: "HEAD"},
			map[string]any{"c": "red"})
		if err != nil || string(out) != want {
			t.Errorf("%s: got %q (%v), want %q", html, out, err, want)
		}
	}
	if _, err := fill(t, `x`, `</STYLE><script>`, ``); err == nil {
		t.Error("got a style sheet that ends its element, want an error")
	}
}

func FuzzFill(f *testing.F) {
	f.Add(`{{range .l}}{{.}}{{else}}{{end}}`, `p{color:{{.c}}}`, `{"l":[1,2.5,null,{"a":"b"}],"c":"red"}`)
	f.Add(`{{define "a"}}{{.}}{{end}}{{template "a" .s}}{{table .t "a=b"}}`, ``, `{"s":"<","t":[{"b":1}]}`)
	f.Add(`<a href="{{.u}}" style="x:{{.u}}">{{sum "a" .t | money "EUR" "de"}}{{qr "x"}}`, ``, `{"u":"x","t":[{"a":0.1}]}`)
	f.Add(`{{printf "%5.2f" 1.5}}{{date "long" "fr" "2026-01-01"}}{{div 1 3}}{{join "," (split "," "a,b")}}`, ``, ``)
	f.Fuzz(func(t *testing.T, html, css, data string) {
		value, err := page.ParseData([]byte(data))
		if err != nil {
			return
		}
		out, err := page.Fill(t.Context(), page.Template{HTML: html, CSS: css}, value)
		if err != nil {
			if signing.AsError(err).Kind == signing.Internal {
				t.Errorf("got %v, want an error of the template", err)
			}
			return
		}
		if len(out) > page.MaxPageBytes {
			t.Errorf("got %d bytes", len(out))
		}
	})
}
