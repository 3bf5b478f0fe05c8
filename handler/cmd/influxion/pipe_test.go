//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/exit"
)

// When nobody reads its results any more, a batch still finishes the documents in progress, and the
// exit code reports it.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	begun, third := make(chan struct{}), make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch len(body) {
		case 1: // is done once the second is half-way, and then nobody listens
			<-begun
		case 2:
			w.Header().Set("Content-Length", "100000")
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(make([]byte, 50000))
			_ = http.NewResponseController(w).Flush()
			close(begun)
			select {
			case <-third:
			case <-r.Context().Done():
			}
			return // and so is cut off
		case 3:
			close(third)
		}
		answer(w, body)
	}))
	defer service.Close()
	folder := t.TempDir()
	arguments := []string{"influxion", "sign", "--jobs", "2", "-o", filepath.Join(folder, "out")}
	for i := range 3 {
		name := filepath.Join(folder, string(rune('a'+i))+".pdf")
		if err := os.WriteFile(name, make([]byte, i+1), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, name)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	command := &exec.Cmd{Path: self, Args: arguments, Stdout: writer, Stderr: &errs, Dir: folder,
		Env: append(os.Environ(),
			"INFLUXION_CLIENT_URL="+service.URL, "INFLUXION_CLIENT_SCOPE=api://x/.default",
			"INFLUXION_CLIENT_AUTH=managed-identity",
			"IDENTITY_ENDPOINT="+identity(t), "IDENTITY_HEADER=x", "HOME="+folder)}
	err = command.Run()
	writer.Close()
	if command.ProcessState.ExitCode() != exit.Failed {
		t.Errorf("got %v: %s, want code %d", err, &errs, exit.Failed)
	}
	entries, err := os.ReadDir(filepath.Join(folder, "out"))
	if err != nil || len(entries) != 2 || entries[0].Name() != "a.pdf" || entries[1].Name() != "c.pdf" {
		t.Errorf("got %v (%v), want the two that are whole", entries, err)
	}
}

// identity issues tokens as a managed identity's endpoint does.
func identity(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"a.b.c","expires_on":"4102444800","resource":"api://x","token_type":"Bearer"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
