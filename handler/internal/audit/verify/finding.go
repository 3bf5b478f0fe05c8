package verify

import (
	"fmt"

	"influxion/handler/internal/audit"
)

// Kind is what is wrong with a log.
type Kind string

// The kinds.
const (
	Unreadable Kind = "unreadable" // a line of the log that nobody can read
	Changed    Kind = "changed"    // a line is another than the one that the next line, or a head, is about
	Gap        Kind = "gap"        // lines are missing between others
	Cut        Kind = "cut"        // lines are missing before the first or behind the last
	Reordered  Kind = "reordered"  // a line stands behind a later one
	Repeated   Kind = "repeated"   // a line stands there twice
	Conflict   Kind = "conflict"   // two lines have one place in a chain
	Missing    Kind = "missing"    // a whole chain is not there
	Untimely   Kind = "untimely"   // times that contradict a timestamp
	Untrusted  Kind = "untrusted"  // a timestamp that does not verify
)

// Place is where a line stands.
type Place struct {
	Source string `json:"source"` // a file or a blob
	Line   int    `json:"line"`   // from 1; 0 = the whole source
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Source, p.Line) }

// Finding is one thing that is wrong.
type Finding struct {
	Kind     Kind         `json:"kind"`
	Place    Place        `json:"place"`
	Instance string       `json:"instance,omitempty"`
	Stream   audit.Stream `json:"stream,omitempty"`
	Sequence int64        `json:"sequence,omitempty"` // of the line, or of the first that is missing
	Detail   string       `json:"detail"`
}

func (f Finding) String() string {
	text := fmt.Sprintf("%s: %s: %s", f.Place, f.Kind, f.Detail)
	if f.Instance != "" {
		text += fmt.Sprintf(" (%s of instance %s, record %d)", f.Stream, f.Instance, f.Sequence)
	}
	return text
}
