package main

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// index is the file of a form that gets printed.
const index = "index.html"

// page is a form: files in a folder, and how to print them.
type page struct {
	settings settings
	root     string          // for whatever belongs to the page; the browser's profile too
	folder   string          // of its files alone
	files    map[string]bool // by bare name
}

// readPage reads a form (RFC 7578) into a folder.
func readPage(w http.ResponseWriter, r *http.Request, root string) (*page, error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "want Content-Type multipart/form-data")
	}
	// The browser reports the real paths of files, without symbolic links.
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	p := &page{settings: usualSettings(), root: root, folder: filepath.Join(root, "page"), files: map[string]bool{}}
	if err := os.Mkdir(p.folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	form := multipart.NewReader(http.MaxBytesReader(w, r.Body, maxForm), parameters["boundary"])
	fields := map[string]bool{}
	for {
		part, err := form.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, formError(err)
		}
		if err := p.read(part, fields); err != nil {
			return nil, err
		}
	}
	if !p.files[index] {
		return nil, invalidForm("the file " + index + " is missing")
	}
	return p, nil
}

func invalidForm(detail string) error {
	return refuse(http.StatusBadRequest, "Invalid form data: %s", detail)
}

// formError distinguishes a form that is too large or broken from a disk that fails.
func formError(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errors.Join(refuse(http.StatusRequestEntityTooLarge, "a form has %d bytes at most", large.Limit), err)
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("write file: %w", err)
	}
	return errors.Join(invalidForm("it cannot be read"), err)
}

// read reads one part.
func (p *page) read(part *multipart.Part, fields map[string]bool) error {
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return invalidForm("a part has no Content-Disposition")
	}
	if name, ok := parameters["filename"]; ok {
		return p.readFile(part, name)
	}
	name := parameters["name"]
	if fields[name] || len(fields) == maxFields {
		return invalidForm("a field occurs twice, or there are too many")
	}
	fields[name] = true
	value, err := io.ReadAll(io.LimitReader(part, maxValue+1))
	if err != nil {
		return formError(err)
	}
	if len(value) > maxValue {
		return invalidForm("a field is too long")
	}
	return p.settings.set(name, string(value))
}

func (p *page) readFile(part io.Reader, name string) error {
	switch {
	case !bare(name):
		return invalidForm("the name of a file is not a bare file name")
	case p.files[name]:
		return invalidForm("two files have one name")
	case len(p.files) == maxFiles:
		return invalidForm(fmt.Sprintf("there are more than %d files", maxFiles))
	}
	p.files[name] = true
	file, err := os.OpenFile(filepath.Join(p.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	_, err = io.Copy(file, part)
	if err := errors.Join(err, file.Close()); err != nil {
		return formError(err)
	}
	return nil
}

// bare reports whether a name is a plain file name that leads to no other folder.
func bare(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 255 && utf8.ValidString(name) &&
		!strings.ContainsAny(name, `/\:`) && !strings.ContainsFunc(name, unicode.IsControl)
}
