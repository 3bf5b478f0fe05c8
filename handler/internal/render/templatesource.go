package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"influxion/handler/internal/signing"
)

// Source is a template: its text, or the name of a stored one.
type Source struct {
	Content string
	ID      string // "" = Content is the template
}

// Template is a stored template.
type Template struct {
	Content string
	ETag    string // of this version, for the audit record
}

// Templates returns stored templates, and files that lie beside them. Its errors are
// *signing.Error: NotFound for an unknown name, Unavailable if the store cannot answer now. It must
// be safe for concurrent use.
type Templates interface {
	Template(ctx context.Context, id string) (Template, error)
	// File returns a file of the store with the etag of its version. It calls reserve with the size
	// of the file before it allocates memory for it, and returns an error of reserve as it is.
	File(ctx context.Context, id string, reserve func(bytes int64) error) (data []byte, etag string, err error)
}

// Asked notes in an audit record what the document is to be made of.
func (q *Request) Asked(record *signing.RecordedTemplate) {
	record.Template, record.TemplateDigest = q.HTML.ID, q.HTML.digest()
	record.Style, record.StyleDigest = q.CSS.ID, q.CSS.digest()
}

// Took notes in an audit record which versions of stored templates and files the document was made
// of.
func (d *Document) Took(record *signing.RecordedTemplate) {
	record.TemplateETag, record.StyleETag, record.Files = d.ETag, d.StyleETag, d.Files
}

// digest is the SHA-256 of the text in hex; "" if there is none.
func (s Source) digest() string {
	if s.Content == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Content))
	return hex.EncodeToString(sum[:])
}

// source returns the text of a template.
func (r *Renderer) source(ctx context.Context, s Source) (text, etag string, err error) {
	if s.ID == "" {
		return s.Content, "", nil
	}
	if r.Templates == nil {
		return "", "", invalid("template_id_unsupported",
			"this deployment keeps no templates: send the template's content")
	}
	kept, err := r.Templates.Template(ctx, s.ID)
	return kept.Content, kept.ETag, err
}
