package pdf

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/filter"
	"influxion/handler/internal/pades/pdf/syntax"
	"influxion/handler/internal/pades/pdf/xref"
)

// Update builds an incremental update (ISO 32000-2, 7.5.6) on the newest revision of a File. It is
// not safe for concurrent use.
type Update struct {
	file    *File
	objects map[int]updated
	next    int // object number
	info    Object
	whole   bool // the section is a complete one
	err     error
}

// usualIncrement is the capacity, in bytes, for the increment of a signature at B-B with a chain of
// two certificates.
const usualIncrement = 8 << 10

type updated struct {
	generation int
	object     Object
}

// NewUpdate begins an update without changes.
func (f *File) NewUpdate() *Update {
	size, _ := f.Trailer()["Size"].(Integer)
	u := &Update{file: f, objects: map[int]updated{}, next: max(int(size), f.highest()+1), info: f.Trailer()["Info"],
		whole: f.rebuilt}
	if direct, ok := u.info.(Dict); ok {
		u.info = u.Add(direct) // table 15 demands a reference, and strict readers refuse a direct object
	}
	return u
}

// Add adds an object under a new number.
func (u *Update) Add(object Object) Ref {
	ref := Ref{Number: u.next}
	u.next++
	u.objects[ref.Number] = updated{object: object}
	return ref
}

// Set replaces the value of an object of the file or of the update. Its generation stays. An object
// from an object stream becomes one outside of it. For any other reference, Bytes returns an error.
func (u *Update) Set(ref Ref, object Object) {
	if _, set := u.objects[ref.Number]; !set {
		entry, _ := u.file.Entry(ref.Number)
		if ref.Number <= 0 || entry.Kind != EntryOffset && entry.Kind != EntryInStream ||
			entry.Generation != ref.Generation {
			u.err = cmp.Or(u.err, fmt.Errorf("object %d %d is not in use", ref.Number, ref.Generation))
			return
		}
	} else if u.objects[ref.Number].generation != ref.Generation {
		u.err = cmp.Or(u.err, fmt.Errorf("object %d has another generation than %d", ref.Number, ref.Generation))
		return
	}
	u.objects[ref.Number] = updated{ref.Generation, object}
}

// Complete makes the cross-reference section of the update a complete one that leads to no older
// section, as for a file from Rebuild. Readers then never meet an older section that they would
// repair (File.Tolerated). After that, the signatures of the file can no longer be found by their
// revisions.
func (u *Update) Complete() { u.whole = true }

// Bytes returns the increment: the bytes behind the last byte of the file. It sets the offsets of
// the Holes. The second half of the file's /ID changes with the seed and with the content, so that
// equal inputs give equal increments.
func (u *Update) Bytes(seed []byte) ([]byte, error) {
	if u.err != nil {
		return nil, u.err
	}
	w := &syntax.Writer{Base: u.file.size, Holes: true, Out: make([]byte, 0, usualIncrement)}
	if err := u.separate(w); err != nil {
		return nil, err
	}
	places, err := u.writeObjects(w)
	if err != nil {
		return nil, err
	}
	if err := u.writeSection(w, places, seed); err != nil {
		return nil, err
	}
	return w.Out, w.Err
}

// writeObjects writes the objects of the update and returns their places.
func (u *Update) writeObjects(w *syntax.Writer) ([]xref.Place, error) {
	var places []xref.Place
	for _, number := range slices.Sorted(maps.Keys(u.objects)) {
		object := u.objects[number]
		ref := Ref{Number: number, Generation: object.generation}
		data, err := u.streamData(ref, object.object)
		if err != nil {
			return nil, err
		}
		if w.Encrypt, err = u.file.stringEncrypter(ref); err != nil {
			return nil, err
		}
		places = append(places,
			xref.Place{Number: number, Generation: object.generation, Offset: w.Offset() - u.file.origin})
		if stream, ok := object.object.(*Stream); ok {
			w.Stream(ref, stream.Dict, data)
		} else {
			w.Indirect(ref, object.object)
		}
	}
	w.Encrypt = nil // nothing in a trailer or in cross-references is encrypted
	return places, nil
}

// writeSection writes the cross-references of these places, in the form that the file's newest
// section has, with the trailer and startxref.
func (u *Update) writeSection(w *syntax.Writer, places []xref.Place, seed []byte) error {
	f := u.file
	asStream := f.newest().Kind == KindStream
	if u.whole {
		var err error
		if places, err = u.complete(places); err != nil {
			return err
		}
		asStream = asStream || slices.ContainsFunc(places, func(p xref.Place) bool { return p.Stream != 0 })
	}
	trailer := u.trailer(seed, w.Out)
	start := w.Offset() - f.origin
	if err := f.unmistakable(start); err != nil {
		return err
	}
	size := u.next
	if asStream {
		// The stream has an entry of its own.
		places = append(places, xref.Place{Number: u.next, Offset: start})
		size++
	}
	if size > f.limits.Objects {
		return tooComplex("the file has no free object numbers below %d", f.limits.Objects)
	}
	trailer["Size"] = Integer(size)
	if asStream {
		xref.WriteStream(w, places, trailer)
	} else {
		xref.WriteTable(w, places, trailer)
	}
	w.Out = fmt.Appendf(w.Out, "startxref\n%d\n%%%%EOF\n", start)
	return nil
}

