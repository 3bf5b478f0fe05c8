// Package pdf is the file-syntax layer of ISO 32000-2 (PDF 2.0), clause 7: objects, cross-references, revisions, object streams,
// the filters that these need, and incremental updates. It knows nothing of signatures.
//
// It reads hostile files within Limits and never loads or scans a document: everything goes through small windows. Open
// never repairs a file: what it reads is what the cross-references say. Rebuild reads a file without them, but only where every
// reader that repairs files comes to the same document. It reads no encrypted files.
package pdf

import (
	"context"
	"errors"
	"io"
)

// Source is the document: a *bytes.Reader, an *io.SectionReader. It must not change while a File reads it.
type Source interface {
	io.ReaderAt
	Size() int64 // bytes
}

// File is a document that is open for reading. It reads objects when they are asked for and keeps some of them in a bounded cache.
// It is not safe for concurrent use.
type File struct {
	src      Source
	size     int64
	origin   int64 // what offsets in the file count from
	start    int64 // what startxref states, from the origin
	limits   Limits
	budget   *budget
	parser   parser
	sections []Section
	index    index
	ranges   int   // in all sections
	opening  bool  // cross-references are not complete yet
	opened   int64 // units of work that they cost
	rebuilt  bool  // the sections of the file are not used

	ambiguous     map[int]bool // objects that other readers may read otherwise
	readings      *readings    // shared with the other revisions
	objects       map[int]Object
	objectsWeight int64 // bytes of the file that the cached objects were parsed from
	streams       map[int]*objectStream
	streamsWeight int
	loading       map[int]bool // object streams being loaded, each for the sake of the one before
	inflaters     [maxFilters]inflater
}

// Open reads the header and the whole chain of cross-reference sections, but no objects. Its errors are *Error, but for failures
// of src and for the end of ctx, which also ends all later reading from the File.
func Open(ctx context.Context, src Source, limits Limits) (*File, error) {
	f, err := newFile(ctx, src, limits, newReadings())
	if err != nil {
		return nil, err
	}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

// Revision opens the beginning of the document up to an offset as Open does, with the limits of the File but for Work. All that is read
// from it is the same, at the same price in work; what was read before takes less time. Of a File that comes with an error, Spent alone
// is of use. The Files of one document are not safe for concurrent use with each other.
func (f *File) Revision(ctx context.Context, end, work int64) (*File, error) {
	limits := f.limits
	limits.Work = work
	r, err := newFile(ctx, io.NewSectionReader(f.src, 0, end), limits, f.readings)
	if err != nil {
		return nil, err
	}
	if end == f.size && !f.rebuilt {
		r.origin, r.start, r.sections, r.index, r.ranges, r.opened = f.origin, f.start, f.sections, f.index, f.ranges, f.opened
		return r, r.budget.spend(f.opened)
	}
	return r, r.open()
}

func (f *File) open() error {
	header, err := f.readHeader()
	if err != nil {
		return err
	}
	if f.start, err = f.readStart(); err != nil {
		return err
	}
	if f.origin, err = f.chooseOrigin(header, f.start); err != nil {
		return err
	}
	f.opening = true
	if err := f.readSections(f.origin + f.start); err != nil {
		// Whatever cannot be read here is a cross-reference section.
		if fault, ok := errors.AsType[*Error](err); ok && fault.Fault == Damaged {
			fault.Repairable = true
		}
		return err
	}
	f.opening = false
	f.parser.pay()
	f.opened = f.Spent()
	return nil
}

func newFile(ctx context.Context, src Source, limits Limits, shared *readings) (*File, error) {
	limits = limits.withDefaults()
	f := &File{
		src: src, size: src.Size(), limits: limits,
		budget:    &budget{ctx: ctx, work: limits.Work, inflated: limits.Inflated},
		ambiguous: map[int]bool{}, objects: map[int]Object{}, streams: map[int]*objectStream{}, loading: map[int]bool{},
		readings: shared,
	}
	f.parser = parser{lexer: lexer{budget: f.budget, src: src, end: f.size}, limits: &f.limits}
	return f, ctx.Err()
}

// Size is the length of the document in bytes.
func (f *File) Size() int64 { return f.size }

// Spent is how many units of Limits.Work reading the document has cost so far.
func (f *File) Spent() int64 { return f.limits.Work - max(f.budget.work, 0) }

// Spend takes units of Limits.Work for what a caller does with objects beside reading them. Its error is one of Fault TooComplex.
func (f *File) Spend(units int64) error { return f.budget.spend(units) }

// Trailer is the trailer dictionary of the newest section; for a cross-reference stream, the dictionary of the stream.
func (f *File) Trailer() Dict { return f.sections[0].Trailer }

// Catalog gives the document catalog, the /Root of the trailer.
func (f *File) Catalog() (Ref, Dict, error) {
	ref, ok := f.Trailer()["Root"].(Ref)
	if !ok {
		return Ref{}, nil, damaged("the trailer has no reference to a catalog")
	}
	object, err := f.Object(ref)
	if err != nil {
		return Ref{}, nil, err
	}
	catalog, ok := object.(Dict)
	if !ok {
		return Ref{}, nil, damaged("the catalog is no dictionary")
	}
	if kind, err := f.Name(catalog["Type"]); err != nil || kind != "" && kind != "Catalog" {
		return Ref{}, nil, damaged("the catalog has another type")
	}
	return ref, catalog, nil
}

// Entry gives the newest cross-reference entry of an object number, or false if no section has one.
func (f *File) Entry(number int) (Entry, bool) {
	entry := f.index.get(number)
	return entry.entry(), entry != 0
}

// Sections are the cross-reference sections, newest first. A hybrid section and its stream are one. The caller must not change them.
func (f *File) Sections() []Section { return f.sections }
