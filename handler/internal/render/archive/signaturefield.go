package archive

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/signing"
)

// FieldScheme is the scheme of the links that mark places for signatures on a page:
// signature-field:NAME. Append puts an empty signature field of that name into the link's place.
const FieldScheme = "signature-field"

// maxSignatureFields bounds the signature fields of one document.
const maxSignatureFields = 50

// fieldName is a name of a signature field that a link can have. A full stop would make a hierarchy
// of fields: ISO 32000-1, 12.7.3.2.
var fieldName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// validFieldName reports whether a signature field can have the name.
func validFieldName(name string) bool { return fieldName.MatchString(name) }

func fieldInvalid(detail string) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "signature_field_invalid", Detail: detail}
}

// signatureFields turns the links that mark places for signatures into empty signature fields: ISO
// 32000-1, 12.7.4.5.
func (u *update) signatureFields() error {
	fields, seen := pdf.Array{}, map[string]bool{}
	var failed error
	err := u.file.Pages(func(page pdf.Ref, dict pdf.Dict) bool {
		annotations, err := u.file.Array(dict["Annots"])
		for _, entry := range annotations {
			ref, ok := entry.(pdf.Ref)
			if err != nil || !ok {
				continue
			}
			var made bool
			if made, err = u.signatureField(page, ref, seen); made {
				fields = append(fields, ref)
			}
		}
		failed = err
		return err == nil
	})
	if err := cmp.Or(failed, err); err != nil || len(fields) == 0 {
		return err
	}
	if u.catalog["AcroForm"] != nil {
		return fieldInvalid("the renderer has made form fields of its own")
	}
	u.catalog["AcroForm"] = pdf.Dict{"Fields": fields}
	return nil
}

// signatureField makes a signature field of an annotation if it is a link that marks one.
func (u *update) signatureField(page, ref pdf.Ref, seen map[string]bool) (made bool, err error) {
	annotation, err := u.file.Dict(ref)
	if err != nil || annotation["Subtype"] != pdf.Name("Link") {
		return false, err
	}
	action, err := u.file.Dict(annotation["A"])
	if err != nil {
		return false, err
	}
	address, err := u.file.String(action["URI"])
	if err != nil {
		return false, err
	}
	name, ok := strings.CutPrefix(string(address), FieldScheme+":")
	switch {
	case !ok:
		return false, nil
	case !validFieldName(name):
		return false, fieldInvalid("the name of a signature field may have only letters, digits, _ and -, 64 at most")
	case seen[name]:
		return false, fieldInvalid("there are two places for the signature field " + name + ", or its place is split")
	case len(seen) == maxSignatureFields:
		return false, fieldInvalid(fmt.Sprintf("there are more than %d signature fields", maxSignatureFields))
	}
	seen[name] = true
	field := pdf.Dict{
		"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"), "T": pdf.Text(name),
		"Rect": annotation["Rect"], "P": page, "F": pdf.Integer(flagPrint),
		"AP": pdf.Dict{"N": u.emptyAppearance()}, // ISO 19005-2, 6.3.3, wants one
	}
	if parent := annotation["StructParent"]; parent != nil {
		field["StructParent"] = parent
	}
	u.update.Set(ref, field)
	return true, nil
}

// emptyAppearance returns a form that draws nothing.
func (u *update) emptyAppearance() pdf.Ref {
	return u.update.Add(pdf.NewStream(pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"),
		"BBox": pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(1), pdf.Integer(1)}, "Resources": pdf.Dict{},
	}, nil))
}
