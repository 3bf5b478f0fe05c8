package client

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Document is a PDF that can be read at any offset and more than once: a *bytes.Reader, an
// *io.SectionReader, a *File.
type Document interface {
	io.ReaderAt
	Size() int64
}

// File is a Document on disk. It is read in pieces while it is sent.
type File struct {
	file *os.File
	size int64
}

// Name is the file's name without its folder.
func (f *File) Name() string { return filepath.Base(f.file.Name()) }

// Open opens a file as a Document. It must be closed, and must not change until then.
func Open(name string) (*File, error) {
	// Stat comes first, because opening a named pipe waits for its writer.
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := regular(name, info); err != nil {
		return nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err = file.Stat()
	if err == nil {
		err = regular(name, info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &File{file, info.Size()}, nil
}

func regular(name string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	return nil
}

// ReadAt is io.ReaderAt.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

// Size is the file's length in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// Close is io.Closer.
func (f *File) Close() error { return f.file.Close() }
