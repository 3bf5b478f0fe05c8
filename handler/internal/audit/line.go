package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"influxion/handler/internal/signing"
)

// MaxLine bounds a line, in bytes.
const MaxLine = 256 << 10

// Stream is one of the two chains of an instance.
type Stream string

// The streams.
const (
	Attempts Stream = "attempts" // lines of verified callers
	Refusals Stream = "refusals" // lines without a verified caller who may call, or of a caller over its rate
)

// The messages that identify lines of the audit log.
const (
	messageRecord    = "audit"
	messageTimestamp = "audit timestamp"
	messageEnd       = "audit end"
)

// genesis replaces the digest of the line before in the first line.
var genesis = strings.Repeat("0", 2*sha256.Size)

// Line is one line of the audit log. It has exactly one of Record, Timestamp and End. The next line
// has the digest of its exact bytes, without the line end.
type Line struct {
	Level      string          `json:"level"`
	Message    string          `json:"msg"`
	DurationMS *int64          `json:"duration_ms,omitempty"` // of Record
	Record     *signing.Record `json:"audit,omitempty"`
	Timestamp  *Timestamp      `json:"timestamp,omitempty"`
	End        *End            `json:"end,omitempty"`
	Link       Link            `json:"chain"`
}

// Link is the position of a line in its chain. Sequences begin with 1.
type Link struct {
	Instance string `json:"instance"`
	Stream   Stream `json:"stream"`
	Sequence int64  `json:"sequence"`
	Previous string `json:"previous"`        // hex SHA-256 of the line before; zeros in the first line
	Known    []Head `json:"known,omitempty"` // only in the first line: the heads of other chains at that time
}

// Head identifies a line of a chain by its digest. The digest also determines all lines before it.
type Head struct {
	Instance string `json:"instance"`
	Stream   Stream `json:"stream"`
	Sequence int64  `json:"sequence"`
	SHA256   string `json:"sha256"`
}

// Timestamp is a timestamp token over the heads of all chains that the instance knows.
type Timestamp struct {
	Time  time.Time `json:"time"` // the token's genTime
	Heads []Head    `json:"heads"`
	Token []byte    `json:"token"` // RFC 3161, DER
}

// End marks the last line of a chain whose instance was told to stop.
type End struct {
	Time time.Time `json:"time"`
}

// Imprint returns the digest that is timestamped: the SHA-256 of a text with one line for each
// head, in the order of heads.
func Imprint(heads []Head) []byte {
	hash := sha256.New()
	fmt.Fprintln(hash, "influxion audit heads")
	for _, head := range heads {
		fmt.Fprintln(hash, head.Instance, head.Stream, head.Sequence, head.SHA256)
	}
	return hash.Sum(nil)
}

// Digest returns the SHA-256 of a line without its line end, in hex.
func Digest(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// ParseLine parses a line without its line end. ok is false for a line that is not of the audit
// log. err is set for a line of the audit log that cannot be read.
func ParseLine(text []byte) (line Line, ok bool, err error) {
	var kind struct {
		Message string          `json:"msg"`
		Link    json.RawMessage `json:"chain"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		// A torn line is recognized by the message at its start.
		if strings.Contains(string(text), `"msg":"audit`) {
			return Line{}, true, errors.New("is incomplete")
		}
		return Line{}, false, nil
	}
	switch kind.Message {
	case messageRecord, messageTimestamp, messageEnd:
	default:
		if kind.Link != nil {
			return Line{}, true, errors.New("has a chain and is not a line of the audit log")
		}
		return Line{}, false, nil
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return Line{}, true, errors.New("has members of wrong types")
	}
	return line, true, line.check()
}

// check refuses a line that this package would not write.
func (l *Line) check() error {
	has := map[string]bool{messageRecord: l.Record != nil, messageTimestamp: l.Timestamp != nil,
		messageEnd: l.End != nil}
	for message, there := range has {
		if there != (message == l.Message) {
			return errors.New("does not have the members of its kind")
		}
	}
	link := l.Link
	switch {
	case !isPlace(link.Instance, link.Stream, link.Sequence):
		return errors.New("has no place in a chain")
	case !isDigest(link.Previous):
		return errors.New("has no digest of the line before")
	case link.Sequence == 1 && link.Previous != genesis:
		return errors.New("is the first and names an earlier line")
	case link.Sequence > 1 && len(link.Known) > 0:
		return errors.New("names other chains and is not the first")
	}
	heads := link.Known
	if l.Timestamp != nil {
		heads = l.Timestamp.Heads
	}
	for _, head := range heads {
		if !isPlace(head.Instance, head.Stream, head.Sequence) || !isDigest(head.SHA256) {
			return errors.New("names a head that is malformed")
		}
	}
	return nil
}

// isPlace reports whether a chain can have such a line. A space in the name of an instance could
// make other heads have the same Imprint.
func isPlace(instance string, stream Stream, sequence int64) bool {
	return instance != "" && !strings.ContainsFunc(instance, unicode.IsSpace) &&
		(stream == Attempts || stream == Refusals) && sequence > 0
}

func isDigest(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha256.Size && strings.ToLower(text) == text
}
