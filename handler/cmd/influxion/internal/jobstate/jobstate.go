package jobstate

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"influxion/handler/cmd/influxion/internal/outfile"
)

// DefaultName is the default name of the state file.
const DefaultName = ".influxion-jobs.json"

// maxState bounds the state file, in bytes.
const maxState = 64 << 20

// State is the content of the state file: what was submitted and is not finished.
type State struct {
	Files map[string]*Submitted `json:"files"`          // by place
	Sent  *Request              `json:"sent,omitempty"` // whose answer is not known; nil = there is none
}

// Request is a request for jobs. The deployment does it once, however often it is sent.
type Request struct {
	Key     string `json:"key"`     // its Idempotency-Key
	Content string `json:"content"` // SHA-256 of what it asks for
}

// Send returns the key of a request with the content. If the answer of the last one is not known
// and it had the same content, it is the same key again.
func (s *State) Send(content string) string {
	if s.Sent == nil || s.Sent.Content != content {
		s.Sent = &Request{Key: rand.Text(), Content: content}
	}
	return s.Sent.Key
}

// Submitted is one file that was submitted.
type Submitted struct {
	Job      string    `json:"job"`
	Batch    string    `json:"batch"`
	Service  string    `json:"service"` // the deployment's address
	Asked    string    `json:"asked"`   // operation and options
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Done     bool      `json:"done,omitempty"` // the result is written
}

// Same reports whether other describes the same file, unchanged, and the same work.
func (s *Submitted) Same(other *Submitted) bool {
	return s != nil && s.Service == other.Service && s.Asked == other.Asked && s.Size == other.Size &&
		s.Modified.Equal(other.Modified)
}

// Read reads the state file. A missing file is an empty state.
func Read(name string) (*State, error) {
	state := &State{}
	file, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		defer file.Close()
		text, err := io.ReadAll(io.LimitReader(file, maxState))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, state); err != nil {
			return nil, fmt.Errorf("%s cannot be read: remove it to begin anew", name)
		}
	}
	if state.Files == nil {
		state.Files = map[string]*Submitted{}
	}
	for place, file := range state.Files {
		if file == nil {
			delete(state.Files, place)
		}
	}
	return state, nil
}

// Write replaces the state file, or removes it if the state is empty.
func (s *State) Write(files *outfile.Files, name string) error {
	if len(s.Files) == 0 && s.Sent == nil {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return files.Write(name, true, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
