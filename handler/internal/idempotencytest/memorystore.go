package idempotencytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"influxion/handler/internal/idempotency"
)

// Memory is an idempotency.Store of one process, for tests. Its zero value is ready for use. Safe
// for concurrent use.
type Memory struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	idempotency.Entry
	body []byte
}

// Begin implements idempotency.Store.
func (m *Memory) Begin(_ context.Context, key string, entry idempotency.Entry) (*idempotency.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.kept[key]; ok && !found.Expired(entry.Begun) {
		return &found.Entry, nil
	}
	if m.kept == nil {
		m.kept = map[string]kept{}
	}
	entry.Done = false
	m.kept[key] = kept{Entry: entry}
	return nil, nil
}

// Finish implements idempotency.Store.
func (m *Memory) Finish(_ context.Context, key string, entry idempotency.Entry, write func(io.Writer) error) error {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		return err
	}
	if int64(body.Len()) != entry.Size {
		return errors.New("a body of another size than was stated")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.kept[key]; !ok || found.Done || found.Token != entry.Token {
		return idempotency.ErrGone
	}
	entry.Done = true
	m.kept[key] = kept{entry, body.Bytes()}
	return nil
}

// Cancel implements idempotency.Store.
func (m *Memory) Cancel(_ context.Context, key string, entry idempotency.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.kept[key]; ok && !found.Done && found.Token == entry.Token {
		delete(m.kept, key)
	}
	return nil
}

// Open implements idempotency.Store.
func (m *Memory) Open(_ context.Context, key string, entry *idempotency.Entry) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.kept[key]; ok && found.Done && found.Token == entry.Token {
		return io.NopCloser(bytes.NewReader(found.body)), nil
	}
	return nil, idempotency.ErrGone
}
