package pdf

import (
	"bytes"
	"errors"
	"io"
)

// Stream is a stream object: ISO 32000-2, 7.3.8. The data of a stream that was read stays in the
// file.
type Stream struct {
	Dict Dict

	file    *File
	ref     Ref
	start   int64 // of the data
	length  int64
	located bool // length is known

	data []byte // of a stream without file
}

// NewStream makes a stream for writing. The data must be encoded as the dictionary's /Filter says;
// /Length is set when it is written.
func NewStream(dict Dict, data []byte) *Stream { return &Stream{Dict: dict, data: data} }

// Raw returns the data as they are in the file, encoded and encrypted.
func (f *File) Raw(s *Stream) (*io.SectionReader, error) {
	if s.file == nil {
		return io.NewSectionReader(bytes.NewReader(s.data), 0, int64(len(s.data))), nil
	}
	extent, err := f.Extent(s)
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(f.src, extent.Start, extent.End-extent.Start), nil
}

// Encoded returns the data decrypted, and encoded as the dictionary says.
func (f *File) Encoded(s *Stream) (io.Reader, error) {
	raw, err := f.Raw(s)
	if err != nil || s.file == nil {
		return raw, err
	}
	return f.decrypted(s, raw)
}

// Extent returns the place in the File of a stream's data, encoded and encrypted. The stream must
// have been read from the File.
func (f *File) Extent(s *Stream) (Span, error) {
	if s.file != f {
		return Span{}, errors.New("a stream of another file")
	}
	if err := f.locate(s); err != nil {
		return Span{}, err
	}
	return Span{Start: s.start, End: s.start + s.length}, nil
}

// locate finds the length of the data: it is /Length if endstream follows there, else the data end
// at the next endstream.
func (f *File) locate(s *Stream) error {
	if s.located {
		return nil
	}
	length, err := f.streamLength(s)
	if err != nil {
		return err
	}
	if fits, err := f.endsAfter(s, length); fits || err != nil {
		s.length, s.located = length, fits
		return err
	}
	s.length, err = f.searchEnd(s.start)
	s.located = err == nil
	return err
}

// endsAfter reports whether endstream follows that many bytes of data.
func (f *File) endsAfter(s *Stream, length int64) (bool, error) {
	if length < 0 || length > f.size-s.start {
		return false, nil
	}
	p := &f.parser
	p.JumpTo(s.start + length)
	p.SkipPadding()
	return p.HasKeyword("endstream"), p.Err()
}

// streamLength returns the /Length of the dictionary; -1 = there is none.
func (f *File) streamLength(s *Stream) (int64, error) {
	object, err := f.Resolve(s.Dict["Length"])
	if err != nil {
		return 0, err
	}
	switch length := object.(type) {
	case nil:
		return -1, nil
	case Integer:
		if length < 0 {
			return 0, damaged("a stream has a negative length")
		}
		return int64(length), nil
	}
	return 0, damaged("the length of a stream is not an integer")
}

// Exact reports whether the data of a stream of the File are as long as its dictionary says. If
// not, appended bytes could change their length.
func (f *File) Exact(s *Stream) (bool, error) {
	extent, err := f.Extent(s)
	if err != nil {
		return false, err
	}
	length, err := f.streamLength(s)
	return err == nil && length == extent.End-extent.Start, err
}

// searchEnd returns the length of the data that begin at start and end at the next endstream,
// without the line end before it.
func (f *File) searchEnd(start int64) (int64, error) {
	keyword := []byte("endstream")
	for at, window := start, firstSearch; at < f.size; window = min(2*window, maxWindow) {
		n := int(min(int64(window), f.size-at))
		chunk := f.cache.buffers.ends.ofSize(n)
		if err := f.read(chunk, at); err != nil {
			return 0, err
		}
		if i := bytes.Index(chunk, keyword); i >= 0 {
			return f.trimLineEnd(start, at+int64(i))
		}
		if at+int64(n) == f.size {
			break
		}
		at += int64(n - len(keyword) + 1)
	}
	return 0, damagedAt(start, "a stream has no end")
}

// firstSearch is how many bytes are searched first. A damaged file may have many short streams
// without a length.
const firstSearch = 2 << 10

// trimLineEnd returns the length of [start, end) without a line end at its end.
func (f *File) trimLineEnd(start, end int64) (int64, error) {
	tail := make([]byte, min(2, end-start))
	if err := f.read(tail, end-int64(len(tail))); err != nil {
		return 0, err
	}
	switch n := end - start; {
	case bytes.Equal(tail, []byte("\r\n")):
		return n - 2, nil
	case bytes.HasSuffix(tail, []byte("\n")), bytes.HasSuffix(tail, []byte("\r")):
		return n - 1, nil
	default:
		return n, nil
	}
}
