package rendertest

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// HostilePages returns templates that can be filled. They attack whoever checks, prints or archives
// the page. Some contain the address, which nobody may fetch.
func HostilePages(address string) []HostileTemplate {
	lying := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"+
		strings.Repeat("\xff", 1<<10)))
	huge := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(`<svg xmlns="http://www.w3.org/2000/svg" `+
		`width="2000000000" height="2000000000"><rect width="100%" height="100%"/></svg>`))
	return []HostileTemplate{
		{Name: "an address", HTML: `<img src="` + address + `/img">`},
		{Name: "an address in CSS", HTML: `<style>p{background:url(` + address + `/css)}</style><p>x`},
		{Name: "an import", HTML: `<style>@import "` + address + `/import";</style>`},
		{Name: "a frame", HTML: `<iframe src="` + address + `/frame"></iframe>`},
		{Name: "a file of the renderer", HTML: `<img src="file:///etc/passwd"><object data="file:///etc/passwd"></object>`},
		{Name: "a refresh", HTML: `<meta http-equiv="refresh" content="0;url=` + address + `/refresh">`},
		{Name: "a script", HTML: `<script>for(;;){}</script>`},
		{Name: "SVG with a script", HTML: `<svg><script>for(;;){}</script><image href="` + address + `/svg"/></svg>`},
		{Name: "an attribute that runs", HTML: `<svg onload="fetch('` + address + `/onload')"><rect/></svg>`},
		{Name: "an SVG picture that uses itself", HTML: `<svg><g id="a"><use href="#a"/><use href="#a"/></g></svg>`},
		{Name: "SVG that doubles", HTML: `<svg><g id="g0"><rect width="1" height="1"/></g>` + doubling(24) + `</svg>`},
		{Name: "a font that lies", HTML: `<style>@font-face{font-family:x;src:url(data:font/woff2;base64,d09GMgAB)}` +
			`p{font-family:x}</style><p>x`},
		{Name: "a picture that lies about itself", HTML: `<img src="` + lying + `">`},
		{Name: "a picture of many pixels", HTML: `<img src="` + huge + `">`},
		{Name: "deep elements", HTML: strings.Repeat("<div>", 100_000)},
		{Name: "deep tables", HTML: strings.Repeat("<table><tr><td>", 5_000)},
		{Name: "many elements", HTML: strings.Repeat("<b>", 300_000)},
		{Name: "many attributes", HTML: "<p" + strings.Repeat(" a", 400_000) + ">"},
		{Name: "one long attribute", HTML: `<p title="` + strings.Repeat("x", 1_000_000) + `">`},
		{Name: "a comment without an end", HTML: "<!--" + strings.Repeat("-", 1_000_000)},
		{Name: "CSS without an end", HTML: "<style>" + strings.Repeat("a{", 400_000) + "</style>"},
		{Name: "deep functions in CSS", HTML: "<style>p{width:" +
			strings.Repeat("calc(", 100_000) + "1px}</style><p>x"},
		{Name: "CSS that doubles", HTML: "<style>:root{--a0:xxxxxxxxxx;" + doublingVariables(24) + "}" +
			"p::before{content:var(--a24)}</style><p>x"},
		{Name: "a shadow that takes long", HTML: `<style>p{box-shadow:` + strings.Repeat("0 0 9999px 9999px red,", 200) +
			`0 0 1px red;filter:blur(9999px)}</style><p>x`},
		{Name: "a grid of a million lines", HTML: `<style>div{display:grid;` +
			`grid-template-columns:repeat(1000000,1px);` +
			`grid-template-rows:repeat(1000000,1px)}</style><div>x</div>`},
		{Name: "a page as high as can be", HTML: `<div style="height:33554400px">x</div>`},
		{Name: "very many pages", HTML: `{{range 100000}}<p style="break-after:page">x</p>{{end}}`},
		{Name: "a table of many rows", HTML: `{{table .l "a" "b" "c"}}`,
			Data: `{"l":[` + strings.Repeat(`{"a":1,"b":2,"c":3},`, 9_999) + `{}]}`},
		{Name: "data of many values", HTML: "x", Data: "[" + strings.Repeat("1,", 199_000) + "1]"},
		{Name: "data of more", HTML: "x", Data: "[" + strings.Repeat("1,", 400_000) + "1]"},
		{Name: "data of many objects", HTML: "x", Data: "[" + strings.Repeat(`{"a":{}},`, 66_000) + "1]"},
		{Name: "deep data", HTML: "x", Data: nested(100_000, "[", "", "]")},
		{Name: "long data within the bound", HTML: "{{.}}{{.}}", Data: `"` + strings.Repeat("<", 8<<20/5-1) + `"`},
		{Name: "long data for an attribute", HTML: "<p a={{.}}>", Data: `"` + strings.Repeat(" ", 8<<20/5-1) + `"`},
		{Name: "long data for an address", HTML: `<a href="?{{.}}">`, Data: `"` + strings.Repeat("é", 2<<20-2) + `"`},
		{Name: "long data for an address, within", HTML: `<a href="?{{.}}">`,
			Data: `"` + strings.Repeat("é", 8<<20/6-1) + `"`},
		{Name: "long data for a style", HTML: `<p style="color:{{.}}">`, Data: `"` + strings.Repeat("é", 2<<20-2) + `"`},
		{Name: "data that end early", HTML: "x", Data: strings.Repeat(`{"a":`, 50_000)},
		{Name: "long data", HTML: "{{.}}", Data: `"` + strings.Repeat("<", 4<<20-2) + `"`},
		{Name: "a title that is long", HTML: "<title>" + strings.Repeat("x", 1_000_000) + "</title><p>x"},
	}
}

// doubling is SVG with a chain of elements from g0 on. Each element uses the one before it twice.
func doubling(times int) string {
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, `<g id="g%d"><use href="#g%[2]d"/><use href="#g%[2]d"/></g>`, i+1, i)
	}
	return b.String()
}

// doublingVariables is a chain of CSS variables from --a0 on. Each variable contains the one before
// it twice.
func doublingVariables(times int) string {
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, "--a%d:var(--a%[2]d)var(--a%[2]d);", i+1, i)
	}
	return b.String()
}
