package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/terminal"
)

// cloud answers for Entra ID and accepts any secret. All other requests go to the service of the
// test.
type cloud struct{ service http.RoundTripper }

func (c cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "login.example.org" {
		return c.service.RoundTrip(r)
	}
	const base = "https://login.example.org/t"
	body := `{"token_type":"Bearer","expires_in":3600,"access_token":"a.b.c"}`
	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		body = fmt.Sprintf(`{"issuer":"%s/v2.0","token_endpoint":"%[1]s/token","authorization_endpoint":"%[1]s/authorize"}`, base)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// program is one run in this process against a service.
func program(t *testing.T, service http.Handler) (a *app, out, errs *strings.Builder) {
	t.Helper()
	s := httptest.NewServer(service)
	t.Cleanup(s.Close)
	out, errs = &strings.Builder{}, &strings.Builder{}
	folder := t.TempDir()
	environ := map[string]string{
		"INFLUXION_CLIENT_URL": s.URL, "INFLUXION_CLIENT_SCOPE": "api://x/.default",
		"INFLUXION_CLIENT_AUTHORITY_HOST": "https://login.example.org",
		"INFLUXION_CLIENT_TENANT_ID":      "t", "INFLUXION_CLIENT_ID": "c", "INFLUXION_CLIENT_SECRET": "s",
	}
	return &app{
		in: strings.NewReader(""), out: out, err: errs, getenv: func(name string) string { return environ[name] },
		folders: folders{config: func() (string, error) { return folder, nil },
			cache: func() (string, error) { return folder, nil }},
		transport: cloud{&http.Transport{MaxIdleConnsPerHost: 8}}, now: time.Now,
	}, out, errs
}

// answer sends a document as Influxion does.
func answer(w http.ResponseWriter, document []byte) {
	sum := sha256.Sum256(document)
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(document)))
	w.Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	_, _ = w.Write(document)
}

// links makes n names for one document of size bytes.
func links(t *testing.T, n, size int) []string {
	t.Helper()
	folder := t.TempDir()
	first := filepath.Join(folder, "0000.pdf")
	if err := os.WriteFile(first, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	names := []string{first}
	for i := 1; i < n; i++ {
		name := filepath.Join(folder, fmt.Sprintf("%04d.pdf", i))
		if err := os.Link(first, name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func count(t *testing.T, folder string) int {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Signing a thousand documents of a quarter of a megabyte in one command takes the memory of a few
// buffers.
func TestFlatMemory(t *testing.T) {
	const files, size, limit = 1000, 256 << 10, 24 << 20
	if testing.Short() {
		t.Skip("writes 256 MB")
	}
	document := make([]byte, size)
	var asked atomic.Int64
	var mu sync.Mutex
	var peak uint64
	a, out, errs := program(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.Add(1)%25 == 0 {
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			mu.Lock()
			peak = max(peak, memory.HeapAlloc)
			mu.Unlock()
		}
		answer(w, document)
	}))
	names := links(t, files, size)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	folder := filepath.Join(t.TempDir(), "out")
	if code := a.run(t.Context(), append([]string{"sign", "--jobs", "8", "-o", folder}, names...)); code != exit.OK {
		t.Fatalf("got code %d: %s", code, errs)
	}
	if got := count(t, folder); got != files || strings.Count(out.String(), "\n") != files {
		t.Errorf("got %d files and %d lines, want %d", got, strings.Count(out.String(), "\n"), files)
	}
	grown := int64(peak) - int64(before.HeapAlloc)
	t.Logf("heap: %d kB before, %d kB more at its peak, for %d MB of documents", before.HeapAlloc>>10, grown>>10,
		files*size>>20)
	if grown > limit {
		t.Errorf("got %d bytes more at the peak, want %d at most", grown, limit)
	}
}

// A batch that is interrupted while answers arrive keeps the complete documents and nothing else.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var asked atomic.Int64
	a, out, errs := program(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.Add(1) <= 3 {
			answer(w, []byte("%PDF"))
			return
		}
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(make([]byte, 100000))
		_ = http.NewResponseController(w).Flush()
		interrupt()
		<-r.Context().Done()
	}))
	folder := filepath.Join(t.TempDir(), "out")
	code := a.run(ctx, append([]string{"sign", "--jobs", "2", "-o", folder}, links(t, 50, 10)...))
	if code != exit.Interrupted || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("got code %d and %q, want %d", code, errs, exit.Interrupted)
	}
	if lines := strings.Count(out.String(), "\n"); count(t, folder) != lines || lines > 4 {
		t.Errorf("got %d files, and %d lines that tell of them", count(t, folder), lines)
	}
}

