package server

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

// answer is what an endpoint returns: a value that nothing has been sent of, so that the pipeline
// can still replace it.
type answer struct {
	status    int
	mediaType string
	header    http.Header // further fields
	body      body
}

// body is written once, and its length is known before.
type body interface {
	Size() int64
	io.WriterTo
}

func bytesBody(b []byte) body { return bytes.NewReader(b) }

func jsonAnswer(status int, value any) (*answer, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return &answer{status: status, mediaType: mediaJSON, body: bytesBody(encoded)}, nil
}

// writeWithin bounds the time that a caller may take to read an answer, during which its document
// is in memory.
const writeWithin = 2 * time.Minute

// write sends the answer to a request with the method; for HEAD it sends the header alone. After an
// error the connection must not be used again.
func (a *answer) write(w http.ResponseWriter, method string) error {
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	contentType := a.mediaType
	if strings.HasPrefix(contentType, "text/") {
		contentType += "; charset=utf-8"
	}
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.FormatInt(a.body.Size(), 10))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	control := http.NewResponseController(w)
	// Not every writer offers deadlines and flushing; without them the limits of the server hold.
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
	w.WriteHeader(a.status)
	if method != http.MethodHead {
		if _, err := a.body.WriteTo(w); err != nil {
			return err
		}
	}
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Time{})
	return nil
}
