// Command pack packs a folder for publishing: pack FOLDER FILE.zip, or FILE.tar.gz. The same folder
// always gives the same bytes, on any machine and at any time. Programs keep their executable bit,
// because the Functions host and shells need it.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack FOLDER FILE.zip|FILE.tar.gz")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// epoch is the time of every packed file, because the files' own times would make each package
// differ. It is the earliest time that a zip file can hold.
var epoch = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// archive is a package while it is being written.
type archive interface {
	// add adds a file by its name with slashes.
	add(name string, mode fs.FileMode, size int64, content io.Reader) error
	Close() error
}

func pack(folder, target string) (err error) {
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var packed archive
	switch {
	case strings.HasSuffix(target, ".zip"):
		packed = newZip(file)
	case strings.HasSuffix(target, ".tar.gz"):
		packed = newTar(file)
	default:
		return fmt.Errorf("%s: want a name in .zip or .tar.gz", target)
	}
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(packed, folder, name, entry)
	}
	if err := filepath.WalkDir(folder, walk); err != nil {
		return err
	}
	return packed.Close()
}

func add(packed archive, folder, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", name)
	}
	relative, err := filepath.Rel(folder, name)
	if err != nil {
		return err
	}
	source, err := os.Open(name)
	if err != nil {
		return err
	}
	defer source.Close()
	mode := fs.FileMode(0o644) // whatever the umask was
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	return packed.add(filepath.ToSlash(relative), mode, info.Size(), source)
}
