//go:build unix

package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"influxion/handler/client"
)

// A named pipe is refused at once: Open does not wait for a writer.
func TestPipeIsNoDocument(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "a.pdf")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	refused := make(chan error, 1)
	go func() {
		_, err := client.Open(name)
		refused <- err
	}()
	for {
		select {
		case err := <-refused:
			if err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("got %v, want a refusal", err)
			}
			return
		default:
		}
		// A writer that does not wait can open the pipe only while a reader waits.
		if writer, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			writer.Close()
			t.Fatal("got somebody who waits for a writer")
		}
	}
}
