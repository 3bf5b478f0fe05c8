package diff

import (
	"bytes"
	"regexp"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeInformation accepts other dates and another producer in the document information dictionary (ISO 32000-2, table 349): writers stamp
// them with each update. Titles and other texts are part of what was signed.
func (s *step) judgeInformation(was, is pdf.Object) error {
	before, _ := was.(pdf.Dict)
	after, _ := is.(pdf.Dict)
	for _, key := range differing(before, after) {
		if !slices.Contains([]pdf.Name{"ModDate", "CreationDate", "Producer"}, key) {
			s.changes.refuse("the document information was changed beyond dates and producer")
			return nil
		}
		s.changes.add(pades.ChangeMetadata)
	}
	return nil
}

func (s *step) judgeMetadataEntry(before, after pdf.Object) error {
	old, err := s.old.Resolve(before)
	if err != nil {
		return err
	}
	now, err := s.new.Resolve(after)
	if err != nil {
		return err
	}
	return s.judgeMetadata(old, now)
}

// stamped are the properties of XMP that writers stamp with each update, as attributes or elements: ISO 16684-1, 8.
const stampedNames = `(?:xmp:(?:ModifyDate|MetadataDate|CreateDate)|pdf:Producer|xmpMM:(?:InstanceID|History))`

var stamped = []*regexp.Regexp{
	regexp.MustCompile(`(?s)<` + stampedNames + `(?:\s[^<>]*)?/>`),
	regexp.MustCompile(`(?s)<` + stampedNames + `(?:\s[^<>]*)?>.*?</` + stampedNames + `\s*>`),
	regexp.MustCompile(`(?s)\s` + stampedNames + `\s*=\s*(?:"[^"<]*"|'[^'<]*')`),
	regexp.MustCompile(`(?s)<\?xpacket.*?\?>`),
	regexp.MustCompile(`\sx:xmptk\s*=\s*"[^"<]*"`),
}

// judgeMetadata accepts other dates and another producer in the XMP packet.
func (s *step) judgeMetadata(was, is pdf.Object) error {
	before, err := packet(s.old, was)
	if err != nil {
		return err
	}
	after, err := packet(s.new, is)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		s.changes.refuse("the metadata were changed beyond dates and producer")
		return nil
	}
	s.changes.add(pades.ChangeMetadata)
	return nil
}

// maxPacket bounds an XMP packet that is compared, in bytes.
const maxPacket = 1 << 20

// packet gives an XMP packet without what writers stamp, and without white space.
func packet(file *pdf.File, object pdf.Object) ([]byte, error) {
	stream, ok := object.(*pdf.Stream)
	if !ok {
		return nil, nil
	}
	text, err := file.Decode(stream)
	if err != nil {
		return nil, err
	}
	if len(text) > maxPacket {
		return nil, &pades.Error{Code: pades.CodeTooComplex, Detail: "the metadata are longer than 1 MiB"}
	}
	if err := file.Spend(int64(len(text)) * int64(len(stamped))); err != nil {
		return nil, err
	}
	for _, property := range stamped {
		text = property.ReplaceAll(text, nil)
	}
	return bytes.Join(bytes.Fields(text), nil), nil
}
