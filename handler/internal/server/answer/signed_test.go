package answer

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestFieldValue(t *testing.T) {
	t.Parallel()
	if got, want := fieldValue(
		"OCSP for Müller\r\nSet-Cookie: a\x7f",
	), "OCSP for M?ller??Set-Cookie: a?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// inTwoParts is a document that lies in two places.
type inTwoParts struct{ *strings.Reader }

func (inTwoParts) Parts() [][]byte { return [][]byte{[]byte("what was "), []byte("sent, ")} }

// connection counts the calls that write an answer to it.
type connection struct {
	got   bytes.Buffer
	calls int
}

func (c *connection) Write(p []byte) (int, error) {
	c.calls++
	return c.got.Write(p)
}

func (c *connection) ReadFrom(r io.Reader) (int64, error) {
	c.calls++
	return c.got.ReadFrom(r)
}

// One call writes a document in memory and its increment to a connection, also after Rewind.
func TestSignedBodyIsSentAsAWhole(t *testing.T) {
	t.Parallel()
	body := SignedBody{Document: inTwoParts{strings.NewReader("what was sent, ")}, Increment: []byte("and appended")}
	for range 2 {
		c := &connection{}
		n, err := body.WriteTo(c)
		if want := "what was sent, and appended"; err != nil || c.got.String() != want || n != body.Size() {
			t.Errorf("got %d bytes %q (%v), want %d: %q", n, c.got.String(), err, body.Size(), want)
		}
		if c.calls != 1 {
			t.Errorf("got %d calls, want one", c.calls)
		}
		Rewind(body)
	}
}
