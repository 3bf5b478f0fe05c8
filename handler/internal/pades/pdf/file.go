package pdf

import (
	"context"
	"errors"
	"io"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
	"influxion/handler/internal/pades/pdf/xref"
)

// Source is the document: a *bytes.Reader, an *io.SectionReader. It must not change while a File
// reads it.
type Source interface {
	io.ReaderAt
	Size() int64 // bytes
}

// File is a document that is open for reading. It reads objects when they are asked for and keeps
// some of them in a bounded cache. It is not safe for concurrent use.
type File struct {
	extent
	listing
	readings
	limits  Limits
	account bounds.Account
	parser  syntax.Parser
	crypt   *crypt // nil = not encrypted

	cache    *cache // shared with the other revisions
	view     int    // in the cache
	revision bool   // the cache is another File's
}

// extent is where a File begins and ends.
type extent struct {
	src    Source
	size   int64
	origin int64 // the place from which offsets in the file count
	start  int64 // the offset in startxref, from the origin
}

// readings is what a File records while it reads objects.
type readings struct {
	ambiguous map[int]bool // objects that other readers may read otherwise
	nulls     map[int]syntax.Nulls
	openEnded map[int]bool // objects whose reading came to the end of the file; nil = none
	loading   map[int]bool // object streams being loaded, each needed by the one before
	latest    Ref          // the object that was asked for last
}

// Open reads the header and the whole chain of cross-reference sections, but no objects. It returns
// an *Error for a document that it cannot read. Three errors are no *Error: a failure of src, the
// end of ctx, and the end of the document's budget. The end of ctx also ends all later reading from
// the File. The budget is that of ctx; if ctx has none, it is what budget.For gives a document of
// that size.
func Open(ctx context.Context, src Source, limits Limits) (*File, error) {
	f, err := newFile(ctx, src, limits, newCache(bounds.NewMemory(ctx, src.Size())))
	if err != nil {
		return nil, err
	}
	if err := f.open(nil); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Revision opens the document up to the offset end as Open does, with the limits of the File except
// Work. It gives the same results as Open. What was read before takes less time but the same work.
// Only cross-reference sections that the File has already cost no work, because they are neither
// read nor stored again. If Revision returns an error, only Spent of the returned File is of use.
// The Files of one document must not be used concurrently.
func (f *File) Revision(ctx context.Context, end, work int64) (*File, error) {
	limits := f.limits
	limits.Work = work
	r, err := newFile(ctx, io.NewSectionReader(f.src, 0, end), limits, f.cache)
	if err != nil {
		return nil, err
	}
	r.revision = true
	known := f.chain
	if f.rebuilt {
		known = nil
	}
	if err := r.open(known); err != nil {
		_ = r.account.ChargeBudget() // a revision that cannot be opened is charged too
		return r, err
	}
	return r, nil
}

// Close returns the memory of the File and of its revisions to the budget. On a revision, it
// returns only the memory of the revision's own cross-references. Closed Files must not be used
// afterwards.
func (f *File) Close() {
	switch {
	case !f.revision:
		f.cache.Release()
	case f.chain != nil && !f.borrowed:
		f.cache.Give(f.chain.Taken)
		f.chain = nil
	}
	f.cache.parts = f.parser.Parts()
}

// open reads those cross-references that are not in a known chain.
func (f *File) open(known *xref.Chain) error {
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
	if err := f.takeChain(f.origin+f.start, known); err != nil {
		// Only cross-reference sections are read here, so what cannot be read is one of them.
		if typed, ok := errors.AsType[*Error](err); ok && typed.Kind == Damaged {
			typed.Repairable = true
		}
		return err
	}
	f.opening = false
	if err := f.openEncryption(); err != nil {
		return err
	}
	f.parser.Pay()
	return f.account.ChargeBudget()
}

// takeChain uses the part of a known chain that begins at an offset, or reads the chain from there.
func (f *File) takeChain(offset int64, known *xref.Chain) error {
	p := &f.parser
	p.JumpTo(offset)
	p.SkipBefore()
	shared := false
	if known != nil {
		f.first, shared = known.Beginning(p.Offset(), f.size, f.origin)
	}
	if shared {
		f.chain, f.borrowed = known, true
	} else {
		var err error
		if f.chain, err = xref.Read(f.references(), offset); err != nil {
			return err
		}
		f.first = 0
	}
	size, _ := f.Trailer()["Size"].(Integer)
	if int64(size) > int64(f.limits.Objects) {
		return tooComplex("the file claims %d objects, more than the %d allowed", size, f.limits.Objects)
	}
	if size < 0 {
		return damaged("the file claims a negative number of objects")
	}
	return nil
}

func newFile(ctx context.Context, src Source, limits Limits, shared *cache) (*File, error) {
	limits = limits.WithDefaults()
	f := &File{
		extent: extent{src: src, size: src.Size()}, limits: limits, cache: shared, view: shared.views,
		account:  bounds.NewAccount(ctx, shared.Memory, limits),
		readings: readings{ambiguous: map[int]bool{}, nulls: map[int]syntax.Nulls{}, loading: map[int]bool{}},
	}
	shared.views++
	f.parser = syntax.NewParser(&f.account, src, f.size, &f.limits, shared.parts)
	shared.parts = syntax.Parts{}
	return f, ctx.Err()
}

// Size is the length of the document in bytes.
func (f *File) Size() int64 { return f.size }

// Spent is how many units of Limits.Work reading the document has cost so far.
func (f *File) Spent() int64 { return f.limits.Work - max(f.account.Work(), 0) }

// Spend takes units of Limits.Work for work that a caller does on objects in addition to reading
// them. Its error is of Kind TooComplex, a *budget.Error or that of the context.
func (f *File) Spend(units int64) error { return f.account.Spend(units) }

// Budget returns the budget of the document: that of the context which opened it, or its own.
func (f *File) Budget() *budget.Budget { return f.cache.Budget() }

// Take charges memory in bytes that a caller is about to keep in addition to what it reads, such as
// a set of objects. Its error is a *budget.Error, or that of a process that has no memory left.
func (f *File) Take(bytes int64) error { return f.account.Take(bytes) }

// Give counts bytes that were charged with Take as free again.
func (f *File) Give(bytes int64) { f.cache.Give(bytes) }

// Trailer is the trailer dictionary of the newest section; for a cross-reference stream, the
// dictionary of the stream.
func (f *File) Trailer() Dict { return f.newest().Trailer }

// Catalog returns the document catalog, the /Root of the trailer. It ignores /Type, as viewers do.
func (f *File) Catalog() (Ref, Dict, error) {
	ref, ok := f.Trailer()["Root"].(Ref)
	if !ok {
		return Ref{}, nil, damagedAt(f.newest().Offset, "the trailer has no reference to a catalog")
	}
	object, err := f.Object(ref)
	if err != nil {
		return Ref{}, nil, err
	}
	catalog, ok := object.(Dict)
	if !ok {
		return Ref{}, nil, f.At(ref, damaged("the catalog is not a dictionary"))
	}
	return ref, catalog, nil
}
