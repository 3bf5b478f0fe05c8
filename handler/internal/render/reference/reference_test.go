package reference_test

import (
	"testing"

	"influxion/handler/internal/render/reference"
	"influxion/handler/internal/signing"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	c := &reference.Checker{Files: []string{"logo.png", "a b.css", "f.woff2", "x.svg"}}
	for _, test := range []struct{ page, code string }{
		{`<p>text`, ""},
		{`<img src=logo.png><img src="LOGO.png">`, "resource_missing"},
		{`<img src="logo.png?x#y"><link rel=stylesheet href="a%20b.css">`, ""},
		{`<img src=" data:image/png;base64,AAAA">`, ""},
		{`<img src="data:text/html,x">`, "reference_forbidden"},
		{`<img src=/logo.png>`, "reference_forbidden"},
		{`<img src=//host/logo.png>`, "reference_forbidden"},
		{`<img src=..\logo.png>`, "reference_forbidden"},
		{`<img src=%2e%2e%2flogo.png>`, "reference_forbidden"},
		{`<img src="file:///etc/passwd">`, "reference_forbidden"},
		{`<img src="ht&#10;tp://host/">`, "reference_forbidden"},
		{"<img src=\"\x01 http://host/\">", "reference_forbidden"},
		{`<IMG SRC=http://host/>`, "reference_forbidden"},
		{`<img srcset="logo.png 1x, http://host/ 2x">`, "reference_forbidden"},
		{`<a href="https://example.com">x</a><a href="#a">y</a><a href="mailto:a@b">z</a>`, ""},
		{`<a class="signature" href="signature-field:buyer"></a>`, ""},
		{`<img src="signature-field:buyer">`, "reference_forbidden"},
		{`<a href="other.html">x</a>`, "reference_forbidden"},
		{`<a href="java&#9;script:alert(1)">x</a>`, "reference_forbidden"},
		{`<svg><a xlink:href="https://example.com"></a><use href="#a"/></svg>`, ""},
		{`<svg><use xlink:href="http://host/#a"/></svg>`, "reference_forbidden"},
		{`<svg><image href="http://host/"/></svg>`, "reference_forbidden"},
		{`<svg><style><image href="http://host/"/></style></svg>`, "reference_forbidden"},
		{`<svg><title><img src="http://host/"></title></svg>`, "reference_forbidden"},
		{`<noscript><img src="http://host/"></noscript>`, "reference_forbidden"},
		{`<svg><rect fill="url(http://host/#a)"/></svg>`, "reference_forbidden"},
		{`<svg><rect fill="url(#a)"/><set attributeName=href to=x></svg>`, "reference_forbidden"},
		{`<script>1</script>`, "reference_forbidden"},
		{`<p onclick="x()">`, "reference_forbidden"},
		{`<iframe></iframe>`, "reference_forbidden"},
		{`<base href="http://host/">`, "reference_forbidden"},
		{`<meta http-equiv=refresh content="0;url=http://host/">`, "reference_forbidden"},
		{`<link rel=preconnect href="http://host/">`, "reference_forbidden"},
		{`<style>p{background:url(logo.png)} @font-face{src:url("f.woff2") format("woff2")}</style>`, ""},
		{`<style>p{background:url(http://host/)}</style>`, "reference_forbidden"},
		{`<style>p{background:URL( 'http://host/' )}</style>`, "reference_forbidden"},
		{`<style>p{background:u\72l(http://host/)}</style>`, "reference_forbidden"},
		{`<style>p{background:url(\68ttp://host/)}</style>`, "reference_forbidden"},
		{`<style>p{background:url("\68 ttp://host/")}</style>`, "reference_forbidden"},
		{`<style>@import "http://host/";</style>`, "reference_forbidden"},
		{`<style>@\69mport "http://host/";</style>`, "reference_forbidden"},
		{`<style>@import url(a.css);</style>`, "resource_missing"},
		{`<style>@import url(logo.png);</style>`, "reference_forbidden"},
		{`<link rel=stylesheet href=logo.png>`, "reference_forbidden"},
		{`<style><!-- @import "http://host/"; --></style>`, "reference_forbidden"},
		{`<style>p{background:image-set("http://host/" 1x)}</style>`, "reference_forbidden"},
		{`<style>p{--x: url(http://host/)}</style>`, "reference_forbidden"},
		{`<style>p::before{content:"http://host/ is text"}</style>`, ""},
		{`<style>p{background:url(http://host/`, "reference_forbidden"},
		{"<style>p{background:url('a\nb')}</style>", "style_invalid"},
		{`<p style="background:url(http://host/)">`, "reference_forbidden"},
		{`<p style="background:url(&quot;logo.png&quot;)">`, ""},
		{`<video src=logo.png></video>`, "reference_forbidden"},
		{`<body background="http://host/">`, "reference_forbidden"},
		{`<input type=image src="http://host/">`, "reference_forbidden"},
		{`<td background=gone.png>`, "resource_missing"},
		{`<!-- <img src="http://host/"> -->`, ""},
	} {
		// What stands before a reference must not hide it.
		for _, before := range []string{"", "<style>p{color:red}</style>", "<style></style>", `<p style="color:red">`,
			"<svg><style>p{color:red}</style></svg>", "<!-- x --><title>x</title>",
			"<style>p{color:red}</style><p>x</p>"} {
			err := c.HTML([]byte(before + test.page))
			code := ""
			if err != nil {
				code = signing.AsError(err).Code
			}
			if code != test.code {
				t.Errorf("%s%s: got %q (%v), want %q", before, test.page, code, err, test.code)
			}
		}
	}
}

// A check leaves the bytes that it is given as they are, and those behind them: the rest of the
// page can be there.
func TestCheckChangesNothing(t *testing.T) {
	t.Parallel()
	c := &reference.Checker{}
	const page = "p{color:red}</style>"
	for length := range len(page) {
		text := []byte(page)
		_ = c.CSS("a style element", text[:length])
		_ = c.File("a.css", text[:length])
		if string(text) != page {
			t.Errorf("got %q after a check of %d bytes, want it unchanged", text, length)
		}
	}
}
