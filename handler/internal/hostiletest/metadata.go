package hostiletest

import (
	"bytes"
	"fmt"
	"strings"

	"influxion/handler/internal/pdftest"
)

// packetStream is a metadata stream: the entries of its dictionary, and its data.
type packetStream struct{ entries, data string }

// packets are metadata that cost more than their size. Most are not XMP, but a reader that searches
// for what they say about the document has to read them.
func packets() map[string]packetStream {
	const size = 1_000_000
	all := map[string]packetStream{
		"a bomb": {"/Filter/FlateDecode", deflated(bytes.Repeat([]byte("<x/>"), 15<<20))},
		"a bomb in a bomb": {"/Filter[/FlateDecode/FlateDecode]",
			deflated([]byte(deflated(make([]byte, 60<<20))))},
		"digits": {"/Filter[/AHx/AHx/AHx/AHx]", strings.Repeat("33", 400_000) + ">"},
	}
	for name, text := range map[string]string{
		"deep elements":   strings.Repeat("<a>", 300_000),
		"deep names":      strings.Repeat("<abcdefghijklmnopqrstuvwxyz>", size/28),
		"deep namespaces": strings.Repeat("<a:b xmlns:a='c'>", size/17),
		"deep and back":   strings.Repeat(strings.Repeat("<a>", 90)+strings.Repeat("</a>", 90), size/630),
		"many elements":   strings.Repeat("<a/>", size/4),
		"many attributes": "<x " + repeated(60_000,
			func(i int) string { return fmt.Sprintf("a%d='' ", i) }) + "/>",
		"empty attributes":            "<x " + strings.Repeat("a=''", size/4) + "/>",
		"attributes of many elements": strings.Repeat("<x "+strings.Repeat("a=''", 1000)+"/>", size/4006),
		"namespaces": "<x " + repeated(60_000,
			func(i int) string { return fmt.Sprintf("xmlns:a%d='b'", i) }) + "/>",
		"a long name":             "<" + strings.Repeat("x", size) + "/>",
		"references":              "<x>" + strings.Repeat("&lt;", size/4) + "</x>",
		"texts":                   "<x>" + strings.Repeat("<a>b</a>", size/8) + "</x>",
		"comments":                strings.Repeat("<!---->", size/7),
		"processing instructions": strings.Repeat("<?a?>", size/5),
		"parts of PDF/A": "<x xmlns:p='http://www.aiim.org/pdfa/ns/id/'>" +
			strings.Repeat("<p:part>1</p:part>", size/18) + "</x>",
		"parts of PDF/A as attributes": "<x xmlns:p='http://www.aiim.org/pdfa/ns/id/'>" +
			strings.Repeat("<p:a p:part='1'/>", size/17) + "</x>",
	} {
		all[name] = packetStream{"", text}
	}
	wide := "\x00" + strings.Join(strings.Split(strings.Repeat("<a>", 150_000), ""), "\x00")
	all["deep elements in UTF-16"] = packetStream{"", wide}
	all["deep elements that are deflated"] = packetStream{"/Filter/FlateDecode",
		deflated(bytes.Repeat([]byte("<a>"), (MaxSize-1)/3))}
	return all
}

// laterPackets have metadata that each revision changes.
func laterPackets() map[string]laterCase {
	cases := map[string]laterCase{}
	stamp := func(within string) string {
		return strings.Replace(packet(0), "<e:a>", "<x:ModifyDate xmlns:x='http://ns.adobe.com/xap/1.0/'>"+within, 1)
	}
	for name, text := range map[string]string{
		"metadata that are a bomb": packet(1_000_000),
		"metadata of deep stamps":  stamp(strings.Repeat("<a>", 300_000)),
		"metadata of empty attributes": strings.Replace(packet(0), "<e:a>",
			"<e:a "+strings.Repeat("a=''", 240_000)+">", 1),
		"metadata of wide stamps": stamp(strings.Repeat("<a/>", 240_000)),
	} {
		versions := []string{deflated([]byte(text)), deflated([]byte(text + " "))}
		if name == "metadata that are a bomb" { // the same, so that nothing needs to be compared
			versions[1] = versions[0]
		}
		written := func(i int) string {
			return pdftest.Stream(fmt.Sprintf("/Filter/FlateDecode/X %d", i), versions[i%2])
		}
		cases[name] = laterCase{objects: append(pdftest.Pages(1, "/Metadata 4 0 R"), written(0)),
			change: func(i int) map[int]string { return map[int]string{4: written(i + 1)} }}
	}
	return cases
}
