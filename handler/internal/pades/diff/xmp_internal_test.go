package diff

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
)

const rdfStart = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" ` +
	`xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:dc="http://purl.org/dc/elements/1.1/" ` +
	`xmlns:mm="http://ns.adobe.com/xap/1.0/mm/" xmlns:e="urn:example">`

func packetOf(description string) []byte {
	return []byte("<?xpacket begin=''?>\n" + rdfStart + description + "</rdf:RDF></x:xmpmeta>\n<?xpacket end='w'?>")
}

func unlimited(int64) error { return nil }

// A property may be written in many ways. Another property, value or order of values makes another
// packet.
func TestSameProperties(t *testing.T) {
	t.Parallel()
	description := func(content string) string { return `<rdf:Description rdf:about="">` + content + `</rdf:Description>` }
	list := func(items ...string) string {
		return description(`<dc:creator><rdf:Seq><rdf:li>` + strings.Join(items, `</rdf:li><rdf:li>`) + `</rdf:li></rdf:Seq></dc:creator>`)
	}
	for name, test := range map[string]struct {
		before, after string
		want          bool
	}{
		"an attribute for an element": {`<rdf:Description rdf:about="" dc:format="a"/>`, description("<dc:format>a</dc:format>"), true},
		"another order": {description("<dc:format>a</dc:format><e:x>1</e:x>"),
			description("<e:x>1</e:x><dc:format>a</dc:format>"), true},
		"two descriptions": {description("<dc:format>a</dc:format>") + description("<e:x>1</e:x>"),
			description("<e:x>1</e:x><dc:format>a</dc:format>"), true},
		"another prefix": {description("<e:x>1</e:x>"), description(`<f:x xmlns:f="urn:example">1</f:x>`), true},
		"a structure in three ways": {description("<e:s><rdf:Description><e:a>1</e:a></rdf:Description></e:s>"),
			description(`<e:s rdf:parseType="Resource"><e:a>1</e:a></e:s>`), true},
		"a structure of attributes": {description("<e:s><rdf:Description e:a='1'/></e:s>"), description(`<e:s rdf:parseType="Resource"><e:a>1</e:a></e:s>`), true},
		"white space between":       {description("<e:x>1</e:x>"), description("\n  <e:x>1</e:x>\n"), true},
		"what writers set": {description("<xmp:ModifyDate>1</xmp:ModifyDate>"),
			description("<pdf:Producer>x</pdf:Producer><xmp:MetadataDate>2</xmp:MetadataDate>"), true},
		"a date of creation": {description("<xmp:CreateDate>1</xmp:CreateDate>"),
			description("<xmp:CreateDate>2</xmp:CreateDate>"), true},
		"an instance": {description("<mm:InstanceID>1</mm:InstanceID>"),
			description("<mm:InstanceID>2</mm:InstanceID>"), true},
		"another tool": {description("<xmp:CreatorTool>1</xmp:CreatorTool>"),
			description("<xmp:CreatorTool>2</xmp:CreatorTool>"), false},
		"other keywords": {description("<pdf:Keywords>1</pdf:Keywords>"),
			description("<pdf:Keywords>2</pdf:Keywords>"), false},
		"another document": {description("<mm:DocumentID>1</mm:DocumentID>"),
			description("<mm:DocumentID>2</mm:DocumentID>"), false},
		"a namespace without a prefix": {description("<e:x>1</e:x>"), description(`<x xmlns="urn:example">1</x>`), true},
		"a list of alternatives": {strings.ReplaceAll(list("a"), "rdf:Seq", "rdf:Alt"),
			strings.ReplaceAll(strings.ReplaceAll(list("a"), "rdf:Seq", "rdf:Alt"), "<rdf:li>", "\n<rdf:li>"), true},
		"an attribute without a namespace": {description("<e:x/>"), description(`<e:x y="1"/>`), false},
		"an element that is no item":       {list("a"), strings.ReplaceAll(list("a"), "rdf:li", "e:li"), false},
		"two structures": {description("<e:s><rdf:Description e:a='1'/></e:s>"),
			description("<e:s><rdf:Description e:a='1'/><rdf:Description/></e:s>"), false},
		"another element than RDF": {description("<e:x>1</e:x>"),
			"</rdf:RDF><rdf:Other>" + description("<e:x>1</e:x>") + "</rdf:Other><rdf:RDF>", false},
		"a history": {description(""),
			description("<mm:History><rdf:Seq><rdf:li e:a='1'/></rdf:Seq></mm:History>"), true},
		"a subject that is named again": {`<rdf:Description rdf:about="urn:x" e:x="1"/><rdf:Description rdf:about="urn:x" e:y="2"/>`,
			`<rdf:Description rdf:about="urn:x" e:x="1" e:y="2"/>`, true},
		"another subject for some": {`<rdf:Description rdf:about="urn:x" e:x="1"/><rdf:Description rdf:about="urn:x" e:y="2"/>`,
			`<rdf:Description rdf:about="urn:x" e:x="1"/><rdf:Description rdf:about="urn:y" e:y="2"/>`, false},
		"another value":           {description("<e:x>1</e:x>"), description("<e:x>2</e:x>"), false},
		"white space within":      {description("<e:x>1</e:x>"), description("<e:x>1 </e:x>"), false},
		"another name":            {description("<e:x>1</e:x>"), description("<e:y>1</e:y>"), false},
		"another namespace":       {description("<e:x>1</e:x>"), description(`<e:x xmlns:e="urn:other">1</e:x>`), false},
		"one more":                {description("<e:x>1</e:x>"), description("<e:x>1</e:x><e:x>1</e:x>"), false},
		"another subject":         {description("<e:x>1</e:x>"), `<rdf:Description rdf:about="urn:x"><e:x>1</e:x></rdf:Description>`, false},
		"another order of a list": {list("a", "b"), list("b", "a"), false},
		"another kind of list":    {list("a"), strings.ReplaceAll(list("a"), "rdf:Seq", "rdf:Bag"), false},
		"a date within a structure": {description("<e:s rdf:parseType='Resource'/>"),
			description("<e:s rdf:parseType='Resource'><xmp:ModifyDate>1</xmp:ModifyDate></e:s>"), false},
		"a language": {description("<e:x>1</e:x>"), description("<e:x xml:lang='de'>1</e:x>"), false},
		"a resource": {description("<e:x/>"), description("<e:x rdf:resource='urn:x'/>"), false},
		"a literal of XML": {description("<e:x>1</e:x>"), description("<e:x rdf:parseType='Literal'>1</e:x>"),
			false},
		"a comment":   {description("<e:x>1</e:x>"), description("<e:x>1</e:x><!-- 2 -->"), false},
		"text beside": {description("<e:x>1</e:x>"), description("paid<e:x>1</e:x>"), false},
		"text before a structure": {description("<e:s><rdf:Description/></e:s>"),
			description("<e:s>x<rdf:Description/></e:s>"), false},
		"no RDF any more":        {description("<e:x>1</e:x>"), "<e:x>1</e:x>", false},
		"an end that is missing": {description("<e:x>1</e:x>"), "<rdf:Description><e:x>1</e:x>", false},
		"an entity":              {description("<e:x>1</e:x>"), description("<e:x>&one;</e:x>"), false},
		"a property twice, in another order": {description("<e:x>1</e:x><e:x>2</e:x>"),
			description("<e:x>2</e:x><e:x>1</e:x>"), false},
		"an empty list more": {description("<e:x>1</e:x>"), description("<e:x>1</e:x><e:y><rdf:Bag/></e:y>"), false},
		"an empty structure more": {description("<e:x>1</e:x>"),
			description("<e:x>1</e:x><e:y rdf:parseType='Resource'/>"), false},
		"an empty list of another kind": {description("<e:y><rdf:Bag/></e:y>"), description("<e:y><rdf:Seq/></e:y>"),
			false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := packetOf(test.before), packetOf(test.after)
			if got, err := sameProperties(before, after, unlimited); got != test.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
			if got, err := sameProperties(after, before, unlimited); got != test.want || err != nil {
				t.Errorf("the other way round: got %v, %v, want %v", got, err, test.want)
			}
		})
	}
	dated := packetOf(description("<pdf:Producer>x</pdf:Producer>"))
	for _, text := range []string{"", "x", "<?xpacket?>", "<!DOCTYPE x>", string(dated) + string(dated),
		string(dated) + "x"} {
		if got, err := sameProperties([]byte(text), dated, unlimited); got != (text == "") || err != nil {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

// A packet over a bound of this package is not called changed: nobody compared it.
func TestPacketsBeyondBounds(t *testing.T) {
	t.Parallel()
	const date = "<xmp:ModifyDate>1</xmp:ModifyDate>"
	nested := func(count int) string {
		return strings.Repeat("<e:s rdf:parseType='Resource'>", count) + strings.Repeat("</e:s>", count)
	}
	// spaced declares a namespace of a number of bytes.
	spaced := func(bytes int) string { return "xmlns:f='urn:" + strings.Repeat("x", bytes-len("urn:")) + "'" }
	for name, content := range map[string]func(over int) string{
		"properties within each other": func(over int) string { return nested(maxPacketDepth + over) },
		"the namespace of an element": func(over int) string {
			return "<f:x " + spaced(maxNamespace+over) + ">1</f:x>"
		},
		"the namespace of an attribute": func(over int) string {
			return "<e:x " + spaced(maxNamespace+over) + " f:y='1'/>"
		},
		"attributes": func(over int) string {
			var all strings.Builder
			for i := range 1023 + over {
				fmt.Fprintf(&all, " e:a%d='1'", i)
			}
			return "<e:s rdf:parseType='Resource'" + all.String() + "/>"
		},
		"elements in what writers set": func(over int) string { // four elements around them
			return "<pdf:Producer>" + strings.Repeat("<e:x>", 96+over) + strings.Repeat("</e:x>", 96+over) +
				"</pdf:Producer>"
		},
	} {
		for over, want := range []bool{false, true} {
			before := packetOf("<rdf:Description>" + content(over) + "</rdf:Description>")
			after := packetOf("<rdf:Description>" + date + content(over) + "</rdf:Description>")
			same, err := sameProperties(before, after, unlimited)
			if same == want || (pades.LimitOf(err) != nil) != want {
				t.Errorf("%s, %d over the bound: got %v and %v, want a limit: %v", name, over, same, err, want)
			}
		}
	}
}

// Memory for the properties of a packet is charged before it is used, and the limit ends the
// reading.
func TestPropertiesTakeMemory(t *testing.T) {
	t.Parallel()
	text := packetOf("<rdf:Description>" + strings.Repeat("<e:s rdf:parseType='Resource'/>", 100) +
		"</rdf:Description>")
	var taken int64
	limit := errors.New("limit")
	_, err := sameProperties(text, nil, func(n int64) error {
		if taken += n; taken > 50*propertySize {
			return limit
		}
		return nil
	})
	if !errors.Is(err, limit) || taken != 51*propertySize {
		t.Errorf("got %v after %d bytes, want the limit", err, taken)
	}
}

// endOfRDF is the offset of the last tag that ends rdf:RDF. Its text may stand in a processing
// instruction too.
func endOfRDF(packet []byte) (at int64) {
	tokens := xml.NewDecoder(bytes.NewReader(packet))
	for {
		begin := tokens.InputOffset()
		token, err := tokens.Token()
		if err != nil {
			return at
		}
		if end, ok := token.(xml.EndElement); ok && end.Name == rdf("RDF") {
			at = begin
		}
	}
}

// FuzzProperties: reading ends for every packet, and a property that is appended makes a
// difference.
func FuzzProperties(f *testing.F) {
	f.Add(packetOf(`<rdf:Description rdf:about="" dc:format="a"><dc:creator><rdf:Seq><rdf:li>x</rdf:li></rdf:Seq></dc:creator></rdf:Description>`))
	f.Add(packetOf(`<rdf:Description><e:s rdf:parseType="Resource"><e:a>1</e:a></e:s><e:r rdf:resource="urn:x"/></rdf:Description>`))
	f.Fuzz(func(t *testing.T, packet []byte) {
		lines, _, err := properties(packet, unlimited)
		if err != nil {
			if lines != nil {
				t.Errorf("got %d with %v", len(lines), err)
			}
			return
		}
		text, at := string(packet), endOfRDF(packet)
		more, _, err := properties([]byte(text[:at]+`<rdf:Description xmlns:n="urn:new" n:added="1"/>`+text[at:]), unlimited)
		if err == nil && len(more) != len(lines)+1 {
			t.Errorf("got %d lines and %d with one more property", len(lines), len(more))
		}
	})
}
