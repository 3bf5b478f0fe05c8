package storage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"influxion/handler/internal/jobs"
)

const (
	segmentSize = 1 << 20 // bytes that one request reads of an input
	maxSegments = 3       // of one input in memory
)

// OpenInput implements jobs.Store.
func (j *Jobs) OpenInput(ctx context.Context, job *jobs.Job) (jobs.Document, error) {
	if job.Input.InRecord {
		return j.inRecord(ctx, job)
	}
	in, name := j.inbox, job.Input.Blob
	if name == "" {
		if !jobs.ValidID(job.ID) {
			return nil, jobs.ErrNotFound
		}
		in, name = j.records, inputPrefix+job.ID
	} else if !blobName(name) {
		return nil, jobs.ErrNotFound
	}
	document := &segmented{ctx: ctx, in: in, name: name, version: job.Input.ETag, size: job.Input.Size}
	if document.version == "" {
		return nil, document.changed()
	}
	// One request tells whether the version is there, and reads the first piece.
	if _, err := document.segment(0); err != nil {
		return nil, err
	}
	return document, nil
}

// inRecord opens an input that is kept with its record.
func (j *Jobs) inRecord(ctx context.Context, job *jobs.Job) (jobs.Document, error) {
	content := job.Content
	if content == nil {
		kept, err := j.Job(ctx, job.ID) // any version: the input never changes
		if err != nil {
			return nil, err
		}
		content = kept.Content
	}
	if content == nil {
		return nil, jobs.ErrNotFound
	}
	return keptInput{bytes.NewReader(content), content}, nil
}

// keptInput is an input in memory. It implements pades.Pieces: hashing it takes no copy.
type keptInput struct {
	*bytes.Reader
	content []byte
}

// Piece implements pades.Pieces.
func (k keptInput) Piece(offset int64) []byte {
	if offset < 0 || offset >= int64(len(k.content)) {
		return nil
	}
	return k.content[offset:]
}

// Close implements io.Closer.
func (keptInput) Close() error { return nil }

// segmented reads one version of a blob in segments, of which the latest stay in memory. Whoever
// waits for a segment waits for the one request that reads it. Safe for concurrent use.
type segmented struct {
	ctx           context.Context // of the caller that opened it: ReadAt has none
	in            *Container
	name, version string
	size          int64

	mu   sync.Mutex
	kept []*segment // the latest use last
}

// segment is a piece of the blob.
type segment struct {
	number int64
	ready  chan struct{} // closed when content and err are set
	text   []byte
	err    error
}

// Size implements jobs.Document.
func (s *segmented) Size() int64 { return s.size }

// Close implements io.Closer.
func (s *segmented) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = nil
	return nil
}

// ReadAt implements io.ReaderAt.
func (s *segmented) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, errors.New("read input: a negative offset")
	}
	for n < len(p) {
		if offset >= s.size {
			return n, io.EOF
		}
		text, err := s.segment(offset / segmentSize)
		if err != nil {
			return n, err
		}
		copied := copy(p[n:], text[offset%segmentSize:])
		n, offset = n+copied, offset+int64(copied)
	}
	return n, nil
}

// segment gives a piece, from memory or from the blob.
func (s *segmented) segment(number int64) ([]byte, error) {
	one, mine := s.claim(number)
	if mine {
		one.text, one.err = s.read(number)
		close(one.ready)
	}
	<-one.ready
	return one.text, one.err
}

// claim finds a piece, or makes a place for it that the caller must fill.
func (s *segmented) claim(number int64) (one *segment, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, kept := range s.kept {
		if kept.number != number {
			continue
		}
		s.kept = append(append(s.kept[:i:i], s.kept[i+1:]...), kept)
		select {
		case <-kept.ready:
			if kept.err != nil { // it is tried again
				s.kept[len(s.kept)-1] = &segment{number: number, ready: make(chan struct{})}
				return s.kept[len(s.kept)-1], true
			}
		default:
		}
		return kept, false
	}
	if len(s.kept) >= maxSegments {
		s.kept = append(s.kept[:0:0], s.kept[1:]...)
	}
	one = &segment{number: number, ready: make(chan struct{})}
	s.kept = append(s.kept, one)
	return one, true
}

// read reads a piece of the version that was opened.
func (s *segmented) read(number int64) ([]byte, error) {
	from := number * segmentSize
	text := make([]byte, min(segmentSize, s.size-from))
	body, err := s.in.span(s.ctx, s.name, s.version, from, int64(len(text)))
	if err != nil {
		return nil, s.inputError(err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, text); err != nil {
		return nil, s.inputError(err)
	}
	return text, nil
}

// inputError names the reason why the input cannot be read. Services answer differently about a
// version of a blob that is not there.
func (s *segmented) inputError(err error) error {
	if !errors.Is(err, errAltered) {
		err = readError(err)
	}
	if !errors.Is(err, errAltered) {
		return jobError(err)
	}
	return s.changed()
}

// changed is the error for a version that cannot be read: the blob is gone, or it has another
// version by now. If the blob still has the version, an answer was wrong, and trying again may
// help.
func (s *segmented) changed() error {
	switch is, err := s.in.properties(s.ctx, s.name); {
	case err != nil:
		return jobError(err)
	case is.version == s.version:
		return errors.New("read input: an answer of another version than the blob has")
	}
	return jobs.ErrChanged
}