// A refused sign-in ends the batch, because it would be refused for the other files too.
func TestRefusedSignInEndsTheBatch(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	a, _, errs := program(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"code":"insufficient_scope"}`)
	}))
	folder := filepath.Join(t.TempDir(), "out")
	code := a.run(t.Context(), append([]string{"sign", "--jobs", "2", "-o", folder}, links(t, 100, 10)...))
	if code != exit.SignIn || asked.Load() > 4 || count(t, folder) != 0 ||
		strings.Count(errs.String(), "insufficient_scope") != 1 {
		t.Errorf("got code %d after %d requests: %s", code, asked.Load(), errs)
	}
}

// An endless stdin does not keep an interrupted program from ending.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	a, _, _ := program(t, http.NotFoundHandler())
	reader, writer := io.Pipe()
	defer writer.Close()
	a.in = reader
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		_, _ = writer.Write([]byte("%PDF"))
		interrupt()
	}()
	if code := a.run(ctx, []string{"sign", "-"}); code != exit.Interrupted {
		t.Errorf("got code %d, want %d", code, exit.Interrupted)
	}
}

// Text from documents and servers cannot control a terminal, and results that cannot be written are
// an error.
func TestOutput(t *testing.T) {
	t.Parallel()
	problem := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"code":"x\u001b[2J","detail":"\u001b]0;y\u0007"}`)
	}
	for _, n := range []int{1, 2} {
		a, out, errs := program(t, http.HandlerFunc(problem))
		if code := a.run(t.Context(), append([]string{"sign"}, links(t, n, 10)...)); code != exit.Failed ||
			strings.ContainsAny(out.String()+errs.String(), "\x1b\x07") ||
			!strings.Contains(errs.String(), "422") {
			t.Errorf("got code %d, %q, %q", code, out, errs)
		}
	}
	report := `{"summary":{"total":1,"passed":1},"signatures":[{"field":"\u001b[2Jx\u202e","indication":"TOTAL-PASSED","reason":"a\nFAKE","signer":{"subject":"CN=\u009b31m"}}]}`
	a, out, errs := program(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, report)
	}))
	code := a.run(t.Context(), append([]string{"verify"}, links(t, 1, 10)...))
	if text := out.String(); code != exit.OK || strings.ContainsAny(text, "\x1b\u009b\u202e") ||
		strings.Contains(text, "\nFAKE") || !strings.Contains(text, "VERIFIED") {
		t.Errorf("got code %d, %q, %s", code, out, errs)
	}
	a, _, _ = program(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, []byte("%PDF")) }))
	a.out = full{}
	if code := a.run(t.Context(), append([]string{"sign"}, links(t, 2, 10)...)); code != exit.Failed {
		t.Errorf("got code %d where stdout is full, want %d", code, exit.Failed)
	}
}

// A line of JSON contains no character that a terminal obeys or hides, and still decodes to the
// same value.
func TestJSONLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain", "Ärger 日本 😀", "\x1b[2J\x07\x7f", "\u009b31m\u0085", "a\u202eb\u2066\u200b",
		"\U000E0041\U0001D173", "\u2028\u2029\ufeff"} {
		line := terminal.JSONLine(map[string]string{text: text})
		var got map[string]string
		if err := json.Unmarshal([]byte(line), &got); err != nil || got[text] != text {
			t.Errorf("got %q (%v) back from %s, want %q", got, err, line, text)
		}
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !unicode.IsGraphic(r) {
				t.Errorf("got %U in %q", r, line)
			}
		}
	}
}

// Reading settings from stdin does not keep an interrupted program from ending either.
func TestInterruptedWhileReadingSettings(t *testing.T) {
	t.Parallel()
	a, _, errs := program(t, http.NotFoundHandler())
	reader, writer := io.Pipe()
	defer writer.Close()
	a.in = reader
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		_, _ = writer.Write([]byte("INFLUXION_"))
		interrupt()
	}()
	if code := a.run(ctx, []string{"doctor", "--settings", "-"}); code != exit.Interrupted {
		t.Errorf("got code %d and %s, want %d", code, errs, exit.Interrupted)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestPlan(t *testing.T) {
	t.Parallel()
	b := &batch{suffix: "signed", jobs: 1}
	for file, want := range map[string]string{
		"a.pdf": "a.signed.pdf", "d/A.PDF": "d/A.signed.PDF", "b": "b.signed.pdf", "c.txt": "c.txt.signed.pdf",
		"-": "-",
	} {
		if got := b.target(input.Source{File: file}); got != want {
			t.Errorf("got %s for %s, want %s", got, file, want)
		}
	}
	if _, err := b.plan([]input.Source{{File: "a.pdf"}, {File: "a.signed.pdf"}}); err == nil {
		t.Error("got a file that is read and written")
	}
	in := &batch{suffix: "signed", jobs: 1, folder: "."}
	if tasks, err := in.plan([]input.Source{{File: "a.pdf"}}); err != nil || tasks[0].to != "a.pdf" {
		t.Errorf("got %v (%v), want the file in its own place, for --force to decide", tasks, err)
	}
}

// The value of --output is a file where it ends in .pdf, and a folder otherwise. No command makes a
// folder that looks like a document.
func TestOutputNamesFileOrFolder(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "there.pdf")
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	one, two := []input.Source{{File: "a.pdf"}}, []input.Source{{File: "a.pdf"}, {File: "b.pdf"}}
	ofFolder := []input.Source{{File: "in/a.pdf", Within: "."}}
	for _, c := range []struct {
		output string
		files  []input.Source
		want   string // of the first file; "" = refused
	}{
		{"one.pdf", one, "one.pdf"},
		{"new/one.PDF", one, "new/one.PDF"},
		{"one.pdf", []input.Source{{File: input.Stdio}}, "one.pdf"},
		{"one.pdf", two, ""},
		{"one.pdf", ofFolder, ""},
		{"one.pdf/", one, "one.pdf/a.pdf"},
		{"one.pdf/", two, "one.pdf/a.pdf"},
		{there, two, there + "/a.pdf"},
		{there, ofFolder, there + "/a.pdf"},
		{"signed", one, "signed/a.pdf"},
		{"signed.d", two, "signed.d/a.pdf"},
	} {
		b := &batch{suffix: "signed", jobs: 1, folder: filepath.FromSlash(c.output)}
		tasks, err := b.plan(c.files)
		switch {
		case c.want == "" && (err == nil || !strings.Contains(err.Error(), "names a file")):
			t.Errorf("-o %s for %v: got %v (%v), want a refusal that names the file", c.output, c.files, tasks, err)
		case c.want != "" && (err != nil || tasks[0].to != filepath.FromSlash(c.want)):
			t.Errorf("-o %s for %v: got %v (%v), want %s", c.output, c.files, tasks, err, c.want)
		}
	}
}
