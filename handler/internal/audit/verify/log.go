package verify

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/signing"
)

// Log reads an audit log from one or more sources and reports what is wrong with it. It stores a
// digest and a place for each line, some 100 bytes. Not safe for concurrent use.
type Log struct {
	// Roots are the trust anchors of timestamp authorities; nil = those of the system.
	Roots *x509.CertPool
	// Digests are digests of one document, in hex: as sent, as returned, of a hash that was signed
	// blind, or of what was made of it. Its records are kept for Found.
	Digests []string

	findings   []Finding
	chains     map[chainID]*chain
	order      []chainID // in the order of their first line
	timestamps []loggedTimestamp
	found      []found
	others     int // lines that are not of the audit log
}

type chainID struct {
	instance string
	stream   audit.Stream
}

// loggedTimestamp is a timestamp of the log, with the position of its line.
type loggedTimestamp struct {
	entry
	chainID
	audit.Timestamp
}

// found is a record of the document of Log.Digests.
type found struct {
	entry
	chainID
	record signing.Record
}

// Add reads a file, which may be the whole output of a program: other lines are counted. The file
// may also have a byte order mark and lines that end with CR LF, because Windows programs write
// these. Add returns the errors of r; what is wrong with the log is in Report.
func (l *Log) Add(source string, r io.Reader) error {
	_, err := l.read(reading{source: source}, r)
	return err
}

// AddGrowing is Add for a source that has lines of the audit log alone, and that may be written at
// the same time. listed is the length of the source, in bytes, before any source of the log was
// read. Lines behind these bytes may name heads of other chains that were written after those
// chains were read. Such heads are not checked.
func (l *Log) AddGrowing(source string, r io.Reader, listed int64) error {
	lines, err := l.read(reading{source: source, strict: true}, io.LimitReader(r, listed))
	if err != nil {
		return err
	}
	_, err = l.read(reading{source: source, strict: true, lines: lines, late: true}, r)
	return err
}

// reading is how a source, or a part of it, is read.
type reading struct {
	source string
	lines  int  // before this part
	strict bool // each line must be one of the audit log
	late   bool // the lines may name lines that were written after the other sources were read
}

// read reads lines to the end of r. It returns how many lines the source had until there.
func (l *Log) read(from reading, r io.Reader) (int, error) {
	if l.chains == nil {
		l.chains = map[chainID]*chain{}
	}
	lines := bufio.NewReaderSize(r, 64<<10)
	for number := from.lines + 1; ; number++ {
		text, err := readLine(lines)
		place := Place{from.source, number}
		switch {
		case errors.Is(err, errLongLine):
			l.add(Finding{Kind: Unreadable, Place: place, Detail: err.Error()})
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return number, fmt.Errorf("read %s: %w", from.source, err)
		}
		if !from.strict {
			text = asWritten(text, number == 1)
		}
		switch {
		case len(text) > 0:
			l.line(place, text, from)
		case from.strict && err == nil:
			l.add(Finding{Kind: Unreadable, Place: place, Detail: "the line is empty"})
		}
		if err != nil {
			return number - 1, nil // a growing source ends with a line end
		}
	}
}

var errLongLine = fmt.Errorf("the line has more than %d bytes", audit.MaxLine)

// readLine returns a line without its line end, and io.EOF with the last line.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(text) <= audit.MaxLine {
			text = append(text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(text) > audit.MaxLine {
			text = nil
			if err == nil {
				err = errLongLine
			}
		}
		return trimEnd(text), err
	}
}

// asWritten is a line of a file as it was written. No line is written with a mark at its beginning
// or a CR at its end.
func asWritten(text []byte, first bool) []byte {
	if first {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	return bytes.TrimSuffix(text, []byte("\r"))
}

func trimEnd(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] == '\n' {
		return text[:n-1]
	}
	return text
}

