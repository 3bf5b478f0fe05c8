package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		claim func(*claims)
		holds bool
	}{
		{"nothing measured", func(*claims) {}, false},
		{"at most, below", func(c *claims) { c.atMost("x", 1, "ms", 2) }, true},
		{"at most, equal", func(c *claims) { c.atMost("x", 0, "", 0) }, true},
		{"at most, above", func(c *claims) { c.atMost("x", 2.1, "ms", 2) }, false},
		{"at least, below", func(c *claims) { c.atLeast("x", 1, "", 2) }, false},
		{"at least, above", func(c *claims) { c.atLeast("x", 3, "", 2) }, true},
		{"one of two", func(c *claims) { c.atLeast("x", 3, "", 2); c.atMost("y", 3, "", 2) }, false},
	} {
		var c claims
		test.claim(&c)
		var out strings.Builder
		if err := c.print(&out); (err == nil) != test.holds || test.holds == strings.Contains(out.String(), "NO") &&
			len(c) > 0 {
			t.Errorf("%s: got %v and %s", test.name, err, &out)
		}
	}
}

func TestBeginsWith(t *testing.T) {
	t.Parallel()
	document := bytes.Repeat([]byte("0123456789"), 20_000)
	other := bytes.Clone(document)
	other[150_000] ^= 1
	for _, test := range []struct {
		name string
		body []byte
		ok   bool
	}{
		{"what was sent, and more", append(bytes.Clone(document), "more"...), true},
		{"another byte", append(other, "more"...), false},
		{"an end too early", document[:len(document)-1], false},
		{"nothing", nil, false},
	} {
		for _, body := range []io.Reader{bytes.NewReader(test.body), iotest.HalfReader(bytes.NewReader(test.body)),
			iotest.DataErrReader(bytes.NewReader(test.body))} {
			if err := beginsWith(document)(body); (err == nil) != test.ok {
				t.Errorf("%s: got %v, want ok = %v", test.name, err, test.ok)
			}
		}
	}
}
