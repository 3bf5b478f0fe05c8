package client

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
)

// asForm turns a call with a document and a query into a call with a form (RFC 7578). The form can
// also hold an image (nil = none) and the document's password. It does not copy the document.
func (c *call) asForm(image []byte) error {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for name, values := range c.fields(c.unlocked()) {
		if err := form.WriteField(name, values[0]); err != nil {
			return fmt.Errorf("make form: %w", err)
		}
	}
	if image != nil {
		part, err := form.CreateFormFile("image", "image")
		if err == nil {
			_, err = part.Write(image)
		}
		if err != nil {
			return fmt.Errorf("make form: %w", err)
		}
	}
	_, err := form.CreateFormFile("document", "document.pdf")
	if err != nil {
		return fmt.Errorf("make form: %w", err)
	}
	opening := bytes.Clone(head.Bytes())
	if err := form.Close(); err != nil {
		return fmt.Errorf("make form: %w", err)
	}
	closing := bytes.Clone(head.Bytes()[len(opening):])
	c.document, c.mediaType, c.query = framed{opening, c.document, closing}, form.FormDataContentType(), url.Values{}
	return nil
}

// framed is a document with a text before it and a text after it.
type framed struct {
	opening  []byte
	document Document
	closing  []byte
}

func (f framed) Size() int64 {
	return int64(len(f.opening)) + f.document.Size() + int64(len(f.closing))
}

// ReadAt implements io.ReaderAt.
func (f framed) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	read := 0
	for _, part := range []Document{bytes.NewReader(f.opening), f.document, bytes.NewReader(f.closing)} {
		if off >= part.Size() {
			off -= part.Size()
			continue
		}
		n, err := part.ReadAt(p[read:min(int64(len(p)), int64(read)+part.Size()-off)], off)
		read, off = read+n, 0
		if read == len(p) {
			return read, nil
		}
		if err != nil && err != io.EOF {
			return read, err
		}
	}
	return read, io.EOF
}
