package filter

import (
	"bufio"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// MaxSteps is how many filters a stream may have.
const MaxSteps = 4

// Step is one filter of a stream.
type Step struct {
	Name      syntax.Name
	Predictor Predictor
	Undone    bool // the data pass as they are
}

// Undo returns a reader of the decoded data of reader. Its output is charged as inflated. The
// returned reader is void once a later call uses the same inflater.
func (s Step) Undo(reader io.Reader, a *bounds.Account, x *Inflater) (io.Reader, error) {
	decoded, err := s.decoder(reader, a, x)
	if err != nil {
		return nil, err
	}
	return Meter(&decodedReader{decoded}, a.Inflate), nil
}

func (s Step) decoder(reader io.Reader, a *bounds.Account, x *Inflater) (io.Reader, error) {
	if s.Undone {
		return reader, nil
	}
	switch s.Name {
	case "FlateDecode", "Fl":
		inflated, err := x.open(reader, a)
		if err != nil {
			return nil, err
		}
		return s.Predictor.undo(inflated, a, x)
	case "ASCIIHexDecode", "AHx":
		return &hexReader{reader: bufio.NewReader(reader)}, nil
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&untilTilde{reader: bufio.NewReader(reader)}), nil
	}
	return nil, damaged("a stream that is needed has a filter that is not supported")
}

// Inflater is a decompressor that is reused: a new one takes 40 KB.
type Inflater struct {
	reader io.ReadCloser
	input  *bufio.Reader
	rows   []byte // of the predictor behind it
}

const inflaterSize = 56 << 10

// open decompresses RFC 1950 data. It ignores the checksum at the end: some writers omit it, and
// readers do not rely on it.
func (x *Inflater) open(reader io.Reader, a *bounds.Account) (io.Reader, error) {
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
		return &bounds.Error{Kind: bounds.Damaged, Detail: "the data of a stream are cut off", Err: err}
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
		return n, &bounds.Error{Kind: bounds.Damaged, Detail: "the data of a stream cannot be decoded", Err: err}
	}
	return n, cutOff(err)
}

// Meter charges for the bytes that pass through a reader.
func Meter(reader io.Reader, charge func(int64) error) io.Reader { return &meter{reader, charge} }

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

func damaged(detail string) error { return bounds.Damaged.Errorf("%s", detail) }