// complete adds the objects of the file, and the head of the list of free objects, to the places
// that the update writes. Numbers that nothing defines are left out.
func (u *Update) complete(written []xref.Place) ([]xref.Place, error) {
	f := u.file
	places := append(written, xref.Place{Generation: syntax.MaxGeneration, Free: true})
	var all []Range
	for _, section := range f.Sections() {
		all = append(all, section.Objects...)
	}
	if err := f.account.Spend(int64(len(all)) * bounds.SortCost); err != nil {
		return nil, err
	}
	all, _ = xref.MergeRanges(all)
	sections, err := f.ownNumbers()
	if err != nil {
		return nil, err
	}
	merged := Section{Objects: all}
	for number := range merged.Numbers() {
		if err := f.account.Spend(bounds.EntryCost); err != nil {
			return nil, err
		}
		entry := f.find(number)
		if _, updated := u.objects[number]; updated || entry.Kind == EntryFree || number == 0 || sections[number] {
			continue
		}
		if err := f.account.Take(xref.PlaceSize); err != nil {
			return nil, err
		}
		if entry.Kind == EntryInStream {
			places = append(places, xref.Place{Number: number, Stream: entry.StreamNumber, Index: entry.Index})
		} else {
			places = append(places,
				xref.Place{Number: number, Generation: entry.Generation, Offset: entry.Offset - f.origin})
		}
	}
	slices.SortFunc(places, func(a, b xref.Place) int { return cmp.Compare(a.Number, b.Number) })
	return places, nil
}

// ownNumbers returns the object numbers of the file's cross-reference streams. A complete section
// makes these streams unused, and some of them state a wrong place for themselves.
func (f *File) ownNumbers() (map[int]bool, error) {
	own := map[int]bool{}
	for _, section := range f.Sections() {
		if section.Kind != KindStream {
			continue
		}
		ref, err := f.refAt(section.Offset)
		if err != nil {
			return nil, err
		}
		object, err := f.Object(ref)
		stream, ok := object.(*Stream)
		if _, damaged := damagedDetail(err); damaged || ok && stream.Dict["Type"] == Name("XRef") {
			own[ref.Number] = true
		} else if err != nil {
			return nil, err
		}
	}
	return own, nil
}

// separate ends the last line of the file.
func (u *Update) separate(w *syntax.Writer) error {
	last := make([]byte, 1)
	if err := u.file.read(last, u.file.size-1); err != nil {
		return err
	}
	if last[0] != '\n' && last[0] != '\r' {
		w.Out = append(w.Out, '\n')
	}
	return nil
}

// streamData returns the encoded data of a stream, encrypted as the document asks.
func (u *Update) streamData(ref Ref, object Object) ([]byte, error) {
	stream, ok := object.(*Stream)
	if !ok {
		return nil, nil
	}
	raw, err := u.file.Encoded(stream)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(filter.Meter(raw, u.file.account.Inflate))
	if err != nil {
		return nil, err
	}
	one, err := u.file.streamCipher(stream.Dict, ref)
	if one == nil || err != nil {
		return data, err
	}
	return one.Encrypt(data)
}

// trailer returns the newest trailer without the entries that belong to its own section: 7.5.5,
// 7.5.6 and 7.5.8.2.
func (u *Update) trailer(seed, content []byte) Dict {
	newest := u.file.newest()
	trailer := newest.Trailer.Clone()
	for _, key := range []Name{"Prev", "XRefStm", "Size", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "F",
		"FFilter",
		"FDecodeParms", "DL"} {
		delete(trailer, key)
	}
	if !u.whole {
		// The offset is written as startxref of the file states it. A reader that compares offsets
		// exactly then recognizes the revision.
		trailer["Prev"] = Integer(u.file.start)
	}
	if u.info != nil {
		trailer["Info"] = u.info
	}
	hash := sha256.New()
	hash.Write(seed)
	hash.Write(content)
	changed := String(hash.Sum(nil)[:16])
	first := changed
	if ids, err := u.file.Array(trailer["ID"]); err == nil && len(ids) == 2 {
		if id, err := u.file.String(ids[0]); err == nil && len(id) > 0 {
			first = id
		}
	}
	if !u.file.Encrypted() {
		trailer["ID"] = Array{first, changed}
	} else if id, ok := u.file.crypt.id.(String); ok { // the key may come from it
		trailer["ID"] = Array{id, changed}
	}
	return trailer
}
