package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"influxion/handler/internal/signing"
)

// sign is POST /api/sign.
func (s *Server) sign(ctx context.Context, x *exchange) (*answer, error) {
	form, err := s.readForm(ctx, x, signOptions())
	if err != nil {
		return nil, err
	}
	request, err := form.options.request(form.document)
	if err != nil {
		request.Refused(&x.record)
		return nil, err
	}
	sealed, err := s.sealer.Seal(ctx, x.principal, request, &x.record)
	if err != nil {
		return nil, err
	}
	signed := signedBody{form.document, sealed.Increment}
	if form.json {
		return signedJSON(signed, sealed, &x.record)
	}
	return signedPDF(signed, sealed, &x.record)
}

// signedPDF answers with the document itself; what else there is to say is in header fields.
func signedPDF(signed signedBody, sealed *signing.Sealed, record *signing.Record) (*answer, error) {
	digest, err := hex.DecodeString(record.SignedDigest)
	if err != nil {
		return nil, fmt.Errorf("read digest: %w", err)
	}
	header := http.Header{}
	header.Set("Content-Disposition", `attachment; filename="signed.pdf"`)
	header.Set("Influxion-Certificate", sealed.Certificate.Name)
	header.Set("Influxion-Certificate-Version", sealed.Certificate.Version)
	header.Set("Influxion-Certificate-Fingerprint", sealed.Certificate.Fingerprint())
	header.Set("Influxion-Level", string(sealed.Level))
	header.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":") // RFC 9530, section 3
	return &answer{status: http.StatusOK, mediaType: mediaPDF, header: header, body: signed}, nil
}

// signedJSON answers with the same as one JSON object, its document in base64 and last, so that it can be streamed.
func signedJSON(signed signedBody, sealed *signing.Sealed, record *signing.Record) (*answer, error) {
	about, err := json.Marshal(struct {
		Certificate string `json:"certificate"`
		Version     string `json:"version"`
		Fingerprint string `json:"fingerprint"`
		Level       string `json:"level"`
		SHA256      string `json:"sha256"` // of the signed document
	}{sealed.Certificate.Name, sealed.Certificate.Version, sealed.Certificate.Fingerprint(), string(sealed.Level), record.SignedDigest})
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	head := string(about[:len(about)-1]) + `,"document":"`
	return &answer{status: http.StatusOK, mediaType: mediaJSON, body: base64Body{head, signed, `"}`}}, nil
}

// signedBody is the signed document: what was sent and the increment, never joined in memory.
type signedBody struct {
	document  *document
	increment []byte
}

// Size is the signed document's length in bytes.
func (b signedBody) Size() int64 { return b.document.Size() + int64(len(b.increment)) }

// WriteTo is io.WriterTo.
func (b signedBody) WriteTo(w io.Writer) (int64, error) {
	written, err := b.document.WriteTo(w)
	if err != nil {
		return written, err
	}
	n, err := w.Write(b.increment)
	return written + int64(n), err
}

// base64Body is a signed document in base64 between two texts.
type base64Body struct {
	head   string
	signed signedBody
	tail   string
}

// Size is the length of the whole in bytes.
func (b base64Body) Size() int64 {
	return int64(len(b.head)) + (b.signed.Size()+2)/3*4 + int64(len(b.tail))
}

// WriteTo is io.WriterTo.
func (b base64Body) WriteTo(w io.Writer) (int64, error) {
	buffered := bufio.NewWriterSize(w, 32<<10) // the encoder writes a kilobyte at a time
	// A bufio.Writer repeats its first error, so that the last call tells of all.
	_, _ = buffered.WriteString(b.head)
	encoder := base64.NewEncoder(base64.StdEncoding, buffered)
	if _, err := b.signed.WriteTo(encoder); err != nil {
		return 0, err
	}
	if err := encoder.Close(); err != nil {
		return 0, err
	}
	_, _ = buffered.WriteString(b.tail)
	return b.Size(), buffered.Flush()
}
