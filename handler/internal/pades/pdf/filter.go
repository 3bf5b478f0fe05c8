package pdf

import (
	"bufio"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
)

const maxFilters = 4

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

// readAll reads data of unknown length with an estimate of it. Memory grows with the data, in
// pieces that are joined at the end.
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

// filter is one step of decoding.
type filter struct {
	name      Name
	predictor predictor
}

// decoder reads the decoded data of a stream. Only one decoder of a File is in use at a time,
// because they share the inflaters: therefore everything that may be indirect is resolved first.
func (f *File) decoder(s *Stream) (io.Reader, error) {
	filters, err := f.filters(s.Dict)
	if err != nil {
		return nil, err
	}
	raw, err := f.Encoded(s)
	if err != nil {
		return nil, err
	}
	var reader io.Reader = &meter{raw, f.account.Spend}
	for i, filter := range filters {
		if reader, err = f.apply(filter, reader, i); err != nil {
			return nil, err
		}
		reader = &meter{&decodedReader{reader}, f.account.Inflate}
	}
	return reader, nil
}

func (f *File) filters(dict Dict) ([]filter, error) {
	names, err := f.list(dict["Filter"])
	if err != nil {
		return nil, err
	}
	parameters, err := f.list(dict["DecodeParms"])
	if err != nil {
		return nil, err
	}
	if len(names) > maxFilters {
		return nil, tooComplex("a stream has more than %d filters", maxFilters)
	}
	filters := make([]filter, len(names))
	for i := range filters {
		if filters[i].name, err = f.Name(names[i]); err != nil {
			return nil, err
		}
		if i >= len(parameters) {
			continue
		}
		parms, err := f.Dict(parameters[i])
		if err != nil {
			return nil, err
		}
		if filters[i].predictor, err = f.predictor(parms); err != nil {
			return nil, err
		}
	}
	return filters, nil
}

// list is the elements of an array, or the one object that stands for an array of one.
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

func (f *File) apply(filter filter, reader io.Reader, level int) (io.Reader, error) {
	switch filter.name {
	case "FlateDecode", "Fl":
		x := &f.cache.inflaters[level]
		inflated, err := x.open(reader, &f.account)
		if err != nil {
			return nil, err
		}
		return filter.predictor.undo(inflated, &f.account, x)
	case "ASCIIHexDecode", "AHx":
		return &hexReader{reader: bufio.NewReader(reader)}, nil
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&untilTilde{reader: bufio.NewReader(reader)}), nil
	}
	if filter.name == "Crypt" && f.crypt != nil { // undone already
		return reader, nil
	}
	return nil, damaged("a stream that is needed has a filter that is not read")
}

// inflater is a decompressor that is reused: a new one takes 40 KB.
type inflater struct {
	reader io.ReadCloser
	input  *bufio.Reader
	rows   []byte // of the predictor behind it
}

const inflaterSize = 56 << 10

// open decompresses RFC 1950 data. It ignores the checksum at the end: some writers omit it, and
// readers do not rely on it.
func (x *inflater) open(reader io.Reader, a *bounds.Account) (io.Reader, error) {
	if x.reader == nil {
		if err := a.Take(inflaterSize); err != nil {
			return nil, err
		}
		x.input = bufio.NewReader(reader)
		x.reader = flate.NewReader(x.input)
	} else {
		x.input.Reset(reader)
		if err := x.reader.(flate.Resetter).Reset(x.input, nil); err != nil {
			return nil, err
		}
	}
	var head [2]byte
	for i := range head {
		var err error
		if head[i], err = x.input.ReadByte(); err != nil {
			return nil, cutOff(err)
		}
	}
	if head[0]&0x0f != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 || head[1]&0x20 != 0 {
		return nil, damaged("a compressed stream has no zlib header")
	}
	return x.reader, nil
}

// cutOff turns an unexpected end of data into an error of the document.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Kind: Damaged, Detail: "the data of a stream are cut off", Err: err}
	}
	return err
}

// decodedReader turns the errors of a decoder into errors of the document, but not those of the
// source or the budget below it.
type decodedReader struct{ reader io.Reader }

func (r *decodedReader) Read(p []byte) (int, error) {
	n, err := r.reader.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	_, corrupt85 := errors.AsType[ascii85.CorruptInputError](err)
	if corrupt || corrupt85 {
		return n, &Error{Kind: Damaged, Detail: "the data of a stream cannot be decoded", Err: err}
	}
	return n, cutOff(err)
}

// meter charges for the bytes that pass through it.
type meter struct {
	reader io.Reader
	charge func(int64) error
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.reader.Read(p)
	if limit := m.charge(int64(n)); limit != nil {
		return 0, limit
	}
	return n, err
}
