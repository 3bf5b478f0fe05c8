package request

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/render/page"
)

// readJSON reads one object: docs/generate.md has its members.
func (g *generation) readJSON(ctx context.Context, body io.Reader) error {
	r := &jsonReader{bufio.NewReaderSize(body, 32<<10)}
	if err := r.skipMark(); err != nil {
		return err
	}
	if err := r.object(func(name string) error { return g.member(ctx, r, name) }); err != nil {
		return err
	}
	return r.end()
}

// generateMembers are the members of the body, and the parts of a form beside its files.
var generateMembers = []string{"html_template", "css_template", "data", "document_id", "pdf_standard", "attachments",
	"resources", "sign", "sign_key_id", "facturx"}

// member reads one member of the body. A null is a value that is not set.
func (g *generation) member(ctx context.Context, r *jsonReader, name string) error {
	c, err := r.peek()
	if err != nil {
		return err
	}
	if c == 'n' && name != "data" && slices.Contains(generateMembers, name) {
		return r.literal("null")
	}
	switch name {
	case "html_template":
		return g.template(r, name, &g.Render.HTML)
	case "css_template":
		return g.template(r, name, &g.Render.CSS)
	case "data":
		g.Render.Data, err = r.raw(page.MaxDataBytes)
		return err
	case "document_id":
		return r.text(name, maxDocumentID, &g.Render.DocumentID)
	case "pdf_standard":
		return g.standard(r, name)
	case "attachments":
		return r.array(name, func() error { return g.attachment(r) })
	case "resources":
		return r.array(name, func() error { return g.resource(r) })
	case "sign":
		return g.readSign(ctx, r, c)
	case "sign_key_id":
		g.shortID = true
		known, err := g.options.find("certificate")
		if err != nil {
			return err
		}
		return g.options.chooseJSON(known, r)
	case "facturx":
		return g.invoice(r)
	}
	return unknownMember(name)
}

// unknownMember names a member only where it looks like a name, as unknown does.
func unknownMember(name string) error {
	known := make([]Option, 0, len(generateMembers))
	for _, member := range generateMembers {
		known = append(known, Option{name: member})
	}
	return unknown(name, known)
}

// template reads {"content": "…"} or {"id": "…"}.
func (g *generation) template(r *jsonReader, name string, into *render.Source) error {
	err := r.object(func(member string) error {
		switch member {
		case "content":
			return r.text(name+".content", page.MaxTemplateBytes, &into.Content)
		case "id":
			return r.text(name+".id", maxTemplateID, &into.ID)
		}
		return badMember(name, "holds content or id, and nothing else")
	})
	if err == nil && (into.Content == "") == (into.ID == "") {
		return badMember(name, "holds neither content nor id, or both")
	}
	return err
}

func badMember(name, detail string) error {
	return invalidRequest("invalid_request", "member "+name+" "+detail, nil)
}

func (g *generation) standard(r *jsonReader, name string) error {
	var text string
	err := r.text(name, 32, &text)
	if err == nil {
		g.Render.Standard, err = archive.ParseStandard(text)
	}
	return err
}

// attachment reads one description of an attachment. Without content it is that of a file of the
// form.
func (g *generation) attachment(r *jsonReader) error {
	if len(g.meta) >= archive.MaxAttachments {
		return badMember("attachments", fmt.Sprintf("has more than %d elements", archive.MaxAttachments))
	}
	var a archive.Attachment
	inline := false
	err := r.object(func(member string) error {
		switch member {
		case "name":
			return r.text("attachments.name", 255, &a.Name)
		case "media_type":
			return r.text("attachments.media_type", maxMediaType, &a.MediaType)
		case "relationship":
			return r.text("attachments.relationship", 32, &a.Relationship)
		case "description":
			return r.text("attachments.description", 1024, &a.Description)
		case "content":
			inline = true
			return r.bytes("attachments.content", &a.Data)
		}
		return badMember("attachments", "has elements with name, media_type, relationship, description and content")
	})
	g.meta, g.inline = append(g.meta, a), append(g.inline, inline)
	return err
}

// resource reads a file that the page refers to.
func (g *generation) resource(r *jsonReader) error {
	file := &render.File{}
	err := r.object(func(member string) error {
		switch member {
		case "name":
			return r.text("resources.name", 255, &file.Name)
		case "content":
			return r.bytes("resources.content", &file.Data)
		}
		return badMember("resources", "has elements with name and content")
	})
	if err != nil {
		return err
	}
	return g.addFile(file)
}

func (g *generation) addFile(file *render.File) error {
	if len(g.files) >= render.MaxFiles+archive.MaxAttachments {
		return badMember("resources", "has too many files")
	}
	if g.files[file.Name] != nil {
		return invalidRequest("resource_invalid", "two files of the request have the same name", nil)
	}
	g.files[file.Name] = file
	return nil
}

// readSign reads true, false, or an object of options of signing.
func (g *generation) readSign(ctx context.Context, r *jsonReader, c byte) error {
	wanted := c != 'f'
	g.sign = &wanted
	switch c {
	case 't':
		return r.literal("true")
	case 'f':
		return r.literal("false")
	case '{':
		return r.object(func(name string) error {
			known, err := g.options.find(name)
			if err != nil {
				return err
			}
			if name == optionImage {
				return r.file(name, isAny, func(file io.Reader) error {
					return g.options.chooseImage(ctx, file, &g.in.memory.Image)
				})
			}
			return g.options.chooseJSON(known, r)
		})
	}
	return badMember("sign", "is not true, false or an object of options")
}

func (g *generation) invoice(r *jsonReader) error {
	i := &archive.Invoice{}
	var text string
	err := r.object(func(member string) error {
		switch member {
		case "profile":
			return r.text("facturx.profile", 32, &i.Profile)
		case "xml":
			return r.text("facturx.xml", archive.MaxInvoiceBytes, &text)
		}
		return badMember("facturx", "holds profile and xml, and nothing else")
	})
	i.XML, g.Render.Invoice = []byte(text), i
	return err
}
