package main_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// fleet is two hosts over one storage, and everything that all of its hosts ever logged.
type fleet struct {
	*program
	hosts   []*hosttest.Host
	root    string
	environ []string // of the handlers of these hosts
	user    *keptToken
}

// restart ends the running hosts and starts two others.
func (f *fleet) restart(t *testing.T, environ ...string) {
	t.Helper()
	for _, host := range f.hosts {
		host.Close()
	}
	f.hosts, f.environ = nil, environ
	for range 2 {
		f.hosts = append(f.hosts, f.another(t))
	}
	f.host = f.hosts[0]
}

// another starts a host.
func (f *fleet) another(t *testing.T) *hosttest.Host {
	t.Helper()
	host, err := f.StartHost(t.Context(), hosttest.Config{Root: f.root, Log: f.log.Record, Environ: f.environ,
		Timeouts: hosttest.Timeouts{MessageLease: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	if err := host.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return host
}

// replace starts a new host for each one that has given up, as the platform does. A host gives up
// when its handler dies again and again.
func (f *fleet) replace(t *testing.T) {
	t.Helper()
	for i, host := range f.hosts {
		select {
		case <-host.Done():
			f.hosts[i] = f.another(t)
		default:
		}
	}
	f.host = f.hosts[0]
}

// submitBatch is how many jobs one request of the fleet asks for.
const submitBatch = 25

// ask submits jobs, and gives their IDs.
func (f *fleet) ask(t *testing.T, items []string) []string {
	t.Helper()
	ids := make([]string, len(items))
	var all sync.WaitGroup
	turn := make(chan struct{}, 4)
	for first := 0; first < len(items); first += submitBatch {
		part := items[first:min(first+submitBatch, len(items))]
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			f.askBatch(t, part, ids[first:])
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return ids
}

// askBatch submits the jobs of one request.
func (f *fleet) askBatch(t *testing.T, items, ids []string) {
	response, body := f.do(t, http.MethodPost, "/api/jobs", "application/json",
		strings.NewReader(`{"jobs": [`+strings.Join(items, ",")+`]}`))
	var answer struct{ Jobs []jobAnswer }
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusAccepted ||
		len(answer.Jobs) != len(items) {
		t.Errorf("got %d %s, want %d jobs", response.StatusCode, body, len(items))
		return
	}
	for i, job := range answer.Jobs {
		ids[i] = job.ID
	}
}

// inlined is a job of a document that comes with the request.
func inlined(document []byte, certificate string) string {
	return fmt.Sprintf(`{"operation": "sign", "document": %q, "options": {"certificate": %q}}`,
		base64.StdEncoding.EncodeToString(document), certificate)
}

// named is a job of a blob of the inbox.
func named(blob, certificate string) string {
	return fmt.Sprintf(`{"operation": "sign", "blob": %q, "options": {"certificate": %q}}`, blob, certificate)
}

// age changes a job's record, so that the job was asked for that long ago.
func (f *fleet) age(t *testing.T, id string, ago time.Duration) {
	t.Helper()
	name := "jobs/" + id
	text, err := f.Blob(t.Context(), cloudtest.RecordsContainer, name)
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	text, input, _ := bytes.Cut(text, []byte{'\n'})
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	record["created_at"] = time.Now().UTC().Add(-ago)
	if text, err = json.Marshal(record); err != nil {
		t.Fatal(err)
	}
	text = append(append(text, '\n'), input...)
	if err := f.PutBlob(t.Context(), cloudtest.RecordsContainer, name, text); err != nil {
		t.Fatal(err)
	}
}

// unended are the jobs that have not ended. While the handler of a host restarts, the host's
// answers are useless.
func (f *fleet) unended(t *testing.T, ids []string) (open []string) {
	t.Helper()
	for i, id := range ids {
		job, ok := f.look(t, f.hosts[i%2], id)
		if !ok || job.Status != "Done" && job.Status != "Error" {
			open = append(open, id)
		}
		if len(open) == 2 { // enough to know that it goes on
			return append(open, ids[i+1:]...)
		}
	}
	return open
}

func (f *fleet) look(t *testing.T, host *hosttest.Host, id string) (job jobAnswer, ok bool) {
	t.Helper()
	body, err := f.get(t, host, "/api/jobs/"+id)
	return job, err == nil && json.Unmarshal(body, &job) == nil
}

// get asks a host, as the user who asked for the jobs.
func (f *fleet) get(t *testing.T, host *hosttest.Host, path string) ([]byte, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.user.GetToken(t.Context(), tokenRequest(f.Scope))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("got %d %s", response.StatusCode, body)
	}
	return body, err
}

// tokenTime is how long a keptToken is used.
const tokenTime = 10 * time.Minute

// keptToken fetches a new token only now and then, as callers do. Safe for concurrent use.
type keptToken struct {
	credential azcore.TokenCredential

	mu    sync.Mutex
	token azcore.AccessToken
	asked time.Time
}

// GetToken implements azcore.TokenCredential.
func (k *keptToken) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token.Token != "" && time.Since(k.asked) < tokenTime {
		return k.token, nil
	}
	token, err := k.credential.GetToken(ctx, options)
	if err == nil {
		k.token, k.asked = token, time.Now()
	}
	return token, err
}
