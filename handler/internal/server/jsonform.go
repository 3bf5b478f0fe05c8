package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
)

// readJSON reads {"document": "<base64>", "<option>": "<text>" or null, …}: one flat object of strings. It is read as a stream, so
// that a document is never held in base64 as well, and strictly: RFC 8259 leaves duplicate names to the reader, which refuses them.
func (s *Server) readJSON(ctx context.Context, x *exchange, f *form) error {
	in := &jsonReader{bufio.NewReaderSize(x.request.Body, 32<<10)}
	if err := in.expect('{'); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for first := true; ; first = false {
		more, err := in.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		name, err := in.name()
		if err != nil {
			return err
		}
		if name != "document" {
			if _, err := f.options.find(name); err != nil {
				return err
			}
		}
		if seen[name] {
			return repeated(name)
		}
		seen[name] = true
		if err := s.readMember(ctx, x, f, in, name); err != nil {
			return err
		}
	}
	if err := in.end(); err != nil {
		return err
	}
	if f.document == nil {
		return invalidRequest(codeMissing, "the object has no member document", nil)
	}
	return nil
}

func (s *Server) readMember(ctx context.Context, x *exchange, f *form, in *jsonReader, name string) error {
	null, err := in.null()
	if err != nil || null {
		return err // null is how workflow designers write a value that is not set
	}
	if err := in.expect('"'); err != nil {
		if errors.Is(err, errJSON) {
			return invalidRequest("invalid_request", "member "+name+" is not a string", err)
		}
		return err
	}
	value := &jsonString{in: in.r}
	file := base64.NewDecoder(base64.StdEncoding, &afterPadding{r: value})
	switch name {
	default:
		return f.options.chooseFrom(name, value)
	case optionImage:
		err = f.options.chooseImage(ctx, file, &x.imageHold)
	case "document":
		var expected int64
		if expected, err = x.expect(ctx, x.request.ContentLength/4*3, s.maxDocument); err == nil {
			f.document, err = readDocument(ctx, file, expected, s.maxDocument, &x.hold)
		}
	}
	_, corrupt := errors.AsType[base64.CorruptInputError](err)
	if corrupt || (err == io.ErrUnexpectedEOF && value.err == io.EOF) { // a last group that is too short
		return invalidRequest("invalid_request", "member "+name+" is not base64 (RFC 4648, section 4)", err)
	}
	return err
}
