package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/storagetest"
)

const good = "good-token"

// credential returns one token, and only for the scope of storage.
type credential struct{ token string }

func (c credential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Equal(options.Scopes, []string{"https://storage.azure.com/.default"}) {
		return azcore.AccessToken{}, fmt.Errorf("got scopes %v, want those of storage", options.Scopes)
	}
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func authorize(token string) error {
	switch token {
	case good:
		return nil
	case "no-role":
		return storagetest.ErrNoRole
	}
	return errors.New("unknown token")
}

// serve starts a service with the container audit.
func serve(t testing.TB, config blobtest.Config) (*blobtest.Server, func(token string) *storage.Container) {
	t.Helper()
	config.Container, config.TenantID, config.Authorize = "audit", "11111111-1111-1111-1111-111111111111", authorize
	blobs := blobtest.New(config)
	server := httptest.NewTLSServer(blobs)
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	t.Cleanup(blobs.Clear)
	return blobs, func(token string) *storage.Container {
		container, err := storage.NewContainer(storage.Config{URL: server.URL + "/audit", Credential: credential{token},
			Transport: server.Client().Transport})
		if err != nil {
			t.Fatal(err)
		}
		return container
	}
}

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// whole joins all blobs in the order of their names.
func whole(blobs *blobtest.Server) string {
	content := blobs.Content()
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(content)) {
		all.Write(content[name])
	}
	return all.String()
}

func TestAppend(t *testing.T) {
	t.Parallel()
	// A step sets a fault, moves the clock and appends. Append returns an error or nil.
	type step struct {
		fault   blobtest.Kind
		times   int
		advance time.Duration
		line    string
		fails   bool
	}
	for _, test := range []struct {
		name      string
		config    blobtest.Config
		maxBlocks int
		steps     []step
		want      string
		blobs     int // with content
	}{
		{"lines follow one another", blobtest.Config{}, 10, []step{{line: "a\n"}, {line: "b\nc\n"}}, "a\nb\nc\n", 1},
		{"a blob is full by our count", blobtest.Config{}, 2, []step{{line: "a\n"}, {line: "b\n"}, {line: "c\n"}},
			"a\nb\nc\n", 2},
		{"a blob is full by theirs", blobtest.Config{MaxBlocks: 2}, 10,
			[]step{{line: "a\n"}, {line: "b\n"}, {line: "c\n"}},
			"a\nb\nc\n", 2},
		{"another day", blobtest.Config{}, 10, []step{{line: "a\n"}, {line: "b\n", advance: 24 * time.Hour}}, "a\nb\n",
			2},
		{"a lost answer", blobtest.Config{}, 10, []step{{line: "a\n"}, {fault: blobtest.Lost, times: 1, line: "b\n"},
			{line: "c\n"}}, "a\nb\nc\n", 1},
		{"lost twice, and told again", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Lost, times: 1, line: "b\n"}, {fault: blobtest.Lost, times: 1, line: "c\n"}}, "a\nb\nc\n",
			1},
		{"the first answer is lost", blobtest.Config{}, 10, []step{{fault: blobtest.Lost, times: 1, line: "a\n"},
			{line: "b\n"}}, "a\nb\n", 1},
		{"down, and told again", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Down, times: 2, line: "b\n", fails: true}, {line: "b\n"}}, "a\nb\n", 1},
		{"down on another day", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Down, times: 2, line: "b\n", fails: true}, {line: "b\n", advance: 24 * time.Hour}},
			"a\nb\n", 1},
		{"full, and told again", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Full, line: "b\n", fails: true}, {fault: "-", line: "b\n"}}, "a\nb\n", 1},
		{"immutable since", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Immutable, times: 1, line: "b\n"}}, "a\nb\n", 2},
		{"immutable for good", blobtest.Config{}, 10, []step{{line: "a\n"},
			{fault: blobtest.Immutable, line: "b\n", fails: true},
			{fault: blobtest.Immutable, line: "b\n", fails: true},
			{fault: "-", line: "b\n"}}, "a\nb\n", 2},
		{"busy", blobtest.Config{}, 10, []step{{fault: blobtest.Throttled, times: 1, line: "a\n"}, {line: "b\n"}},
			"a\nb\n", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			blobs, open := serve(t, test.config)
			clock := clocktest.New(noon)
			log := storage.NewAppendLog(open(good), clock.Now)
			log.SetMaxBlocks(test.maxBlocks)
			for i, step := range test.steps {
				clock.Advance(step.advance)
				if step.fault != "" {
					blobs.Fail(step.fault, step.times)
				}
				if step.fault == "-" {
					blobs.Clear()
				}
				if err := log.Append(t.Context(), []byte(step.line)); (err != nil) != step.fails {
					t.Errorf("step %d: got %v, want an error: %v", i, err, step.fails)
				}
			}
			if got := whole(blobs); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			filled := 0
			for name, content := range blobs.Content() {
				if !strings.HasPrefix(name, "2026/0") || !strings.HasSuffix(name, ".jsonl") {
					t.Errorf("got the name %s", name)
				}
				if len(content) > 0 {
					filled++
				}
			}
			if filled != test.blobs || len(blobs.Content()) > test.blobs {
				t.Errorf("got %d blobs, %d of them with content, want %d", len(blobs.Content()), filled, test.blobs)
			}
		})
	}
}

