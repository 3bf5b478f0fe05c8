package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	headerWindow = 1024 // ISO 32000-1, annex H, note 13: where readers look for the header
	// Acrobat looks for the end-of-file marker in the last 1024 bytes; servers pad files a little more than that.
	tailWindow = 4096
)

// readHeader gives the offset of the header: junk may come before it.
func (f *File) readHeader() (int64, error) {
	head := make([]byte, min(f.size, headerWindow+16))
	if err := f.read(head, 0); err != nil {
		return 0, err
	}
	at := bytes.Index(head, []byte("%PDF-"))
	if at < 0 || at > headerWindow-5 {
		return 0, &Error{Fault: NotPDF, Detail: "there is no PDF header in the first 1024 bytes"}
	}
	return int64(at), nil
}

// readStart gives the offset that the last startxref of the file states.
func (f *File) readStart() (int64, error) {
	tail := make([]byte, min(f.size, tailWindow))
	if err := f.read(tail, f.size-int64(len(tail))); err != nil {
		return 0, err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return 0, damaged("there is no startxref at the end of the file: it is incomplete or no PDF")
	}
	l := lexer{budget: f.budget, buf: tail, end: int64(len(tail)), pos: at + len("startxref")}
	l.skipPadding()
	start, ok := l.digits()
	if !ok {
		return 0, damaged("startxref has no offset")
	}
	l.skipPadding()
	if !l.hasKeyword("%%EOF") {
		return 0, damaged("there is no end-of-file marker after startxref: the file is incomplete")
	}
	// Reading an older revision because a newer one was cut off would hide what the newer one says.
	rest := tail[l.pos:]
	l.skipSpace()
	_, number := l.digits()
	l.skipSpace()
	_, generation := l.digits()
	if number && generation || bytes.Contains(rest, []byte(" obj")) {
		return 0, damaged("an incomplete update follows the end-of-file marker")
	}
	if start <= 0 || start >= f.size {
		return 0, damaged("startxref points outside the file")
	}
	return start, nil
}

// chooseOrigin decides what offsets count from when junk comes before the header: from the header, as Acrobat and qpdf have it, or
// from the start of the file, as it is where the producer itself wrote the junk. A file that can be read both ways is two documents
// in one and is refused.
func (f *File) chooseOrigin(header, start int64) (int64, error) {
	fromHeader, err := f.looksLikeSection(header + start)
	if err != nil {
		return 0, err
	}
	fromFile, err := f.looksLikeSection(start)
	switch {
	case err != nil:
		return 0, err
	case !fromHeader && !fromFile:
		return 0, damaged("startxref does not point to cross-references")
	case fromHeader && fromFile && header > 0:
		return 0, damaged("startxref points to cross-references from the header and from the start of the file")
	case fromHeader:
		return header, nil
	}
	return 0, nil
}

// looksLikeSection says whether a table or an object, which may be a cross-reference stream, begins at an offset.
func (f *File) looksLikeSection(offset int64) (bool, error) {
	if offset >= f.size {
		return false, nil
	}
	p := &f.parser
	p.seek(offset)
	p.skipPadding()
	found := p.hasKeyword("xref")
	if !found {
		_, found = p.header()
	}
	return found, p.err
}

// read fills p from an offset within the file.
func (f *File) read(p []byte, offset int64) error {
	if err := f.budget.spend(int64(len(p))/searchRate + jumpCost); err != nil {
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
