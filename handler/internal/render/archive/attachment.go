package archive

import (
	"crypto/fips140"
	"crypto/md5"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/signing"
)

// Attachment is a file to embed in the document: ISO 19005-3, 6.8.
type Attachment struct {
	Name         string // bare file name
	MediaType    string
	Relationship string // ISO 32000-2, table 43; "" = Unspecified
	Description  string
	Data         []byte
	Modified     time.Time // zero = the time of the document
}

// Bounds of attachments. The bound of their bytes is that of the request.
const (
	MaxAttachments = 64
	maxName        = 255 // bytes
)

// relationships are those of ISO 19005-3, 6.8, and ISO 32000-2, table 43.
var relationships = []string{"Source", "Data", "Alternative", "Supplement", "Unspecified"}

// CheckAttachments returns an error for attachments that a document of the standard cannot have.
func CheckAttachments(standard Standard, attachments []Attachment, invoice *Invoice) error {
	if len(attachments) == 0 {
		return nil
	}
	if standard != PDFA3B && standard != None {
		return invalid("attachment_invalid", "attachments need pdf_standard pdf/a-3b or none")
	}
	if len(attachments) > MaxAttachments {
		return invalid("attachment_invalid", fmt.Sprintf("more than %d attachments", MaxAttachments))
	}
	seen := map[string]bool{}
	if invoice != nil {
		seen[invoice.fileName()] = true
	}
	for i, a := range attachments {
		detail := ""
		switch {
		case !BareName(a.Name):
			detail = "has a name that is not a bare file name"
		case seen[strings.ToLower(a.Name)]:
			detail = "has the name of another one"
		case !mediaType(a.MediaType):
			detail = "has a media_type that is not a media type"
		case a.Relationship != "" && !slices.Contains(relationships, a.Relationship):
			detail = "has a relationship that is not " + strings.Join(relationships, ", ")
		}
		if detail != "" {
			return invalid("attachment_invalid", fmt.Sprintf("attachment %d %s", i+1, detail))
		}
		seen[strings.ToLower(a.Name)] = true
	}
	return nil
}

// BareName reports whether a name is that of a file, without a path or anything else that leads
// elsewhere.
func BareName(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) && path.Base(name) == name && name != "." &&
		name != ".." && !strings.ContainsAny(name, "/\\:?#%\"<>|*") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r > 0x7f && control(r) })
}

// mediaType reports whether a text is a type and a subtype of RFC 6838 that fit into a PDF name.
func mediaType(text string) bool {
	kind, subtype, ok := strings.Cut(text, "/")
	for _, part := range []string{kind, subtype} {
		ok = ok && part != "" && len(part) <= 127/2-1 && !strings.ContainsFunc(part, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
				strings.ContainsRune("!#$&-^_.+", r))
		})
	}
	return ok
}

// attach embeds the files and associates them with the document.
func (u *update) attach() error {
	attachments := u.options.Attachments
	if u.options.Invoice != nil {
		attachments = append([]Attachment{u.options.Invoice.attachment()}, attachments...)
	}
	if len(attachments) == 0 {
		return nil
	}
	associated, err := u.file.Array(u.catalog["AF"])
	if err != nil {
		return err
	}
	names, err := u.file.Dict(u.catalog["Names"])
	if err != nil {
		return err
	}
	if names["EmbeddedFiles"] != nil {
		return nonconforming("6.8", "the renderer has embedded files of its own")
	}
	slices.SortFunc(attachments, func(a, b Attachment) int { return strings.Compare(a.key(), b.key()) })
	associated = associated.Clone()
	var tree pdf.Array // sorted by key, as ISO 32000-1, 7.9.6, requires
	for _, a := range attachments {
		ref := u.update.Add(u.specification(a))
		associated = append(associated, ref)
		tree = append(tree, pdf.Text(a.Name), ref)
	}
	names = names.Clone()
	names["EmbeddedFiles"] = u.update.Add(pdf.Dict{"Names": tree})
	u.catalog["Names"], u.catalog["AF"] = names, associated
	return nil
}

func (a Attachment) key() string { return string(pdf.Text(a.Name)) }

// specification returns the file specification of an attachment and adds the embedded file: ISO
// 19005-3, 6.8 and annex E.
func (u *update) specification(a Attachment) pdf.Dict {
	modified := a.Modified
	if modified.IsZero() {
		modified = u.options.Time
	}
	var sum [md5.Size]byte
	// ISO 32000-1, table 46, has no other checksum. It protects nothing, so FIPS mode may not
	// forbid it.
	fips140.WithoutEnforcement(func() { sum = md5.Sum(a.Data) })
	file := u.update.Add(pdf.NewStream(pdf.Dict{
		"Type": pdf.Name("EmbeddedFile"), "Subtype": pdf.Name(a.MediaType),
		"Params": pdf.Dict{"ModDate": pdf.Text(pdfDate(modified)), "Size": pdf.Integer(len(a.Data)),
			"CheckSum": pdf.String(sum[:])},
	}, a.Data))
	relationship := a.Relationship
	if relationship == "" {
		relationship = "Unspecified"
	}
	specification := pdf.Dict{
		"Type": pdf.Name("Filespec"), "F": pdf.Text(a.Name), "UF": pdf.Text(a.Name),
		"AFRelationship": pdf.Name(relationship), "EF": pdf.Dict{"F": file, "UF": file},
	}
	if a.Description != "" {
		specification["Desc"] = pdf.Text(a.Description)
	}
	return specification
}

func invalid(code, detail string) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: code, Detail: detail}
}
