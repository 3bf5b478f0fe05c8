package pdf

import (
	"io"

	"influxion/handler/internal/pades/pdf/xref"
)

// EntryKind is the type of a cross-reference entry.
type EntryKind = xref.EntryKind

// The kinds of entry.
const (
	EntryFree     = xref.EntryFree     // no such object
	EntryOffset   = xref.EntryOffset   // at an offset in the file
	EntryInStream = xref.EntryInStream // in an object stream
)

// Entry is a cross-reference entry. Its offset may lie behind the end of the file, which Object
// then reports.
type Entry = xref.Entry

// SectionKind is the form of a cross-reference section.
type SectionKind = xref.SectionKind

// The kinds of section.
const (
	KindTable  = xref.KindTable
	KindStream = xref.KindStream
	KindHybrid = xref.KindHybrid // a table with a stream beside it
)

// Section is one cross-reference section: what a revision of the file, or a part of a linearised
// one, defines.
type Section = xref.Section

// Range is the object numbers [First, First+Count).
type Range = xref.Range

// references is what the cross-references of the file are read from.
func (f *File) references() xref.Source {
	return xref.Source{Parser: &f.parser, Account: &f.account, Limits: &f.limits, Size: f.size, Origin: f.origin,
		Streams: (*streams)(f)}
}

// streams are those of a File.
type streams File

// StreamAt is the stream at an offset; nil = another object is there.
func (s *streams) StreamAt(offset int64) (xref.Stream, error) {
	object, _, err := (*File)(s).readIndirect(offset)
	stream, ok := object.(*Stream)
	if err != nil || !ok {
		return nil, err
	}
	return (*decodable)(stream), nil
}

// decodable is a Stream that cross-references are decoded from.
type decodable Stream

// Entries is the dictionary of the stream.
func (d *decodable) Entries() Dict { return d.Dict }

// Decoded reads the decoded data of the stream.
func (d *decodable) Decoded() (io.Reader, error) { return d.file.decoder((*Stream)(d)) }
