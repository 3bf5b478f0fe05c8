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

// Document is the document that was made. The etags are those of the stored template and style
// sheet; "" = it came with the request, or there is none.
type Document struct {
	PDF             []byte
	Pages           int
	ETag, StyleETag string
	Files           []signing.RecordedFile // of the container: at most MaxFiles
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
	document, files := &Document{}, r.newLoadable(q)
	filled, err := r.fill(ctx, q, document, files)
	if err != nil {
		return nil, err
	}
	document.Files = files.used
	printed, err := r.Printer.Convert(ctx, filled, files.files, r.MaxBytes, files.beside)
	if err != nil {
		return nil, err
	}
	if b := budget.Of(ctx); b != nil {
		b.Limit(budget.For(int64(len(printed))))
	}
	document.PDF, document.Pages, err = r.finish(ctx, q, reference.Language(filled), printed)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", q.Standard, err)
	}
	return document, nil
}

// fill fills the template with the data, and checks the references of the page and its files. Then
// files are all that the page refers to.
func (r *Renderer) fill(ctx context.Context, q *Request, document *Document, files *loadable) ([]byte, error) {
	checker := &reference.Checker{Scripts: r.Scripts}
	for _, file := range q.Files {
		checker.Files = append(checker.Files, file.Name)
	}
	if q.Page != nil {
		return q.Page, checker.HTML(q.Page)
	}
	if r.Templates != nil {
		checker.Stored = func(name string) (bool, error) { return files.has(ctx, name) }
	}
	template := page.Template{Head: `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="` +
		html.EscapeString(checker.Policy()) + `">`}
	var err error
	if template.HTML, document.ETag, err = r.source(ctx, q.HTML); err != nil {
		return nil, err
	}
	if template.CSS, document.StyleETag, err = r.source(ctx, q.CSS); err != nil {
		return nil, err
	}
	filled, err := fillIn(ctx, template, q.Data)
	if err != nil {
		return nil, err
	}
	return filled, files.check(checker, filled)
}

// fillIn fills a template with data, within fillTime.
func fillIn(ctx context.Context, template page.Template, text []byte) ([]byte, error) {
	data, err := page.ParseData(text)
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
	return filled, err
}

// finish turns the print of a page into the requested document.
func (r *Renderer) finish(ctx context.Context, q *Request, language string, printed []byte) (pdf []byte, pages int,
	err error,
) {
	increment, err := archive.Append(ctx, bytes.NewReader(printed), archive.Options{
		Standard: q.Standard, DocumentID: q.DocumentID, Language: language, Attachments: q.Attachments,
		Invoice: q.Invoice, Time: r.Now(),
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
