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

// archive is the part and the conformance level of ISO 19005 that a document claims: "2" and "b",
// "4" and "". The zero archive claims none.
type archive struct {
	part, level string
	accessible  string // the part of ISO 14289 that it claims: "1" or "2"; "" = none
}

// Conformance gives what a document declares. It checks no rule of these standards. If the document
// needs a password, ctx must have it. Errors are those of reading the file. Safe for concurrent
// use.
//
// A document whose cross-references must be repaired is no PDF/A: ISO 19005-2, 6.1.4.
func Conformance(ctx context.Context, doc pades.Document) (pades.Declared, error) {
	return pades.Reading(doc, func(doc pades.Document) (pades.Declared, error) { return declaredIn(ctx, doc) })
}

func declaredIn(ctx context.Context, doc pades.Document) (pades.Declared, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if repairable(err) {
		return pades.Declared{}, nil
	}
	if err != nil {
		return pades.Declared{}, pades.ReadError(err)
	}
	defer file.Close()
	declared, err := declaredBy(file)
	if err != nil {
		return pades.Declared{}, pades.ReadError(err)
	}
	return declared, nil
}

// declaredBy is Conformance for a document that is open.
func declaredBy(file *pdf.File) (pades.Declared, error) {
	claimed, err := conformance(file)
	if repairable(err) {
		return pades.Declared{}, nil
	}
	var declared pades.Declared
	if claimed.part != "" {
		declared.PDFA = "PDF/A-" + claimed.part + claimed.level
	}
	if claimed.accessible != "" {
		declared.PDFUA = "PDF/UA-" + claimed.accessible
	}
	return declared, err
}

// opaque reports whether new objects must not use transparency: PDF/A-1 forbids it, and later parts
// allow it where there is a PDF/A output intent to blend for (ISO 19005-2, 6.2.10). An entry of
// another type counts as absent.
func (a archive) opaque(file *pdf.File, catalog pdf.Dict) (bool, error) {
	if a.part == "" || a.part == "1" {
		return a.part == "1", nil
	}
	intents, err := file.Array(catalog["OutputIntents"])
	if err != nil && !pdf.OtherType(err) {
		return false, fmt.Errorf("read /OutputIntents: %w", err)
	}
	for _, entry := range intents {
		intent, err := file.Dict(entry)
		if err != nil && !pdf.OtherType(err) {
			return false, fmt.Errorf("read /OutputIntents: %w", err)
		}
		kind, err := file.Name(intent["S"])
		if err != nil && !pdf.OtherType(err) {
			return false, fmt.Errorf("read /OutputIntents: %w", err)
		}
		if kind == "GTS_PDFA1" && intent["DestOutputProfile"] != nil {
			return false, nil
		}
	}
	return true, nil
}

func conformance(file *pdf.File) (archive, error) {
	if file.Rebuilt() {
		return archive{}, nil
	}
	_, catalog, err := file.Catalog()
	if err != nil {
		return archive{}, err
	}
	claimed, err := readArchive(file, catalog)
	if file.Encrypted() {
		claimed.part, claimed.level = "", "" // ISO 19005 forbids encryption, ISO 14289 allows it
	}
	return claimed, err
}

// readArchive reads the document's metadata. Metadata that are no XMP claim nothing.
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
	if err := file.Spend(int64(len(packet)) * pades.PacketCost); err != nil {
		return archive{}, err
	}
	return parseXMP(packet), nil
}

// ofReading drops an error that the document causes: unreadable metadata claim nothing.
func ofReading(err error) error {
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok && pdfErr.Kind == pdf.Damaged {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read /Metadata: %w", err)
	}
	return nil
}

// The identification schemas of ISO 19005-1, 6.7.11, and of ISO 14289-1, clause 5.
const (
	schemaPDFA  = "http://www.aiim.org/pdfa/ns/id/"
	schemaPDFUA = "http://www.aiim.org/pdfua/ns/id/"
)

// parseXMP finds the properties part and conformance of the identification schemas, which XMP
// writes as attributes or as elements.
func parseXMP(packet []byte) archive {
	found := map[xml.Name]string{}
	// decodeXMP gives UTF-8, whatever encoding the packet declares.
	tokens := pades.NewPacketTokens(decodeXMP(packet),
		func(_ string, input io.Reader) (io.Reader, error) { return input, nil })
	var property xml.Name
	for {
		token, err := tokens.Token()
		if err != nil {
			return newArchive(found)
		}
		switch token := token.(type) {
		case xml.StartElement:
			property = token.Name
			for _, attribute := range token.Attr {
				if identifies(attribute.Name) {
					found[attribute.Name] = attribute.Value
				}
			}
		case xml.CharData:
			if identifies(property) {
				found[property] = string(token)
			}
			property = xml.Name{}
		case xml.EndElement:
			property = xml.Name{}
		}
	}
}

// identifies reports whether a property is one of the identification schemas.
func identifies(property xml.Name) bool {
	return property.Space == schemaPDFA || property.Space == schemaPDFUA
}

// newArchive accepts only parts and levels that the standards define, because callers see them.
func newArchive(found map[xml.Name]string) archive {
	var a archive
	if part := strings.TrimSpace(found[xml.Name{Space: schemaPDFUA, Local: "part"}]); part == "1" || part == "2" {
		a.accessible = part
	}
	part := strings.TrimSpace(found[xml.Name{Space: schemaPDFA, Local: "part"}])
	level := strings.ToLower(strings.TrimSpace(found[xml.Name{Space: schemaPDFA, Local: "conformance"}]))
	if len(part) != 1 || !strings.Contains("1234", part) {
		return a
	}
	levels := map[string]string{"1": "ab", "2": "abu", "3": "abu", "4": "ef"}[part]
	if part == "4" && level == "" || len(level) == 1 && strings.Contains(levels, level) {
		a.part, a.level = part, level
	}
	return a
}

// decodeXMP returns a packet in UTF-8. XMP may be UTF-16 or UTF-32: the position of the zero bytes
// in its first character shows which.
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
		units := make([]uint16, 0, len(packet)/2)
		runes := make([]rune, 0, len(packet)/form.width)
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
