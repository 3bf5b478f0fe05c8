package idempotencytest

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/idempotency"
)

// Contract checks that a Store meets the contract of package idempotency. The store may still
// contain entries of other tests.
func Contract(t *testing.T, open func(t *testing.T) idempotency.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, idempotency.Store)
	}{{"answer", answer}, {"cancel", cancel}, {"expiry", expiry}, {"one of many", oneOfMany}, {"late", late}} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

var begun = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// fresh makes an entry with a new key.
func fresh() (string, idempotency.Entry) {
	return idempotency.Key("t", "o", "c", rand.Text()),
		idempotency.Entry{Fingerprint: "f", Begun: begun, Token: rand.Text()}
}

// begin adds an entry and requires that there was none.
func begin(t *testing.T, store idempotency.Store, key string, entry idempotency.Entry) {
	t.Helper()
	if found, err := store.Begin(t.Context(), key, entry); found != nil || err != nil {
		t.Fatalf("got %+v, %v, want a new entry", found, err)
	}
}

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// done returns the entry with an answer.
func done(entry idempotency.Entry, body string) idempotency.Entry {
	entry.Done, entry.Status, entry.Size = true, 200, int64(len(body))
	entry.Header = http.Header{"Content-Type": {"application/pdf"}, "Influxion-Remarks": {"ü", "b"}}
	return entry
}

func answer(t *testing.T, store idempotency.Store) {
	key, entry := fresh()
	begin(t, store, key, entry)
	found, err := store.Begin(t.Context(), key, idempotency.Entry{Begun: begun, Token: "other"})
	if err != nil || found == nil || !reflect.DeepEqual(*found, entry) {
		t.Fatalf("got %+v, %v, want the entry under way", found, err)
	}
	if _, err := store.Open(t.Context(), key, found); !errors.Is(err, idempotency.ErrGone) {
		t.Errorf("got %v, want no body yet", err)
	}
	body := strings.Repeat("0123456789\n", 500_000)
	want := done(entry, body)
	if err := store.Finish(t.Context(), key, want, write(body)); err != nil {
		t.Fatal(err)
	}
	found, err = store.Begin(t.Context(), key, idempotency.Entry{Begun: begun.Add(23 * time.Hour), Token: "other"})
	if err != nil || found == nil || !reflect.DeepEqual(*found, want) {
		t.Fatalf("got %+v, %v, want %+v", found, err, want)
	}
	reader, err := store.Open(t.Context(), key, found)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if text, err := io.ReadAll(reader); err != nil || string(text) != body {
		t.Errorf("got %d bytes, %v, want the body", len(text), err)
	}
	if err := store.Cancel(t.Context(), key, entry); err != nil {
		t.Error(err)
	}
	if found, err := store.Begin(t.Context(), key, entry); err != nil || found == nil || !found.Done {
		t.Errorf("got %+v, %v, want an answer that nobody can cancel", found, err)
	}
}

func cancel(t *testing.T, store idempotency.Store) {
	key, entry := fresh()
	begin(t, store, key, entry)
	_, other := fresh()
	if err := store.Cancel(t.Context(), key, other); err != nil {
		t.Error(err)
	}
	if found, err := store.Begin(t.Context(), key, other); err != nil || found == nil {
		t.Errorf("got %+v, %v, want the entry that another request cannot cancel", found, err)
	}
	for range 2 {
		if err := store.Cancel(t.Context(), key, entry); err != nil {
			t.Error(err)
		}
	}
	if err := store.Finish(t.Context(), key, done(entry, "x"), write("x")); !errors.Is(err, idempotency.ErrGone) {
		t.Errorf("got %v, want no answer of what was cancelled", err)
	}
	begin(t, store, key, other)
}

// New entries replace expired ones, and the requests of the expired ones come too late.
func expiry(t *testing.T, store idempotency.Store) {
	key, entry := fresh()
	begin(t, store, key, entry)
	_, second := fresh()
	second.Begun = begun.Add(idempotency.UnderWay + time.Second)
	begin(t, store, key, second)
	if err := store.Finish(t.Context(), key, done(entry, "x"), write("x")); !errors.Is(err, idempotency.ErrGone) {
		t.Errorf("got %v, want the late answer refused", err)
	}
	if err := store.Finish(t.Context(), key, done(second, "y"), write("y")); err != nil {
		t.Fatal(err)
	}
	_, third := fresh()
	third.Begun = second.Begun.Add(idempotency.Lasts + time.Second)
	begin(t, store, key, third)
}

func oneOfMany(t *testing.T, store idempotency.Store) {
	key, _ := fresh()
	var all sync.WaitGroup
	var added atomic.Int32
	for range 8 {
		all.Go(func() {
			_, entry := fresh()
			found, err := store.Begin(t.Context(), key, entry)
			if err != nil {
				t.Error(err)
			} else if found == nil {
				added.Add(1)
			}
		})
	}
	all.Wait()
	if added.Load() != 1 {
		t.Errorf("got %d entries of one key, want 1", added.Load())
	}
}

// An answer that is not written completely does not count.
func late(t *testing.T, store idempotency.Store) {
	key, entry := fresh()
	begin(t, store, key, entry)
	fault := errors.New("broken")
	broken := func(w io.Writer) error {
		_, _ = io.WriteString(w, "ab")
		return fault
	}
	if err := store.Finish(t.Context(), key, done(entry, "abc"), broken); !errors.Is(err, fault) {
		t.Errorf("got %v, want the error of write", err)
	}
	if found, err := store.Begin(t.Context(), key, entry); err != nil || found == nil || found.Done {
		t.Errorf("got %+v, %v, want the entry under way", found, err)
	}
}
