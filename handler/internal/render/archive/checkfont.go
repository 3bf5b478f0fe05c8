package archive

import "influxion/handler/internal/pades/pdf"

// font checks that a font is embedded and, for level U, that its codes map to characters: ISO
// 19005-2, 6.2.11.4.1 and 6.2.11.7.2.
func (c *checker) font(font pdf.Dict) error {
	kind, err := c.file.Name(font["Subtype"])
	if err != nil {
		return err
	}
	if _, level := c.standard.claim(); level == "U" && kind != "CIDFontType0" && kind != "CIDFontType2" &&
		font["ToUnicode"] == nil && font["Encoding"] != pdf.Name("WinAnsiEncoding") {
		return nonconforming("6.2.11.7.2", "there is a font whose codes map to no characters")
	}
	switch kind {
	case "Type0":
		return c.composite(font)
	case "Type3":
		return nil // a Type 3 font contains its glyphs
	}
	descriptor, err := c.file.Dict(font["FontDescriptor"])
	if err != nil {
		return err
	}
	for _, key := range []pdf.Name{"FontFile", "FontFile2", "FontFile3"} {
		if descriptor[key] != nil {
			return nil
		}
	}
	return nonconforming("6.2.11.4.1", "there is a font that is not embedded")
}

// composite checks the map from codes to glyphs: 6.2.11.3.3. The descendant font is an object of
// its own.
func (c *checker) composite(font pdf.Dict) error {
	encoding, err := c.file.Resolve(font["Encoding"])
	if err != nil {
		return err
	}
	if encoding != pdf.Name("Identity-H") && encoding != pdf.Name("Identity-V") {
		return nonconforming("6.2.11.3.3", "there is a font whose map from codes to glyphs is not embedded")
	}
	return nil
}
