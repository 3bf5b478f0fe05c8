package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goInItsPlace stands in for go. It notes how build.sh calls go, and what was in dist/ when it was
// packed.
const goInItsPlace = `#!/bin/sh
echo "$1 $2 GOOS=$GOOS GOARCH=$GOARCH" >>"$CALLS"
case "$1" in
build) while [ "$1" != -o ]; do shift; done; echo built >"$2" ;;
run) ls -A "$3" >"$PACKED"; : >"$4" ;;
list) echo example.org/library v1.0.0 "$LIBRARY" ;;
env) echo "$LIBRARY" ;;
esac
`

// Both ways of publishing must publish a Linux binary for x86-64 without a laptop's settings.
func TestStage(t *testing.T) {
	t.Parallel()
	root, tools := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "functions"), os.DirFS("../functions")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"build.sh", "host.json", "LICENSE"} {
		content, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, name), string(content))
	}
	settings := []string{".env", "local.settings.json"}
	for _, name := range settings {
		write(t, filepath.Join(root, name), "a secret")
	}
	write(t, filepath.Join(tools, "go"), goInItsPlace)
	calls, packed := filepath.Join(tools, "calls"), filepath.Join(tools, "packed")
	command := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "build.sh"), "stage")
	library := t.TempDir()
	write(t, filepath.Join(library, "LICENSE"), "the licence of a library")
	command.Env = []string{"LIBRARY=" + library, "PATH=" + tools + string(os.PathListSeparator) + os.Getenv("PATH"),
		"CALLS=" + calls, "PACKED=" + packed}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if got := read(t, calls); !strings.Contains(got, "build -trimpath GOOS=linux GOARCH=amd64\n") ||
		!strings.Contains(got, "run ./handler/cmd/pack GOOS= GOARCH=\n") {
		t.Errorf("got the calls\n%swant the handler built for Azure and the packing run here", got)
	}
	for _, want := range []string{"Apache License",
		"==== example.org/library v1.0.0: LICENSE\n\nthe licence of a library"} {
		if got := read(t, filepath.Join(root, "dist", "NOTICES.txt")); !strings.Contains(got, want) {
			t.Errorf("got notices %q, want %q in them", got, want)
		}
	}
	ignored := strings.Fields(read(t, filepath.Join(root, "dist", ".funcignore")))
	for _, name := range settings {
		if got := read(t, filepath.Join(root, "dist", name)); got != "a secret" {
			t.Errorf("got %q staged as %s, want the settings for func start", got, name)
		}
		if !strings.Contains(" "+strings.Join(ignored, " ")+" ", " "+name+" ") {
			t.Errorf("got %q in .funcignore, want %s", ignored, name)
		}
	}
	if got := strings.Fields(read(t, packed)); strings.Contains(strings.Join(got, " "), "settings") ||
		got[0] == ".env" || got[0] == ".funcignore" {
		t.Errorf("got %q packed, want no settings", got)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
