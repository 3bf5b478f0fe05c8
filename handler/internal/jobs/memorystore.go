package jobs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// MemoryLimits bound a Memory.
type MemoryLimits struct {
	Jobs  int   // kept at once
	Bytes int64 // of records, inputs and results together
}

// resultMargin is how many bytes a result may have in addition to its input before more memory must
// be counted for it. A signature fits in.
const resultMargin = 32 << 10

// Memory is a Store that lasts as long as the process. It counts memory before it takes it. With
// each job it also counts the memory for the result, so that every job that it has taken can end.
// Safe for concurrent use.
type Memory struct {
	now func() time.Time

	mu       sync.Mutex
	kept     map[string]*keptJob
	reserved ledger // of kept, and of jobs whose input is being read
	versions int64
}

// keptJob is a job in memory.
type keptJob struct {
	record  []byte // JSON
	version string
	entry   Entry
	input   []byte
	output  *keptResult // nil = none
	caller  string      // the callers for whom it is counted
	bytes   int64       // that are counted for it
}

type keptResult struct {
	Result
	content []byte
}

// NewMemory makes an empty store. now gives the time of Entry.Changed.
func NewMemory(limits MemoryLimits, now func() time.Time) *Memory {
	return &Memory{now: now, kept: map[string]*keptJob{},
		reserved: ledger{limits: limits, callers: map[string]*holding{}}}
}

// Kind implements Store.
func (m *Memory) Kind() string { return "memory" }

// Inbox implements Store.
func (m *Memory) Inbox(context.Context, string) (Input, error) { return Input{}, ErrNoInbox }

// Create implements Store.
func (m *Memory) Create(_ context.Context, job *Job, input io.Reader) error {
	if !ValidID(job.ID) {
		return ErrNotFound
	}
	if job.Input.Blob != "" {
		return ErrNoInbox
	}
	record, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	k := &keptJob{caller: callerKey(job.Principal), bytes: 2*job.Input.Size + 2*int64(len(record)) + resultMargin}
	if err := m.reserve(k); err != nil {
		return err
	}
	if k.input, err = readExactly(input, job.Input.Size); err != nil {
		m.cancel(k)
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[job.ID] != nil {
		m.reserved.give(k.caller, 1, k.bytes)
		return ErrExists
	}
	m.kept[job.ID] = k
	m.put(k, job, record)
	return nil
}

// readExactly reads size bytes. More or fewer bytes are an error.
func readExactly(r io.Reader, size int64) ([]byte, error) {
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, fmt.Errorf("read input of %d bytes: %w", size, err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("the input has more than %d bytes", size)
	} else if err != io.EOF {
		return nil, fmt.Errorf("read input: %w", err)
	}
	return content, nil
}

// reserve counts a job before it is stored.
func (m *Memory) reserve(k *keptJob) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reserved.take(k.caller, 1, k.bytes)
}

func (m *Memory) cancel(k *keptJob) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reserved.give(k.caller, 1, k.bytes)
}

// put makes the record of a job the present one. The caller must have locked m.mu.
func (m *Memory) put(k *keptJob, job *Job, record []byte) {
	m.versions++
	k.record, k.version = record, strconv.FormatInt(m.versions, 10)
	k.entry = Entry{ID: job.ID, Status: job.Status, Changed: m.now(), Created: job.CreatedAt,
		Unqueued: job.Unqueued}
	job.Version = k.version
}

// Job implements Store.
func (m *Memory) Job(_ context.Context, id string) (*Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.kept[id]
	if k == nil {
		return nil, ErrNotFound
	}
	return k.job()
}

func (k *keptJob) job() (*Job, error) {
	job := &Job{Version: k.version}
	if err := json.Unmarshal(k.record, job); err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return job, nil
}