// line processes one line.
func (l *Log) line(place Place, text []byte, from reading) {
	line, ours, err := audit.ParseLine(text)
	switch {
	case err != nil:
		l.add(Finding{Kind: Unreadable, Place: place, Detail: "the line " + err.Error()})
		return
	case !ours && from.strict:
		l.add(Finding{Kind: Unreadable, Place: place, Detail: "the line is not one of the audit log"})
		return
	case !ours:
		l.others++
		return
	}
	id := chainID{line.Link.Instance, line.Link.Stream}
	c := l.chains[id]
	if c == nil {
		c = &chain{chainID: id}
		l.chains[id] = c
		l.order = append(l.order, id)
	}
	e := entry{place: place, sequence: line.Link.Sequence, digest: audit.Digest(text), previous: line.Link.Previous,
		strict: from.strict}
	if line.Record != nil {
		e.time = line.Record.Time
	}
	e.end = line.End != nil
	c.entries = append(c.entries, e)
	for _, head := range line.Link.Known {
		l.claim(claim{Head: head, by: place, late: from.late})
	}
	if line.Timestamp != nil {
		l.timestamps = append(l.timestamps, loggedTimestamp{e, id, *line.Timestamp})
		for _, head := range line.Timestamp.Heads {
			l.claim(claim{Head: head, by: place, late: from.late})
		}
	}
	if r := line.Record; r != nil && l.isAbout(r) {
		l.found = append(l.found, found{e, id, *r})
	}
}

// isAbout reports whether a record is about the document of Digests.
func (l *Log) isAbout(r *signing.Record) bool {
	return slices.ContainsFunc(l.Digests, func(digest string) bool {
		return digest != "" && (strings.EqualFold(r.DocumentDigest, digest) ||
			strings.EqualFold(r.SignedDigest, digest) || strings.EqualFold(r.Hash, digest))
	})
}

// claim stores a head that a line names.
func (l *Log) claim(c claim) {
	id := chainID{c.Instance, c.Stream}
	of := l.chains[id]
	if of == nil {
		of = &chain{chainID: id}
		l.chains[id] = of
		l.order = append(l.order, id)
	}
	of.claims = append(of.claims, c)
}

func (l *Log) add(f Finding) { l.findings = append(l.findings, f) }

// Report is the result of a check.
type Report struct {
	Records  int       `json:"records"` // lines of the audit log, each counted once
	Others   int       `json:"others"`  // other lines
	Findings []Finding `json:"findings"`
	Chains   []Chain   `json:"chains"`
}

// Chain is the result for one chain.
type Chain struct {
	Instance string       `json:"instance"`
	Stream   audit.Stream `json:"stream"`
	Records  int64        `json:"records"` // the last sequence
	Ended    bool         `json:"ended"`   // its instance was told to stop; otherwise it still runs, has crashed, or the chain was truncated
	// Proved is the last record that a timestamp covers, and By is the time of that timestamp.
	// Whoever can write to the store could have rewritten the records after it.
	Proved int64      `json:"proved"`
	By     *time.Time `json:"by,omitempty"`
}

// Report checks everything that was read.
func (l *Log) Report() Report {
	report := Report{Others: l.others}
	trusted := l.checkTimestamps()
	for _, id := range l.order {
		c := l.chains[id]
		if len(c.entries) == 0 {
			l.absent(c)
			continue
		}
		c.index(l.add)
		c.check(l.add)
		report.Records += len(c.sequences)
		last := c.sequences[len(c.sequences)-1]
		chain := Chain{Instance: id.instance, Stream: id.stream, Records: last, Ended: c.bySequence[last].end}
		for _, proof := range trusted {
			for _, head := range proof.Heads {
				if (chainID{head.Instance, head.Stream}) == id && head.Sequence > chain.Proved && c.proves(head) {
					at := proof.Time
					chain.Proved, chain.By = head.Sequence, &at
				}
			}
		}
		report.Chains = append(report.Chains, chain)
	}
	l.checkTimes(trusted)
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmpPlaces(a.Place, b.Place)
	})
	report.Findings = l.findings
	return report
}

func cmpPlaces(a, b Place) int {
	if order := strings.Compare(a.Source, b.Source); order != 0 {
		return order
	}
	return a.Line - b.Line
}

// absent reports a chain without any line. A container has no refusals, so their chain is reported
// only if other chains of refusals are there.
func (l *Log) absent(c *chain) {
	if c.stream == audit.Refusals && !slices.ContainsFunc(l.order, func(id chainID) bool {
		return id.stream == audit.Refusals && len(l.chains[id].entries) > 0
	}) {
		return
	}
	i := slices.IndexFunc(c.claims, func(c claim) bool { return !c.late })
	if i < 0 {
		return
	}
	named := c.claims[i]
	l.add(Finding{Kind: Missing, Place: named.by, Instance: c.instance, Stream: c.stream,
		Sequence: named.Sequence,
		Detail: "this line names a chain that has no line here: it was left out, or its retention has ended, or " +
			"it was removed"})
}
