package diff

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// writersInformation are the entries of the document information dictionary that writers set with
// each update: ISO 32000-2, table 349.
var writersInformation = []pdf.Name{"ModDate", "CreationDate", "Producer"}

// information adds the objects that the document information dictionary refers to. Only those in
// the entries that writers set may change.
func (w *walker) information(object pdf.Object) error {
	dict, isDict := object.(pdf.Dict)
	if !isDict {
		return w.value(object, information, false, 0)
	}
	for key, entry := range dict {
		as := content
		if slices.Contains(writersInformation, key) {
			as = information
		}
		if err := w.value(entry, as, false, 0); err != nil {
			return err
		}
	}
	return nil
}

// judgeInformation accepts other dates and another producer in the document information dictionary,
// or below it. The title and the other texts are part of what was signed; a writer that copies the
// dictionary may encode them otherwise.
func (s *step) judgeInformation(was, is pdf.Object) error {
	if _, isStream := is.(*pdf.Stream); isStream { // MuPDF reads the dictionary of a stream, too
		if same, err := equal(s.old, s.new, was, is); err != nil || same {
			return err
		}
		s.changes.refuse("the document information became a stream")
		return nil
	}
	before, wasDict := was.(pdf.Dict)
	after, isDict := is.(pdf.Dict)
	if !wasDict && !isDict && !alike(was, is) { // a date or a producer
		s.changes.add(pades.ChangeMetadata)
		return nil
	}
	for _, key := range differing(before, after) {
		if !slices.Contains(writersInformation, key) && !sameText(before[key], after[key]) {
			s.changes.refuse("the document information was changed beyond dates and producer")
			return nil
		}
		s.changes.add(pades.ChangeMetadata)
	}
	return nil
}

// sameText reports whether two text strings have the same characters, in PDFDocEncoding or
// UTF-16BE: ISO 32000-2, 7.9.2.2. Readers differ in which other encodings they know, and in what
// they show for bytes that are no characters.
func sameText(was, is pdf.Object) bool {
	before, wasString := was.(pdf.String)
	after, isString := is.(pdf.String)
	if !wasString || !isString {
		return false
	}
	text := before.Text()
	for _, s := range []pdf.String{before, after} {
		if bytes.HasPrefix(s, []byte{0xff, 0xfe}) || bytes.HasPrefix(s, []byte{0xef, 0xbb, 0xbf}) {
			return false
		}
	}
	return text == after.Text() && !strings.ContainsRune(text, utf8.RuneError)
}

func (s *step) judgeMetadataEntry(before, after pdf.Object) error {
	old, now, err := both(s, (*pdf.File).Resolve, before, after)
	if err != nil {
		return err
	}
	return s.judgeMetadata(old, now)
}

// judgeMetadata accepts other dates and another producer in the XMP packet, however the packet is
// serialised. Any other object below /Metadata decides how the packet is read.
func (s *step) judgeMetadata(was, is pdf.Object) error {
	_, wasStream := was.(*pdf.Stream)
	_, isStream := is.(*pdf.Stream)
	if !wasStream && !isStream && !alike(was, is) {
		s.changes.refuse("an object that the metadata refer to was changed")
		return nil
	}
	before, err := packet(s.old, was)
	if err != nil {
		return err
	}
	after, err := packet(s.new, is)
	if err != nil {
		return err
	}
	same, err := sameProperties(before, after, s.new.Take)
	if err != nil {
		return err
	}
	if !same {
		s.changes.refuse("the metadata were changed beyond dates and producer")
		return nil
	}
	s.changes.add(pades.ChangeMetadata)
	return nil
}

// sameProperties reports whether two packets have the same properties. A packet that cannot be
// parsed must stay the same byte for byte, because nobody could compare its properties. take
// charges memory for each property; the errors are those of take and of the bounds.
func sameProperties(before, after []byte, take func(int64) error) (bool, error) {
	if bytes.Equal(before, after) {
		return true, nil
	}
	var both [2][]property
	for i, text := range [][]byte{before, after} {
		if len(text) == 0 {
			continue
		}
		found, limit, err := properties(text, take)
		if limit != nil {
			return false, limit
		}
		if err != nil {
			return false, nil
		}
		both[i] = found
	}
	return slices.Equal(both[0], both[1]), nil
}

// maxPacket is the size of the largest XMP packet that is compared, in bytes.
const maxPacket = 1 << 20

// packet gives the bytes of an XMP packet; nil = the object is no stream. It returns an error for a
// packet of more than maxPacket bytes.
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
	return text, file.Spend(int64(len(text)) * pades.PacketCost)
}

// judgePageTree makes sure that a node of the page tree above the pages stays as it is, but for
// texts under names of developers. ISO 32000-2, annex E, lets developers add such entries to any
// dictionary, and readers ignore those that they do not know. iText 2 notes its version so.
func (s *step) judgePageTree(c change) error {
	before, wasDict := c.was.(pdf.Dict)
	after, isDict := c.is.(pdf.Dict)
	if !wasDict || !isDict {
		return s.judgeContent(c)
	}
	for _, key := range differing(before, after) {
		if !ofDeveloper(key) || !isNote(before[key]) || !isNote(after[key]) {
			return s.judgeContent(c)
		}
		s.changes.add(pades.ChangeMetadata)
	}
	return nil
}

// isNote reports whether an entry is absent or a text. A text that is an object of its own could
// have other uses.
func isNote(entry pdf.Object) bool {
	_, isText := entry.(pdf.String)
	return entry == nil || isText
}

// ofDeveloper reports whether a name is one of those that ISO 32000-2, E.2, leaves to developers: a
// prefix of four capital letters, alone or before a name of the developer's own.
func ofDeveloper(name pdf.Name) bool {
	const length = 4
	own := strings.TrimLeft(string(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return len(name)-len(own) == length && (own == "" || own[0] == '_' || own[0] == ':')
}
