package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
)

type tarArchive struct {
	*tar.Writer
	compressed *gzip.Writer // whose header has no time and no name
}

func newTar(w io.Writer) archive {
	compressed := gzip.NewWriter(w)
	return tarArchive{tar.NewWriter(compressed), compressed}
}

func (t tarArchive) add(name string, mode fs.FileMode, size int64, content io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(mode), Size: size, ModTime: epoch,
		Format: tar.FormatPAX}
	if err := t.WriteHeader(header); err != nil {
		return err
	}
	_, err := io.Copy(t.Writer, content)
	return err
}

// Close closes both writers, the inner one first.
func (t tarArchive) Close() error { return errors.Join(t.Writer.Close(), t.compressed.Close()) }
