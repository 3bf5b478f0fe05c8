package pdf

import (
	"io"

	"influxion/handler/internal/pades/pdf/filter"
)

// Decode returns the decoded data of a stream. It supports FlateDecode with its predictors,
// ASCIIHexDecode and ASCII85Decode; another filter is an Error of Kind Damaged. The output of every
// filter counts against Limits.Inflated, and Limits.Decoded bounds the result.
func (f *File) Decode(s *Stream) ([]byte, error) {
	decoded, err := f.decoder(s)
	if err != nil {
		return nil, err
	}
	known := s.file != nil && s.Dict["Filter"] == nil && f.crypt == nil
	switch {
	case known && s.length > f.limits.Decoded:
		return nil, f.overlongStream()
	case known:
		return f.readKnown(decoded, s.length)
	case s.file == nil:
		return f.readAll(decoded, maxWindow)
	}
	return f.readAll(decoded, s.length*4)
}

func (f *File) overlongStream() error {
	return tooComplex("a stream is longer than %d bytes when decoded", f.limits.Decoded)
}

// readKnown reads data whose length is known.
func (f *File) readKnown(decoded io.Reader, length int64) ([]byte, error) {
	if err := f.account.Take(length); err != nil {
		return nil, err
	}
	out := make([]byte, length)
	if _, err := io.ReadFull(decoded, out); err != nil {
		f.cache.Give(length)
		return nil, err
	}
	return out, nil
}

// readAll reads data of unknown length; guess is an estimate of the length in bytes. It reads into
// pieces of growing size, and joins them at the end.
func (f *File) readAll(decoded io.Reader, guess int64) ([]byte, error) {
	const least, most = 512, 1 << 20
	var pieces [][]byte
	var total, charged int64
	defer func() { f.cache.Give(charged) }()
	for size := min(max(guess, least), maxWindow) + 1; ; size = min(2*size, most) {
		if err := f.account.Take(size); err != nil {
			return nil, err
		}
		charged += size
		piece := make([]byte, size)
		n, err := io.ReadFull(decoded, piece)
		total += int64(n)
		pieces = append(pieces, piece[:n])
		if total > f.limits.Decoded {
			return nil, f.overlongStream()
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if err := f.account.Take(total); err != nil {
		return nil, err
	}
	out := make([]byte, 0, total)
	for i := range pieces {
		out = append(out, pieces[i]...)
	}
	return out, nil
}

// decoder reads the decoded data of a stream. All decoders of a File share its inflaters. Therefore
// only one decoder may be in use at a time, and every value that may be indirect is resolved before
// the first filter begins.
func (f *File) decoder(s *Stream) (io.Reader, error) {
	filters, err := f.filters(s.Dict)
	if err != nil {
		return nil, err
	}
	raw, err := f.Encoded(s)
	if err != nil {
		return nil, err
	}
	var reader io.Reader = filter.Meter(raw, f.account.Spend)
	for i, step := range filters {
		step.Undone = step.Name == "Crypt" && f.crypt != nil // by the decryption
		if reader, err = step.Undo(reader, &f.account, &f.cache.inflaters[i]); err != nil {
			return nil, err
		}
	}
	return reader, nil
}

func (f *File) filters(dict Dict) ([]filter.Step, error) {
	names, err := f.list(dict["Filter"])
	if err != nil {
		return nil, err
	}
	parameters, err := f.list(dict["DecodeParms"])
	if err != nil {
		return nil, err
	}
	if len(names) > filter.MaxSteps {
		return nil, tooComplex("a stream has more than %d filters", filter.MaxSteps)
	}
	filters := make([]filter.Step, len(names))
	for i := range filters {
		if filters[i].Name, err = f.Name(names[i]); err != nil {
			return nil, err
		}
		if i >= len(parameters) {
			continue
		}
		parms, err := f.Dict(parameters[i])
		if err != nil {
			return nil, err
		}
		entry := func(key Name) (Object, error) { return f.Resolve(parms[key]) }
		if filters[i].Predictor, err = filter.ReadPredictor(entry); err != nil {
			return nil, err
		}
	}
	return filters, nil
}

// list returns the elements of an array. An object that is no array counts as the only element of
// one.
func (f *File) list(object Object) (Array, error) {
	object, err := f.Resolve(object)
	if err != nil || object == nil {
		return nil, err
	}
	if array, ok := object.(Array); ok {
		return array, nil
	}
	return Array{object}, nil
}
