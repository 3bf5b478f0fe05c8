package archive

import (
	"cmp"
	"strconv"

	"influxion/handler/internal/pades/pdf"
)

// The bounds of ISO 19005-2, 6.1.13, that a page can break.
const (
	maxSaved  = 28    // nesting of q
	leastSide = 3     // units of a page's side, at least
	mostSide  = 14400 // units of a page's side, at most
	maxForms  = 28    // nesting of form XObjects: our own bound
)

// pages checks the size and the content of each page.
func (c *checker) pages() error {
	c.fonts = map[pdf.Ref]bool{}
	seen := map[pdf.Ref]bool{}
	var failed error
	err := c.file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		failed = c.page(page, seen)
		return failed == nil
	})
	return cmp.Or(failed, err)
}

func (c *checker) page(page pdf.Dict, seen map[pdf.Ref]bool) error {
	box, err := c.file.Array(page["MediaBox"])
	if err != nil {
		return err
	}
	if len(box) == 4 {
		for i := range 2 {
			side := number(box[i+2]) - number(box[i])
			if side < leastSide || side > mostSide {
				return nonconforming("6.1.13", "a page is smaller than 3 or larger than 14400 units")
			}
		}
	}
	contents, err := c.file.Resolve(page["Contents"])
	if err != nil {
		return err
	}
	parts, ok := contents.(pdf.Array)
	if !ok {
		parts = pdf.Array{page["Contents"]}
	}
	var text []byte
	for _, part := range parts {
		stream, err := c.file.Stream(part)
		if err != nil || stream == nil {
			return err
		}
		data, err := c.file.Decode(stream)
		if err != nil {
			return err
		}
		text = append(append(text, data...), '\n')
	}
	return c.content(text, page["Resources"], seen, 0)
}

func number(object pdf.Object) float64 {
	switch n := object.(type) {
	case pdf.Integer:
		return float64(n)
	case pdf.Real:
		value, _ := strconv.ParseFloat(string(n), 64) // the parser has checked the syntax
		return value
	}
	return 0
}

// content checks a content stream and the forms that it draws.
func (c *checker) content(text []byte, resources pdf.Object, seen map[pdf.Ref]bool, depth int) error {
	if depth > maxForms {
		return nonconforming("6.1.13", "forms are nested too deep")
	}
	if err := c.file.Spend(int64(len(text))); err != nil {
		return err
	}
	own, err := c.file.Dict(resources)
	if err != nil {
		return err
	}
	fonts, err := c.file.Dict(own["Font"])
	if err != nil {
		return err
	}
	s := &scanner{text: text, glyphs: func(name string) (bool, error) { return c.glyphs(fonts[pdf.Name(name)]) }}
	if err := s.scan(); err != nil {
		return err
	}
	forms, err := c.file.Dict(own["XObject"])
	if err != nil {
		return err
	}
	for _, object := range forms {
		form, ok := object.(pdf.Ref)
		if !ok || seen[form] {
			continue
		}
		seen[form] = true
		if err := c.formContent(form, resources, seen, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// formContent checks the content stream of an external object that is a form.
func (c *checker) formContent(form pdf.Ref, inherited pdf.Object, seen map[pdf.Ref]bool, depth int) error {
	stream, err := c.file.Stream(form)
	if err != nil {
		return err
	}
	if stream == nil || stream.Dict["Subtype"] != pdf.Name("Form") {
		return nil
	}
	data, err := c.file.Decode(stream)
	if err != nil {
		return err
	}
	resources := stream.Dict["Resources"]
	if resources == nil {
		resources = inherited // as PDF before 1.2 permits
	}
	return c.content(data, resources, seen, depth)
}

// glyphs reports whether the codes of a font are glyph numbers of two bytes each.
func (c *checker) glyphs(font pdf.Object) (bool, error) {
	ref, _ := font.(pdf.Ref)
	if known, ok := c.fonts[ref]; ok {
		return known, nil
	}
	dict, err := c.file.Dict(font)
	if err != nil {
		return false, err
	}
	c.fonts[ref] = dict["Subtype"] == pdf.Name("Type0")
	return c.fonts[ref], nil
}
