package request

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
)

// readJSON reads {"document": "<base64>", "<option>": "<text>" or null, …}: one flat object of strings. It is read as a stream, so
// that a document is never held in base64 as well, and strictly: RFC 8259 leaves duplicate names to the reader, which refuses them.
func (in *Incoming) readJSON(ctx context.Context, f *form) error {
	r := &jsonReader{bufio.NewReaderSize(in.request.Body, 32<<10)}
	if err := r.expect('{'); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for first := true; ; first = false {
		more, err := r.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		name, err := r.name()
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
		if err := in.readMember(ctx, f, r, name); err != nil {
			return err
		}
	}
	if err := r.end(); err != nil {
		return err
	}
	if f.document == nil {
		return invalidRequest(codeMissing, "the object has no member document", nil)
	}
	return nil
}

func (in *Incoming) readMember(ctx context.Context, f *form, r *jsonReader, name string) error {
	null, err := r.null()
	if err != nil || null {
		return err // null is how workflow designers write a value that is not set
	}
	if err := r.expect('"'); err != nil {
		if errors.Is(err, errJSON) {
			return invalidRequest("invalid_request", "member "+name+" is not a string", err)
		}
		return err
	}
	value := &jsonString{in: r.r}
	file := base64.NewDecoder(base64.StdEncoding, &afterPadding{r: value})
	switch name {
	default:
		return f.options.chooseFrom(name, value)
	case optionImage:
		err = f.options.chooseImage(ctx, file, &in.image)
	case "document":
		var expected int64
		if expected, err = in.expect(ctx, in.request.ContentLength/4*3); err == nil {
			f.document, err = in.readDocument(ctx, file, expected)
		}
	}
	_, corrupt := errors.AsType[base64.CorruptInputError](err)
	if corrupt || (err == io.ErrUnexpectedEOF && value.err == io.EOF) { // a last group that is too short
		return invalidRequest("invalid_request", "member "+name+" is not base64 (RFC 4648, section 4)", err)
	}
	return err
}
