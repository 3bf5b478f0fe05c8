package verify_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/signing"
)

// shared is a store of two writers. It remembers the length of both logs after each call.
type shared struct {
	writers [2]strings.Builder
	history [][2]int
}

// writer is the part of the store that one instance writes.
type writer struct {
	*shared
	number int
}

func (w writer) Append(_ context.Context, lines []byte) error {
	w.writers[w.number].Write(lines)
	w.history = append(w.history, [2]int{w.writers[0].Len(), w.writers[1].Len()})
	return nil
}

func (w writer) Tails(context.Context) (tails [][]byte, _ error) {
	for i := range w.writers {
		if w.writers[i].Len() > 0 {
			tails = append(tails, []byte(w.writers[i].String()))
		}
	}
	return tails, nil
}

// writeTogether has two instances write to one store, in turns. Each timestamps the heads of both.
func writeTogether(t *testing.T, w world) *shared {
	t.Helper()
	store := &shared{}
	var logs [2]*audit.Log
	for range 3 {
		for i, log := range logs {
			if log == nil {
				log = audit.New(audit.Config{Out: io.Discard, Store: writer{store, i}, Timestamper: w.timestamper})
				logs[i] = log
				defer log.Close()
			}
			record := signing.Record{Action: signing.Sign,
				RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed}}
			for range 2 {
				if err := log.Write(t.Context(), &record, audit.Attempts); err != nil {
					t.Fatal(err)
				}
			}
			if err := log.TimestampHeads(t.Context()); err != nil {
				t.Fatal(err)
			}
			// The store has the timestamp once it has the next record.
			if err := log.Write(t.Context(), &record, audit.Attempts); err != nil {
				t.Fatal(err)
			}
		}
	}
	return store
}

// read checks the log of two writers. It reads the first read[i] bytes of each writer i. listed are
// the lengths when the logs were listed.
func (s *shared) read(t *testing.T, w world, listed, read [2]int) []verify.Finding {
	t.Helper()
	log := &verify.Log{Roots: w.roots}
	for i, name := range []string{"first", "second"} {
		text := s.writers[i].String()[:read[i]]
		if err := log.AddGrowing(name, strings.NewReader(text), int64(listed[i])); err != nil {
			t.Fatal(err)
		}
	}
	return log.Report().Findings
}

// A log that grows while it is read is complete, whichever part is read when. What was there before
// the first part was read must be there.
func TestGrowingLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := writeTogether(t, w)
	var moments [][2]int // every third one: a timestamp is verified for each three of them
	for i := 0; i < len(store.history); i += 3 {
		moments = append(moments, store.history[i])
	}
	cut := 0
	for i, listed := range moments {
		for j, first := range moments[i:] {
			for _, second := range moments[i+j:] {
				if found := store.read(t, w, listed, [2]int{first[0], second[1]}); len(found) > 0 {
					t.Fatalf("got %v of a log that grows from %v to %v and %v, want nothing", found, listed, first,
						second)
				}
			}
		}
		for _, before := range moments[:i] {
			found := store.read(t, w, listed, [2]int{before[0], listed[1]})
			if slices.ContainsFunc(found, func(f verify.Finding) bool {
				return f.Kind == verify.Cut || f.Kind == verify.Missing
			}) {
				cut++
			}
		}
	}
	if cut < len(moments) {
		t.Errorf("got %d cuts named, want those behind heads that were listed", cut)
	}
}
