package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/signing"
)

// nonconforming is the error for a document that breaks a rule. It names the clause of ISO 19005-2
// (the clauses of part 3 have the same numbers) and the deviation.
func nonconforming(clause, detail string) error {
	return &signing.Error{Kind: signing.Unprocessable, Code: "pdf_nonconforming",
		Detail: fmt.Sprintf("the document would break ISO 19005-2, %s: %s", clause, detail)}
}

// Check reads a document with its update and returns the number of pages. It returns a
// *signing.Error if the document breaks a rule of the standard that a renderer or an attachment can
// break. It is no complete validator: it does not check again what Append itself writes.
func Check(ctx context.Context, doc pades.Document, standard Standard) (pages int, err error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return 0, pades.ReadError(err)
	}
	defer file.Close()
	if err := file.Pages(func(pdf.Ref, pdf.Dict) bool { pages++; return true }); err != nil {
		return 0, pades.ReadError(err)
	}
	if standard == None {
		return pages, nil
	}
	c := &checker{file: file, standard: standard}
	for _, rule := range []func() error{c.catalog, c.objects, c.pages} {
		if err := rule(); err != nil {
			if _, ok := errors.AsType[*signing.Error](err); ok {
				return pages, err
			}
			return pages, pades.ReadError(err)
		}
	}
	return pages, nil
}

type checker struct {
	file     *pdf.File
	standard Standard
	fonts    map[pdf.Ref]bool // whether the codes of a font are glyph numbers: Type0 with Identity
}

// catalog checks what the document does when it is opened: 6.1.3, 6.4.2, 6.5.1, 6.10.
func (c *checker) catalog() error {
	if c.file.Encrypted() {
		return nonconforming("6.1.3", "the document is encrypted")
	}
	_, catalog, err := c.file.Catalog()
	if err != nil {
		return err
	}
	for key, clause := range map[pdf.Name]string{"AA": "6.5.2", "Requirements": "6.11"} {
		if catalog[key] != nil {
			return nonconforming(clause, "the catalog has /"+string(key))
		}
	}
	names, err := c.file.Dict(catalog["Names"])
	if err != nil {
		return err
	}
	for key, clause := range map[pdf.Name]string{"JavaScript": "6.5.1", "AlternatePresentations": "6.10"} {
		if names[key] != nil {
			return nonconforming(clause, "the names of the document hold /"+string(key))
		}
	}
	return nil
}