// Update implements Store.
func (m *Memory) Update(_ context.Context, job *Job) error {
	record, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch k := m.kept[job.ID]; {
	case k == nil:
		return ErrNotFound
	case k.version != job.Version:
		return ErrConflict
	default:
		m.put(k, job, record)
		return nil
	}
}

// Batch implements Store.
func (m *Memory) Batch(_ context.Context, batch string) ([]*Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []*Job
	for place := range maxBatch {
		k := m.kept[JobID(batch, place)]
		if k == nil {
			continue
		}
		job, err := k.job()
		if err != nil {
			return nil, err
		}
		found = append(found, job)
	}
	return found, nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.kept[id]; k != nil {
		m.reserved.give(k.caller, 1, k.bytes)
		delete(m.kept, id)
	}
	return nil
}

// Scan implements Store.
func (m *Memory) Scan(_ context.Context, visit func(Entry) error) error {
	m.mu.Lock()
	entries := make([]Entry, 0, len(m.kept))
	for _, k := range m.kept {
		entry := k.entry
		entry.Seen = m.now()
		entries = append(entries, entry)
	}
	m.mu.Unlock()
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	for _, entry := range entries {
		if err := visit(entry); err != nil {
			return err
		}
	}
	return nil
}

// openInput is an input in memory.
type openInput struct{ *bytes.Reader }

// Close implements io.Closer.
func (openInput) Close() error { return nil }

// OpenInput implements Store.
func (m *Memory) OpenInput(_ context.Context, job *Job) (Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.kept[job.ID]
	if k == nil || k.input == nil {
		return nil, ErrNotFound
	}
	return openInput{bytes.NewReader(k.input)}, nil
}

// PutResult implements Store. It drops the input once the result is stored.
func (m *Memory) PutResult(_ context.Context, job *Job, result Result, write func(io.Writer) error) error {
	description, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	kept, more, err := m.beginResult(job.ID, result.Size)
	if err != nil {
		return err
	}
	content := &exactWriter{content: make([]byte, 0, result.Size)}
	if err = write(content); err == nil && int64(len(content.content)) != result.Size {
		err = errSize
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.kept[job.ID] != kept: // it was deleted meanwhile, and all that was counted for it is free
		return cmp.Or(err, ErrNotFound)
	case err == nil && kept.output != nil:
		err = ErrExists
	}
	if err != nil {
		m.resize(kept, kept.bytes-more)
		return err
	}
	kept.input, kept.output = nil, &keptResult{result, content.content}
	// The description is kept with the result, and soon in the record.
	m.resize(kept, min(kept.bytes, result.Size+2*int64(len(kept.record)+len(description))))
	return nil
}

// resize changes the number of bytes that are counted for a job, to no more than are counted now.
// The caller must have locked m.mu.
func (m *Memory) resize(k *keptJob, bytes int64) {
	m.reserved.give(k.caller, 0, k.bytes-bytes)
	k.bytes = bytes
}

// beginResult counts what a result needs beyond what was counted with its job.
func (m *Memory) beginResult(id string, size int64) (kept *keptJob, more int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept = m.kept[id]
	switch {
	case kept == nil:
		return nil, 0, ErrNotFound
	case kept.output != nil:
		return nil, 0, ErrExists
	}
	if more = max(0, size-int64(len(kept.input))-resultMargin); more > 0 {
		if err := m.reserved.take(kept.caller, 0, more); err != nil {
			return nil, 0, err
		}
	}
	kept.bytes += more
	return kept, more, nil
}

// Result implements Store.
func (m *Memory) Result(_ context.Context, id string) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.kept[id]; k != nil && k.output != nil {
		return k.output.Result, nil
	}
	return Result{}, ErrNotFound
}

// OpenResult implements Store.
func (m *Memory) OpenResult(_ context.Context, id string, offset, length int64) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.kept[id]; k != nil && k.output != nil {
		return io.NopCloser(bytes.NewReader(k.output.content[offset : offset+length])), nil
	}
	return nil, ErrNotFound
}
