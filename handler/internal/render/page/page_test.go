package page_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/render/page"
)

func fill(t *testing.T, html, css, data string) (string, error) {
	t.Helper()
	value, err := page.ParseData([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := page.Fill(t.Context(), page.Template{HTML: html, CSS: css}, value)
	return string(out), err
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	const pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
	for _, test := range []struct{ html, data, want string }{
		{`{{.a}}`, `{"a":"<b>&"}`, "&lt;b&gt;&amp;"},
		{`{{.absent}}`, `{}`, ""},
		{`{{.a}}`, `{"a":12.50}`, "12.5"},
		{`{{.a}}`, `{"a":12345678901234567890123}`, "12345678901234567890123"},
		{`{{if .a}}x{{end}}`, `{"a":0}`, ""},
		{`{{if gt .a 3}}x{{end}}`, `{"a":3.5}`, "x"},
		{`{{if eq .a 3.0}}x{{end}}`, `{"a":3}`, "x"},
		{`{{if eq .a "b" "c"}}x{{end}}`, `{"a":"c"}`, "x"},
		{`{{if ne .a .b}}x{{end}}`, `{"a":true,"b":false}`, "x"},
		{`{{add 0.1 0.2}}`, ``, "0.3"},
		{`{{mul .p .q | round 2}}`, `{"p":1.005,"q":1}`, "1.01"},
		{`{{div 1 3 | number 3 "en"}}`, ``, "0.333"},
		{`{{sum "n" .l}} {{sum .m}}`, `{"l":[{"n":1.10},{"n":2.2}],"m":[1,2]}`, "3.3 3"},
		{`{{1234.5 | money "EUR" "de-DE"}}`, ``, "1.234,50\u00a0€"},
		{`{{1234.5 | money "USD" "en"}}`, ``, "$1,234.50"},
		{`{{-5 | money "EUR" "fr"}}`, ``, "-5,00\u00a0€"},
		{`{{1234 | money "JPY" "en"}}`, ``, "¥1,234"},
		{`{{5 | money "XYZ" "en"}}`, ``, "XYZ\u00a05.00"},
		{`{{1234567.891 | number 2 "en-US"}}`, ``, "1,234,567.89"},
		{`{{19 | percent 0 "de"}}`, ``, "19\u00a0%"},
		{`{{"2026-11-29" | date "long" "de"}}`, ``, "29. November 2026"},
		{`{{"2026-11-29T10:00:00Z" | date "iso" "en"}}`, ``, "2026-11-29"},
		{`{{join ", " .l}}`, `{"l":["a",1]}`, "a, 1"},
		{`{{range split ";" "a;b"}}[{{.}}]{{end}}`, ``, "[a][b]"},
		{`{{lines "a<\nb"}}`, ``, "a&lt;<br>b"},
		{`{{.a | default "none"}} {{upper "é"}}`, `{"a":null}`, "none É"},
		{`{{table .l "Name=n" "p"}}`, `{"l":[{"n":"<i>","p":2}]}`, `<table><thead><tr><th scope="col">Name</th>` +
			`<th scope="col">p</th></tr></thead><tbody><tr><td>&lt;i&gt;</td><td class="number">2</td></tr></tbody></table>`},
		{`<img src="{{picture .p}}">`, `{"p":"` + pixel + `"}`, `<img src="data:image/gif;base64,` + pixel + `">`},
		{`{{signature "buyer"}}{{signature .n}}`, `{"n":"a\"> /b"}`, `<a class="signature" href="signature-field:buyer"></a>` +
			`<a class="signature" href="signature-field:a%22%3E%20%2Fb"></a>`},
		{`<p style="color: {{.c}}">`, `{"c":"red"}`, `<p style="color: red">`},
		{`{{define "a"}}[{{.}}]{{end}}{{range .l}}{{template "a" .}}{{end}}`, `{"l":[1,2]}`, "[1][2]"},
		{`<div {{range .l}}data-{{.}}=1 {{end}}>`, `{"l":["a"]}`, "<div data-a=1 >"},
	} {
		got, err := fill(t, test.html, "", test.data)
		if got = strings.TrimPrefix(got, "<!doctype html>"); err != nil || got != test.want {
			t.Errorf("%s: got %q (%v), want %q", test.html, got, err, test.want)
		}
	}
}
