package request

import (
	"io"
	"net/http"
	"time"
)

// Bounds of what is read of a body after an answer that did not wait for it.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// sentBody is a body as it arrives, which notes that it has come to its end. It stands beside the
// request and not in its place: where a request has another body than its own, net/http does not
// see that it is not at its end, and closes the connection at once.
type sentBody struct {
	io.ReadCloser
	ended  bool
	linger bool // an answer goes out before the end
}

func newSentBody(r *http.Request) *sentBody {
	if r.Body == nil || r.Body == http.NoBody {
		return &sentBody{ReadCloser: http.NoBody, ended: true}
	}
	return &sentBody{ReadCloser: r.Body}
}

// Read is io.Reader.
func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// BeforeAnswer prepares an answer that does not wait for the rest of the body, such as a 401, of
// which nothing is read: net/http would read on before it sends the answer, for as long as a slow
// caller likes, and would keep the connection.
func (in *Incoming) BeforeAnswer() {
	if in.sent.ended {
		return
	}
	in.writer.Header().Set("Connection", "close")
	in.sent.linger = in.control.EnableFullDuplex() == nil
}

// AfterAnswer reads on for a moment where the answer came before the end of the body. A connection
// that is closed with bytes unread is reset, and a caller who is still sending, as the Functions
// host is, may see the reset and not the answer.
func (in *Incoming) AfterAnswer() {
	if !in.sent.linger {
		return
	}
	_ = in.control.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, in.sent, lingerBytes) // the caller's going away is an end, too
}
