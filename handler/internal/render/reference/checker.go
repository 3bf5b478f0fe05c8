package reference

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/signing"
)

// Checker checks the references in pages and style sheets against the files of the request. Safe
// for concurrent use if Stored is.
type Checker struct {
	Files   []string // names of the files of the request
	Scripts bool     // the operator has allowed scripts
	// Stored reports whether there is a file elsewhere that the page may load. It is called with
	// bare names that a page can use. nil = there are the files of the request alone.
	Stored func(name string) (bool, error)
}

// Policy returns the Content-Security-Policy of a page. It permits only the files beside the page,
// wherever the renderer serves them, and the page's own content.
func (c *Checker) Policy() string {
	policy := "default-src 'none'; img-src 'self' file: data:; style-src 'self' file: 'unsafe-inline'; " +
		"font-src 'self' file: data:; base-uri 'none'; form-action 'none'"
	if c.Scripts {
		policy += "; script-src 'self' file: 'unsafe-inline'"
	}
	return policy
}

// extensions are the file name extensions that a page can use.
var extensions = []string{".css", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".woff", ".woff2", ".ttf",
	".otf"}

// checkName returns an error for the name of a file that no page can use.
func (c *Checker) checkName(name string) error {
	extension := strings.ToLower(path.Ext(name))
	if slices.Contains(extensions, extension) || c.Scripts && extension == ".js" {
		return nil
	}
	return &signing.Error{Kind: signing.InvalidRequest, Code: "resource_invalid",
		Detail: "a file of the request does not have the name of a picture, font or style sheet (" +
			strings.Join(extensions, " ") + ")"}
}

// isStyle reports whether a file is a style sheet, which can refer to other files.
func isStyle(name string) bool { return strings.EqualFold(path.Ext(name), ".css") }

// File checks a file of the request: its name, and its own references.
func (c *Checker) File(name string, data []byte) error {
	if err := c.checkName(name); err != nil {
		return err
	}
	style, drawing := isStyle(name), strings.EqualFold(path.Ext(name), ".svg")
	if !style && !drawing {
		return nil
	}
	// A browser would read another encoding differently from the code here.
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return forbidden("the file "+name, "is not text in UTF-8")
	}
	if style {
		return c.CSS("the style sheet "+name, data)
	}
	if bytes.Contains(bytes.ToLower(data), []byte("<!entity")) {
		return forbidden("the file "+name, "defines entities")
	}
	return (&markup{Checker: c, name: "the file " + name, of: " of the file " + name}).scan(data)
}

// style checks a reference to a style sheet. A browser may read any file as one.
func (c *Checker) style(where, address string) error {
	name, _, _ := strings.Cut(clean(address), "?")
	if name, _, _ = strings.Cut(name, "#"); name != "" && !isStyle(name) {
		return forbidden(where, "uses a file as a style sheet whose name is not that of one")
	}
	return c.check(where, address)
}

// forbidden is the error for content that a page must not have. It names the place but not the
// address, because that may contain anything.
func forbidden(where, what string) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "reference_forbidden",
		Detail: fmt.Sprintf("%s %s", where, what)}
}

// inline are the media types that a data: URI (RFC 2397) in a page may have.
var inline = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml", "font/woff", "font/woff2",
	"font/ttf", "font/otf", "application/font-woff", "application/x-font-ttf", "application/x-font-woff",
}

// check checks one reference.
func (c *Checker) check(where, address string) error {
	address = clean(address)
	if address == "" || strings.HasPrefix(address, "#") {
		return nil
	}
	if kind, rest, ok := strings.Cut(address, ":"); ok && strings.EqualFold(kind, "data") {
		media, _, _ := strings.Cut(strings.ToLower(rest), ",")
		media, _, _ = strings.Cut(media, ";")
		if slices.Contains(inline, strings.TrimSpace(media)) {
			return nil
		}
		return forbidden(where, "has a data: URI that is neither a picture nor a font")
	}
	name := address
	if end := strings.IndexAny(name, "?#"); end >= 0 {
		name = name[:end]
	}
	name, err := url.PathUnescape(name)
	if err != nil || strings.ContainsAny(name, `/\:`) || name == "" || name == ".." || name == "." {
		return forbidden(where, "refers to an address: files are read by their bare names alone")
	}
	there, err := c.there(name)
	if err != nil || there {
		return err
	}
	among := "the files of the request"
	if c.Stored != nil {
		among += ", nor beside the template in the container"
	}
	return &signing.Error{Kind: signing.Unprocessable, Code: "resource_missing",
		Detail: fmt.Sprintf("%s refers to %.60q, which is not among %s", where, name, among)}
}

// there reports whether there is a file of the name.
func (c *Checker) there(name string) (bool, error) {
	if slices.Contains(c.Files, name) {
		return true, nil
	}
	if c.Stored == nil || c.checkName(name) != nil {
		return false, nil
	}
	return c.Stored(name)
}

// clean normalizes an address as browsers do before they parse it: the URL standard, 4.4.
func clean(address string) string {
	address = strings.Trim(address, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15"+
		"\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(address)
}

// schemes are the permitted schemes of links. Printing a page does not follow links. A link of the
// last one marks a place for a signature: archive.FieldScheme.
var schemes = []string{"http", "https", "mailto", "tel", "signature-field"}

// link checks the target of a link. A link to a file would lead to the renderer's own path of it.
func (c *Checker) link(where, address string) error {
	address = clean(address)
	scheme, _, ok := strings.Cut(address, ":")
	if address == "" || strings.HasPrefix(address, "#") || ok && slices.Contains(schemes, strings.ToLower(scheme)) {
		return nil
	}
	return forbidden(where, "is a link that is not http:, https:, mailto:, tel: or #")
}
