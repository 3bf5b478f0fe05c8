package reference

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"influxion/handler/internal/signing"
)

// elements are the elements that a page must not have. They load documents of their own, change the
// targets of references, or change them over time.
var elements = []string{
	"iframe", "frame", "frameset", "object", "embed", "applet", "base", "portal", "fencedframe", "audio", "video",
	"track",
	"set", "animate", "animatetransform", "animatemotion", "animatecolor", "discard", "handler", "listener", "mpath",
}

// references are the attributes whose address browsers fetch.
var references = []string{"src", "href", "xlink:href", "poster", "background", "data", "lowsrc", "dynsrc", "icon",
	"profile", "manifest", "codebase", "classid", "archive", "longdesc", "usemap", "attributionsrc"}

// HTML checks a page.
//
// It reads the page twice. As HTML, the text of title, style and some other elements is no markup.
// Within SVG these elements contain markup, so the second reading treats their text as markup.
func (c *Checker) HTML(page []byte) error { return (&markup{Checker: c, name: "the page"}).scan(page) }

// markup is a page, or a drawing in SVG.
type markup struct {
	*Checker
	name string // in errors
	of   string // what errors append to an attribute or an element: " of …", or nothing for the page
}

func (m *markup) scan(text []byte) error {
	for _, raw := range []bool{true, false} {
		if err := m.read(text, raw); err != nil {
			return err
		}
	}
	return nil
}

func (m *markup) read(page []byte, raw bool) error {
	tokens := html.NewTokenizer(bytes.NewReader(page))
	style, where := false, "" // within a style element
	for {
		kind := tokens.Next()
		switch kind {
		case html.ErrorToken:
			if err := tokens.Err(); err != io.EOF {
				return &signing.Error{Kind: signing.Unprocessable, Code: "template_invalid",
					Detail: "the page cannot be read as HTML", Err: err}
			}
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			if !raw {
				tokens.NextIsNotRawText()
			}
			if token.Data == "style" {
				where = m.sheet(token)
			}
			style = style && !raw || token.Data == "style"
			if err := m.element(token); err != nil {
				return err
			}
		case html.EndTagToken:
			if name, _ := tokens.TagName(); string(name) == "style" {
				style = false
			}
		case html.TextToken, html.CommentToken:
			if style { // CSS reads <!-- as white space
				if err := m.CSS(where, tokens.Raw()); err != nil {
					return err
				}
			}
		}
	}
}

// sheet names a style element in errors. Package page marks the one that it makes of css_template.
func (m *markup) sheet(style html.Token) string {
	const marked = "css_template"
	if attribute(style, "data-part") == marked {
		return marked
	}
	return "a style element" + m.of
}

func (m *markup) element(token html.Token) error {
	name := token.Data
	switch {
	case slices.Contains(elements, name):
		return forbidden(m.name, "has an element "+name+", which is not supported")
	case name == "script" && !m.Scripts:
		return forbidden(m.name, "has a script, which this deployment does not run")
	case name == "link" && !strings.EqualFold(strings.TrimSpace(attribute(token, "rel")), "stylesheet"):
		return forbidden(m.name, "has a link element that is not rel=stylesheet")
	case name == "meta" && attribute(token, "http-equiv") != "" && !ours(token):
		return forbidden(m.name, "has a meta element with http-equiv")
	}
	for _, a := range token.Attr {
		if err := m.attribute(name, strings.ToLower(a.Key), a.Val); err != nil {
			return err
		}
	}
	return nil
}

// ours reports whether a meta element has one of the permitted http-equiv values: the policy that
// we set ourselves, or the content type.
func ours(token html.Token) bool {
	return slices.ContainsFunc([]string{"content-type", "content-security-policy"}, func(known string) bool {
		return strings.EqualFold(strings.TrimSpace(attribute(token, "http-equiv")), known)
	})
}

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if strings.EqualFold(a.Key, name) {
			return a.Val
		}
	}
	return ""
}

func (m *markup) attribute(element, name, value string) error {
	where := "the attribute " + name + " of an element " + element
	if len(where) > 100 {
		where = "an attribute"
	}
	where += m.of
	switch {
	case strings.HasPrefix(name, "on") && !m.Scripts:
		return forbidden(where, "is a script, which this deployment does not run")
	case name == "srcdoc" || name == "ping":
		return forbidden(where, "is not supported")
	case name == "style":
		return m.CSS(where, []byte(value))
	case name == "srcset" || name == "imagesrcset":
		return m.sources(where, value)
	case (name == "href" || name == "xlink:href") && (element == "a" || element == "area"):
		return m.link(where, value)
	case name == "href" && element == "link":
		return m.style(where, value)
	case slices.Contains(references, name):
		return m.check(where, value)
	case strings.Contains(value, "("):
		return m.functions(where, name, value)
	}
	return nil
}

// presentation are the attributes of SVG that are CSS and can contain references: SVG 2, 6.6.
var presentation = []string{"fill", "stroke", "filter", "mask", "clip-path", "cursor", "marker", "marker-start",
	"marker-mid", "marker-end", "mask-image", "background-image"}

func (c *Checker) functions(where, name, value string) error {
	if slices.Contains(presentation, name) {
		return c.CSS(where, []byte(value))
	}
	return nil
}

// sources checks the addresses of a srcset: the HTML standard, 4.8.4.2.1. It refuses a data: URI,
// because its comma looks like the end of an address.
func (c *Checker) sources(where, value string) error {
	if strings.Contains(strings.ToLower(value), "data:") {
		return forbidden(where, "has a data: URI: use src")
	}
	for source := range strings.SplitSeq(value, ",") {
		address := strings.Fields(source)
		if len(address) == 0 {
			continue
		}
		if err := c.check(where, address[0]); err != nil {
			return err
		}
	}
	return nil
}
