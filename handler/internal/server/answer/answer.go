package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The media types of answers with a document.
const (
	MediaPDF  = "application/pdf"
	MediaJSON = "application/json"
)

// Answer is what an endpoint returns. Nothing of it has been sent yet, so the pipeline can still
// replace it.
type Answer struct {
	Status    int
	MediaType string
	Header    http.Header // further fields
	Body      Body
}

// Body is written once. Its length is known before.
type Body interface {
	Size() int64
	io.WriterTo
}

// Bytes makes a body of what is in memory.
func Bytes(b []byte) Body { return bytes.NewReader(b) }

// JSON makes an answer with a value in JSON.
func JSON(status int, value any) (*Answer, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return &Answer{Status: status, MediaType: MediaJSON, Body: Bytes(encoded)}, nil
}

// writeWithin bounds the time that a caller may take to read an answer, during which its document
// is in memory.
const writeWithin = 2 * time.Minute

// Write sends the answer to a request with the method; for HEAD it sends the header alone. After an
// error the connection must not be used again.
func (a *Answer) Write(w http.ResponseWriter, method string) error {
	header := w.Header()
	for name, values := range a.Header {
		header[name] = values
	}
	contentType := a.MediaType
	if strings.HasPrefix(contentType, "text/") {
		contentType += "; charset=utf-8"
	}
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.FormatInt(a.Body.Size(), 10))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	control := http.NewResponseController(w)
	// Not every writer offers deadlines and flushing; without them the limits of the server hold.
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
	w.WriteHeader(a.Status)
	if method != http.MethodHead {
		if _, err := a.Body.WriteTo(w); err != nil {
			return err
		}
	}
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Time{})
	return nil
}

// Rewind makes a body begin again.
func Rewind(b Body) {
	switch b := b.(type) {
	case io.Seeker:
		_, _ = b.Seek(0, io.SeekStart) // in memory it cannot fail
	case SignedBody:
		Rewind(b.Document)
	case base64Body:
		Rewind(b.document)
	}
}

// Stream makes a body of size bytes that are read from a reader while it is sent, once. A body for
// HEAD needs no reader.
func Stream(size int64, from io.ReadCloser) Body { return streamed{size, from} }

// streamed is a body that is read from elsewhere.
type streamed struct {
	size int64
	from io.ReadCloser
}

// Size is the length of the whole in bytes.
func (b streamed) Size() int64 { return b.size }

// WriteTo is io.WriterTo. It closes what it reads from.
func (b streamed) WriteTo(w io.Writer) (int64, error) {
	defer b.from.Close()
	return io.CopyN(w, b.from, b.size)
}
