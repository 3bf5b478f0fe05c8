package pades_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// xmp is a packet that claims a part and a level of PDF/A; an empty part claims none.
func xmp(part, level string) string {
	claim := ""
	if part != "" {
		claim = fmt.Sprintf(`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%s</pdfaid:part>`, part)
		if level != "" {
			claim += "<pdfaid:conformance>" + level + "</pdfaid:conformance>"
		}
		claim += "</rdf:Description>"
	}
	return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + claim + `</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}

func withMetadata(entries, packet string) []byte {
	return pdftest.File{Objects: append(pdftest.Pages(1, "/Metadata 4 0 R"),
		pdftest.Stream("/Type /Metadata /Subtype /XML "+entries, packet))}.Bytes()
}

func utf16Packet(text string, order binary.AppendByteOrder, mark bool) string {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func utf32Packet(text string, order binary.AppendByteOrder, mark bool) string {
	var out []byte
	if mark {
		out = order.AppendUint32(out, 0xfeff)
	}
	for _, r := range text {
		out = order.AppendUint32(out, uint32(r))
	}
	return string(out)
}

func deflate(text string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write([]byte(text)) // a Buffer never fails
	w.Close()
	return out.String()
}

func TestConformance(t *testing.T) {
	t.Parallel()
	attributes := `<d xmlns:a="http://www.aiim.org/pdfa/ns/id/" a:part="3" a:conformance="A"/>`
	big, little := binary.BigEndian, binary.LittleEndian
	for _, test := range []struct {
		name     string
		document []byte
		want     string
	}{
		{"no metadata", pdftest.Sample(0), ""},
		{"1b", withMetadata("", xmp("1", "B")), "PDF/A-1b"},
		{"2u", withMetadata("", xmp("2", "U")), "PDF/A-2u"},
		{"spaces", withMetadata("", xmp(" 2\n", " b ")), "PDF/A-2b"},
		{"4", withMetadata("", xmp("4", "")), "PDF/A-4"},
		{"4f", withMetadata("", xmp("4", "F")), "PDF/A-4f"},
		{"attributes, any prefix", withMetadata("", attributes), "PDF/A-3a"},
		{"no claim", withMetadata("", xmp("", "")), ""},
		{"no level", withMetadata("", xmp("2", "")), ""},
		{"level of another part", withMetadata("", xmp("1", "U")), ""},
		{"no such part", withMetadata("", xmp("9", "B")), ""},
		{"line feed in a level", withMetadata("", xmp("2", "b&#10;x")), ""},
		{"another namespace", withMetadata("", strings.ReplaceAll(xmp("2", "B"), "www.aiim.org", "example.org")), ""},
		{"UTF-8 with a mark", withMetadata("", "\xef\xbb\xbf"+xmp("2", "B")), "PDF/A-2b"},
		{"UTF-16BE", withMetadata("", utf16Packet(xmp("2", "B"), big, false)), "PDF/A-2b"},
		{"UTF-16BE with a mark", withMetadata("", utf16Packet(xmp("2", "B"), big, true)), "PDF/A-2b"},
		{"UTF-16LE", withMetadata("", utf16Packet(xmp("2", "B"), little, false)), "PDF/A-2b"},
		{"UTF-16LE with a mark", withMetadata("", utf16Packet(xmp("2", "B"), little, true)), "PDF/A-2b"},
		{"UTF-32BE", withMetadata("", utf32Packet(xmp("2", "B"), big, false)), "PDF/A-2b"},
		{"UTF-32LE with a mark", withMetadata("", utf32Packet(xmp("2", "B"), little, true)), "PDF/A-2b"},
		{"declared encoding", withMetadata("", `<?xml version="1.0" encoding="iso-8859-1"?>`+attributes), "PDF/A-3a"},
		{"entities", withMetadata("", `<!DOCTYPE x [<!ENTITY p "2">]>`+xmp("&p;", "B")), ""},
		{"cut off behind the claim", withMetadata("", attributes[:len(attributes)-2]+"><"), "PDF/A-3a"},
		{"no XML", withMetadata("", "\x00\x01\x02"), ""},
		{"hexadecimal", withMetadata("/Filter /ASCIIHexDecode", fmt.Sprintf("%x>", attributes)), "PDF/A-3a"},
		{"unknown filter", withMetadata("/Filter /LZWDecode", attributes), ""},
		{"too long", withMetadata("", strings.Repeat(" ", 1<<20)+attributes), ""},
		{"compressed", withMetadata("/Filter /FlateDecode", deflate(attributes)), "PDF/A-3a"},
		{"too long when it is inflated",
			withMetadata("/Filter /FlateDecode", deflate(strings.Repeat(" ", 1<<20)+attributes)), ""},
		{"no stream", pdftest.File{Objects: append(pdftest.Pages(1, "/Metadata 4 0 R"), "<< >>")}.Bytes(), ""},
		{"reference to nothing", pdftest.File{Objects: pdftest.Pages(1, "/Metadata 9 0 R")}.Bytes(), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := sign.Conformance(t.Context(), bytes.NewReader(test.document)); got.PDFA != test.want ||
				err != nil {
				t.Errorf("got %q %v, want %q", got, err, test.want)
			}
		})
	}
	if _, err := sign.Conformance(t.Context(), strings.NewReader("no PDF")); codeOf(err) != pades.CodeNotPDF {
		t.Errorf("got %v, want %s", err, pades.CodeNotPDF)
	}
}

// TestDeclaredAccessibility reads the PDF/UA declaration of a document, which may also declare
// PDF/A.
func TestDeclaredAccessibility(t *testing.T) {
	t.Parallel()
	const ua = `xmlns:u="http://www.aiim.org/pdfua/ns/id/"`
	for _, test := range []struct {
		name, packet string
		want         pades.Declared
	}{
		{"element", `<d ` + ua + `><u:part>1</u:part></d>`, pades.Declared{PDFUA: "PDF/UA-1"}},
		{"attribute", `<d ` + ua + ` u:part=" 2 " u:rev="2024"/>`, pades.Declared{PDFUA: "PDF/UA-2"}},
		{"beside PDF/A", `<d ` + ua + ` xmlns:a="http://www.aiim.org/pdfa/ns/id/" u:part="1" a:part="2" a:conformance="A"/>`,
			pades.Declared{PDFA: "PDF/A-2a", PDFUA: "PDF/UA-1"}},
		{"PDF/A that cannot be read", `<d ` + ua + ` xmlns:a="http://www.aiim.org/pdfa/ns/id/" u:part="1" a:part="9"/>`, pades.Declared{PDFUA: "PDF/UA-1"}},
		{"no such part", `<d ` + ua + ` u:part="3"/>`, pades.Declared{}},
		{"another namespace", `<d xmlns:u="http://example.org/pdfua/ns/id/" u:part="1"/>`, pades.Declared{}},
		{"part of PDF/A alone", xmp("1", "B"), pades.Declared{PDFA: "PDF/A-1b"}},
	} {
		if got, err := sign.Conformance(t.Context(),
			bytes.NewReader(withMetadata("", test.packet))); got != test.want || err != nil {
			t.Errorf("%s: got %+v %v, want %+v", test.name, got, err, test.want)
		}
	}
}

// TestDeclaredByEncryptedDocuments: an encrypted document can be accessible, and cannot be PDF/A.
// Its metadata are encrypted too, or plain.
func TestDeclaredByEncryptedDocuments(t *testing.T) {
	t.Parallel()
	const packet = `<d xmlns:u="http://www.aiim.org/pdfua/ns/id/" xmlns:a="http://www.aiim.org/pdfa/ns/id/" ` +
		`u:part="1" a:part="2" a:conformance="A"/>`
	for name, e := range encryptions() {
		for _, user := range []string{"", "secret"} {
			e.User = user
			document := pdftest.File{Encryption: &e, Objects: append(pdftest.Pages(1, "/Metadata 4 0 R"),
				pdftest.Stream("/Type /Metadata /Subtype /XML", packet))}.Bytes()
			ctx := pades.WithPassword(t.Context(), user)
			got, err := sign.Conformance(ctx, bytes.NewReader(document))
			if want := (pades.Declared{PDFUA: "PDF/UA-1"}); got != want || err != nil {
				t.Errorf("%s, password %q: got %+v %v, want %+v", name, user, got, err, want)
			}
		}
	}
}

// FuzzConformance: for all metadata, the declared conformance is one of the known values.
func FuzzConformance(f *testing.F) {
	f.Add([]byte(xmp("2", "B")))
	f.Add([]byte(xmp("4", "")))
	f.Add([]byte(`<d xmlns:u="http://www.aiim.org/pdfua/ns/id/"><u:part>2</u:part></d>`))
	f.Add([]byte(utf16Packet(xmp("1", "A"), binary.BigEndian, true)))
	f.Add([]byte(utf32Packet(xmp("1", "A"), binary.LittleEndian, false)))
	f.Fuzz(func(t *testing.T, packet []byte) {
		got, err := sign.Conformance(t.Context(), bytes.NewReader(withMetadata("", string(packet))))
		if err != nil && codeOf(err) == fmt.Sprint(err) {
			t.Errorf("got %v, want an *Error", err)
		}
		switch got.PDFUA {
		case "", "PDF/UA-1", "PDF/UA-2":
		default:
			t.Errorf("got %q, which is no claim of PDF/UA", got.PDFUA)
		}
		switch got.PDFA {
		case "", "PDF/A-1a", "PDF/A-1b", "PDF/A-2a", "PDF/A-2b", "PDF/A-2u", "PDF/A-3a", "PDF/A-3b", "PDF/A-3u",
			"PDF/A-4", "PDF/A-4e", "PDF/A-4f":
		default:
			t.Errorf("got %q, which is no claim of PDF/A", got.PDFA)
		}
	})
}

// beginnings counts how often a document is read from its beginning.
type beginnings struct {
	*bytes.Reader
	count int
}

func (b *beginnings) ReadAt(p []byte, offset int64) (int, error) {
	if offset == 0 {
		b.count++
	}
	return b.Reader.ReadAt(p, offset)
}

// Signing reports what the document declares, without opening the document again: it reads the
// beginning once to open the document, and once for the digest.
func TestSigningTellsWhatIsDeclared(t *testing.T) {
	t.Parallel()
	chain, key := newSigner(t, pkitest.P256)
	document := &beginnings{Reader: bytes.NewReader(withMetadata("", xmp("2", "B")))}
	increment, err := sign.Sign(t.Context(), document, chain, key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if want := (pades.Declared{PDFA: "PDF/A-2b"}); increment.Declared != want {
		t.Errorf("got %+v, want %+v", increment.Declared, want)
	}
	if document.count != 2 {
		t.Errorf("got %d readings from the beginning, want 2", document.count)
	}
}
