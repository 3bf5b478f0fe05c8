package request

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"influxion/handler/internal/signing"
)

// bodyPause is how long a caller may pause while it sends its body, for which memory is reserved.
const bodyPause = 10 * time.Second

// renewal is how long the deadline of one read also serves later reads: setting a deadline can cost
// more than a read.
const renewal = 100 * time.Millisecond

// limitedBody is a request body that must keep arriving. A read fails at the route's deadline. It
// also fails after bodyPause without a byte, or up to renewal earlier.
type limitedBody struct {
	io.Reader
	control  *http.ResponseController
	deadline time.Time // the route's
	renewed  time.Time // when the deadline of the reads was set
	paused   bool      // that is for a pause
}

// Read is io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(b.renewed) >= renewal {
		b.renew(now)
	}
	n, err := b.Reader.Read(p)
	if b.paused && errors.Is(err, os.ErrDeadlineExceeded) {
		err = &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
			Detail: fmt.Sprintf("nothing of the request body arrived for %.0f seconds", bodyPause.Seconds()), Err: err}
	}
	return n, err
}

func (b *limitedBody) renew(now time.Time) {
	until := now.Add(bodyPause)
	if b.paused = until.Before(b.deadline); !b.paused {
		until = b.deadline
	}
	// Only a deadline can interrupt a read of the connection, a context cannot. Where the writer
	// offers no deadline, the limits of the server hold.
	_ = b.control.SetReadDeadline(until)
	b.renewed = now
}

// countedBody reports the number of bytes that are read from a body.
type countedBody struct {
	io.Reader
	count func(bytes int64) error
}

// Read is io.Reader. It does not return the bytes that exceed a limit.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 {
		if invalid := b.count(int64(n)); invalid != nil {
			return 0, invalid
		}
	}
	return n, err
}
