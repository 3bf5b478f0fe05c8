package request

import (
	"io"
	"net/http"
	"time"
)

// Bounds of reading on after an answer that did not wait for the end of the body.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// rawBody is a body as it arrives. It notes when the body has ended. It wraps the request's body
// and does not replace it: net/http closes a connection at once if the request no longer has its
// original body.
type rawBody struct {
	io.ReadCloser
	ended  bool
	linger bool // the answer is sent before the body has ended
}

func newRawBody(r *http.Request) *rawBody {
	if r.Body == nil || r.Body == http.NoBody {
		return &rawBody{ReadCloser: http.NoBody, ended: true}
	}
	return &rawBody{ReadCloser: r.Body}
}

// Read is io.Reader.
func (b *rawBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// BeforeAnswer prepares an answer that does not wait for the rest of the body, such as a 401.
// Without it, net/http would read on before it sends the answer, for as long as a slow caller
// likes, and would keep the connection.
func (in *Incoming) BeforeAnswer() {
	if in.sent.ended {
		return
	}
	in.writer.Header().Set("Connection", "close")
	in.sent.linger = in.control.EnableFullDuplex() == nil
}

// AfterAnswer reads on for a short time after an answer that came before the end of the body. A
// connection that is closed with unread bytes is reset, and a caller that is still sending, as the
// Functions host does, may see the reset in place of the answer.
func (in *Incoming) AfterAnswer() {
	if !in.sent.linger {
		return
	}
	_ = in.control.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, in.sent, lingerBytes) // it also ends when the caller leaves
}
