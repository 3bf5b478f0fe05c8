package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// stateName is the usual name of the file that notes what was submitted.
const stateName = ".influxion-jobs.json"

// maxState bounds it, in bytes.
const maxState = 64 << 20

// jobsState is what was submitted and is not finished, in a file.
type jobsState struct {
	Files map[string]*submitted `json:"files"` // by place
}

// submitted is one file that was submitted.
type submitted struct {
	Job      string    `json:"job"`
	Batch    string    `json:"batch"`
	Service  string    `json:"service"` // the deployment's address
	Asked    string    `json:"asked"`   // operation and options
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Done     bool      `json:"done,omitempty"` // the result is written
}

// same tells whether it is about the file as it is now, for the same work.
func (s *submitted) same(other *submitted) bool {
	return s != nil && s.Service == other.Service && s.Asked == other.Asked && s.Size == other.Size &&
		s.Modified.Equal(other.Modified)
}

func (a *app) readState(name string) (*jobsState, error) {
	state := &jobsState{}
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
		state.Files = map[string]*submitted{}
	}
	for place, file := range state.Files {
		if file == nil {
			delete(state.Files, place)
		}
	}
	return state, nil
}

// write replaces the file; an empty state needs none.
func (s *jobsState) write(a *app, name string) error {
	if len(s.Files) == 0 {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return a.files.Write(name, true, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
