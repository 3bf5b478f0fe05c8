package archive

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Invoice is an electronic invoice to embed in the document: Factur-X 1.0 (ZUGFeRD 2) or XRechnung,
// in the syntax of UN/CEFACT.
type Invoice struct {
	Profile string // the name of one of profiles
	XML     []byte
}

// Bounds of an invoice.
const (
	MaxInvoiceBytes = 4 << 20
	maxInvoiceDepth = 64
)

// invoiceProfile describes how one profile differs from the others: Factur-X 1.0, section 6.
type invoiceProfile struct {
	name         string // in requests
	level        string // fx:ConformanceLevel
	relationship string
	guidelines   []string // permitted guideline identifiers; a final * stands for any ending
}

// profiles are the supported profiles.
var profiles = []invoiceProfile{
	{"minimum", "MINIMUM", "Data", []string{"urn:factur-x.eu:1p0:minimum"}},
	{"basicwl", "BASIC WL", "Data", []string{"urn:factur-x.eu:1p0:basicwl"}},
	{"basic", "BASIC", "Alternative", []string{"urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"}},
	{"en16931", "EN 16931", "Alternative", []string{"urn:cen.eu:en16931:2017"}},
	{"extended", "EXTENDED", "Alternative",
		[]string{"urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"}},
	{"xrechnung", "XRECHNUNG", "Alternative", []string{
		"urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_*",
		"urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_*"}},
}

// profile returns the profile of the invoice; nil = it is unknown.
func (i *Invoice) profile() *invoiceProfile {
	for at := range profiles {
		if strings.EqualFold(profiles[at].name, i.Profile) {
			return &profiles[at]
		}
	}
	return nil
}

// namespaceInvoice is the XML namespace of a Cross Industry Invoice, D16B.
const namespaceInvoice = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

// Check returns an error for an invoice that is not well-formed or whose guideline is not that of
// its profile. It does not check the content of the invoice.
func (i *Invoice) Check() error {
	known := i.profile()
	if known == nil {
		var names []string
		for _, p := range profiles {
			names = append(names, p.name)
		}
		return invalid("facturx_invalid", "facturx.profile is not "+strings.Join(names, ", "))
	}
	if len(i.XML) > MaxInvoiceBytes {
		return invalid("facturx_invalid", fmt.Sprintf("facturx.xml has more than %d bytes", MaxInvoiceBytes))
	}
	guideline, err := readGuideline(i.XML)
	if err != nil {
		return invalid("facturx_invalid", "facturx.xml "+err.Error())
	}
	for _, wanted := range known.guidelines {
		prefix, open := strings.CutSuffix(wanted, "*")
		if guideline == wanted || open && strings.HasPrefix(guideline, prefix) {
			return nil
		}
	}
	return invalid("facturx_invalid", "the guideline that facturx.xml names is not that of the profile "+known.name)
}

// readGuideline parses the whole XML and returns
// ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID. Its errors are phrased to
// follow "facturx.xml".
func readGuideline(text []byte) (string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("encoding") }
	var path []string
	guideline, roots := "", 0
	for {
		token, err := decoder.Token()
		if err == io.EOF && roots == 1 && len(path) == 0 {
			return strings.TrimSpace(guideline), nil
		}
		if err != nil {
			line, column := decoder.InputPos()
			return "", fmt.Errorf("is not well-formed XML in UTF-8 (line %d, column %d)", line, column)
		}
		switch token := token.(type) {
		case xml.Directive:
			return "", errors.New("has a document type declaration, which is not allowed")
		case xml.StartElement:
			if len(path) == 0 {
				if roots++; roots > 1 || token.Name.Space != namespaceInvoice ||
					token.Name.Local != "CrossIndustryInvoice" {
					return "", errors.New("is not a CrossIndustryInvoice of the namespace " + namespaceInvoice)
				}
			}
			if path = append(path, token.Name.Local); len(path) > maxInvoiceDepth {
				return "", fmt.Errorf("is nested more than %d deep", maxInvoiceDepth)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if strings.Join(path[min(1, len(path)):], "/") ==
				"ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID" {
				guideline += string(token)
			}
		}
	}
}

// fileName returns the file name by which readers find the invoice.
func (i *Invoice) fileName() string {
	if strings.EqualFold(i.Profile, "xrechnung") {
		return "xrechnung.xml"
	}
	return "factur-x.xml"
}

func (i *Invoice) attachment() Attachment {
	return Attachment{Name: i.fileName(), MediaType: "text/xml", Relationship: i.profile().relationship,
		Description: "Factur-X invoice", Data: i.XML}
}

// namespaceFacturX is the namespace of the XMP properties by which readers recognize the invoice:
// Factur-X 1.0, section 6.2.2.
const namespaceFacturX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"

// xmp writes the properties of the invoice, and the extension schema that describes them: ISO
// 19005-3, 6.6.2.3.
func (i *Invoice) xmp(b *bytes.Buffer) {
	fmt.Fprintf(b, `<rdf:Description rdf:about="" xmlns:fx="%s"><fx:DocumentType>INVOICE</fx:DocumentType>`+
		"<fx:DocumentFileName>%s</fx:DocumentFileName><fx:Version>1.0</fx:Version>"+
		"<fx:ConformanceLevel>%s</fx:ConformanceLevel></rdf:Description>\n",
		namespaceFacturX, i.fileName(), i.profile().level)
	fmt.Fprintf(b, `<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"`+
		` xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"`+
		` xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">`+
		`<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">`+
		"<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"+
		"<pdfaSchema:namespaceURI>%s</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"+
		"<pdfaSchema:property><rdf:Seq>", namespaceFacturX)
	for _, property := range [][2]string{
		{"DocumentFileName", "name of the embedded XML invoice file"}, {"DocumentType", "INVOICE"},
		{"Version", "version of the Factur-X XML schema"},
		{"ConformanceLevel", "conformance level of the embedded Factur-X data"},
	} {
		fmt.Fprintf(b, `<rdf:li rdf:parseType="Resource"><pdfaProperty:name>%s</pdfaProperty:name>`+
			"<pdfaProperty:valueType>Text</pdfaProperty:valueType>"+
			"<pdfaProperty:category>external</pdfaProperty:category>"+
			"<pdfaProperty:description>%s</pdfaProperty:description></rdf:li>", property[0], property[1])
	}
	b.WriteString("</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>\n")
}
