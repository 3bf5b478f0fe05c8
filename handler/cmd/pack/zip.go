package main

import (
	"archive/zip"
	"io"
	"io/fs"
)

type zipArchive struct{ *zip.Writer }

func newZip(w io.Writer) archive { return zipArchive{zip.NewWriter(w)} }

func (z zipArchive) add(name string, mode fs.FileMode, _ int64, content io.Reader) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
	header.SetMode(mode)
	writer, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(writer, content)
	return err
}
