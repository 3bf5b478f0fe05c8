package trustservices

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
)

// Bounds of a CRL in PEM, in addition to that of its DER.
const (
	maxPreamble = 64 << 10 // bytes of text before the list, where OpenSSL prints it for people
	pemGrowth   = 2        // times as much text as DER at most: base64 and line ends add about a third
)

// crlBody gives the DER of a CRL that is in DER, as RFC 5280, section 4.2.1.13, requires, or in PEM
// (RFC 7468), which is common. It decodes while it reads, because a list can have many megabytes.
// It passes on anything else unchanged.
func crlBody(body io.Reader) io.Reader {
	r := bufio.NewReaderSize(io.LimitReader(body, pemGrowth*maxList+maxPreamble), maxPreamble)
	// A list in DER has more than 127 bytes, so that its second octet is not a character of ASCII.
	if head, _ := r.Peek(2); len(head) < 2 || head[0] == 0x30 && head[1] >= 0x80 {
		return r
	}
	text, _ := r.Peek(maxPreamble)
	_, after, found := bytes.Cut(text, []byte("-----BEGIN X509 CRL-----"))
	if !found {
		return r
	}
	_, _ = r.Discard(len(text) - len(after)) // as many as were peeked
	block := &pemBlock{text: r}
	block.decoder = base64.NewDecoder(base64.StdEncoding, (*pemText)(block))
	return block
}

// pemBlock reads the contents of a PEM block.
type pemBlock struct {
	text    *bufio.Reader
	decoder io.Reader
	ended   bool
	err     error // of reading the text
}

func (b *pemBlock) Read(p []byte) (int, error) {
	n, err := b.decoder.Read(p)
	if err != nil && b.err == nil && (err != io.EOF || !b.ended) {
		err = &answerError{"answered with a PEM block that cannot be read", false, err}
	}
	return n, err
}

// pemText gives the text before the end of the block.
type pemText pemBlock

func (b *pemText) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.text.Read(p)
	if at := bytes.IndexByte(p[:n], '-'); at >= 0 {
		b.ended = true
		return at, nil
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}
