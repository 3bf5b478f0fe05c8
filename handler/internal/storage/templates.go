package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/page"
	"influxion/handler/internal/signing"
)

const (
	maxTemplateName = 255              // characters
	templateTime    = 15 * time.Second // for one template
	templatesRetry  = 10 * time.Second // Retry-After while the container does not answer
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
// the identity. Of a blob that is longer than a template may be, it returns one byte more than
// page.MaxTemplateBytes, which package page refuses.
func (t *Templates) Template(ctx context.Context, id string) (render.Template, error) {
	if !templateName(id) {
		return render.Template{}, templateNotFound(nil)
	}
	reading, cancel := context.WithTimeout(ctx, templateTime)
	defer cancel()
	text, etag, err := t.container.small(reading, id, page.MaxTemplateBytes+1)
	switch {
	case err == nil:
		return render.Template{Content: string(text), ETag: etag}, nil
	case bloberror.HasCode(err, bloberror.BlobNotFound):
		return render.Template{}, templateNotFound(err)
	case ctx.Err() != nil:
		return render.Template{}, fmt.Errorf("read template: %w", err)
	}
	return render.Template{}, unavailable("templates_unavailable", "the container of the templates does not answer",
		err)
}

// Ready returns an error if the container cannot be read now.
func (t *Templates) Ready(ctx context.Context) error {
	_, _, err := t.container.small(ctx, "influxion-readiness", 1)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil
	}
	return err
}

// templateName reports whether a blob can have the name and a URL can name it: a server may take
// away segments of dots (RFC 3986, section 5.2.4), which would lead out of the container.
func templateName(id string) bool {
	if id == "" || !utf8.ValidString(id) || utf8.RuneCountInString(id) > maxTemplateName ||
		strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' }) {
		return false
	}
	for segment := range strings.SplitSeq(id, "/") {
		if segment == "" || strings.HasPrefix(segment, ".") || strings.HasSuffix(segment, ".") {
			return false
		}
	}
	return true
}

func templateNotFound(cause error) error {
	return &signing.Error{Kind: signing.NotFound, Code: "template_not_found",
		Detail: "there is no template of this name",
		Err:    cause}
}

func unavailable(code, detail string, cause error) error {
	return &signing.Error{Kind: signing.Unavailable, Code: code, Detail: detail, RetryAfter: templatesRetry, Err: cause}
}

// small returns the first bytes of a blob, at most most, and the entity tag of that version without
// its quotation marks. All bytes are of that one version.
func (c *Container) small(ctx context.Context, name string, most int64) (text []byte, etag string, err error) {
	client := c.client.NewBlobClient(name)
	response, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Count: most}})
	if bloberror.HasCode(err, bloberror.InvalidRange) { // an empty blob has no range
		response, err = client.DownloadStream(ctx, nil)
	}
	if err != nil {
		return nil, "", failed("read blob", err)
	}
	if response.ETag == nil {
		response.Body.Close()
		return nil, "", errors.New("read blob: an answer without an entity tag")
	}
	body := response.NewRetryReader(ctx, nil) // which asks for the same version again
	defer body.Close()
	text, err = io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		return nil, "", failed("read blob", err)
	}
	return text, strings.Trim(string(*response.ETag), `"`), nil
}
