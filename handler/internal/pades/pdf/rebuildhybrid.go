package pdf

import (
	"slices"

	"influxion/handler/internal/pades/pdf/xref"
)

// takeHidden adds the objects in object streams to the rebuilt chain of a hybrid file (ISO 32000-2,
// 7.5.8.4). By design the table of such a file is enough to show the document. The objects that
// only the stream beside the table lists are for readers that know object streams, and add nothing
// that only some readers draw. A file whose catalog or page tree is in an object stream is not
// hybrid, whatever its trailers say.
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
