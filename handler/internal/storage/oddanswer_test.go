package storage_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/storage"
)

// oddNetwork changes requests and answers.
type oddNetwork struct {
	base   http.RoundTripper
	ask    func(*http.Request)  // nil = as they are
	answer func(*http.Response) // nil = as they are
}

// RoundTrip is http.RoundTripper.
func (n *oddNetwork) RoundTrip(request *http.Request) (*http.Response, error) {
	if n.ask != nil {
		request = request.Clone(request.Context())
		n.ask(request)
	}
	response, err := n.base.RoundTrip(request)
	if err == nil && n.answer != nil {
		n.answer(response)
	}
	return response, err
}

// refuse makes an answer to certain requests a refusal with a code of the service.
func refuse(method, part string, status int, code string) func(*http.Response) {
	return func(r *http.Response) {
		if r.Request.Method != method || !strings.Contains(r.Request.URL.Path, part) {
			return
		}
		r.Body.Close()
		r.StatusCode, r.Body, r.ContentLength = status, http.NoBody, 0
		r.Header = http.Header{"X-Ms-Error-Code": {code}}
	}
}

// An answer that contradicts what was asked, or comes where it has no meaning, is neither taken for
// content nor for a job's end: the error says that trying again may help.
func TestOddAnswersAreTriedAgain(t *testing.T) {
	t.Parallel()
	a := smallAccount(t)
	sound, _ := a.open(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
	content = append(content, "the end"...)
	large, small := jobstest.Create(t, sound, content), jobstest.Create(t, sound, []byte("abc"))
	if err := sound.PutResult(t.Context(), large, jobstest.Result(content), jobstest.Write(content)); err != nil {
		t.Fatal(err)
	}
	noRange := func(r *http.Request) {
		maps.DeleteFunc(r.Header, func(name string, _ []string) bool { // the library writes it in lower case
			return strings.EqualFold(name, "x-ms-range") || strings.EqualFold(name, "range")
		})
	}
	header := func(method, name, value string) func(*http.Response) {
		return func(r *http.Response) {
			if r.Request.Method == method {
				r.Header.Del(name)
				if value != "" {
					r.Header.Set(name, value)
				}
			}
		}
	}
	end := func(s *storage.Jobs) error {
		open, err := s.OpenInput(t.Context(), large)
		if err != nil {
			return err
		}
		defer open.Close()
		got := make([]byte, 7)
		if _, err := open.ReadAt(got, int64(len(content))-7); err != nil {
			return err
		}
		if string(got) != "the end" {
			t.Errorf("got %q of the end of the input", got)
		}
		return nil
	}
	result := func(s *storage.Jobs) error {
		body, err := s.OpenResult(t.Context(), large.ID, int64(len(content))-7, 7)
		if err != nil {
			return err
		}
		defer body.Close()
		if got, err := io.ReadAll(body); err == nil && string(got) != "the end" {
			t.Errorf("got %q of the end of the result", got)
		}
		return nil
	}
	read := func(s *storage.Jobs) error { _, err := s.Job(t.Context(), small.ID); return err }
	update := func(s *storage.Jobs) error {
		mine, err := sound.Job(t.Context(), small.ID)
		if err != nil {
			t.Fatal(err)
		}
		return s.Update(policy.WithRetryOptions(t.Context(), policy.RetryOptions{MaxRetries: -1}), mine)
	}
	list := func(s *storage.Jobs) error {
		return s.Scan(t.Context(), func(entry jobs.Entry) error {
			if entry.Seen.IsZero() || entry.Seen.Before(entry.Changed.Add(-time.Second)) {
				t.Errorf("got the entry %+v, want it seen after its change", entry)
			}
			return nil
		})
	}
	for name, test := range map[string]struct {
		ask    func(*http.Request)
		answer func(*http.Response)
		do     func(*storage.Jobs) error
		sound  bool
	}{
		"an input":                      {do: end, sound: true},
		"a result":                      {do: result, sound: true},
		"a list":                        {do: list, sound: true},
		"the whole input for its end":   {ask: noRange, do: end},
		"the whole result for its end":  {ask: noRange, do: result},
		"the wrong part of an input":    {answer: header("GET", "Content-Range", "bytes 0-6/7"), do: end},
		"an input of another version":   {answer: header("GET", "Etag", `"0x0"`), do: end},
		"an input without a version":    {answer: header("GET", "Etag", ""), do: end},
		"412 for an input that is same": {answer: refuse("GET", "inputs/", 412, "ConditionNotMet"), do: end},
		"304 for an input":              {answer: refuse("GET", "inputs/", 304, "ConditionNotMet"), do: end},
		"409 for an input":              {answer: refuse("GET", "inputs/", 409, "BlobArchived"), do: end},
		"304 for a record":              {answer: refuse("GET", "jobs/", 304, ""), do: read},
		"404 of the container":          {answer: refuse("GET", "jobs/", 404, "ContainerNotFound"), do: read},
		"404 of a proxy":                {answer: refuse("GET", "jobs/", 404, ""), do: read},
		"a record without a version":    {answer: header("GET", "Etag", ""), do: read},
		"409 for an update":             {answer: refuse("PUT", "jobs/", 409, "SnapshotsPresent"), do: update},
		"412 of a lease":                {answer: refuse("PUT", "jobs/", 412, "LeaseIdMissing"), do: update},
		"412 of a proxy":                {answer: refuse("PUT", "jobs/", 412, ""), do: update},
		"an update without a version":   {answer: header("PUT", "Etag", ""), do: update},
		"a list without a date":         {answer: header("GET", "Date", ""), do: list},
	} {
		t.Run(name, func(t *testing.T) {
			odd := a
			odd.transport = &oddNetwork{base: a.transport, ask: test.ask, answer: test.answer}
			store, _ := odd.open(t)
			err := test.do(store)
			if (err == nil) != test.sound {
				t.Errorf("got %v, want success: %v", err, test.sound)
			}
			for _, final := range []error{jobs.ErrNotFound, jobs.ErrConflict, jobs.ErrExists, jobs.ErrChanged} {
				if errors.Is(err, final) {
					t.Errorf("got %v, want an error after which the job is tried again", err)
				}
			}
		})
	}
}