// If somebody else writes to our blob, Append detects that and begins another blob.
func TestAnotherWriter(t *testing.T) {
	t.Parallel()
	blobs, open := serve(t, blobtest.Config{})
	log := storage.NewAppendLog(open(good), clocktest.New(noon).Now)
	if err := log.Append(t.Context(), []byte("a\n")); err != nil {
		t.Fatal(err)
	}
	for name := range blobs.Content() {
		blobs.Replace(name, []byte("a\nx\n"))
	}
	if err := log.Append(t.Context(), []byte("b\n")); err == nil {
		t.Error("got no error for a blob that has grown, want one")
	}
	if err := log.Append(t.Context(), []byte("b\n")); err != nil {
		t.Error(err)
	}
	if got := whole(blobs); got != "a\nx\nb\n" {
		t.Errorf("got %q, want what was written, once", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"no-role", "unknown", ""} {
		blobs, open := serve(t, blobtest.Config{})
		log := storage.NewAppendLog(open(token), time.Now)
		if err := log.Append(t.Context(), []byte("a\n")); err == nil {
			t.Errorf("%q: got no error, want the refusal", token)
		}
		if _, err := log.Tails(t.Context()); err == nil {
			t.Errorf("%q: got no error for reading, want the refusal", token)
		}
		if len(blobs.Content()) != 0 {
			t.Errorf("%q: got blobs, want none", token)
		}
	}
}

// Tails returns the last lines of each writer of today and the day before, from its latest blob.
func TestTails(t *testing.T) {
	t.Parallel()
	blobs, open := serve(t, blobtest.Config{})
	clock := clocktest.New(noon)
	first, second := storage.NewAppendLog(open(good), clock.Now), storage.NewAppendLog(open(good), clock.Now)
	old := storage.NewAppendLog(open(good), clocktest.New(noon.AddDate(0, 0, -2)).Now)
	first.SetMaxBlocks(1)
	for log, line := range map[*storage.AppendLog]string{old: "old\n", first: "a\n", second: "x\n"} {
		if err := log.Append(t.Context(), []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"b\n", "c\n", "d\n", "e\n"} {
		if err := first.Append(t.Context(), []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	blobs.Replace("2026/01/31/notes.txt", []byte("somebody's\n"))
	clock.Advance(24 * time.Hour)
	tails, err := second.Tails(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tail := range tails {
		got = append(got, string(tail))
	}
	slices.Sort(got)
	if want := []string{"e\n", "x\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	names, err := open(good).Names(t.Context(), "")
	if err != nil || len(names) != 8 {
		t.Errorf("got %q (%v), want all blobs of several pages", names, err)
	}
	body, err := open(good).Open(t.Context(), "2026/01/31/notes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); err != nil || string(text) != "somebody's\n" {
		t.Errorf("got %q (%v), want the blob", text, err)
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://account.blob.core.windows.net/audit":               true,
		"https://account.blob.core.windows.net/audit/":              true,
		"https://127.0.0.1:10000/devstoreaccount1/logs":             true,
		"https://account.blob.core.windows.net":                     false,
		"https://account.blob.core.windows.net/":                    false,
		"http://account.blob.core.windows.net/audit":                false,
		"https://account.blob.core.windows.net/Audit":               false,
		"https://account.blob.core.windows.net/a":                   false,
		"https://account.blob.core.windows.net/a--b":                false,
		"https://account.blob.core.windows.net/a/b/abc":             false,
		"https://account.blob.core.windows.net/audit?sv=2020&sig=x": false,
		"https://user:pw@account.blob.core.windows.net/audit":       false,
		"https://account.blob.core.windows.net/audit#x":             false,
		"account.blob.core.windows.net/audit":                       false, "": false, "https://%zz/audit": false,
	} {
		if err := storage.CheckURL(address); (err == nil) != want {
			t.Errorf("%s: got %v, want %v", address, err, want)
		}
	}
}

// A token goes only to the host of the container.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("got %s elsewhere, want nothing", r.URL)
	}))
	defer elsewhere.Close()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	container, err := storage.NewContainer(storage.Config{URL: server.URL + "/audit", Credential: credential{good},
		Transport: server.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	if err := storage.NewAppendLog(container, time.Now).Append(t.Context(), []byte("a\n")); err == nil {
		t.Error("got no error for a redirect, want one")
	}
}
