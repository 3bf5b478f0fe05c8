package pades

import (
	"context"
	"errors"

	"influxion/handler/internal/pades/pdf"
)

// evidence gives the store, which is filled when it is first needed: with /DSS and with what all signatures embed that can be read.
func (e *examination) evidence(ctx context.Context) (*store, error) {
	if e.store != nil {
		return e.store, nil
	}
	e.store = newStore(e.trust)
	for _, s := range e.signatures {
		switch {
		case s.signed != nil:
			e.store.addCMS(s.signed, s.place())
		case s.stamp != nil && s.stamp.token != nil:
			e.store.addCMS(s.stamp.token.SignedData, s.place())
		}
		for _, stamp := range s.stamps {
			if stamp.token != nil {
				e.store.addCMS(stamp.token.SignedData, s.place())
			}
		}
	}
	err := e.readDSS(ctx)
	if isReadError(err) {
		err = nil // what cannot be read is not there; the rest serves
	}
	return e.store, err
}

// readDSS reads the newest document security store: ISO 32000-2, 12.8.4.3. /VRI only repeats what the arrays hold.
func (e *examination) readDSS(ctx context.Context) error {
	_, catalog, err := e.file.Catalog()
	if err != nil {
		return err
	}
	dss, err := e.file.Dict(catalog["DSS"])
	if err != nil || dss == nil {
		return err
	}
	return errors.Join(
		e.readPieces(ctx, dss["Certs"], e.store.addDER),
		e.readPieces(ctx, dss["OCSPs"], e.store.addResponse),
		e.readPieces(ctx, dss["CRLs"], e.store.addList),
	)
}

// readPieces hands the streams of one array of the store to add. What cannot be read is passed over.
func (e *examination) readPieces(ctx context.Context, array pdf.Object, add func([]byte, span)) error {
	streams, err := e.file.Array(array)
	if isReadError(err) {
		return nil
	}
	for i, stream := range streams {
		if err != nil || i == maxHeld {
			return err
		}
		before := e.store.bytes
		if err = e.readPiece(stream, add); isReadError(err) {
			err = ctx.Err()
		}
		if err == nil {
			err = askRoom(ctx, e.store.bytes-before)
		}
	}
	return err
}

// readPiece hands a stream of the store to add, with the place of all of its object.
func (e *examination) readPiece(object pdf.Object, add func([]byte, span)) error {
	ref, ok := object.(pdf.Ref)
	if !ok {
		return nil
	}
	entry, ok := e.file.Entry(ref.Number)
	if !ok || entry.Kind != pdf.EntryOffset {
		return nil
	}
	stream, err := e.file.Stream(ref)
	if err != nil || stream == nil {
		return err
	}
	data, err := e.file.Extent(stream)
	if err != nil {
		return err
	}
	der, err := e.file.Decode(stream)
	if err != nil {
		return err
	}
	place := span{min(entry.Offset, data.Start), data.End}
	e.store.documented[place] = true
	add(der, place)
	return nil
}
