package pades

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// Increment is what Sign appends to a document, and the digests that came with the one pass over it.
type Increment struct {
	Bytes          []byte
	DocumentDigest [sha256.Size]byte // SHA-256 of the document as it was
	SignedDigest   [sha256.Size]byte // SHA-256 of the document with the increment
}

// Sign makes the increment that, appended to doc, gives the signed document. The chain begins with the leaf, which key must
// match. Sign reads doc about once and holds none of it; the increment is a few kilobytes.
//
// A document that cannot be signed gives an *Error; ctx ends the reading. Safe for concurrent use.
func Sign(ctx context.Context, doc Document, chain []*x509.Certificate, key crypto.Signer, options Options) (*Increment, error) {
	options, err := options.complete(key.Public())
	if err != nil {
		return nil, err
	}
	request := cms.Request{Chain: chain, Key: key, Digest: options.Digest, PSS: options.PSS}
	size, err := cms.Size(request)
	if err != nil {
		return nil, keyError(err)
	}
	draft, err := newDraft(ctx, doc, options, size)
	if err != nil {
		return nil, readError(err)
	}
	digests, err := draft.digest(ctx, options.Digest)
	if err != nil {
		return nil, err
	}
	request.MessageDigest = digests.message.Sum(nil)
	signature, err := cms.Sign(request)
	if err != nil {
		return nil, keyError(err)
	}
	if err := draft.seal(signature); err != nil {
		return nil, err
	}
	increment := &Increment{Bytes: draft.increment}
	digests.document.Sum(increment.DocumentDigest[:0])
	digests.document.Write(draft.increment)
	digests.document.Sum(increment.SignedDigest[:0])
	return increment, nil
}

// draft is an increment that lacks its CMS.
type draft struct {
	doc       Document
	increment []byte
	start     int // of /Contents in the increment, its "<" included
	end       int // behind its ">"
}

func newDraft(ctx context.Context, doc Document, options Options, size int) (*draft, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return nil, err
	}
	revision, err := newRevision(file, options, size)
	if err != nil {
		return nil, err
	}
	increment, err := revision.update.Bytes([]byte(options.Time.UTC().String()))
	if err != nil {
		return nil, err
	}
	start := revision.contents.Offset - doc.Size()
	d := &draft{doc: doc, increment: increment, start: int(start), end: int(start) + len(revision.contents.Text)}
	byteRange := fmt.Sprintf(byteRangeForm, 0, revision.contents.Offset, doc.Size()+int64(d.end), int64(len(increment)-d.end))
	if len(byteRange) != len(revision.byteRange.Text) {
		return nil, errors.New("internal error: /ByteRange has outgrown its place")
	}
	copy(increment[revision.byteRange.Offset-doc.Size():], byteRange)
	return d, nil
}

// digests are running hashes: message over the /ByteRange of the draft, document over the document alone.
type digests struct {
	message  hash.Hash
	document hash.Hash
}

// digest reads the document once. Where the message digest is SHA-256 too, the pass is shared by cloning the state.
func (d *draft) digest(ctx context.Context, algorithm crypto.Hash) (*digests, error) {
	out := &digests{document: sha256.New()}
	hashes := []hash.Hash{out.document}
	if algorithm != crypto.SHA256 {
		out.message = algorithm.New()
		hashes = append(hashes, out.message)
	}
	if err := readInto(ctx, d.doc, 0, d.doc.Size(), hashes...); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if out.message == nil {
		clone, err := out.document.(hash.Cloner).Clone()
		if err != nil {
			return nil, fmt.Errorf("clone digest: %w", err)
		}
		out.message = clone
	}
	out.message.Write(d.increment[:d.start])
	out.message.Write(d.increment[d.end:])
	return out, nil
}

// seal puts the CMS in its place. It fails, never truncates, when the CMS does not fit.
func (d *draft) seal(signature []byte) error {
	room := d.increment[d.start+1 : d.end-1]
	if hex.EncodedLen(len(signature)) > len(room) {
		return &Error{Code: CodeContentsTooSmall, Detail: "the signature is larger than the place kept for it"}
	}
	hex.Encode(room, signature)
	return nil
}

// readInto feeds a range of a document to hashes, in pieces, so that no more than a piece is held.
func readInto(ctx context.Context, doc Document, from, to int64, hashes ...hash.Hash) error {
	buffer := make([]byte, min(to-from, 32<<10))
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := buffer[:min(int64(len(buffer)), to-from)]
		if n, err := doc.ReadAt(piece, from); n < len(piece) {
			return fmt.Errorf("read %d bytes at %d: %w", len(piece), from, err)
		}
		for _, h := range hashes {
			h.Write(piece)
		}
		from += int64(len(piece))
	}
	return nil
}

// keyError gives a refused key the code that callers see; what a key itself returns stays as it is.
func keyError(err error) error {
	if errors.Is(err, cms.ErrKeyUnsupported) || errors.Is(err, cms.ErrKeyMismatch) {
		return &Error{Code: CodeKeyUnsupported, Detail: "the certificate's key cannot make this signature", Err: err}
	}
	return fmt.Errorf("make CMS: %w", err)
}

// readError gives an error of the file reader the code that callers see.
func readError(err error) error {
	fault, ok := errors.AsType[*pdf.Error](err)
	if !ok {
		return err
	}
	codes := map[pdf.Fault]string{
		pdf.NotPDF: CodeNotPDF, pdf.Damaged: CodeDamaged, pdf.TooComplex: CodeTooComplex, pdf.Encrypted: CodeEncrypted,
	}
	return &Error{Code: codes[fault.Fault], Detail: fault.Detail, Err: err}
}
