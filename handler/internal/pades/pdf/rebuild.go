package pdf

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
	"influxion/handler/internal/pades/pdf/xref"
)

// noPlace is the offset of a section that is not in the file, and the Section.Offset of the section
// that Rebuild makes.
const noPlace = xref.NoPlace

// Rebuild opens a document whose cross-references cannot be used (Error.Repairable). It searches
// the whole file once and takes the last definition of each object, as other readers do when they
// repair a file. It returns an Error of Kind Damaged for a file from which such readers were seen
// to make different documents:
//   - objects or cross-references in compressed streams, except those of a hybrid file, which hide
//     nothing that is shown
//   - a definition that is not alone on its line, or lies within another object or a stream
//   - one number with two generations
//   - trailers with different catalogs
//   - a file that is cut off
//
// An Update of a rebuilt File holds a complete cross-reference section, which leads to no older
// one. With that section, every reader reads the document alike. Rebuild is for writing such an
// update and never for verifying. Its errors are those of Open. It spends at least one unit of
// Limits.Work for each eight bytes of the file.
func Rebuild(ctx context.Context, src Source, limits Limits) (*File, error) {
	f, err := newFile(ctx, src, limits, newCache(bounds.NewMemory(ctx, src.Size())))
	if err != nil {
		return nil, err
	}
	if err := f.rebuild(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) rebuild() (err error) {
	if f.origin, err = f.readHeader(); err != nil {
		return err
	}
	f.rebuilt, f.opening = true, true
	s := &scan{file: f, at: f.origin, end: f.origin, trailer: Dict{}, found: xref.NewFound(&f.account)}
	if err := s.run(); err != nil {
		return err
	}
	if err := s.checkEnd(); err != nil {
		return err
	}
	if s.encrypted {
		return encrypted("the document is encrypted, and its cross-references are unusable")
	}
	if s.compressed != 0 && s.trailer["XRefStm"] == nil {
		return errCompressed(s.compressed)
	}
	if s.trailer["Root"] == nil {
		return damagedAt(f.size,
			"the cross-references are unusable, and no trailer up to the end of the file names a catalog")
	}
	if f.chain, err = s.found.Chain(f.references(), s.trailer); err != nil {
		return err
	}
	f.opening = false
	if err := f.openEncryption(); err != nil {
		return err
	}
	if len(s.containers) > 0 {
		if err := s.takeHidden(); err != nil {
			return err
		}
	}
	s.trailer["Size"] = Integer(f.highest() + 1)
	return f.account.ChargeBudget()
}

// Rebuilt reports whether the File comes from Rebuild.
func (f *File) Rebuilt() bool { return f.rebuilt }

// checkEnd returns an error for a file that is cut off, because a rebuilt document would hide the
// missing part. If the offset behind the last startxref or the end-of-file marker is missing,
// readers fall back on an older startxref, if there is one.
func (s *scan) checkEnd() error {
	if s.starts == 0 || s.lastStart < s.end {
		return damagedAt(s.end, "the file is incomplete: there is no startxref after its last object")
	}
	p := &s.file.parser
	p.JumpTo(s.lastStart + int64(len("startxref")))
	p.SkipPadding()
	_, ok := p.Digits()
	p.SkipPadding()
	if complete := ok && p.HasKeyword("%%EOF"); complete || p.Err() != nil || s.starts == 1 {
		return p.Err()
	}
	return damagedAt(s.lastStart, "the file is incomplete: there is no end-of-file marker after its last startxref")
}

// addTrailer merges a trailer into those before it. Newer entries replace older ones, but all
// trailers must agree on the catalog and on the encryption.
func (s *scan) addTrailer(trailer Dict, offset int64) error {
	root, known := trailer["Root"], s.trailer["Root"]
	if root != nil && known != nil && root != known {
		return damagedAt(offset, "the cross-references are unusable, and the trailers name different catalogs")
	}
	if _, ok := root.(Ref); root != nil && !ok {
		return damagedAt(offset, "a trailer has no reference to a catalog")
	}
	if len(s.trailer) > 0 && !writtenAlike(s.trailer["Encrypt"], trailer["Encrypt"]) {
		return encrypted("the cross-references are unusable, and the trailers do not agree on the encryption")
	}
	maps.Copy(s.trailer, trailer)
	return nil
}

// hasHeader reports whether a text has the header of an object.
func hasHeader(text []byte) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("obj"))
		if i < 0 {
			return false
		}
		at += i
		if _, _, _, ok := syntax.HeaderBefore(text[max(0, at-scanBack):at]); ok {
			return true
		}
		at += len("obj")
	}
}

// takeHidden adds the objects in object streams to the rebuilt chain of a hybrid file (ISO 32000-2,
// 7.5.8.4). By design the table of such a file is enough to show the document. Objects that only
// the stream beside the table lists are for readers that know object streams, and never change what
// is shown. A file whose catalog or page tree is in an object stream is not hybrid, whatever its
// trailers say.
func (s *scan) takeHidden() error {
	f := s.file
	hidden := xref.NewFound(&f.account)
	slices.SortFunc(s.containers, func(a, b Ref) int { return a.Number - b.Number })
	for _, container := range slices.Compact(s.containers) {
		if err := s.takeContainer(&hidden, container); err != nil {
			return err
		}
	}
	twice := func(number, stream int) error {
		return f.At(Ref{Number: stream},
			damaged("the cross-references are unusable, and object %d is in two object streams", number))
	}
	var err error
	if f.chain, err = f.chain.With(&hidden, f.references(), twice); err != nil {
		return err
	}
	return s.checkPlain()
}

// takeContainer adds the objects of one object stream. It leaves out an object that the file
// defines again behind the stream and outside of one: the later definition counts.
func (s *scan) takeContainer(hidden *xref.Found, container Ref) error {
	f := s.file
	place := f.find(container.Number)
	stream, err := f.objectStream(container.Number)
	if err != nil {
		return f.At(container, err)
	}
	for i, number := range stream.numbers {
		if int(number) >= f.limits.Objects {
			return tooComplex("the file has object numbers over %d", f.limits.Objects)
		}
		if plain := f.find(int(number)); plain.Kind != EntryFree {
			if plain.Offset < place.Offset {
				return f.At(container,
					damaged("the cross-references are unusable, and object %d is in an object stream and outside of it",
						number))
			}
			continue
		}
		member := Entry{Kind: EntryInStream, StreamNumber: container.Number, Index: i}
		if err := hidden.Add(int(number), member); err != nil {
			return err
		}
	}
	return nil
}

// checkPlain checks that readers without object streams find the document.
func (s *scan) checkPlain() error {
	f := s.file
	root, catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	pages, _ := catalog["Pages"].(Ref)
	for _, ref := range []Ref{root, pages} {
		if f.find(ref.Number).Kind == EntryInStream {
			return errCompressed(s.compressed)
		}
	}
	return nil
}

func errCompressed(offset int64) error {
	return damagedAt(offset,
		"the cross-references are unusable, and readers do not agree on how to find objects in compressed streams")
}
