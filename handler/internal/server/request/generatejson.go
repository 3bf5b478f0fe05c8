package request

import (
	"context"
	"fmt"
	"io"
	"slices"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/render/page"

	"influxion/handler/internal/server/jsonstream"
)

// readJSON reads one object: docs/generate.md has its members.
func (g *generation) readJSON(ctx context.Context, body io.Reader) error {
	return jsonstream.ReadObject(body, func(r *jsonstream.Reader, name string) error { return g.member(ctx, r, name) })
}

// generateMembers are the members of the body, and the parts of a form beside its files.
var generateMembers = []string{"html_template", "css_template", "data", "document_id", "pdf_standard", "attachments",
	"resources", "sign", "sign_key_id", "facturx"}

// member reads one member of the body. A null is a value that is not set.
func (g *generation) member(ctx context.Context, r *jsonstream.Reader, name string) error {
	c, err := r.Peek()
	if err != nil {
		return err
	}
	if c == 'n' && name != "data" && slices.Contains(generateMembers, name) {
		return r.Literal("null")
	}
	switch name {
	case "html_template":
		return g.template(r, name, &g.Render.HTML)
	case "css_template":
		return g.template(r, name, &g.Render.CSS)
	case "data":
		g.Render.Data, err = r.Raw(name, "data_invalid", page.MaxDataBytes)
		return err
	case "document_id":
		return r.Text(name, maxDocumentID, &g.Render.DocumentID)
	case "pdf_standard":
		return g.standard(r, name)
	case "attachments":
		return r.Array(name, func() error { return g.attachment(r) })
	case "resources":
		return r.Array(name, func() error { return g.resource(r) })
	case "sign":
		return g.readSign(ctx, r, c)
	case "sign_key_id":
		g.shortID = true
		known, err := g.options.find("certificate")
		if err != nil {
			return err
		}
		return g.in.choose(ctx, g.options, known, r)
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
func (g *generation) template(r *jsonstream.Reader, name string, into *render.Source) error {
	err := r.Object(func(member string) error {
		switch member {
		case "content":
			return r.Text(name+".content", page.MaxTemplateBytes, &into.Content)
		case "id":
			return r.Text(name+".id", maxTemplateID, &into.ID)
		}
		return jsonstream.BadMember(name, "takes content or id, and nothing else")
	})
	if err == nil && (into.Content == "") == (into.ID == "") {
		return jsonstream.BadMember(name, "has neither content nor id, or both")
	}
	return err
}

func (g *generation) standard(r *jsonstream.Reader, name string) error {
	var text string
	err := r.Text(name, 32, &text)
	if err == nil {
		g.Render.Standard, err = archive.ParseStandard(text)
	}
	return err
}

// attachment reads the description of one attachment. A description without content is that of a
// file of the form.
func (g *generation) attachment(r *jsonstream.Reader) error {
	if len(g.meta) >= archive.MaxAttachments {
		return jsonstream.BadMember("attachments", fmt.Sprintf("has more than %d elements", archive.MaxAttachments))
	}
	var a archive.Attachment
	inline := false
	err := r.Object(func(member string) error {
		switch member {
		case "name":
			return r.Text("attachments.name", 255, &a.Name)
		case "media_type":
			return r.Text("attachments.media_type", jsonstream.MaxMediaType, &a.MediaType)
		case "relationship":
			return r.Text("attachments.relationship", 32, &a.Relationship)
		case "description":
			return r.Text("attachments.description", 1024, &a.Description)
		case "content":
			inline = true
			return r.Bytes("attachments.content", render.MaxFileBytes, &a.Data)
		}
		return jsonstream.BadMember("attachments",
			"takes elements with name, media_type, relationship, description and content")
	})
	g.meta, g.inline = append(g.meta, a), append(g.inline, inline)
	return err
}

// resource reads a file that the page refers to.
func (g *generation) resource(r *jsonstream.Reader) error {
	file := &render.File{}
	err := r.Object(func(member string) error {
		switch member {
		case "name":
			return r.Text("resources.name", 255, &file.Name)
		case "content":
			return r.Bytes("resources.content", render.MaxFileBytes, &file.Data)
		}
		return jsonstream.BadMember("resources", "takes elements with name and content")
	})
	if err != nil {
		return err
	}
	return g.addFile(file)
}

func (g *generation) addFile(file *render.File) error {
	if len(g.files) >= render.MaxFiles+archive.MaxAttachments {
		return jsonstream.BadMember("resources", "has too many files")
	}
	if g.files[file.Name] != nil {
		return invalidRequest("resource_invalid", "two files of the request have the same name", nil)
	}
	g.files[file.Name] = file
	return nil
}

// readSign reads true, false, or an object of options of signing.
func (g *generation) readSign(ctx context.Context, r *jsonstream.Reader, c byte) error {
	wanted := c != 'f'
	g.sign = &wanted
	switch c {
	case 't':
		return r.Literal("true")
	case 'f':
		return r.Literal("false")
	case '{':
		return r.Object(func(name string) error {
			known, err := g.options.find(name)
			if err != nil {
				return err
			}
			return g.in.choose(ctx, g.options, known, r)
		})
	}
	return jsonstream.BadMember("sign", "is not true, false or an object of options")
}

func (g *generation) invoice(r *jsonstream.Reader) error {
	i := &archive.Invoice{}
	var text string
	err := r.Object(func(member string) error {
		switch member {
		case "profile":
			return r.Text("facturx.profile", 32, &i.Profile)
		case "xml":
			return r.Text("facturx.xml", archive.MaxInvoiceBytes, &text)
		}
		return jsonstream.BadMember("facturx", "takes profile and xml, and nothing else")
	})
	i.XML, g.Render.Invoice = []byte(text), i
	return err
}
