package syntax

import "bytes"

// name reads a name: ISO 32000-2, 7.3.5. A number sign that two hexadecimal digits do not follow
// stands for itself, as before PDF 1.2.
func (p *Parser) name() Object {
	text := p.RegularRun(1, 3*p.limits.Token+1)
	if len(text) == 0 {
		return markEnd
	}
	p.pos += len(text)
	text = text[1:]
	first := bytes.IndexByte(text, '#')
	if first < 0 {
		if len(text) > p.limits.Token {
			return p.overlong("name", p.limits.Token)
		}
		if name, ok := frequent[string(text)]; ok {
			return name
		}
		if !p.hold(textSize + int64(len(text))) {
			return markEnd
		}
		return Name(text)
	}
	if !p.hold(textSize + 2*int64(len(text))) {
		return markEnd
	}
	out := append(make([]byte, 0, len(text)), text[:first]...)
	for i := first; i < len(text); i++ {
		c := text[i]
		if c == '#' {
			if decoded, ok := Unescape(text[i:]); ok {
				c = decoded
				i += 2
			}
		}
		out = append(out, c)
	}
	// The limit applies to the decoded name, so that a name within it stays within it when it is
	// written in another form.
	if len(out) > p.limits.Token {
		return p.overlong("name", p.limits.Token)
	}
	return Name(out)
}

// Unescape returns the byte of an escape #xx at the beginning of a text; false = there is none.
func Unescape(text []byte) (byte, bool) {
	if len(text) < 3 {
		return 0, false
	}
	high, ok := HexDigit(text[1])
	low, ok2 := HexDigit(text[2])
	return high<<4 | low, ok && ok2
}

// frequent holds names that documents repeat often, as ready objects: reading one takes no memory.
var frequent = func(names ...string) map[string]Object {
	objects := make(map[string]Object, len(names))
	for _, name := range names {
		objects[name] = Name(name)
	}
	return objects
}(
	"AP", "AS", "AcroForm", "Action", "Annot", "Annots", "Author", "BBox", "BaseFont", "BitsPerComponent", "Border",
	"C",
	"Catalog", "Certs", "ColorSpace", "Contents", "Count", "Creator", "D", "DA", "DSS", "Encoding", "ExtGState", "F",
	"FT",
	"Fields", "Filter", "First", "FirstChar", "FlateDecode", "Font", "FontDescriptor", "Form", "Function", "Group", "H",
	"Height", "ID", "Image", "Index", "Info", "K", "Kids", "Last", "LastChar", "Length", "Link", "M", "MK", "MediaBox",
	"Metadata", "N", "Name", "Next", "OCSPs", "ObjStm", "P", "Page", "Pages", "Parent", "Pg", "Prev", "ProcSet", "Rect",
	"Resources", "Root", "Rotate", "S", "Sig", "Size", "StructElem", "StructParents", "Subtype", "T", "Tx", "Type", "V",
	"W",
	"Widget", "Width", "Widths", "XObject", "XRef",
)
