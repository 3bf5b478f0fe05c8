package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"influxion/handler/internal/idempotency"
)

const (
	requestPrefix = "requests/"
	answerPrefix  = "answers/"
	maxEntry      = 256 << 10 // bytes
	beginTries    = 8         // while others change the same entry
)

// entryKey is the form of the keys and tokens that become names of blobs. It does not limit their
// length.
var entryKey = regexp.MustCompile(`^[A-Za-z0-9]+$`)

const maxEntryKey = 128

func validEntryKey(key string) bool { return len(key) <= maxEntryKey && entryKey.MatchString(key) }

// Requests keeps the answers to requests with an Idempotency-Key, beside the records of jobs. An
// entry is a blob that is replaced only in the version that was read. The body of an answer is a
// blob of its own, which is written before the entry refers to it. The lifecycle rule of the
// container removes both. It implements idempotency.Store. Safe for concurrent use.
type Requests struct{ records *Container }

var _ idempotency.Store = (*Requests)(nil)

// Requests gives the store of requests in the account of the jobs.
func (j *Jobs) Requests() *Requests { return &Requests{j.records} }

// Begin implements idempotency.Store.
func (r *Requests) Begin(ctx context.Context, key string, entry idempotency.Entry) (*idempotency.Entry, error) {
	entry.Done = false
	for range beginTries {
		found, version, err := r.entry(ctx, key)
		if err != nil && !errors.Is(err, errGone) {
			return nil, err
		}
		if found != nil && !found.Expired(entry.Begun) {
			return found, nil
		}
		err = r.put(ctx, key, version, &entry)
		if err == nil {
			return nil, nil
		}
		if !errors.Is(err, errTaken) && !errors.Is(err, errAltered) && !errors.Is(err, errGone) {
			return nil, err
		}
	}
	return nil, errors.New("the entry of a request keeps changing")
}

// Finish implements idempotency.Store.
func (r *Requests) Finish(ctx context.Context, key string, entry idempotency.Entry, from func(io.Writer) error) error {
	version, err := r.own(ctx, key, entry)
	if err != nil {
		return err
	}
	body := answerPrefix + key + "-" + entry.Token
	err = r.records.pour(ctx, write{name: body, mediaType: "application/octet-stream", size: entry.Size}, from)
	if err != nil && !errors.Is(err, errTaken) { // errTaken: an earlier try with this token wrote it
		return err
	}
	entry.Done = true
	err = r.put(ctx, key, version, &entry)
	if errors.Is(err, errAltered) || errors.Is(err, errGone) {
		return errors.Join(idempotency.ErrGone, r.records.remove(ctx, body, ""))
	}
	return err
}

// Cancel implements idempotency.Store.
func (r *Requests) Cancel(ctx context.Context, key string, entry idempotency.Entry) error {
	version, err := r.own(ctx, key, entry)
	if errors.Is(err, idempotency.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	err = r.records.remove(ctx, requestPrefix+key, version)
	if errors.Is(err, errAltered) {
		return nil // it is another request's by now
	}
	return err
}

// Open implements idempotency.Store.
func (r *Requests) Open(ctx context.Context, key string, entry *idempotency.Entry) (io.ReadCloser, error) {
	if !entry.Done || !validEntryKey(key) || !validEntryKey(entry.Token) {
		return nil, idempotency.ErrGone
	}
	response, err := r.records.client.NewBlobClient(answerPrefix+key+"-"+entry.Token).DownloadStream(ctx, nil)
	if err != nil {
		if err = readError(err); errors.Is(err, errGone) {
			return nil, idempotency.ErrGone
		}
		return nil, err
	}
	return response.NewRetryReader(ctx, nil), nil
}

// own gives the version of the entry with the same token, if that entry is not done.
func (r *Requests) own(ctx context.Context, key string, entry idempotency.Entry) (version string, err error) {
	found, version, err := r.entry(ctx, key)
	switch {
	case errors.Is(err, errGone):
		return "", idempotency.ErrGone
	case err != nil:
		return "", err
	case found.Done || found.Token != entry.Token || !validEntryKey(entry.Token):
		return "", idempotency.ErrGone
	}
	return version, nil
}

// entry reads an entry with its version. Errors: errGone.
func (r *Requests) entry(ctx context.Context, key string) (*idempotency.Entry, string, error) {
	if !validEntryKey(key) {
		return nil, "", errors.New("internal error: a key that is not a digest")
	}
	kept, err := r.records.small(ctx, requestPrefix+key, maxEntry)
	if err != nil {
		return nil, "", err
	}
	entry := &idempotency.Entry{}
	if err := json.Unmarshal(kept.text, entry); err != nil {
		return nil, "", fmt.Errorf("read the entry of a request: %w", err)
	}
	return entry, kept.version, nil
}

// put writes an entry. It replaces the entry of the given version; with no version it writes only
// if there is no entry.
func (r *Requests) put(ctx context.Context, key, version string, entry *idempotency.Entry) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode the entry of a request: %w", err)
	}
	if len(text) > maxEntry {
		return fmt.Errorf("the entry of a request has %d bytes, more than %d", len(text), maxEntry)
	}
	_, err = r.records.putText(ctx, write{name: requestPrefix + key, mediaType: "application/json", version: version},
		text)
	return err
}
