package chain

import (
	"cmp"
	"context"
	"errors"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// ReadDSS adds the newest document security store of a file to the store: ISO 32000-2, 12.8.4.3. It
// does not read /VRI, which only repeats the contents of the arrays. It skips data that cannot be
// read. It returns an error only if reading the document fails or the context ends.
func (s *Store) ReadDSS(ctx context.Context, file *pdf.File) error {
	_, catalog, err := file.Catalog()
	if err != nil {
		return unlessOfDocument(err)
	}
	dss, err := file.Dict(catalog["DSS"])
	if err != nil || dss == nil {
		s.leaveOutFor(err)
		return unlessOfDocument(err)
	}
	r := dssReader{store: s, file: file}
	return errors.Join(
		r.readArray(ctx, dss["Certs"], s.addDER),
		r.readArray(ctx, dss["OCSPs"], s.addResponse),
		r.readArray(ctx, dss["CRLs"], s.addList),
	)
}

// unlessOfDocument drops an error that the document causes, because the rest of the document is
// still of use.
func unlessOfDocument(err error) error {
	if pades.IsOfDocument(err) {
		return nil
	}
	return err
}

// dssReader reads the streams of /DSS into a store.
type dssReader struct {
	store *Store
	file  *pdf.File
}

// readArray passes the streams of one array to add.
func (r dssReader) readArray(ctx context.Context, array pdf.Object, add func([]byte, Span)) error {
	streams, err := r.file.Array(array)
	if pades.IsOfDocument(err) {
		r.store.leaveOutFor(err)
		return nil
	}
	for i, stream := range streams {
		if err != nil {
			return err
		}
		if i == maxPieces {
			r.store.leaveOut("an array of /DSS has more than %d entries", maxPieces)
			return nil
		}
		if err = r.readStream(stream, add); pades.IsOfDocument(err) {
			r.store.leaveOutFor(err)
			err = ctx.Err()
		}
		err = cmp.Or(err, r.store.short)
	}
	return err
}

// readStream passes a stream to add, with the span of the whole object as its place.
func (r dssReader) readStream(object pdf.Object, add func([]byte, Span)) error {
	ref, ok := object.(pdf.Ref)
	if !ok {
		return nil
	}
	entry, ok := r.file.Entry(ref.Number)
	if !ok || entry.Kind != pdf.EntryOffset {
		return nil
	}
	stream, err := r.file.Stream(ref)
	if err != nil || stream == nil {
		return err
	}
	data, err := r.file.Extent(stream)
	if err != nil {
		return err
	}
	der, err := r.file.Decode(stream)
	if err != nil {
		return err
	}
	place, before := Span{min(entry.Offset, data.Start), data.End}, r.store.bytes
	r.store.documented[place] = true
	if add(der, place); r.store.bytes == before {
		r.file.Give(int64(cap(der))) // it is not kept
	}
	return nil
}
