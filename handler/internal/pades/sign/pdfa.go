package sign

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// maxMetadata bounds the XMP packet of a document, in bytes: real ones have a few kilobytes.
const maxMetadata = 1 << 20

// archive is the part and the conformance level of ISO 19005 that a document claims: "2" and "b", "4" and "". The zero archive claims none.
type archive struct{ part, level string }

// Conformance gives the part and level of PDF/A that a document claims in its metadata, as in "PDF/A-2b" or "PDF/A-4"; "" when it claims
// none that can be read. It checks no rule of PDF/A. Its errors are those of reading the file. Safe for concurrent use.
//
// A document whose cross-references must be repaired is none: ISO 19005-2, 6.1.4.
func Conformance(ctx context.Context, doc pades.Document) (string, error) {
	claimed, err := conformance(ctx, doc)
	if repairable(err) {
		return "", nil
	}
	if err != nil || claimed.part == "" {
		return "", pades.ReadError(err)
	}
	return "PDF/A-" + claimed.part + claimed.level, nil
}

// opaque says whether what is added must do without transparency: PDF/A-1 forbids it, and later parts allow it where there is a PDF/A
// output intent to blend for (ISO 19005-2, 6.2.10).
func (a archive) opaque(file *pdf.File, catalog pdf.Dict) (bool, error) {
	if a.part == "" || a.part == "1" {
		return a.part == "1", nil
	}
	intents, err := file.Array(catalog["OutputIntents"])
	if err != nil {
		return false, fmt.Errorf("read /OutputIntents: %w", err)
	}
	for _, entry := range intents {
		intent, err := file.Dict(entry)
		if err != nil {
			return false, fmt.Errorf("read /OutputIntents: %w", err)
		}
		kind, err := file.Name(intent["S"])
		if err != nil {
			return false, fmt.Errorf("read /OutputIntents: %w", err)
		}
		if kind == "GTS_PDFA1" && intent["DestOutputProfile"] != nil {
			return false, nil
		}
	}
	return true, nil
}

func conformance(ctx context.Context, doc pades.Document) (archive, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return archive{}, err
	}
	defer file.Close()
	if file.Encrypted() {
		return archive{}, nil // ISO 19005 has no encryption
	}
	_, catalog, err := file.Catalog()
	if err != nil {
		return archive{}, err
	}
	return readArchive(file, catalog)
}

// readArchive reads the document's metadata. What is no XMP claims nothing.
func readArchive(file *pdf.File, catalog pdf.Dict) (archive, error) {
	if catalog["Metadata"] == nil {
		return archive{}, nil
	}
	stream, err := file.Stream(catalog["Metadata"])
	if err != nil || stream == nil {
		return archive{}, ofReading(err)
	}
	raw, err := file.Raw(stream)
	if err != nil || raw.Size() > maxMetadata {
		return archive{}, ofReading(err)
	}
	packet, err := file.Decode(stream)
	if err != nil || len(packet) > maxMetadata {
		return archive{}, ofReading(err)
	}
	return parseXMP(packet), nil
}

// ofReading leaves out an error that the document is to blame for: metadata that cannot be read claim nothing.
func ofReading(err error) error {
	if fault, ok := errors.AsType[*pdf.Error](err); ok && fault.Fault == pdf.Damaged {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read /Metadata: %w", err)
	}
	return nil
}

// parseXMP finds the properties part and conformance of the PDF/A identification schema (ISO 19005-1, 6.7.11), which XMP writes as
// attributes or as elements.
func parseXMP(packet []byte) archive {
	const schema = "http://www.aiim.org/pdfa/ns/id/"
	found := map[string]string{}
	decoder := xml.NewDecoder(bytes.NewReader(decodeXMP(packet)))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil } // decodeXMP has done it
	property := ""
	for {
		token, err := decoder.Token()
		if err != nil {
			return newArchive(found)
		}
		switch token := token.(type) {
		case xml.StartElement:
			property = ""
			if token.Name.Space == schema {
				property = token.Name.Local
			}
			for _, attribute := range token.Attr {
				if attribute.Name.Space == schema {
					found[attribute.Name.Local] = attribute.Value
				}
			}
		case xml.CharData:
			if property != "" {
				found[property] = string(token)
				property = ""
			}
		case xml.EndElement:
			property = ""
		}
	}
}

// newArchive takes what is a part and a level of the standard, and nothing else: it goes to callers.
func newArchive(found map[string]string) archive {
	part, level := strings.TrimSpace(found["part"]), strings.ToLower(strings.TrimSpace(found["conformance"]))
	if len(part) != 1 || !strings.Contains("1234", part) {
		return archive{}
	}
	levels := map[string]string{"1": "ab", "2": "abu", "3": "abu", "4": "ef"}[part]
	if part == "4" && level == "" {
		return archive{part: part}
	}
	if len(level) != 1 || !strings.Contains(levels, level) {
		return archive{}
	}
	return archive{part, level}
}

// decodeXMP gives a packet in UTF-8. XMP may be UTF-16 or UTF-32 too: where the zeros of its first character are tells which.
func decodeXMP(packet []byte) []byte {
	packet = bytes.TrimPrefix(packet, []byte("\xef\xbb\xbf"))
	for _, form := range []struct {
		marks []string // byte order mark, and the first character of a packet without one
		width int
		order binary.ByteOrder
	}{
		{[]string{"\x00\x00\xfe\xff", "\x00\x00\x00<"}, 4, binary.BigEndian},
		{[]string{"\xff\xfe\x00\x00", "<\x00\x00\x00"}, 4, binary.LittleEndian},
		{[]string{"\xfe\xff", "\x00<"}, 2, binary.BigEndian},
		{[]string{"\xff\xfe", "<\x00"}, 2, binary.LittleEndian},
	} {
		if !slices.ContainsFunc(form.marks, func(mark string) bool { return bytes.HasPrefix(packet, []byte(mark)) }) {
			continue
		}
		var units []uint16
		var runes []rune
		for ; len(packet) >= form.width; packet = packet[form.width:] {
			if form.width == 4 {
				runes = append(runes, rune(form.order.Uint32(packet)))
			} else {
				units = append(units, form.order.Uint16(packet))
			}
		}
		return []byte(strings.TrimPrefix(string(append(runes, utf16.Decode(units)...)), "\ufeff"))
	}
	return packet
}
