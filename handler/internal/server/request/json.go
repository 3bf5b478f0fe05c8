package request

import (
	"context"
	"io"

	"influxion/handler/internal/server/jsonstream"
)

// readJSON reads one object, {"document": "<base64>", "<option>": <value>, …}. It reads it as a
// stream.
func (in *Incoming) readJSON(ctx context.Context, f *form) error {
	err := jsonstream.ReadObject(in.body, func(r *jsonstream.Reader, name string) error {
		return in.readMember(ctx, f, r, name)
	})
	if err != nil {
		return err
	}
	if f.document == nil {
		return invalidRequest(codeMissing, "the object has no member document", nil)
	}
	return nil
}

// readMember reads the value of a member of the body. Workflow designers write null for a value
// that is not set.
func (in *Incoming) readMember(ctx context.Context, f *form, r *jsonstream.Reader, name string) error {
	switch {
	case isDocument(name) || name == jsonstream.Content:
		return r.File(name, isPDF, func(file io.Reader) error {
			if f.document != nil {
				return jsonstream.Repeated(name)
			}
			expected, err := in.expect(ctx, in.request.ContentLength/4*3)
			if err == nil {
				f.document, err = in.readDocument(ctx, file, expected)
			}
			return err
		})
	case name == jsonstream.ContentType:
		return r.MediaType(isPDF)
	}
	known, err := f.options.member(name)
	if err != nil {
		return err
	}
	return in.choose(ctx, f.options, known, r)
}

// choose reads the value of an option and notes it.
func (in *Incoming) choose(ctx context.Context, o *options, known Option, r *jsonstream.Reader) error {
	if known.name == optionImage {
		anyType := func(string) error { return nil } // package appearance checks the image
		return r.File(known.name, anyType, func(file io.Reader) error {
			return o.chooseImage(ctx, file, &in.memory.Image)
		})
	}
	c, err := r.Peek()
	if err != nil {
		return err
	}
	var value string
	switch {
	case c == 'n':
		return r.Literal("null")
	case c == '"':
		return r.String(func(text io.Reader) error { return o.chooseFrom(known.name, text) })
	case known.kind == flagKind && c == 't':
		value, err = "true", r.Literal("true")
	case known.kind == flagKind && c == 'f':
		value, err = "false", r.Literal("false")
	case known.kind == numberKind && jsonstream.IsNumberByte(c):
		value, err = r.Number()
	case known.kind == numbersKind && c == '[':
		value, err = r.Numbers()
	default:
		return jsonstream.BadMember(known.name, "is not "+known.kind.inJSON())
	}
	if err != nil {
		return err
	}
	return o.choose(known.name, value)
}

// isPDF refuses a media type other than that of PDF; "" = none is stated.
func isPDF(mediaType string) error {
	media, _ := parseMediaType(mediaType)
	if mediaType != "" && media != mediaPDF && media != "application/octet-stream" {
		return unsupportedMediaType()
	}
	return nil
}