// objects checks each object in use by its type.
func (c *checker) objects() error {
	size, err := c.file.Integer(c.file.Trailer()["Size"])
	if err != nil {
		return err
	}
	for number := 1; number < int(size); number++ {
		entry, ok := c.file.Entry(number)
		if !ok || entry.Kind == pdf.EntryFree {
			continue
		}
		ref := pdf.Ref{Number: number, Generation: entry.Generation}
		object, bytes, err := c.file.Once(ref)
		if err == nil {
			err = c.object(object)
		}
		c.file.Give(bytes)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) object(object pdf.Object) error {
	switch o := object.(type) {
	case pdf.Dict:
		return c.dict(o)
	case *pdf.Stream:
		return c.stream(o)
	}
	return nil
}

func (c *checker) dict(dict pdf.Dict) error {
	if err := c.action(dict); err != nil {
		return err
	}
	if dict["Rect"] != nil && dict["Subtype"] != nil {
		if err := c.annotation(dict); err != nil {
			return err
		}
	}
	switch dict["Type"] {
	case pdf.Name("Font"):
		return c.font(dict)
	case pdf.Name("ExtGState"):
		return c.graphicsState(dict)
	}
	if dict["BM"] != nil { // some writers omit /Type
		return c.graphicsState(dict)
	}
	return nil
}

// actions are those that ISO 19005-2, 6.5.1, permits.
var actions = []pdf.Name{"GoTo", "GoToR", "GoToE", "Thread", "URI", "Named", "SubmitForm"}

// action checks the action of an annotation, an outline item or the catalog: 6.5.1, 6.5.2.
func (c *checker) action(dict pdf.Dict) error {
	for _, key := range []pdf.Name{"A", "OpenAction"} {
		object, err := c.file.Resolve(dict[key])
		if err != nil {
			return err
		}
		action, ok := object.(pdf.Dict)
		if !ok || dict["Type"] == pdf.Name("StructElem") { // its /A has attributes
			continue
		}
		kind, err := c.file.Name(action["S"])
		if err != nil {
			return err
		}
		if !slices.Contains(actions, kind) {
			return nonconforming("6.5.1", "there is an action that is not permitted")
		}
	}
	if dict["AA"] != nil {
		return nonconforming("6.5.2", "there are additional actions")
	}
	return nil
}

// annotations are the kinds that renderers make from links and forms. ISO 19005-2, 6.3.1, permits
// more.
var annotations = []pdf.Name{"Link", "Widget", "Text", "Highlight", "Underline", "Popup", "FreeText", "Stamp"}

func (c *checker) annotation(dict pdf.Dict) error {
	kind, err := c.file.Name(dict["Subtype"])
	if err != nil {
		return err
	}
	if !slices.Contains(annotations, kind) {
		return nonconforming("6.3.1", "there is an annotation that is neither a link nor a form field")
	}
	if kind == "Popup" {
		return nil
	}
	flags, err := c.file.Integer(dict["F"])
	if err != nil {
		return err
	}
	const forbidden = flagInvisible | flagHidden | flagNoView | flagToggleNoView
	if flags&flagPrint == 0 || flags&forbidden != 0 {
		return nonconforming("6.3.2", "there is an annotation that is not printed or is hidden")
	}
	return nil
}

// blendModes are the blend modes of ISO 32000-1, 11.3.5.
var blendModes = []pdf.Name{
	"Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn",
	"HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
}

func (c *checker) graphicsState(dict pdf.Dict) error {
	for _, key := range []pdf.Name{"TR", "HTP"} {
		if dict[key] != nil {
			return nonconforming("6.2.5", "there is a graphics state with /"+string(key))
		}
	}
	if mode, ok := dict["BM"].(pdf.Name); ok && !slices.Contains(blendModes, mode) {
		return nonconforming("6.2.10", "there is a blend mode that is not permitted")
	}
	return nil
}

func (c *checker) stream(s *pdf.Stream) error {
	if s.Dict["F"] != nil || s.Dict["FFilter"] != nil {
		return nonconforming("6.1.7.1", "there is a stream outside the file")
	}
	filters, err := c.file.Resolve(s.Dict["Filter"])
	if err != nil {
		return err
	}
	list, ok := filters.(pdf.Array)
	if !ok {
		list = pdf.Array{filters}
	}
	for _, filter := range list {
		if filter == pdf.Name("LZWDecode") || filter == pdf.Name("Crypt") {
			return nonconforming("6.1.7.2", "there is a stream with a filter that is not permitted")
		}
	}
	switch s.Dict["Subtype"] {
	case pdf.Name("Image"):
		return c.image(s.Dict)
	case pdf.Name("Form"):
		if s.Dict["OPI"] != nil || s.Dict["PS"] != nil || s.Dict["Ref"] != nil {
			return nonconforming("6.2.9", "there is a form XObject with /OPI, /PS or /Ref")
		}
	case pdf.Name("PS"):
		return nonconforming("6.2.9", "there is a PostScript XObject")
	}
	return nil
}

func (c *checker) image(dict pdf.Dict) error {
	if dict["Interpolate"] == true || dict["Alternates"] != nil || dict["OPI"] != nil {
		return nonconforming("6.2.8", "there is an image with /Interpolate, /Alternates or /OPI")
	}
	space, err := c.file.Resolve(dict["ColorSpace"])
	if err != nil {
		return err
	}
	if space == pdf.Name("DeviceCMYK") {
		return nonconforming("6.2.4.3", "there is an image in CMYK, which the output intent does not cover")
	}
	return nil
}
