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
	// Token is different for each call of Begin, so that an answer that comes late does not replace
	// that of another request.
	Token string `json:"token"`
}

// Times of entries.
const (
	Lasts = 24 * time.Hour // an entry counts as long as that
	// UnderWay is the longest time that a request takes: one that has begun before is dead.
	UnderWay = 10 * time.Minute
)

// Expired tells whether an entry does not count any more.
func (e *Entry) Expired(now time.Time) bool {
	age := now.Sub(e.Begun)
	return age > Lasts || !e.Done && age > UnderWay
}

// ErrGone says that an entry is not there, or belongs to another request.
var ErrGone = errors.New("the entry is gone, or another request's")

// Store keeps entries by key, which Key makes. It must be safe for concurrent use. All errors but
// ErrGone mean that it cannot answer now.
type Store interface {
	// Begin adds an entry that is not done, unless there is one that has not expired at
	// entry.Begun: that is returned. Of several calls with one key one adds its entry. It returns
	// nil for the call that did.
	Begin(ctx context.Context, key string, entry Entry) (*Entry, error)
	// Finish replaces an entry that is not done, of the same Token, with one that is, and stores
	// the entry.Size bytes that write gives. Errors: ErrGone, that of write.
	Finish(ctx context.Context, key string, entry Entry, write func(io.Writer) error) error
	// Cancel removes an entry that is not done, of the same Token: the request may come again. It
	// is no error if there is none.
	Cancel(ctx context.Context, key string, entry Entry) error
	// Open gives the body of an entry that is done and that Begin has returned. Errors: ErrGone.
	// The caller closes it.
	Open(ctx context.Context, key string, entry *Entry) (io.ReadCloser, error)
}

// Key makes the key of an entry, in hex: what one caller calls its request is nobody else's.
func Key(tenant, object, client, text string) string {
	hash := sha256.New()
	for _, part := range []string{tenant, object, client, text} {
		sum := sha256.Sum256([]byte(part)) // so that no two lists of parts are the same text
		hash.Write(sum[:])
	}
	return hex.EncodeToString(hash.Sum(nil))
}
