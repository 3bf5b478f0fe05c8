package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, mode := range map[string]os.FileMode{"handler": 0o755, "host.json": 0o644, "Sign/function.json": 0o644} {
		target := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	var packed [2][]byte
	for i := range packed {
		target := filepath.Join(t.TempDir(), "dist.zip")
		if err := pack(folder, target); err != nil {
			t.Fatal(err)
		}
		var err error
		if packed[i], err = os.ReadFile(target); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(packed[0], packed[1]) {
		t.Error("got two different packages of one folder, want the same bytes")
	}
	archive, err := zip.NewReader(bytes.NewReader(packed[0]), int64(len(packed[0])))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]os.FileMode{"handler": 0o755, "host.json": 0o644, "Sign/function.json": 0o644}
	if len(archive.File) != len(want) {
		t.Errorf("got %d files, want %d", len(archive.File), len(want))
	}
	for _, file := range archive.File {
		if mode, ok := want[file.Name]; !ok || file.Mode() != mode {
			t.Errorf("got %s with %v, want it with %v: the host runs the handler by its run bit", file.Name,
				file.Mode(), mode)
		}
	}
}
