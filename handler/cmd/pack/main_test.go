package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// found is what a package says about a file.
type found struct {
	mode    os.FileMode
	content string
}

// stage writes the files in the given order, with different times.
func stage(t *testing.T, files map[string]found, names []string, umask os.FileMode) string {
	t.Helper()
	folder := t.TempDir()
	for i, name := range names {
		target := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(files[name].content), files[name].mode&^umask); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(i)*1000, 0)
		if err := os.Chtimes(target, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func unzip(t *testing.T, packed []byte) map[string]found {
	t.Helper()
	files := map[string]found{}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[file.Name] = found{file.Mode(), string(content)}
	}
	return files
}

func untar(t *testing.T, packed []byte) map[string]found {
	t.Helper()
	files := map[string]found{}
	compressed, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Uname != "" {
			t.Errorf("got %s of user %d %s, want nobody of this machine", header.Name, header.Uid, header.Uname)
		}
		files[header.Name] = found{header.FileInfo().Mode(), string(content)}
	}
}

// A folder packed twice gives the same bytes, even if the files have other times and were written
// in another order under another umask.
func TestPack(t *testing.T) {
	t.Parallel()
	files := map[string]found{"handler": {0o755, "program"}, "host.json": {0o644, "{}"},
		"Sign/function.json": {0o644, "[]"}}
	for extension, read := range map[string]func(*testing.T, []byte) map[string]found{".zip": unzip, ".tar.gz": untar} {
		var packed [2][]byte
		for i, folder := range []string{
			stage(t, files, []string{"handler", "host.json", "Sign/function.json"}, 0),
			stage(t, files, []string{"Sign/function.json", "host.json", "handler"}, 0o077),
		} {
			target := filepath.Join(t.TempDir(), "dist"+extension)
			if err := pack(folder, target); err != nil {
				t.Fatal(err)
			}
			var err error
			if packed[i], err = os.ReadFile(target); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(packed[0], packed[1]) {
			t.Errorf("%s: got two different packages of one folder, want the same bytes", extension)
		}
		got := read(t, packed[0])
		if len(got) != len(files) {
			t.Errorf("%s: got %v, want %d files", extension, got, len(files))
		}
		for name, want := range files {
			if got[name] != want {
				t.Errorf("%s: got %s with %v, want %v: the host runs the handler by its run bit", extension, name,
					got[name],
					want)
			}
		}
	}
}

// Pack refuses everything that is not a regular file, such as a link that leads out of the folder.
func TestPackRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if os.Symlink("/etc/hostname", filepath.Join(folder, "link")) != nil {
		t.Skip("no links here")
	}
	if err := pack(folder, filepath.Join(t.TempDir(), "dist.zip")); err == nil {
		t.Error("got a link packed")
	}
	if err := pack(t.TempDir(), filepath.Join(t.TempDir(), "dist.rar")); err == nil {
		t.Error("got a package of an unknown kind")
	}
}
