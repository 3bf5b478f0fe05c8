package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/jobstate"
	"influxion/handler/cmd/influxion/internal/terminal"
)

type anyToken struct{}

func (anyToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// If the answer to a request for jobs is lost, or tells of a fault, the next run sends the same
// request with the same key. Any other answer ends the use of a key, and a deployment that knows no
// keys gets none.
func TestJobsAreSubmittedOnce(t *testing.T) {
	t.Parallel()
	const accepted = `{"batch": "b", "storage": "blob", "jobs": [{"id": "b-000"}]}`
	problem := func(code string) string { return `{"code": "` + code + `"}` }
	for name, test := range map[string]struct {
		answers [][2]string // status and body of each; "" = the connection breaks
		same    bool        // both runs send the same key
		keys    int         // requests that have one
		sent    int         // requests
	}{
		"an answer that is lost": {[][2]string{{"", ""}, {"202", accepted}}, true, 2, 2},
		"an answer that is not":  {[][2]string{{"400", problem("option_invalid")}, {"202", accepted}}, false, 2, 2},
		"a gateway's answer":     {[][2]string{{"504", ""}, {"202", accepted}}, true, 2, 2},
		"a service's fault":      {[][2]string{{"500", problem("internal")}, {"202", accepted}}, true, 2, 2},
		"no keys": {[][2]string{{"501", problem("idempotency_unsupported")}, {"202", accepted}},
			false, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex // of what follows
			var keys []string
			sent := 0
			count := func() int {
				mu.Lock()
				defer mu.Unlock()
				return sent
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				mu.Lock()
				defer mu.Unlock()
				if key := r.Header.Get("Idempotency-Key"); key != "" {
					keys = append(keys, key)
				}
				answer := test.answers[sent]
				sent++
				var status int
				if _, err := fmt.Sscan(answer[0], &status); err != nil {
					panic(http.ErrAbortHandler) // the connection breaks
				}
				media := "application/json"
				if status >= 400 {
					media = "application/problem+json"
				}
				w.Header().Set("Content-Type", media)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, answer[1])
			}))
			t.Cleanup(server.Close)
			folder := t.TempDir()
			document := filepath.Join(folder, "a.pdf")
			if err := os.WriteFile(document, []byte("%PDF-"), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(folder, jobstate.DefaultName)
			submit := func() error {
				state, err := jobstate.Read(file)
				if err != nil {
					t.Fatal(err)
				}
				a := &app{out: io.Discard, err: io.Discard}
				r := &jobsRun{app: a, submission: &submission{operation: client.OperationSign, state: file},
					service: client.New(server.URL, anyToken{}, "scope"), state: state, tasks: map[string]task{},
					progress: terminal.NewProgress(io.Discard, 1)}
				_, err = r.send(t.Context(), []task{{document, document + ".signed"}})
				return errors.Join(err, r.state.Write(&r.files, file))
			}
			var errs []error
			for count() < len(test.answers) {
				errs = append(errs, submit())
			}
			if err := errs[len(errs)-1]; err != nil {
				t.Errorf("got %v of the last run, want the jobs", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(keys) != test.keys || sent != test.sent || len(keys) == 2 && (keys[0] == keys[1]) != test.same {
				t.Errorf("got the keys %q in %d requests, want %d of %d, the same: %v", keys, sent, test.keys,
					test.sent, test.same)
			}
			text, err := os.ReadFile(file)
			var state jobstate.State
			if err != nil || json.Unmarshal(text, &state) != nil || state.Sent != nil || len(state.Files) != 1 {
				t.Errorf("got the state %s (%v), want one job and no request without an answer", text, err)
			}
		})
	}
}
