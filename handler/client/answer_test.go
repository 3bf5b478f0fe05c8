package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/client"
)

// elsewhere is a client of a deployment whose answers the test makes up.
func elsewhere(transport http.RoundTripper) *client.Client {
	return client.New("https://influxion.example", credential{goodToken},
		"api://influxion/.default").WithHTTPClient(&http.Client{Transport: transport})
}

// broken is a transport whose connection breaks off.
type broken struct{ calls int }

var errBreak = errors.New("connection reset")

func (b *broken) RoundTrip(*http.Request) (*http.Response, error) {
	b.calls++
	return nil, errBreak
}

// The client repeats a call only if the answer says "not now", and not before the time that the
// answer names.
func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	const soon = "2"
	for name, test := range map[string]struct {
		status int
		after  func() string
		calls  int
		waits  time.Duration
	}{
		"busy":     {503, func() string { return soon }, 3, 4 * time.Second},
		"too many": {429, func() string { return soon }, 3, 4 * time.Second},
		"until a date": {429,
			func() string { return time.Now().Add(5 * time.Second).UTC().Format(http.TimeFormat) }, 3,
			10 * time.Second},
		"until tomorrow": {503,
			func() string { return time.Now().Add(23 * time.Hour).UTC().Format(http.TimeFormat) }, 1, 0},
		"a date that is over": {503, func() string { return time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat) },
			1, 0},
		"no word of when": {503, func() string { return "" }, 1, 0},
		"nonsense":        {503, func() string { return "soon" }, 1, 0},
		"negative":        {503, func() string { return "-2" }, 1, 0},
		"overflow":        {503, func() string { return "99999999999999999999" }, 1, 0},
		"token refused":   {401, func() string { return soon }, 1, 0},
		"conflict":        {409, func() string { return soon }, 1, 0},
		"redirect":        {307, func() string { return soon }, 1, 0},
		"fault":           {500, func() string { return soon }, 1, 0},
		"bad gateway":     {502, func() string { return soon }, 1, 0},
		"lost answer":     {504, func() string { return soon }, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &inProcess{handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", test.after())
					w.WriteHeader(test.status)
				})}
				start := time.Now()
				_, err := elsewhere(transport).Sign(t.Context(), strings.NewReader("%PDF"), client.Options{})
				if err == nil || transport.calls != test.calls || time.Since(start) != test.waits {
					t.Errorf("got %v after %d calls and %v, want %d calls and %v", err, transport.calls,
						time.Since(start), test.calls, test.waits)
				}
			})
		})
	}
	// If the answer is lost, the client cannot know whether the document was signed.
	lost := &broken{}
	if _, err := elsewhere(lost).Sign(t.Context(), strings.NewReader("%PDF"),
		client.Options{}); !errors.Is(err, errBreak) || lost.calls != 1 {
		t.Errorf("got %v after %d calls, want the connection's error after one", err, lost.calls)
	}
}

// The client bounds what a server says about itself, and lets none of it control a terminal.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	huge := elsewhere(sized(1 << 40))
	if signed, err := huge.Sign(t.Context(), strings.NewReader("%PDF"), client.Options{}); err == nil ||
		!strings.Contains(err.Error(), "sealing adds less") {
		t.Errorf("got %+v (%v), want a refusal of a terabyte", signed, err)
	}
	if _, err := elsewhere(sized(1000)).Sign(t.Context(), strings.NewReader("%PDF"), client.Options{}); err != nil {
		t.Errorf("got %v for a document that has grown a little", err)
	}
	endless := elsewhere(&inProcess{handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte(" "), 17<<20))
	})})
	for name, read := range map[string]func() error{
		"certificates": func() error { _, err := endless.Certificates(t.Context()); return err },
		"chain":        func() error { _, err := endless.Chain(t.Context(), "seal", ""); return err },
		"report":       func() error { _, err := endless.Verify(t.Context(), strings.NewReader("%PDF")); return err },
		"health":       func() error { _, err := endless.Health(t.Context(), false); return err },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("%s: got %v, want a bound", name, err)
		}
	}
	hostile := client.Problem{Status: 400, Code: "x\x1b[2J", Detail: "y\u009b", Instance: "z\r\n"}
	if text := hostile.Error(); strings.ContainsAny(text, "\x1b\u009b\r\n") {
		t.Errorf("got %q, want no control characters", text)
	}
}

// sized answers with a PDF and claims that it has this many bytes.
type sized int64

func (s sized) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/pdf"}},
		ContentLength: int64(s), Body: http.NoBody}, nil
}

// A chain contains certificates and nothing else, because people print it.
func TestChainIsCertificatesAlone(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	whole, err := c.Chain(t.Context(), "seal", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text string
		want string
	}{
		"as it is":      {string(whole), string(whole)},
		"with controls": {"\x1b[2J\n" + string(whole) + "\x1b]0;title\x07", string(whole)},
		"with headers":  {strings.Replace(string(whole), "-----\n", "-----\nA: \x1b[2J\n\n", 1), string(whole)},
		"with a key": {string(whole) + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
			string(whole)},
		"no certificate": {"<html>", ""},
		"nothing at all": {"", ""},
		"controls alone": {"\x1b[2J", ""},
		"only a key":     {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", ""},
	} {
		other := elsewhere(
			&inProcess{
				handler: http.HandlerFunc(
					func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.text) })})
		got, err := other.Chain(t.Context(), "seal", "")
		if string(got) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, test.want)
		}
	}
}

// zeros is a document of this many zero bytes that takes no memory.
type zeros int64

func (z zeros) Size() int64 { return int64(z) }

// ReadAt implements io.ReaderAt.
func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), int64(z)-off))
	clear(p[:n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// The client streams a document of any size, sent and received, with an image or without: it never
// holds the whole document in memory.
func TestDocumentsAreStreamed(t *testing.T) {
	const size, limit = zeros(128 << 20), 8 << 20
	hash := sha256.New()
	_, _ = io.Copy(hash, io.NewSectionReader(size, 0, size.Size()))
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(hash.Sum(nil)) + ":"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n < size.Size() {
			t.Errorf("got %d bytes (%v), want all", n, err)
		}
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", strconv.FormatInt(size.Size(), 10))
		w.Header().Set("Repr-Digest", digest)
		_, _ = io.Copy(w, io.NewSectionReader(size, 0, size.Size()))
	}))
	defer s.Close()
	c := client.New(s.URL, credential{goodToken}, "api://influxion/.default")
	for name, options := range map[string]client.Options{"plain": {},
		"form": {Visible: &client.Visible{Image: []byte("picture")}}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		signed, err := c.Sign(t.Context(), size, options)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := signed.WriteTo(io.Discard); err != nil || n != size.Size() {
			t.Errorf("%s: got %d bytes (%v), want %d", name, n, err, size)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > limit {
			t.Errorf("%s: got %d bytes allocated for a document of %d, want %d at most", name, got, size, limit)
		}
	}
}
