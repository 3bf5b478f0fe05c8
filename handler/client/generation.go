package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// Template is a template or a style sheet: either its text, or its name in the deployment. The zero
// Template means none.
type Template struct {
	Content string `json:"content,omitempty"`
	ID      string `json:"id,omitempty"`
}

// NamedFile is a file that a template refers to by its bare name: an image, a font, a style sheet.
type NamedFile struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// Attachment is a file to attach to the document. It needs PDF/A-3b or no standard at all.
type Attachment struct {
	Name         string `json:"name"` // bare
	MediaType    string `json:"media_type"`
	Relationship string `json:"relationship,omitempty"` // Source, Data, Alternative, Supplement or Unspecified; "" = Unspecified
	Description  string `json:"description,omitempty"`
	Content      []byte `json:"content"`
}

// Invoice is an electronic invoice that the document carries: Factur-X, ZUGFeRD or XRechnung. It
// needs PDF/A-3b.
type Invoice struct {
	Profile string // minimum, basicwl, basic, en16931, extended or xrechnung
	XML     []byte // UTF-8
}

// Generation describes the document to generate: docs/generate.md.
type Generation struct {
	HTML        Template
	CSS         Template        // it may be none
	Data        json.RawMessage // what the template is filled with; nil = an empty object
	DocumentID  string          // the caller's own name for the document; "" = none
	Standard    string          // none, pdf/a-2b, pdf/a-2u or pdf/a-3b; "" = none
	Files       []NamedFile
	Attachments []Attachment
	Invoice     *Invoice // nil = none
	Sign        *Options // nil = the document is not sealed
}

// Generated is a generated document. Certificate and the fields about it are "" if it was not
// sealed.
type Generated struct {
	*Signed
	Pages int // 0 = the answer does not say
}

// maxGenerated is the largest document that the client receives, in bytes.
const maxGenerated = 2 << 30

// Generate generates a document from a template and data, and seals it if the request says so. A
// refusal is a *Problem. If ctx ends, reading the body fails.
func (c *Client) Generate(ctx context.Context, generation Generation) (*Generated, error) {
	body, err := generation.body()
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	response, err := c.pdf(ctx, call{method: http.MethodPost, path: "generate", accept: mediaPDF,
		document: bytes.NewReader(body), mediaType: mediaJSON})
	if err != nil {
		return nil, err
	}
	if response.ContentLength > maxGenerated {
		response.Body.Close()
		return nil, fmt.Errorf("got an answer of %d bytes, want %d at most", response.ContentLength, maxGenerated)
	}
	pages, err := strconv.Atoi(response.Header.Get("Influxion-Pages"))
	if err != nil || pages < 0 {
		pages = 0
	}
	return &Generated{newSigned(response), pages}, nil
}

// body returns the request in JSON.
func (g Generation) body() ([]byte, error) {
	members := map[string]any{"html_template": g.HTML}
	for name, text := range map[string]string{"html_template": g.HTML.Content, "css_template": g.CSS.Content} {
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("%s is not UTF-8", name)
		}
	}
	for name, text := range map[string]string{"document_id": g.DocumentID, "pdf_standard": g.Standard} {
		if text != "" {
			members[name] = text
		}
	}
	if g.CSS != (Template{}) {
		members["css_template"] = g.CSS
	}
	if g.Data != nil {
		members["data"] = g.Data
	}
	if g.Files != nil {
		members["resources"] = g.Files
	}
	if g.Attachments != nil {
		members["attachments"] = g.Attachments
	}
	if g.Invoice != nil {
		if !utf8.Valid(g.Invoice.XML) {
			return nil, errors.New("the XML of the invoice is not UTF-8")
		}
		members["facturx"] = map[string]string{"profile": g.Invoice.Profile, "xml": string(g.Invoice.XML)}
	}
	if g.Sign != nil {
		members["sign"] = g.Sign.members()
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // which would make six bytes of each < of a template
	err := encoder.Encode(members)
	return body.Bytes(), err
}

// members returns the options as members of a JSON object whose values may all be strings.
func (o Options) members() map[string]any {
	members := map[string]any{}
	for name, values := range o.query() {
		members[name] = values[0]
	}
	if o.Visible != nil && o.Visible.Image != nil {
		members["image"] = o.Visible.Image
	}
	return members
}
