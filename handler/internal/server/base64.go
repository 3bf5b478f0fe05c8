package server

import (
	"io"

	"influxion/handler/internal/server/jsonstream"
)

// base64Body is a signed document in base64 (RFC 4648, section 4) between two texts.
type base64Body struct {
	head     string
	document signedBody
	tail     string
}

// Size is the length of the whole in bytes.
func (b base64Body) Size() int64 {
	return int64(len(b.head)) + (b.document.Size()+2)/3*4 + int64(len(b.tail))
}

// WriteTo is io.WriterTo.
func (b base64Body) WriteTo(w io.Writer) (int64, error) {
	encoder := jsonstream.NewBase64Writer(w)
	if err := encoder.Text(b.head); err != nil {
		return 0, err
	}
	if _, err := b.document.WriteTo(encoder); err != nil {
		return 0, err
	}
	if err := encoder.End(b.tail); err != nil {
		return 0, err
	}
	return b.Size(), nil
}
