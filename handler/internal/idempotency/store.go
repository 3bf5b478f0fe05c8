package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"
)

// Entry is what is kept of a request.
type Entry struct {
	Fingerprint string      `json:"fingerprint"` // hex SHA-256 of all that the request asks for
	Begun       time.Time   `json:"begun"`
	Done        bool        `json:"done"` // the answer is there
	Status      int         `json:"status,omitempty"`
	Header      http.Header `json:"header,omitempty"`
	Size        int64       `json:"size,omitempty"` // of the answer's body, in bytes
	// Token is different for each call of Begin, so that a late answer does not replace the answer
	// of another request.
	Token string `json:"token"`
}

// Times of entries.
const (
	Lasts = 24 * time.Hour // an entry counts as long as that
	// UnderWay is the longest time that a request takes. A request that began earlier counts as
	// dead.
	UnderWay = 10 * time.Minute
)

// Expired tells whether an entry does not count any more. So does one that begins as far in the
// future: it is of a host whose clock was wrong, and its request would be in progress until then.
func (e *Entry) Expired(now time.Time) bool {
	age := now.Sub(e.Begun).Abs()
	return age > Lasts || !e.Done && age > UnderWay
}

// ErrGone says that an entry is not there, or belongs to another request.
var ErrGone = errors.New("the entry is gone, or another request's")

// Store keeps entries by key, which Key makes. It must be safe for concurrent use. All errors but
// ErrGone mean that it cannot answer now.
type Store interface {
	// Begin adds an entry that is not done, and returns nil. If there is an entry with the key that
	// has not expired at entry.Begun, Begin returns that entry and adds none. Of several calls with
	// one key, only one adds its entry. After an error the entry may be there: Cancel removes it.
	Begin(ctx context.Context, key string, entry Entry) (*Entry, error)
	// Finish replaces the entry of the same Token, which is not done, with one that is done, and
	// stores the entry.Size bytes that write gives. Errors: ErrGone, that of write.
	Finish(ctx context.Context, key string, entry Entry, write func(io.Writer) error) error
	// Cancel removes the entry of the same Token if it is not done, so that the request may come
	// again. It is no error if there is none.
	Cancel(ctx context.Context, key string, entry Entry) error
	// Open gives the body of an entry that is done and that Begin has returned. Errors: ErrGone.
	// The caller closes it.
	Open(ctx context.Context, key string, entry *Entry) (io.ReadCloser, error)
}

// Key makes the key of an entry, in hex. It depends on the caller: the same text of another caller
// gives another key.
func Key(tenant, object, client, text string) string {
	hash := sha256.New()
	for _, part := range []string{tenant, object, client, text} {
		sum := sha256.Sum256([]byte(part)) // so that no two lists of parts are the same text
		hash.Write(sum[:])
	}
	return hex.EncodeToString(hash.Sum(nil))
}
