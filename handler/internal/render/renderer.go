package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"time"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/render/page"
	"influxion/handler/internal/render/reference"
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

// Templates returns stored templates. Its errors are *signing.Error: NotFound for an unknown name,
// Unavailable if the store cannot answer now. It must be safe for concurrent use.
type Templates interface {
	Template(ctx context.Context, id string) (Template, error)
}

// Printer prints pages. Its errors are *signing.Error, or that of ctx. It must be safe for
// concurrent use.
type Printer interface {
	// Convert prints a page with the files that it refers to. The print has at most limit bytes. It
	// calls reserve, if that is not nil, before it allocates memory for them.
	Convert(ctx context.Context, page []byte, files []File, limit int64,
		reserve func(context.Context, int64) error) ([]byte, error)
}

// File is a file that a page can refer to.
type File struct {
	Name string // bare file name
	Data []byte
}

// Request is a request for a document.
type Request struct {
	HTML, CSS   Source
	Data        []byte // JSON; empty = an empty object
	Page        []byte // a finished page in the place of HTML, CSS and Data; nil = there is none
	Files       []File // that the page can refer to
	Standard    archive.Standard
	DocumentID  string // the caller's own ID; "" = none
	Attachments []archive.Attachment
	Invoice     *archive.Invoice // nil = none
	// Reserve is called before memory for a number of bytes of the renderer's answer is allocated.
	// nil = only MaxBytes is the limit.
	Reserve func(ctx context.Context, bytes int64) error
}

// Document is the document that was made.
type Document struct {
	PDF   []byte
	Pages int
	ETag  string // of the stored template; "" = it came with the request
}

// Renderer makes documents. Safe for concurrent use.
type Renderer struct {
	Printer   Printer
	Templates Templates // nil = no template is stored
	Scripts   bool      // pages may have scripts
	MaxBytes  int64     // of a document
	Now       func() time.Time
}

// Check returns an error for a request that cannot become a document. It renders nothing.
func (q *Request) Check() error {
	if len(q.Files) > MaxFiles {
		return invalid("resource_invalid", fmt.Sprintf("more than %d files", MaxFiles))
	}
	seen, total := map[string]bool{}, 0
	for _, file := range q.Files {
		if !archive.BareName(file.Name) || seen[file.Name] {
			return invalid("resource_invalid", "the name of a file is not a bare file name, or another file has it")
		}
		seen[file.Name] = true
		total += len(file.Data)
	}
	for _, attachment := range q.Attachments {
		total += len(attachment.Data)
	}
	if total > MaxFileBytes {
		return invalid("resource_invalid", fmt.Sprintf("the files have more than %d bytes together", MaxFileBytes))
	}
	if q.Invoice != nil {
		if q.Standard != archive.PDFA3B {
			return invalid("facturx_invalid", "facturx needs pdf_standard pdf/a-3b")
		}
		if err := q.Invoice.Check(); err != nil {
			return err
		}
	}
	return archive.CheckAttachments(q.Standard, q.Attachments, q.Invoice)
}

func invalid(code, detail string) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: code, Detail: detail}
}

// Render makes the document. Its errors hold a *signing.Error, or are that of ctx.
func (r *Renderer) Render(ctx context.Context, q *Request) (*Document, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	document := &Document{}
	filled, err := r.fill(ctx, q, document)
	if err != nil {
		return nil, err
	}
	printed, err := r.Printer.Convert(ctx, filled, q.Files, r.MaxBytes, q.Reserve)
	if err != nil {
		return nil, err
	}
	if b := budget.Of(ctx); b != nil {
		b.Limit(budget.For(int64(len(printed))))
	}
	document.PDF, document.Pages, err = r.finish(ctx, q, printed)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", q.Standard, err)
	}
	return document, nil
}

// fill fills the template with the data, and checks the references of the page and its files.
func (r *Renderer) fill(ctx context.Context, q *Request, document *Document) ([]byte, error) {
	checker := &reference.Checker{Scripts: r.Scripts}
	for _, file := range q.Files {
		checker.Files = append(checker.Files, file.Name)
	}
	template := page.Template{Head: `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="` +
		html.EscapeString(checker.Policy()) + `">`}
	if q.Page != nil {
		return q.Page, checker.HTML(q.Page)
	}
	var err error
	if template.HTML, document.ETag, err = r.source(ctx, q.HTML); err != nil {
		return nil, err
	}
	if template.CSS, _, err = r.source(ctx, q.CSS); err != nil {
		return nil, err
	}
	data, err := page.ParseData(q.Data)
	if err != nil {
		return nil, err
	}
	filling, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	filled, err := page.Fill(filling, template, data)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, &signing.Error{Kind: signing.Unprocessable, Code: "template_too_complex",
			Detail: fmt.Sprintf("the template takes more than %.0f seconds", fillTime.Seconds()), Err: err}
	}
	if err != nil {
		return nil, err
	}
	if err := checker.HTML(filled); err != nil {
		return nil, err
	}
	for _, file := range q.Files {
		if err := checker.File(file.Name, file.Data); err != nil {
			return nil, err
		}
	}
	return filled, nil
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

// finish turns the print into the requested document.
func (r *Renderer) finish(ctx context.Context, q *Request, printed []byte) (pdf []byte, pages int, err error) {
	increment, err := archive.Append(ctx, bytes.NewReader(printed), archive.Options{
		Standard: q.Standard, DocumentID: q.DocumentID, Attachments: q.Attachments, Invoice: q.Invoice, Time: r.Now(),
	})
	if err != nil {
		return nil, 0, signing.DocumentError(ctx, err)
	}
	if int64(len(printed)+len(increment)) > r.MaxBytes {
		return nil, 0, tooLarge(r.MaxBytes)
	}
	pdf = append(printed, increment...)
	pages, err = archive.Check(ctx, bytes.NewReader(pdf), q.Standard)
	if err != nil {
		return nil, 0, signing.DocumentError(ctx, err)
	}
	if pages > maxPages {
		return nil, 0, &signing.Error{Kind: signing.Unprocessable, Code: "document_too_complex",
			Detail: fmt.Sprintf("the document has %d pages, more than the %d allowed", pages, maxPages)}
	}
	return pdf, pages, nil
}

func tooLarge(limit int64) error {
	return &signing.Error{Kind: signing.TooLarge, Code: "document_too_large",
		Detail: fmt.Sprintf("a document may have %d bytes at most", limit)}
}
