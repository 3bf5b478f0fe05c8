package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/page"
	"influxion/handler/internal/signing"
)

const (
	templateTime   = 15 * time.Second // for one template
	templatesRetry = 10 * time.Second // Retry-After while the container does not answer
)

// Templates are the templates of one container: a template's name is that of its blob. Each use
// reads the present version, so that a changed template needs no restart. It implements
// render.Templates. Safe for concurrent use.
type Templates struct{ container *Container }

var _ render.Templates = (*Templates)(nil)

// NewTemplates makes Templates of a container. It does no I/O.
func NewTemplates(container *Container) *Templates { return &Templates{container} }

// Template returns the present version of a template. Its errors are *signing.Error: NotFound for a
// name that no template has or can have, Unavailable if the container does not answer or refuses
// the identity. If a blob is longer than a template may be, Template returns one byte more than
// page.MaxTemplateBytes, and package page refuses that.
func (t *Templates) Template(ctx context.Context, id string) (render.Template, error) {
	if !blobName(id) {
		return render.Template{}, templateNotFound(nil)
	}
	reading, cancel := context.WithTimeout(ctx, templateTime)
	defer cancel()
	kept, err := t.container.small(reading, id, page.MaxTemplateBytes+1)
	if err != nil {
		return render.Template{}, templateError(ctx, err)
	}
	return render.Template{Content: string(kept.text), ETag: bareETag(kept.version)}, nil
}

// File returns the present version of a file beside the templates. Its errors are those of
// Template, and that of reserve.
func (t *Templates) File(ctx context.Context, id string, reserve func(bytes int64) error) (
	data []byte, etag string, err error) {
	if !blobName(id) {
		return nil, "", templateNotFound(nil)
	}
	reading, cancel := context.WithTimeout(ctx, templateTime)
	defer cancel()
	is, err := t.container.properties(reading, id)
	if err != nil {
		return nil, "", templateError(ctx, err)
	}
	if err := reserve(is.size); err != nil {
		return nil, "", err
	}
	kept, err := t.container.small(reading, id, is.size+1)
	if err == nil && (kept.version != is.version || int64(len(kept.text)) != is.size) {
		err = errAltered
	}
	if err != nil {
		return nil, "", templateError(ctx, err)
	}
	return kept.text, bareETag(kept.version), nil
}

// bareETag is an entity tag without its quotation marks.
func bareETag(version string) string { return strings.Trim(version, `"`) }

// templateError is the error for a blob that cannot be read. ctx is the caller's.
func templateError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errGone):
		return templateNotFound(err)
	case ctx.Err() != nil:
		return fmt.Errorf("read template: %w", err)
	}
	return unavailable("templates_unavailable", "the container of the templates does not answer", err)
}

// Ready returns an error if the container cannot be read now.
func (t *Templates) Ready(ctx context.Context) error {
	_, err := t.container.small(ctx, "influxion-readiness", 1)
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

func templateNotFound(cause error) error {
	return &signing.Error{Kind: signing.NotFound, Code: "template_not_found",
		Detail: "there is no template of this name",
		Err:    cause}
}

func unavailable(code, detail string, cause error) error {
	return &signing.Error{Kind: signing.Unavailable, Code: code, Detail: detail, RetryAfter: templatesRetry, Err: cause}
}
