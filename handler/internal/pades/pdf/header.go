package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

const (
	// Readers look for the header in these bytes (ISO 32000-1, annex H, note 13), and still find
	// one right behind them.
	headerWindow = 1024
	// Acrobat looks for the end-of-file marker in the last 1024 bytes. Servers pad files by a
	// little more than that. Readers that do not find the marker there search the whole file.
	shortTail  = 512 // where it is in most files
	tailWindow = 4096
	longTail   = 1 << 20
)

// readHeader returns the offset of the header, which junk may precede.
func (f *File) readHeader() (int64, error) {
	head := f.cache.buffer(int(min(f.size, headerWindow+int64(len("%PDF-")))))
	if err := f.read(head, 0); err != nil {
		return 0, err
	}
	at := bytes.Index(head, []byte("%PDF-"))
	if at < 0 {
		return 0, &Error{Kind: NotPDF, Detail: "no PDF header begins in the first 1024 bytes or right after them"}
	}
	return int64(at), nil
}

// readStart returns the offset in the last startxref of the file.
func (f *File) readStart() (int64, error) {
	tail, at, err := f.readTail()
	if err != nil {
		return 0, err
	}
	l := syntax.NewLexer(&f.account, nil, int64(len(tail)-at), tail[at:])
	l.SkipPadding()
	start, ok := l.Digits()
	if !ok {
		return 0, misledAt(f.size-int64(len(tail)), "startxref has no offset")
	}
	l.SkipPadding()
	if !l.HasKeyword("%%EOF") {
		return 0, misledAt(f.size-int64(len(tail)),
			"there is no end-of-file marker after startxref: the file is incomplete")
	}
	// If the newest update was cut off, Open must not read the revision before it: that would hide
	// what the newest one says.
	l.SkipSpace()
	_, number := l.Digits()
	l.SkipSpace()
	_, generation := l.Digits()
	if number && generation || hasHeader(tail) {
		return 0, damagedAt(f.size-int64(len(tail)),
			"an incomplete update follows the end-of-file marker after startxref")
	}
	if start <= 0 || start >= f.size {
		return 0, misledAt(f.size-int64(len(tail)), "startxref points outside the file, to %d", start)
	}
	return start, nil
}

// readTail returns the end of the file and the place of the last startxref in it.
func (f *File) readTail() ([]byte, int, error) {
	for _, window := range []int64{shortTail, tailWindow, longTail} {
		tail := make([]byte, min(f.size, window))
		if err := f.read(tail, f.size-int64(len(tail))); err != nil {
			return nil, 0, err
		}
		if at := bytes.LastIndex(tail, []byte("startxref")); at >= 0 {
			return tail[at:], len("startxref"), nil
		}
	}
	return nil, 0, damagedAt(f.size, "there is no startxref at the end of the file: it is incomplete or not a PDF")
}

// chooseOrigin decides where offsets count from if junk precedes the header: from the header, as in
// Acrobat and qpdf, or from the start of the file, as when the producer itself wrote the junk. It
// refuses a file that can be read both ways, because such a file is two documents in one.
func (f *File) chooseOrigin(header, start int64) (int64, error) {
	fromHeader, err := f.section(header+start, header > 0)
	if err != nil {
		return 0, err
	}
	fromFile := int64(noPlace)
	if header > 0 {
		if fromFile, err = f.section(start, true); err != nil {
			return 0, err
		}
	}
	switch {
	case fromHeader == noPlace && fromFile == noPlace:
		return 0, misledAt(header+start, "startxref does not point to cross-references")
	case fromHeader == noPlace:
		return 0, nil
	case fromFile == noPlace || fromFile == fromHeader: // white space is all that is between the two
		return header, nil
	}
	return 0, damagedAt(header+start,
		"startxref points to cross-references from the header and from the start of the file")
}

// unmistakable checks that all readers find the same new cross-references at an offset. If offsets
// count from the header, the file must have no other cross-references at the same offset from its
// start.
func (f *File) unmistakable(start int64) error {
	if f.origin == 0 {
		return nil
	}
	place, err := f.section(start, true)
	if err == nil && place != noPlace {
		err = damagedAt(place, "the file already has cross-references where some readers would look for new ones")
	}
	return err
}

// section returns the offset of the table or cross-reference stream that begins at an offset,
// behind white space and comments; noPlace = there is none. Unless exact is set, section also
// accepts any other object there.
func (f *File) section(offset int64, exact bool) (int64, error) {
	if offset >= f.size {
		return noPlace, nil
	}
	p := &f.parser
	p.JumpTo(offset)
	p.SkipBefore()
	place := p.Offset()
	if p.HasKeyword("xref") {
		if exact && f.within(place) {
			return noPlace, p.Err() // of "startxref"
		}
		return place, nil
	}
	if _, found := p.Header(); !found {
		return noPlace, p.Err()
	}
	if !exact {
		return place, nil
	}
	object, _, err := f.readIndirect(place)
	if typed, ok := errors.AsType[*Error](err); ok && typed.Kind == Damaged {
		return noPlace, nil
	}
	if stream, ok := object.(*Stream); !ok || stream.Dict["Type"] != Name("XRef") {
		return noPlace, err
	}
	return place, err
}

// within reports whether the byte before a place belongs to the same word as the byte at it.
func (f *File) within(place int64) bool {
	f.parser.JumpTo(max(place-1, 0))
	before, _ := f.parser.At(0)
	return place > 0 && syntax.IsRegular(before)
}

// read fills p from an offset within the file.
func (f *File) read(p []byte, offset int64) error {
	if err := f.account.Spend(int64(len(p))/bounds.SearchRate + bounds.JumpCost); err != nil {
		return err
	}
	n, err := f.src.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read document: %w", err)
}
