package rendertest

import (
	"fmt"
	"slices"
	"strings"
)

// HostileTemplate is a template with its data, made to run endlessly, to use all memory, or to
// reach data that do not belong to it.
type HostileTemplate struct {
	Name, HTML, Data string
	Code             string // of the problem that filling it ends with; "" = it makes a small page
}

const tooComplex, invalid = "template_too_complex", "template_invalid"

// HostileTemplates returns some templates of each kind.
func HostileTemplates() []HostileTemplate {
	return slices.Concat(endlessTemplates(), recursiveTemplates(), largeTemplates(), reachingTemplates())
}

// nested returns inner within the given number of pairs of open and end.
func nested(times int, open, inner, end string) string {
	return strings.Repeat(open, times) + inner + strings.Repeat(end, times)
}

// chain returns the given number of templates, each of which calls the next one.
func chain(times int, call string) string {
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, `{{define "t%d"}}`+call+`{{end}}`, i, i+1)
	}
	return b.String() + fmt.Sprintf(`{{define "t%d"}}x{{end}}{{template "t0" .}}`, times)
}

// hostileData returns a list of 2,000 numbers and a text of which each character needs an escape.
func hostileData() string {
	return `{"l":[` + strings.Repeat("1,", 1999) + `1],"s":"` + strings.Repeat("<", 100_000) + `"}`
}

// endlessTemplates loop longer than anybody waits.
func endlessTemplates() []HostileTemplate {
	big := hostileData()
	return []HostileTemplate{
		{"a loop over a number", `{{range 9223372036854775807}}{{end}}`, ``, tooComplex},
		{"a loop that writes", `{{range 9223372036854775807}}xxxxxxxxxxxxxxxxxxxxxxxxx{{end}}`, ``, tooComplex},
		{"loops within loops", nested(4, `{{range $.l}}`, ``, `{{end}}`), big, tooComplex},
		{"loops within many loops", nested(40, `{{range $.l}}`, `x`, `{{end}}`), big, tooComplex},
		{"loops left open by continue", `{{range 9000000}}{{continue}}{{end}}`, ``, tooComplex},
		{"conditions within many", nested(9000, `{{if 1}}`, `x`, `{{end}}`), ``, tooComplex},
		{"with within many", nested(100, `{{with 1}}`, `x`, `{{end}}`), ``, tooComplex},
		{"else if within many", `{{if 0}}` + strings.Repeat(`{{else if 0}}x`, 200) + `{{end}}`, ``, tooComplex},
	}
}

// recursiveTemplates call each other.
func recursiveTemplates() []HostileTemplate {
	big := hostileData()
	return []HostileTemplate{
		{"a template that calls itself", `{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`, ``,
			invalid},
		{"two that call each other", `{{define "a"}}{{template "b" .}}{{end}}{{define "b"}}{{template "a" .}}{{end}}` +
			`{{template "a" .}}`, ``, invalid},
		{"itself in a loop", `{{define "a"}}{{range .l}}{{template "a" .}}{{end}}{{end}}{{template "a" .}}`,
			big, invalid},
		{"the page calls itself", `{{template "html_template" .}}`, ``, invalid},
		{"a chain that doubles", chain(40, `{{template "t%[2]d" .}}{{template "t%[2]d" .}}`), ``, tooComplex},
		{"a chain in loops", chain(40, `{{range $.l}}{{template "t%[2]d" $}}{{end}}`), big, tooComplex},
		{"a long chain", chain(200, `{{template "t%[2]d" .}}`), ``, tooComplex},
	}
}

