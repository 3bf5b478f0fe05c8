package server

import (
	"log/slog"
	"strconv"
	"strings"
	"time"
)

const headerServerTiming = "Server-Timing"

// The phases of a request, by the names that the log and Server-Timing have.
const (
	phaseAuth  = "auth"  // the access token, and what it waits for
	phaseBody  = "body"  // until the whole body is here and parsed
	phaseWork  = "work"  // what the route does: certificate, signature, timestamp, revocation, check
	phaseAudit = "audit" // until the record is written
)

// timing measures the phases of a request. Each phase begins at the end of the one before. A phase
// that a request does not reach is absent.
type timing struct {
	start, last time.Time
	phases      []phase
}

type phase struct {
	name string
	took time.Duration
}

func newTiming(start time.Time) timing { return timing{start: start, last: start} }

// mark ends a phase.
func (t *timing) mark(name string, now time.Time) {
	t.phases = append(t.phases, phase{name, now.Sub(t.last)})
	t.last = now
}

// header is the value of Server-Timing (W3C Server Timing, section 3.1.1), in milliseconds.
func (t *timing) header() string {
	var text strings.Builder
	for _, p := range t.phases {
		text.WriteString(p.name + ";dur=" + milliseconds(p.took) + ", ")
	}
	return text.String() + "total;dur=" + milliseconds(t.last.Sub(t.start))
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
}

// attributes are the phases for the log, in whole milliseconds.
func (t *timing) attributes() (attributes []slog.Attr) {
	for _, p := range t.phases {
		attributes = append(attributes, slog.Int64(p.name+"_ms", p.took.Milliseconds()))
	}
	return attributes
}
