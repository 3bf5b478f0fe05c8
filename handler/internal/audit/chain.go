package audit

import (
	"encoding/json"
	"fmt"
	"strings"

	"influxion/handler/internal/signing"
)

// chain is what an instance knows of one of its own chains. Its first line is still to be written
// while sequence is 0.
type chain struct {
	instance string
	stream   Stream
	sequence int64  // of the last line
	digest   string // of the last line
}

// maxShortfall bounds the one text of a record that holds names out of certificates, in bytes: a
// line must not outgrow MaxLine, which no verifier reads.
const maxShortfall = 2 << 10

// bounded gives the record with no text longer than is said.
func bounded(r *signing.Record) *signing.Record {
	if r == nil || len(r.Shortfall) <= maxShortfall {
		return r
	}
	short := *r
	short.Shortfall = strings.ToValidUTF8(r.Shortfall[:maxShortfall], "")
	return &short
}

// encode gives the next line, with its end, and the chain behind it. The chain itself stays as it
// is until the line is written.
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

// head is that of a chain that has begun.
func (c chain) head() (Head, bool) {
	return Head{c.instance, c.stream, c.sequence, c.digest}, c.sequence > 0
}
