// Command distzip packs a staged folder for publishing: distzip FOLDER FILE.zip. The same folder
// always gives the same bytes, and the handler keeps its executable bit, which the Functions host
// needs.
package main

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: distzip FOLDER FILE.zip")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "distzip:", err)
		os.Exit(1)
	}
}

func pack(folder, target string) (err error) {
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	archive := zip.NewWriter(file)
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(archive, folder, name, entry)
	}
	if err := filepath.WalkDir(folder, walk); err != nil {
		return err
	}
	return archive.Close()
}

func add(archive *zip.Writer, folder, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(folder, name)
	if err != nil {
		return err
	}
	// The files' own times would make each package differ. This is the earliest time that the
	// format has.
	epoch := time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)
	header := &zip.FileHeader{Name: filepath.ToSlash(relative), Method: zip.Deflate, Modified: epoch}
	header.SetMode(info.Mode().Perm())
	writer, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	source, err := os.Open(name)
	if err != nil {
		return err
	}
	defer source.Close()
	_, err = io.Copy(writer, source)
	return err
}
