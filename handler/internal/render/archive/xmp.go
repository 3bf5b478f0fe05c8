package archive

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// xmp returns the metadata packet: ISO 16684-1, with the identification of ISO 19005-2, 6.6.4.
func (u *update) xmp() []byte {
	var b bytes.Buffer
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + "\n")
	if part, level := u.options.Standard.claim(); part != "" {
		fmt.Fprintf(&b, `<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">`+
			"<pdfaid:part>%s</pdfaid:part><pdfaid:conformance>%s</pdfaid:conformance></rdf:Description>\n",
			part, level)
	}
	fmt.Fprintf(&b, `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">`+
		`<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt>`+
		"</dc:title>", escaped(u.title))
	if id := u.options.DocumentID; id != "" {
		fmt.Fprintf(&b, "<dc:identifier>%s</dc:identifier>", escaped(id))
	}
	if u.language != "" {
		fmt.Fprintf(&b, "<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>", escaped(u.language))
	}
	date := u.options.Time.UTC().Format(time.RFC3339)
	fmt.Fprintf(&b, "</rdf:Description>\n"+
		`<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">`+
		"<xmp:CreateDate>%[1]s</xmp:CreateDate><xmp:ModifyDate>%[1]s</xmp:ModifyDate>"+
		"<xmp:MetadataDate>%[1]s</xmp:MetadataDate><xmp:CreatorTool>%[2]s</xmp:CreatorTool>"+
		"<pdf:Producer>%[2]s</pdf:Producer></rdf:Description>\n", date, producer)
	if u.options.Invoice != nil {
		u.options.Invoice.xmp(&b)
	}
	b.WriteString("</rdf:RDF></x:xmpmeta>\n" + `<?xpacket end="r"?>`)
	return b.Bytes()
}

// escaped escapes a text for an XML element.
func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer returns no error
	return b.String()
}
