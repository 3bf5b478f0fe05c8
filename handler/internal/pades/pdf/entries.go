package pdf

import (
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/xref"
)

// The kinds of cross-reference entry.
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

// listing is the part of a chain of cross-reference sections that belongs to one File.
type listing struct {
	chain    *xref.Chain
	first    int  // section of the chain that is the newest of this file
	borrowed bool // the chain is another File's
	opening  bool // cross-references are not complete yet
	rebuilt  bool // the sections of the file are not used
}

// Entry returns the newest cross-reference entry of an object number, or false if no section has
// one.
func (f *File) Entry(number int) (Entry, bool) {
	entry := f.find(number)
	if entry.Kind != EntryFree {
		return entry, true
	}
	entry, freed, looked := f.chain.Freeing(f.first, number)
	// Entry cannot return this error. The charge still stops a caller that loops without end,
	// because all later charges fail.
	_ = f.account.Spend(int64(looked))
	return entry, freed
}

// Tolerated names a deviation of the cross-references at which some readers repair the file or
// refuse it; "" = Open saw none. Irregular checks the file against the standard.
func (f *File) Tolerated() string { return f.chain.Tolerated }

// find returns the entry of an object. Its Kind is EntryFree if the object is not in use.
func (l *listing) find(number int) Entry { return l.chain.Find(l.first, number) }

func (l *listing) newest() *Section { return &l.chain.Sections[l.first] }

// highest returns the highest object number that has an entry in a section; -1 = none has.
func (l *listing) highest() int { return l.chain.Highest(l.first) }

// Sections are the cross-reference sections, newest first. A hybrid section and its stream count as
// one. The caller must not change them.
func (f *File) Sections() []Section { return f.chain.Sections[f.first:] }

// Differences calls found for each object number whose cross-reference entry differs between f and
// an earlier revision of it, until found returns an error. Its cost grows with the numbers in use
// in the sections of f and of the earlier revision. Numbers that are free or unlisted in both
// revisions do not differ. A number can be reported twice.
func (f *File) Differences(earlier *File, found func(number int, was, is Entry) error) error {
	compare := func(number int) error {
		was, is := earlier.find(number), f.find(number)
		if err := f.account.Spend(bounds.EntryCost); err != nil || was == is {
			return err
		}
		return found(number, was, is)
	}
	if f.chain != earlier.chain {
		all := []Range{{Count: max(f.highest(), earlier.highest()) + 1}}
		if err := f.chain.EachIn(all, compare); err != nil {
			return err
		}
		return earlier.chain.EachIn(all, compare)
	}
	for i := f.first; i < earlier.first; i++ {
		if err := f.chain.EachIn(f.chain.Sections[i].Objects, compare); err != nil {
			return err
		}
	}
	return nil
}

// eachListed calls found for each number in use in the newest section, until found returns an
// error.
func (f *File) eachListed(found func(number int, entry Entry) error) error {
	return f.chain.EachIn(f.newest().Objects, func(number int) error {
		if err := f.account.Spend(bounds.EntryCost); err != nil || !f.chain.Lists(f.first, number) {
			return err
		}
		entry := f.find(number)
		if entry.Kind == EntryFree {
			return nil
		}
		return found(number, entry)
	})
}

// references returns the source from which package xref reads the cross-references.
func (f *File) references() xref.Source {
	return xref.Source{Parser: &f.parser, Account: &f.account, Limits: &f.limits, Size: f.size, Origin: f.origin,
		Streams: (*streams)(f)}
}

// streams gives package xref the streams of a File.
type streams File

// StreamAt returns the stream at an offset; nil = another object is there.
func (s *streams) StreamAt(offset int64) (xref.Stream, error) {
	object, _, err := (*File)(s).readIndirect(offset)
	stream, ok := object.(*Stream)
	if err != nil || !ok {
		return nil, err
	}
	return (*decodable)(stream), nil
}

// decodable is a Stream from which package xref decodes cross-references.
type decodable Stream

// Entries returns the dictionary of the stream.
func (d *decodable) Entries() Dict { return d.Dict }

// Decoded returns a reader of the decoded data of the stream.
func (d *decodable) Decoded() (io.Reader, error) { return d.file.decoder((*Stream)(d)) }
