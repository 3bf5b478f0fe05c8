package jobs

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"time"

	"influxion/handler/internal/signing"
)

// Operation is what a job does.
type Operation string

// The operations.
const (
	Sign      Operation = "sign"
	Extend    Operation = "extend"
	Timestamp Operation = "timestamp"
	Verify    Operation = "verify"
	Generate  Operation = "generate"
)

// operations lists them.
func operations() []Operation { return []Operation{Sign, Extend, Timestamp, Verify, Generate} }

// Valid tells whether there is such an operation.
func (o Operation) Valid() bool { return slices.Contains(operations(), o) }

// Status is how far a job is.
type Status string

// The statuses. Done and Error are final.
const (
	Received   Status = "Received"
	InProgress Status = "InProgress"
	Done       Status = "Done"
	Error      Status = "Error"
)

// Final tells whether a job of the status has ended.
func (s Status) Final() bool { return s == Done || s == Error }

// Job is the record of a job. A Store keeps it as JSON.
type Job struct {
	ID        string            `json:"id"` // of JobID
	Operation Operation         `json:"operation"`
	Principal signing.Principal `json:"principal"` // who asked, with the rights of that time
	Options   Options           `json:"options"`
	Input     Input             `json:"input"`
	CreatedAt time.Time         `json:"created_at"`
	Progress
	Result  *Result  `json:"result,omitempty"`  // of a job that is done
	Problem *Problem `json:"problem,omitempty"` // why it ended in error, or why it is tried again

	// Version changes with each update of the record. It is opaque and not a part of it.
	Version string `json:"-"`
	// Content is the input if the store keeps it beside the record (Input.InRecord) and has read
	// both. Like Version, it is not a part of the record.
	Content []byte `json:"-"`
}

// Progress is what a run changes.
type Progress struct {
	Status      Status    `json:"status"`
	StartedAt   time.Time `json:"started_at,omitzero"` // of the latest run
	CompletedAt time.Time `json:"completed_at,omitzero"`
	Heartbeat   time.Time `json:"heartbeat,omitzero"` // the last sign of life of the run
	Attempt     int       `json:"attempt,omitempty"`  // number of runs that have begun
	// Unqueued says that the queue took no message of the job: the next sweep puts one.
	Unqueued bool `json:"unqueued,omitempty"`
}

// Input is what a job works on. For Generate it is a Generation in JSON, else a PDF.
type Input struct {
	// Blob is the name in the inbox container; "" = the store keeps the input with the job.
	Blob string `json:"blob,omitempty"`
	ETag string `json:"etag,omitempty"` // the version at the submission of the job
	Size int64  `json:"size"`           // bytes
	Name string `json:"name,omitempty"` // of the document, as the caller has it
	// InRecord says that the store keeps the input in one place with the record.
	InRecord bool `json:"in_record,omitempty"`
}

// Result describes what a job made. In JSON it has at most 4 KiB.
type Result struct {
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`    // bytes
	SHA256    string `json:"sha256"`  // hex
	Attempt   int    `json:"attempt"` // the run that made it
	// InvocationID is the invocation ID of the audit record that counts; "" = the operation has no
	// record.
	InvocationID string   `json:"invocation_id,omitempty"`
	Certificate  string   `json:"certificate,omitempty"` // name in the vault
	Fingerprint  string   `json:"fingerprint,omitempty"` // hex SHA-256 of the certificate
	Level        string   `json:"level,omitempty"`
	Shortfall    string   `json:"shortfall,omitempty"`
	Remarks      []string `json:"remarks,omitempty"`
}

// Problem is why a job ended in error: members of a problem of RFC 9457.
type Problem struct {
	Status   int    `json:"status"` // HTTP status that a direct call would have had
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"` // invocation ID of the run, under which the log has the cause
}

// done ends a job with its result.
func (j *Job) done(made Result, now time.Time) {
	j.Status, j.CompletedAt, j.Result, j.Problem = Done, now.UTC(), &made, nil
}

// idBytes is the length of the random part of an ID: 128 bits.
const idBytes = 16

// maxBatch is the largest number of jobs of one batch.
const maxBatch = 1000

var (
	encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	batchID  = regexp.MustCompile(`^[a-z2-7]{26}$`)
	jobID    = regexp.MustCompile(`^[a-z2-7]{26}-[0-9]{3}$`)
)

// NewBatch makes the random ID of a batch. The ID has only lower-case letters and digits, and the
// IDs of its jobs also have a hyphen. So both are fit for names of blobs, and are valid JSON only
// within quotation marks.
func NewBatch() string {
	var random [idBytes]byte
	_, _ = rand.Read(random[:]) // it never fails
	return encoding.EncodeToString(random[:])
}

// JobID is the ID of the job at a place of a batch, from 0 to maxBatch-1.
func JobID(batch string, place int) string { return fmt.Sprintf("%s-%03d", batch, place) }

// ValidID tells whether a text can be the ID of a job.
func ValidID(id string) bool { return jobID.MatchString(id) }

// ValidBatch tells whether a text can be the ID of a batch.
func ValidBatch(id string) bool { return batchID.MatchString(id) }

// BatchOf is the batch of the job with a valid ID.
func BatchOf(id string) string { return id[:len(id)-len("-000")] }
