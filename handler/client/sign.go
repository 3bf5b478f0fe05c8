package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Options say how to sign. For each empty option, the deployment's default applies.
type Options struct {
	Certificate string // name of the signing certificate
	Version     string // of the certificate
	Level       string // B-B, B-T, B-LT or B-LTA
	AllowLower  bool   // accept a lower level if a trust service fails: see Signed.Shortfall
	Reason      string
	Location    string
	Contact     string
	Name        string
	Field       string
	Certify     string   // no-changes, form-filling or annotations
	Visible     *Visible // nil = an invisible signature
}

// Visible says what a visible signature shows, and where.
type Visible struct {
	Page int // from 1; -1 = the last one; 0 = the first, or that of an existing field
	// Box is x, y, width and height in points, from the lower left corner of the page as it is
	// shown. A zero Box means the box of an existing field. Without Page and Box, the signature
	// goes into the lower right corner of the last page.
	Box      [4]float64
	Text     string // with placeholders such as {{name}} and {{time}}; "" = signer, time and reason
	HideText bool
	Image    []byte // PNG or JPEG; nil = none
	// Color of the text, Background and Border are #rrggbb or a name such as navy. Background and
	// Border may also be none. "" means black on white without a border.
	Color, Background, Border string
}

func (o Options) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"certificate": o.Certificate, "version": o.Version, "level": o.Level, "reason": o.Reason,
		"location": o.Location,
		"contact":  o.Contact, "name": o.Name, "field": o.Field, "certify": o.Certify,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if o.AllowLower {
		query.Set("allow-lower", "true")
	}
	o.Visible.add(query)
	return query
}

// add adds the options of a visible signature, except its image.
func (v *Visible) add(query url.Values) {
	if v == nil {
		return
	}
	query.Set("visible", "true")
	if v.Page != 0 {
		query.Set("page", strconv.Itoa(v.Page))
	}
	if v.Box != [4]float64{} {
		query.Set("box", fmt.Sprintf("%g,%g,%g,%g", v.Box[0], v.Box[1], v.Box[2], v.Box[3]))
	}
	if v.Text != "" || v.HideText {
		query.Set("text", v.Text)
	}
	for name, color := range map[string]string{"color": v.Color, "background": v.Background, "border": v.Border} {
		if color != "" {
			query.Set(name, color)
		}
	}
}

// Extension says to which level to extend the signatures of a document.
type Extension struct {
	Level      string // B-T, B-LT or B-LTA; "" = B-LTA
	AllowLower bool
}

func (e Extension) query() url.Values {
	return Options{Level: e.Level, AllowLower: e.AllowLower}.query()
}

// Sign signs a document. A refusal is a *Problem. If ctx ends, reading the body fails.
func (c *Client) Sign(ctx context.Context, document Document, options Options) (*Signed, error) {
	call := call{method: http.MethodPost, path: "sign", query: options.query(), accept: mediaPDF, document: document,
		mediaType: mediaPDF}
	if options.Visible != nil && options.Visible.Image != nil {
		if err := call.asForm(options.Visible.Image); err != nil {
			return nil, err
		}
	}
	return c.seal(ctx, call)
}

// Extend extends the signatures of a document to a higher level. Its errors are those of Sign.
func (c *Client) Extend(ctx context.Context, document Document, extension Extension) (*Signed, error) {
	return c.seal(ctx, call{method: http.MethodPost, path: "extend", query: extension.query(), accept: mediaPDF,
		document: document, mediaType: mediaPDF})
}

// Timestamp adds a document timestamp. Its errors are those of Sign.
func (c *Client) Timestamp(ctx context.Context, document Document) (*Signed, error) {
	return c.seal(ctx,
		call{method: http.MethodPost, path: "timestamp", accept: mediaPDF, document: document, mediaType: mediaPDF})
}

func (c *Client) seal(ctx context.Context, call call) (*Signed, error) {
	response, err := c.pdf(ctx, call)
	if err != nil {
		return nil, err
	}
	if response.ContentLength-call.document.Size() > maxAppended {
		response.Body.Close()
		return nil, fmt.Errorf("got an answer of %d bytes for a document of %d: sealing adds less",
			response.ContentLength, call.document.Size())
	}
	return newSigned(response), nil
}

// pdf sends a call whose answer is a PDF; the caller closes its body.
func (c *Client) pdf(ctx context.Context, call call) (*http.Response, error) {
	response, err := c.do(ctx, call)
	if err != nil {
		return nil, err
	}
	if response.Header.Get("Content-Type") != mediaPDF || response.ContentLength < 0 {
		response.Body.Close()
		return nil, fmt.Errorf("got an answer of type %q, want a PDF of a stated length",
			response.Header.Get("Content-Type"))
	}
	return response, nil
}
