package page_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/render/page"
	"influxion/handler/internal/signing"
)

// Templates and data that would take endless time, or all memory, each end with an error.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	nested := func(times int, open, inner, end string) string {
		return strings.Repeat(open, times) + inner + strings.Repeat(end, times)
	}
	chain := func(times int, call string) string {
		var b strings.Builder
		for i := range times {
			fmt.Fprintf(&b, `{{define "t%d"}}`+call+`{{end}}`, i, i+1)
		}
		return b.String() + fmt.Sprintf(`{{define "t%d"}}x{{end}}{{template "t0" .}}`, times)
	}
	big := `{"l":[` + strings.Repeat("1,", 1999) + `1],"s":"` + strings.Repeat("<", 100_000) + `"}`
	for name, test := range map[string]struct{ html, data, code string }{
		"a loop over a number":        {`{{range 9223372036854775807}}{{end}}`, ``, "template_too_complex"},
		"a loop that writes":          {`{{range 9223372036854775807}}xxxxxxxxxxxxxxxxxxxxxxxxx{{end}}`, ``, "template_too_complex"},
		"loops within loops":          {nested(4, `{{range $.l}}`, ``, `{{end}}`), big, "template_too_complex"},
		"loops within many loops":     {nested(40, `{{range $.l}}`, `x`, `{{end}}`), big, "template_too_complex"},
		"loops left open by continue": {`{{range 9000000}}{{continue}}{{end}}`, ``, "template_too_complex"},
		"conditions within many":      {nested(9000, `{{if 1}}`, `x`, `{{end}}`), ``, "template_too_complex"},
		"with within many":            {nested(100, `{{with 1}}`, `x`, `{{end}}`), ``, "template_too_complex"},
		"else if within many":         {`{{if 0}}` + strings.Repeat(`{{else if 0}}x`, 200) + `{{end}}`, ``, "template_too_complex"},
		"a template that calls itself": {`{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`, ``,
			"template_invalid"},
		"two that call each other": {`{{define "a"}}{{template "b" .}}{{end}}{{define "b"}}{{template "a" .}}{{end}}` +
			`{{template "a" .}}`, ``, "template_invalid"},
		"itself in a loop":      {`{{define "a"}}{{range .l}}{{template "a" .}}{{end}}{{end}}{{template "a" .}}`, big, "template_invalid"},
		"the page calls itself": {`{{template "html_template" .}}`, ``, "template_invalid"},
		"a chain that doubles":  {chain(40, `{{template "t%[2]d" .}}{{template "t%[2]d" .}}`), ``, "template_too_complex"},
		"a chain in loops":      {chain(40, `{{range $.l}}{{template "t%[2]d" $}}{{end}}`), big, "template_too_complex"},
		"a long chain":          {chain(200, `{{template "t%[2]d" .}}`), ``, "template_too_complex"},
		"many actions":          {strings.Repeat(`{{1}}`, 20_001), ``, "template_too_complex"},
		"a long template":       {strings.Repeat(`x`, page.MaxTemplateBytes+1), ``, "template_too_complex"},
		"a text that doubles":   {`{{$a := "xx"}}{{range 64}}{{$a = print $a $a}}{{end}}`, ``, "template_too_complex"},
		"by printf":             {`{{$a := "xx"}}{{range 64}}{{$a = printf "%s%s" $a $a}}{{end}}`, ``, "template_too_complex"},
		"by html":               {`{{$a := .s}}{{range 64}}{{$a = html $a $a}}{{end}}`, big, "template_too_complex"},
		"by urlquery":           {`{{$a := .s}}{{range 64}}{{$a = urlquery $a $a}}{{end}}`, big, "template_too_complex"},
		"by join":               {`{{$a := .s}}{{range 64}}{{$a = join $a $.l}}{{end}}`, big, "template_too_complex"},
		"by js":                 {`{{js "\\"}}`, ``, "template_invalid"},
		"a wide format":         {`{{printf "%1000000d" 1}}`, ``, "template_invalid"},
		"a width as argument":   {`{{printf "%*d" 1000000 1}}`, ``, "template_invalid"},
		"all data, often":       {`{{range 100000}}{{$x := print $.s}}{{end}}`, big, "template_too_complex"},
		"all data as a text":    {`{{print .}}`, big, "template_invalid"},
		"all data, written":     {`{{range 9000}}{{$}}{{end}}`, big, "template_too_complex"},
		"a large page":          {`{{range 9000}}{{$.s}}{{end}}`, big, "template_too_complex"},
		"a large table":         {`{{range 999}}{{table $.o "a" "b"}}{{end}}`, `{"o":[` + strings.Repeat(`{"a":1},`, 9999) + `{}]}`, "template_too_complex"},
		"a wide table":          {`{{table .o ` + strings.Repeat(`"a" `, 2000) + `}}`, `{"o":[` + strings.Repeat(`{},`, 99) + `{}]}`, "template_too_complex"},
		"a number that grows":   {`{{$a := 9999999999.9}}{{range 99}}{{$a = mul $a $a}}{{end}}`, ``, "template_invalid"},
		"a fraction that grows": {`{{$a := 1}}{{range 9999}}{{$a = div $a 3.7}}{{end}}`, ``, ""},
		"a huge exponent":       {`{{add .n 1}}`, `{"n":1e999999999}`, "template_invalid"},
		"a tiny one":            {`{{.n | number 2 "en"}}`, `{"n":1e-999999999}`, "template_invalid"},
		"many places":           {`{{round 1000000 1.5}}`, ``, "template_invalid"},
		"dividing by zero":      {`{{div 1 0}}`, ``, "template_invalid"},
		"a locale by path":      {`{{1 | number 0 "../../etc/passwd"}}`, ``, "template_invalid"},
		"a large QR code":       {`{{qr .s}}`, big, "template_invalid"},
		"many QR codes":         {`{{range 9000}}{{$x := qr "https://example.com/a/long/address/of/a/page"}}{{end}}`, ``, "template_too_complex"},
		"a picture that lies":   {`<img src="{{picture "bm90IGEgcGljdHVyZQ=="}}">`, ``, "template_invalid"},
		"a picture as script":   {`<img src="{{picture "data:text/html,<script>"}}">`, ``, "template_invalid"},
		"a call":                {`{{call .f}}`, `{"f":"x"}`, "template_invalid"},
		"a method":              {`{{.Execute}}`, `{"a":1}`, ""},
		"a file":                {`{{readFile "/etc/passwd"}}`, ``, "template_invalid"},
		"an environment":        {`{{env "HOME"}}`, ``, "template_invalid"},
		"a script address":      {`<a href="{{.u}}">`, `{"u":"javascript:alert(1)"}`, "template_invalid"},
		"a style":               {`<p style="color: {{.c}}">`, `{"c":"red; background: url(//x)"}`, "template_invalid"},
		"an attribute":          {`<p {{.a}}>`, `{"a":"onclick=x"}`, "template_invalid"},
		"an index":              {`{{index .l 99999}}`, big, "template_invalid"},
		"a nil":                 {`{{template "nil"}}`, ``, "template_invalid"},
		"an unended action":     {`{{`, ``, "template_invalid"},
		"bytes":                 {"\xff\xfe<\x00", ``, "template_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fill(t, test.html, "", test.data)
			code := ""
			if err != nil {
				code = signing.AsError(err).Code
			}
			if code != test.code {
				t.Errorf("got %q (%.300v), want %q", code, err, test.code)
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
	for html, want := range map[string]string{
		`x`:                  `<!doctype html>HEAD<style>b{color:red}</style>x`,
		`<!DOCTYPE html><p>`: `<!DOCTYPE html>HEAD<style>b{color:red}</style><p>`,
		`{{define "a"}}y{{end}}<!doctype html>{{template "a"}}`: `<!doctype html>HEAD<style>b{color:red}</style>y`,
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
