package verify

import (
	"fmt"

	"influxion/handler/internal/audit"
)

// Kind is the kind of a finding.
type Kind string

// The kinds.
const (
	Unreadable Kind = "unreadable" // a line of the log that cannot be read
	Changed    Kind = "changed"    // a line differs from the digest in the next line or in a head
	Gap        Kind = "gap"        // lines are missing between others
	Cut        Kind = "cut"        // lines are missing before the first or after the last
	Reordered  Kind = "reordered"  // a line comes after a later one
	Repeated   Kind = "repeated"   // a line occurs twice
	Conflict   Kind = "conflict"   // two lines have the same position in a chain
	Missing    Kind = "missing"    // a whole chain is missing
	Untimely   Kind = "untimely"   // times contradict a timestamp
	Untrusted  Kind = "untrusted"  // a timestamp that does not verify
)

// unproves reports whether, after such a finding, the lines before it may differ from those that
// were written: no line behind it vouches for them.
func (k Kind) unproves() bool { return k == Changed || k == Gap || k == Cut || k == Conflict }

// Place is the position of a line in a source.
type Place struct {
	Source string `json:"source"` // a file or a blob
	Line   int    `json:"line"`   // from 1; 0 = the whole source
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Source, p.Line) }

// Finding is one deviation of a log.
type Finding struct {
	Kind     Kind         `json:"kind"`
	Place    Place        `json:"place"`
	Instance string       `json:"instance,omitempty"`
	Stream   audit.Stream `json:"stream,omitempty"`
	Sequence int64        `json:"sequence,omitempty"` // of the line, or of the first one that is not where it belongs
	Detail   string       `json:"detail"`
}

func (f Finding) String() string {
	text := fmt.Sprintf("%s: %s: %s", f.Place, f.Kind, f.Detail)
	if f.Instance != "" {
		text += fmt.Sprintf(" (%s of instance %s, record %d)", f.Stream, f.Instance, f.Sequence)
	}
	return text
}
