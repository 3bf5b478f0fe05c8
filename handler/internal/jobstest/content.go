package jobstest

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"influxion/handler/internal/jobs"
)

// Several readers can read an input at any offset at once.
func input(t *testing.T, store jobs.Store) {
	content := large()
	job := Create(t, store, content)
	document, err := store.OpenInput(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	if document.Size() != int64(len(content)) || job.Input.Size != document.Size() {
		t.Errorf("got size %d, want %d", document.Size(), len(content))
	}
	var all sync.WaitGroup
	for _, part := range []struct{ from, to int }{{0, 0}, {0, 1}, {0, len(content)}, {len(content) - 5, len(content)},
		{4<<20 - 3, 4<<20 + 3}, {1234567, 3456789}} {
		all.Go(func() {
			got := make([]byte, part.to-part.from)
			n, err := document.ReadAt(got, int64(part.from))
			if n != len(got) || err != nil && err != io.EOF || !bytes.Equal(got, content[part.from:part.to]) {
				t.Errorf("got %d bytes and %v from %d to %d, want what was stored", n, err, part.from, part.to)
			}
		})
	}
	all.Wait()
	past := make([]byte, 8)
	if n, err := document.ReadAt(past, document.Size()-3); n != 3 || err != io.EOF {
		t.Errorf("got %d bytes and %v at the end, want 3 and io.EOF", n, err)
	}
	if n, err := document.ReadAt(past, document.Size()+3); n != 0 || err != io.EOF {
		t.Errorf("got %d bytes and %v behind the end, want io.EOF", n, err)
	}
}

// Create makes no job if the input is not read completely.
func brokenInput(t *testing.T, store jobs.Store) {
	fault := errors.New("broken")
	for name, broken := range map[string]io.Reader{
		"short": strings.NewReader("ab"), "long": strings.NewReader("abcd"),
		"failing": io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(fault)),
	} {
		job := New(3)
		err := store.Create(t.Context(), job, broken)
		if err == nil || name == "failing" && !errors.Is(err, fault) {
			t.Errorf("got %v of a %s input, want its error", err, name)
		}
		if _, err := store.Job(t.Context(), job.ID); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("got %v of a job with a %s input, want ErrNotFound", err, name)
		}
	}
}

func result(t *testing.T, store jobs.Store) {
	job := Create(t, store, []byte("abc"))
	content := large()
	want := Result(content)
	write := func(w io.Writer) error {
		for part := content; len(part) > 0; { // in pieces, as documents are written
			n := min(len(part), 100_003)
			if _, err := w.Write(part[:n]); err != nil {
				return err
			}
			part = part[n:]
		}
		return nil
	}
	if _, err := store.Result(t.Context(), job.ID); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v before there is a result, want ErrNotFound", err)
	}
	if err := store.PutResult(t.Context(), job, want, write); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Result(t.Context(), job.ID); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, part := range []struct{ offset, length int }{{0, len(content)}, {0, 1}, {4<<20 - 1, 2}, {7, 5 << 20},
		{len(content) - 1, 1}} {
		body, err := store.OpenResult(t.Context(), job.ID, int64(part.offset), int64(part.length))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, content[part.offset:part.offset+part.length]) {
			t.Errorf("got %d bytes and %v from %d, want %d", len(got), err, part.offset, part.length)
		}
		body.Close()
	}
	// PutResult does not change the record: its caller updates it.
	if err := store.Update(t.Context(), job); err != nil {
		t.Errorf("got %v, want the version of before to be the present one", err)
	}
}

// If several results are written at once, exactly one remains, complete and with its own
// description.
func oneResult(t *testing.T, store jobs.Store) {
	job := Create(t, store, []byte("abc"))
	oneSucceeds(t, 6, jobs.ErrExists, func(i int) error {
		content := bytes.Repeat([]byte{byte('a' + i)}, 1000+i)
		return store.PutResult(t.Context(), job, Result(content), Write(content))
	})
	described, err := store.Result(t.Context(), job.ID)
	if err != nil {
		t.Fatal(err)
	}
	body, err := store.OpenResult(t.Context(), job.ID, 0, described.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if content, err := io.ReadAll(body); err != nil || !reflect.DeepEqual(Result(content), described) {
		t.Errorf("got %d bytes and %v, want those of %+v", len(content), err, described)
	}
}

// An incomplete result does not count, and does not prevent a complete one.
func brokenResult(t *testing.T, store jobs.Store) {
	job := Create(t, store, []byte("abc"))
	fault := errors.New("broken")
	for name, write := range map[string]func(io.Writer) error{
		"short": Write([]byte("ab")), "long": Write([]byte("abcd")),
		"failing": func(w io.Writer) error {
			_, _ = w.Write([]byte("ab"))
			return fault
		},
	} {
		err := store.PutResult(t.Context(), job, Result([]byte("abc")), write)
		if err == nil || name == "failing" && !errors.Is(err, fault) {
			t.Errorf("got %v of a %s result, want its error", err, name)
		}
		if _, err := store.Result(t.Context(), job.ID); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("got %v of a %s result, want ErrNotFound", err, name)
		}
	}
	if err := store.PutResult(t.Context(), job, Result([]byte("abc")), Write([]byte("abc"))); err != nil {
		t.Errorf("got %v of the whole result, want it stored", err)
	}
}
