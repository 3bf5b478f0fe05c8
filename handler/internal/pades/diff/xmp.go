package diff

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Namespaces of XMP: ISO 16684-1, 6 and 8.
const (
	namespaceRDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	namespaceXMP = "http://ns.adobe.com/xap/1.0/"
	namespacePDF = "http://ns.adobe.com/pdf/1.3/"
	namespaceMM  = "http://ns.adobe.com/xap/1.0/mm/"
	namespaceXML = "http://www.w3.org/XML/1998/namespace"
	namespaceX   = "adobe:ns:meta/"
)

// maxPacketDepth bounds how deep the elements of a packet are nested.
const maxPacketDepth = 32

// errNotXMP is given for a packet that is not exactly the RDF that ISO 16684-1 describes.
var errNotXMP = errors.New("not the RDF of an XMP packet")

// stamped says whether a writer stamps a property with each update.
func stamped(name xml.Name) bool {
	switch name.Space {
	case namespaceXMP:
		return name.Local == "ModifyDate" || name.Local == "MetadataDate" || name.Local == "CreateDate"
	case namespacePDF:
		return name.Local == "Producer"
	case namespaceMM:
		return name.Local == "InstanceID" || name.Local == "History"
	}
	return false
}

// xmp reads the properties of an XMP packet, without those that writers stamp. Writers serialise
// the same properties in many ways (ISO 16684-1, 7.9: attributes or elements, rdf:parseType or
// rdf:Description, in any order); here each is one line of its path and its value, and the lines
// are sorted.
type xmp struct {
	tokens *xml.Decoder
	lines  []string
	depth  int
}

// properties gives the lines of a packet. Its error is errNotXMP or one of the XML.
func properties(packet []byte) ([]string, error) {
	x := &xmp{tokens: xml.NewDecoder(bytes.NewReader(packet))}
	root, err := x.next()
	if err == nil && root != nil && root.Name == (xml.Name{Space: namespaceX, Local: "xmpmeta"}) {
		if root, err = x.next(); err == nil && root != nil {
			err = x.description(root)
		}
		if err == nil {
			err = x.end()
		}
	} else if err == nil {
		err = x.description(root)
	}
	if err != nil {
		return nil, err
	}
	if _, err := x.next(); !errors.Is(err, io.EOF) {
		return nil, errNotXMP
	}
	slices.Sort(x.lines)
	return x.lines, nil
}

// next gives the element that begins next, or nil where the one around ends. Only white space and
// processing instructions may stand before it.
func (x *xmp) next() (*xml.StartElement, error) {
	for {
		token, err := x.tokens.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return &token, nil
		case xml.EndElement:
			return nil, nil
		case xml.CharData:
			if len(bytes.TrimLeft(token, " \t\r\n\x00\ufeff")) > 0 {
				return nil, errNotXMP
			}
		case xml.ProcInst:
		default:
			return nil, errNotXMP
		}
	}
}

func (x *xmp) end() error {
	if element, err := x.next(); err != nil || element != nil {
		return errors.Join(errNotXMP, err)
	}
	return nil
}

// description takes rdf:RDF with its descriptions of the document.
func (x *xmp) description(root *xml.StartElement) error {
	if root == nil || root.Name != rdf("RDF") {
		return errNotXMP
	}
	for {
		element, err := x.next()
		if err != nil || element == nil {
			return err
		}
		if element.Name != rdf("Description") {
			return errNotXMP
		}
		if err := x.fields("", element.Attr); err != nil {
			return err
		}
	}
}

func rdf(local string) xml.Name { return xml.Name{Space: namespaceRDF, Local: local} }

// fields takes the fields of a structure: attributes, and elements up to its end.
func (x *xmp) fields(path string, attributes []xml.Attr) error {
	if err := x.attributes(path, attributes); err != nil {
		return err
	}
	for {
		element, err := x.next()
		if err != nil || element == nil {
			return err
		}
		if err := x.property(path, element); err != nil {
			return err
		}
	}
}

// attributes takes fields that are attributes. What belongs to XML and RDF themselves says nothing,
// but for the subject, which is the document and needs no name.
func (x *xmp) attributes(path string, attributes []xml.Attr) error {
	for _, a := range attributes {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
		case a.Name == rdf("about"):
			if a.Value != "" {
				x.line(path, a.Name, a.Value)
			}
		case a.Name == rdf("parseType"):
		case a.Name.Space == "":
			return errNotXMP
		case path == "" && stamped(a.Name):
		default:
			x.line(path, a.Name, a.Value)
		}
	}
	return nil
}

func (x *xmp) line(path string, name xml.Name, value string) {
	x.lines = append(x.lines, fmt.Sprintf("%s=%q", join(path, name), value))
}

func join(path string, name xml.Name) string {
	return fmt.Sprintf("%s/%q%s", path, name.Space, name.Local)
}

// property takes one property.
func (x *xmp) property(path string, element *xml.StartElement) error {
	if x.depth++; x.depth > maxPacketDepth {
		return errNotXMP
	}
	defer func() { x.depth-- }()
	if path == "" && stamped(element.Name) {
		return x.tokens.Skip()
	}
	return x.value(join(path, element.Name), element.Attr)
}

// value takes the value of a property up to its end: a text, a structure or an array.
func (x *xmp) value(path string, attributes []xml.Attr) error {
	if slices.ContainsFunc(attributes, func(a xml.Attr) bool { return a.Name == rdf("parseType") }) {
		if slices.ContainsFunc(attributes,
			func(a xml.Attr) bool { return a.Name == rdf("parseType") && a.Value != "Resource" }) {
			return errNotXMP
		}
		return x.fields(path, attributes)
	}
	if err := x.attributes(path, attributes); err != nil {
		return err
	}
	var text strings.Builder
	for {
		token, err := x.tokens.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			x.lines = append(x.lines, fmt.Sprintf("%s=%q", path, text.String()))
			return nil
		case xml.StartElement:
			if strings.TrimSpace(text.String()) != "" {
				return errNotXMP
			}
			if err := x.node(path, &token); err != nil {
				return err
			}
			return x.end()
		default:
			return errNotXMP
		}
	}
}

// node takes a structure or an array that is an element of its own.
func (x *xmp) node(path string, element *xml.StartElement) error {
	switch element.Name {
	case rdf("Description"):
		return x.fields(path, element.Attr)
	case rdf("Seq"), rdf("Bag"), rdf("Alt"):
	default:
		return errNotXMP
	}
	for n := 0; ; n++ {
		item, err := x.next()
		if err != nil || item == nil {
			return err
		}
		if item.Name != rdf("li") {
			return errNotXMP
		}
		if err := x.property(fmt.Sprintf("%s/%s[%d]", path, element.Name.Local, n), item); err != nil {
			return err
		}
	}
}
