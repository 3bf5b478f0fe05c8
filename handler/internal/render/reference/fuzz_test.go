package reference_test

import (
	"testing"

	"influxion/handler/internal/render/reference"
	"influxion/handler/internal/signing"
)

// Every page and style sheet is accepted, or refused with an error about the page.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{
		`<style>@import url("a.css");p{background:url(a.png)}</style><img src=a.png srcset="a.png 1x">`,
		`<svg><style><image href="http://h/"/></style><use xlink:href="#a"/></svg><!-- x --><p style="a:url(b)">`,
		`p{background:u\72l(http://h/);content:"x"} @import 'a.css' screen; @font-face{src:url( a.png )}`,
		`a{b:image-set("a.png" 1x, url("b")) c:url(data:image/png;base64,AA)} /* x */ <!-- -->`,
	} {
		f.Add(seed)
	}
	c := &reference.Checker{Files: []string{"a.png", "a.css"}}
	f.Fuzz(func(t *testing.T, text string) {
		for _, err := range []error{
			c.HTML([]byte(text)), c.CSS("a style sheet", []byte(text)), c.File("a.svg", []byte(text)),
		} {
			if err != nil && signing.AsError(err).Kind == signing.Internal {
				t.Errorf("got %v, want an error of the page", err)
			}
		}
	})
}
