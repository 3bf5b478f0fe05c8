package viewer_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"influxion/handler/cmd/influxion/internal/viewer"
)

// The system's command gets the file by its whole path, whatever the name looks like. Its failure
// is reported, as is its absence.
func TestOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its command is a part of the system")
	}
	folder := t.TempDir()
	t.Chdir(folder)
	t.Setenv("PATH", filepath.Join(folder, "bin")+string(os.PathListSeparator)+"/bin:/usr/bin")
	write := func(script string) {
		if err := os.MkdirAll("bin", 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"xdg-open", "open"} {
			if err := os.WriteFile(filepath.Join("bin", name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(`printf '%s|%s' "$#" "$1" >shown.txt`)
	for _, name := range []string{"a b.pdf", "-x.pdf", "http:a.pdf"} {
		ended, err := viewer.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		working, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		want := "1|" + filepath.Join(working, name)
		if got, err := os.ReadFile("shown.txt"); err != nil || string(got) != want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
		}
	}
	write("exit 3")
	ended, err := viewer.Open("a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("got no error from a command that fails")
	}
	t.Setenv("PATH", filepath.Join(folder, "nothing"))
	if _, err := viewer.Open("a.pdf"); err == nil {
		t.Error("got no error without a command")
	}
}
