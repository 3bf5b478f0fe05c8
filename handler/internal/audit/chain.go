package audit

import (
	"encoding/json"
	"fmt"
	"strings"

	"influxion/handler/internal/signing"
)

// chain is the state of one chain of this instance. With sequence 0 it has no line yet.
type chain struct {
	instance string
	stream   Stream
	sequence int64  // of the last line
	digest   string // of the last line
}

// maxShortfall bounds Record.Shortfall in bytes. That text contains names from certificates, and a
// line must not exceed MaxLine, because no verifier reads a longer one.
const maxShortfall = 2 << 10

// bounded returns the record with Shortfall cut to maxShortfall.
func bounded(r *signing.Record) *signing.Record {
	if r == nil || len(r.Shortfall) <= maxShortfall {
		return r
	}
	short := *r
	short.Shortfall = strings.ToValidUTF8(r.Shortfall[:maxShortfall], "")
	return &short
}

// encode returns the next line with its line end, and the state of the chain after it. It does not
// change c: the caller replaces c once the line is written.
func (c chain) encode(line Line, known []Head) ([]byte, chain, error) {
	line.Record = bounded(line.Record)
	next := c
	next.sequence++
	line.Link = Link{Instance: c.instance, Stream: c.stream, Sequence: next.sequence, Previous: c.digest}
	if next.sequence == 1 {
		line.Link.Previous, line.Link.Known = genesis, known
	}
	text, err := json.Marshal(line)
	if err != nil {
		return nil, c, fmt.Errorf("encode audit record: %w", err)
	}
	next.digest = Digest(text)
	return append(text, '\n'), next, nil
}

// head returns the head of the chain; false = the chain has no line yet.
func (c chain) head() (Head, bool) {
	return Head{c.instance, c.stream, c.sequence, c.digest}, c.sequence > 0
}