// largeTemplates have a long text, or make a large output from a short text.
func largeTemplates() []HostileTemplate {
	big := hostileData()
	return []HostileTemplate{
		{"many actions", strings.Repeat(`{{1}}`, 20_001), ``, tooComplex},
		{"a long template", strings.Repeat(`x`, 1<<20+1), ``, tooComplex},
		{"a text that doubles", `{{$a := "xx"}}{{range 64}}{{$a = print $a $a}}{{end}}`, ``, tooComplex},
		{"by printf", `{{$a := "xx"}}{{range 64}}{{$a = printf "%s%s" $a $a}}{{end}}`, ``, tooComplex},
		{"by html", `{{$a := .s}}{{range 64}}{{$a = html $a $a}}{{end}}`, big, tooComplex},
		{"by urlquery", `{{$a := .s}}{{range 64}}{{$a = urlquery $a $a}}{{end}}`, big, tooComplex},
		{"by join", `{{$a := .s}}{{range 64}}{{$a = join $a $.l}}{{end}}`, big, tooComplex},
		{"by js", `{{js "\\"}}`, ``, invalid},
		{"a wide format", `{{printf "%1000000d" 1}}`, ``, invalid},
		{"a width as argument", `{{printf "%*d" 1000000 1}}`, ``, invalid},
		{"all data, often", `{{range 100000}}{{$x := print $.s}}{{end}}`, big, tooComplex},
		{"all data as a text", `{{print .}}`, big, invalid},
		{"all data, written", `{{range 9000}}{{$}}{{end}}`, big, tooComplex},
		{"a large page", `{{range 9000}}{{$.s}}{{end}}`, big, tooComplex},
		{"a large table", `{{range 999}}{{table $.o "a" "b"}}{{end}}`,
			`{"o":[` + strings.Repeat(`{"a":1},`, 9999) + `{}]}`, tooComplex},
		{"a wide table", `{{table .o ` + strings.Repeat(`"a" `, 2000) + `}}`,
			`{"o":[` + strings.Repeat(`{},`, 99) + `{}]}`, tooComplex},
	}
}

// reachingTemplates pass invalid arguments to functions, or request data that do not belong to the
// page.
func reachingTemplates() []HostileTemplate {
	big := hostileData()
	return []HostileTemplate{
		{"a number that grows", `{{$a := 9999999999.9}}{{range 99}}{{$a = mul $a $a}}{{end}}`, ``, invalid},
		{"a fraction that grows", `{{$a := 1}}{{range 9999}}{{$a = div $a 3.7}}{{end}}`, ``, ""},
		{"a huge exponent", `{{add .n 1}}`, `{"n":1e999999999}`, invalid},
		{"a tiny one", `{{.n | number 2 "en"}}`, `{"n":1e-999999999}`, invalid},
		{"many places", `{{round 1000000 1.5}}`, ``, invalid},
		{"dividing by zero", `{{div 1 0}}`, ``, invalid},
		{"a locale by path", `{{1 | number 0 "../../etc/passwd"}}`, ``, invalid},
		{"a large QR code", `{{qr .s}}`, big, invalid},
		{"many QR codes", `{{range 9000}}{{$x := qr "https://example.com/a/long/address/of/a/page"}}{{end}}`,
			``, tooComplex},
		{"a picture that lies", `<img src="{{picture "bm90IGEgcGljdHVyZQ=="}}">`, ``, invalid},
		{"a picture as script", `<img src="{{picture "data:text/html,<script>"}}">`, ``, invalid},
		{"a call", `{{call .f}}`, `{"f":"x"}`, invalid},
		{"a method", `{{.Execute}}`, `{"a":1}`, ""},
		{"a file", `{{readFile "/etc/passwd"}}`, ``, invalid},
		{"an environment", `{{env "HOME"}}`, ``, invalid},
		{"a script address", `<a href="{{.u}}">`, `{"u":"javascript:alert(1)"}`, invalid},
		{"a style", `<p style="color: {{.c}}">`, `{"c":"red; background: url(//x)"}`, invalid},
		{"an attribute", `<p {{.a}}>`, `{"a":"onclick=x"}`, invalid},
		{"an index", `{{index .l 99999}}`, big, invalid},
		{"a nil", `{{template "nil"}}`, ``, invalid},
		{"an unended action", `{{`, ``, invalid},
		{"bytes", "\xff\xfe<\x00", ``, invalid},
	}
}
