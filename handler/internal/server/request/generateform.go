package request

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/render/page"

	"influxion/handler/internal/server/jsonstream"
)

// filesPart is the name of the parts of a form that contain files, as in Gotenberg's own forms.
const filesPart = "files"

// readMultipart reads RFC 7578 form data: a part for each member of the JSON form, and any number
// of files. A template is its text; data, sign, attachments, resources and facturx are JSON, as in
// the JSON form.
func (g *generation) readMultipart(ctx context.Context, body io.Reader, boundary string) error {
	metered := &meteredBody{r: body, left: formOverhead}
	seen := map[string]bool{}
	return eachPart(metered, boundary, func(part *multipart.Part) error {
		name := part.FormName()
		if name != filesPart && !slices.Contains(generateMembers, name) {
			return unknownMember(name)
		}
		if seen[name] && name != filesPart {
			return jsonstream.Repeated(name)
		}
		seen[name] = true
		metered.file = true // the body as a whole is bounded; headers of parts are apart
		defer func() { metered.file = false }()
		return g.part(ctx, name, part)
	})
}

// jsonParts are the parts that are read as JSON, whatever their media type says.
var jsonParts = []string{"data", "attachments", "resources", "sign", "facturx"}

func (g *generation) part(ctx context.Context, name string, part *multipart.Part) error {
	if name == filesPart {
		data, err := io.ReadAll(io.LimitReader(part, render.MaxFileBytes+1))
		if err != nil {
			return err
		}
		if len(data) > render.MaxFileBytes {
			return jsonstream.BadMember(name, fmt.Sprintf("has more than %d bytes", render.MaxFileBytes))
		}
		return g.addFile(&render.File{Name: part.FileName(), Data: data})
	}
	media, _ := contentType(http.Header(part.Header))
	if media == mediaJSON || slices.Contains(jsonParts, name) {
		return jsonstream.Read(part, func(r *jsonstream.Reader) error { return g.member(ctx, r, name) })
	}
	return g.plainPart(name, part)
}

// plainPart reads a part that is text.
func (g *generation) plainPart(name string, part io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(part, page.MaxTemplateBytes+1))
	if err != nil {
		return err
	}
	if len(text) > page.MaxTemplateBytes {
		return jsonstream.BadMember(name, fmt.Sprintf("has more than %d bytes", page.MaxTemplateBytes))
	}
	switch name {
	case "html_template":
		g.Render.HTML.Content = string(text)
	case "css_template":
		g.Render.CSS.Content = string(text)
	case "sign_key_id":
		g.shortID = true
		return g.options.choose("certificate", string(text))
	case "document_id":
		if len(text) > maxDocumentID {
			return jsonstream.BadMember(name, fmt.Sprintf("has more than %d bytes", maxDocumentID))
		}
		g.Render.DocumentID = string(text)
	case "pdf_standard":
		g.Render.Standard, err = archive.ParseStandard(string(text))
		return err
	}
	return nil
}
