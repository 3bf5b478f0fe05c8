package render

import (
	"context"
	"fmt"
	"strings"

	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/render/reference"
	"influxion/handler/internal/signing"
)

// loadable are the files that a page may load: those of the request, and those of the container of
// templates that the page turns out to refer to. Not safe for concurrent use.
type loadable struct {
	templates Templates // nil = there are the files of the request alone
	folder    string    // in the container; "" = its root
	asked     *Request
	files     []File
	bytes     int                    // of all files and attachments
	stored    int                    // of bytes: those of the container
	used      []signing.RecordedFile // of files: those of the container
	absent    map[string]bool
}

// newLoadable begins with the files of a request. The files of the container lie beside the stored
// template, or in its root if the template came with the request.
func (r *Renderer) newLoadable(q *Request) *loadable {
	l := &loadable{templates: r.Templates, asked: q, files: append([]File(nil), q.Files...),
		absent: map[string]bool{}}
	if at := strings.LastIndexByte(q.HTML.ID, '/'); at >= 0 {
		l.folder = q.HTML.ID[:at+1]
	}
	for _, file := range q.Files {
		l.bytes += len(file.Data)
	}
	for _, attachment := range q.Attachments {
		l.bytes += len(attachment.Data)
	}
	return l
}

// has reports whether there is a file of a bare name. It fetches the file from the container if the
// request has none of that name.
func (l *loadable) has(ctx context.Context, name string) (bool, error) {
	for _, file := range l.files {
		if file.Name == name {
			return true, nil
		}
	}
	if l.templates == nil || l.absent[name] || !archive.BareName(name) || name == index {
		return false, nil
	}
	if len(l.files)+len(l.absent) >= MaxFiles {
		return false, invalid("resource_invalid", fmt.Sprintf("the page refers to more than %d files", MaxFiles))
	}
	data, etag, err := l.templates.File(ctx, l.folder+name, l.reserve(ctx))
	if signingErr, ok := err.(*signing.Error); ok && signingErr.Kind == signing.NotFound {
		l.absent[name] = true
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %.60q of the container: %w", name, err)
	}
	l.files = append(l.files, File{name, data})
	l.used = append(l.used, signing.RecordedFile{Name: name, ETag: etag})
	return true, nil
}

// reserve counts the bytes of a file of the container before they are allocated.
func (l *loadable) reserve(ctx context.Context) func(bytes int64) error {
	return func(bytes int64) error {
		if bytes > int64(MaxFileBytes-l.bytes) {
			return invalid("resource_invalid", fmt.Sprintf("the files have more than %d bytes together", MaxFileBytes))
		}
		l.bytes += int(bytes)
		l.stored += int(bytes)
		return l.beside(ctx, 0)
	}
}

// beside counts bytes in addition to the files of the container.
func (l *loadable) beside(ctx context.Context, bytes int64) error {
	if l.asked.Reserve == nil {
		return nil
	}
	return l.asked.Reserve(ctx, int64(l.stored)+bytes)
}

// check checks the page and all files that it may load. A style sheet or a drawing of the container
// can lead to further ones.
func (l *loadable) check(checker *reference.Checker, page []byte) error {
	if err := checker.HTML(page); err != nil {
		return err
	}
	for i := 0; i < len(l.files); i++ {
		if err := checker.File(l.files[i].Name, l.files[i].Data); err != nil {
			return err
		}
	}
	return nil
}
