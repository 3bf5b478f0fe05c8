package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"influxion/handler/internal/pades"
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

// Bounds of a packet that is read. No writer makes RDF beyond them.
const (
	maxPacketDepth = 32   // elements within each other
	maxNamespace   = 1024 // bytes: the packet states it once, but it counts in each name
)

// errNotXMP is the error for a packet that is not exactly the RDF that ISO 16684-1 describes.
var errNotXMP = errors.New("not the RDF of an XMP packet")

// setByWriters reports whether writers set a property with each update.
func setByWriters(name xml.Name) bool {
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

// digest is the SHA-256 of a path or a value. Only the digest is stored, because a path repeats the
// path of what is around it.
type digest [sha256.Size]byte

// within gives the path of the part below d that has this name or place.
func (d digest) within(parts ...string) digest {
	h := sha256.New()
	h.Write(d[:])
	for _, part := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(part))) // a hash never returns an error
		h.Write([]byte(part))
	}
	return digest(h.Sum(nil))
}

func (d digest) named(name xml.Name) digest { return d.within("name", name.Space, name.Local) }

// property is one property of a packet.
type property struct{ path, value digest }

const propertySize = 2 * sha256.Size // bytes of memory

func (p property) compare(other property) int {
	return cmp.Or(bytes.Compare(p.path[:], other.path[:]), bytes.Compare(p.value[:], other.value[:]))
}

// xmp reads the properties of an XMP packet, except those that writers set with each update.
// Writers serialise the same properties in many ways (ISO 16684-1, 7.9): as attributes or elements,
// with rdf:parseType or rdf:Description, in any order. Here each property is a path and a value,
// and the properties are sorted.
type xmp struct {
	tokens *pades.PacketTokens
	found  []property
	depth  int
	about  string // the name of the document, rdf:about; "" = none so far
	take   func(bytes int64) error
	limit  error // the error of take
}

// properties gives the properties of a packet, sorted. limit is the error of take. err is errNotXMP
// or an error of the XML.
func properties(packet []byte, take func(int64) error) (found []property, limit, err error) {
	x := &xmp{tokens: pades.NewPacketTokens(packet, nil), take: take}
	if err := x.packet(); err != nil {
		return nil, x.limit, err
	}
	slices.SortFunc(x.found, property.compare)
	for i := 1; i < len(x.found); i++ {
		if x.found[i].path == x.found[i-1].path { // readers differ in which one counts
			return nil, nil, errNotXMP
		}
	}
	return x.found, nil, nil
}

func (x *xmp) packet() error {
	root, err := x.next()
	switch {
	case err != nil:
		return err
	case root != nil && root.Name == (xml.Name{Space: namespaceX, Local: "xmpmeta"}):
		if root, err = x.next(); err != nil {
			return err
		}
		if err := x.description(root); err != nil {
			return err
		}
		err = x.end()
	default:
		err = x.description(root)
	}
	if err != nil {
		return err
	}
	if _, err := x.next(); !errors.Is(err, io.EOF) {
		return errNotXMP
	}
	return nil
}

// next gives the next element, or nil where the element around it ends. Only white space and
// processing instructions may come before it.
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

// description reads rdf:RDF with its descriptions of the document.
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
		if err := x.fields(digest{}, element.Attr); err != nil {
			return err
		}
	}
}

func rdf(local string) xml.Name { return xml.Name{Space: namespaceRDF, Local: local} }

// fields reads the fields of a structure: its attributes, and its elements up to its end.
func (x *xmp) fields(path digest, attributes []xml.Attr) error {
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

// attributes reads the fields that are attributes. Namespace declarations and rdf:parseType are no
// fields. rdf:about names the subject, which is the document and needs no name.
func (x *xmp) attributes(path digest, attributes []xml.Attr) error {
	for _, a := range attributes {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
		case a.Name == rdf("about"):
			if err := x.subject(a.Value); err != nil {
				return err
			}
		case a.Name == rdf("parseType"):
		case a.Name.Space == "" || len(a.Name.Space) > maxNamespace:
			return errNotXMP
		case path == (digest{}) && setByWriters(a.Name):
		default:
			if err := x.add(path.named(a.Name), "text", a.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// subject records the name of the document, to which the properties belong. It must be the same
// wherever there is one.
func (x *xmp) subject(name string) error {
	switch {
	case name == "" || name == x.about:
		return nil
	case x.about != "":
		return errNotXMP
	}
	x.about = name
	return x.add(digest{}.within("subject"), "text", name)
}

// add records a property, or a container with its kind.
func (x *xmp) add(path digest, kind, value string) error {
	if x.limit = x.take(propertySize); x.limit != nil {
		return x.limit
	}
	x.found = append(x.found, property{path, digest{}.within(kind, value)})
	return nil
}

// property reads one property.
func (x *xmp) property(path digest, element *xml.StartElement) error {
	if x.depth++; x.depth > maxPacketDepth || len(element.Name.Space) > maxNamespace {
		return errNotXMP
	}
	defer func() { x.depth-- }()
	if path == (digest{}) && setByWriters(element.Name) {
		return x.tokens.Skip()
	}
	return x.value(path.named(element.Name), element.Attr)
}

// value reads the value of a property up to its end: a text, a structure or an array.
func (x *xmp) value(path digest, attributes []xml.Attr) error {
	if slices.ContainsFunc(attributes, func(a xml.Attr) bool { return a.Name == rdf("parseType") }) {
		if slices.ContainsFunc(attributes,
			func(a xml.Attr) bool { return a.Name == rdf("parseType") && a.Value != "Resource" }) {
			return errNotXMP
		}
		return x.structure(path, attributes)
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
			return x.add(path, "text", text.String())
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

func (x *xmp) structure(path digest, attributes []xml.Attr) error {
	if err := x.add(path, "structure", ""); err != nil {
		return err
	}
	return x.fields(path, attributes)
}

// node reads a structure or an array that is an element of its own.
func (x *xmp) node(path digest, element *xml.StartElement) error {
	switch element.Name {
	case rdf("Description"):
		return x.structure(path, element.Attr)
	case rdf("Seq"), rdf("Bag"), rdf("Alt"):
	default:
		return errNotXMP
	}
	for n := 0; ; n++ {
		item, err := x.next()
		if err != nil {
			return err
		}
		if item == nil {
			return x.add(path, element.Name.Local, strconv.Itoa(n))
		}
		if item.Name != rdf("li") {
			return errNotXMP
		}
		if err := x.property(path.within("item", strconv.Itoa(n)), item); err != nil {
			return err
		}
	}
}
