package request

import (
	"bufio"
	"context"
	"io"
	"slices"
)

// The members of the object that Logic Apps and Power Automate make of binary content. Where the
// whole body is such an object, they are the document's.
const (
	memberContent     = "$content"
	memberContentType = "$content-type"
)

// maxMediaType bounds a media type with its parameters, in bytes.
const maxMediaType = 255

// readJSON reads one object, {"document": "<base64>", "<option>": <value>, …}. It reads it as a
// stream, so that the document is never in memory in base64 as well. It refuses duplicate names,
// whose meaning RFC 8259 leaves open.
func (in *Incoming) readJSON(ctx context.Context, f *form) error {
	r := &jsonReader{bufio.NewReaderSize(in.body, 32<<10)}
	if err := r.skipMark(); err != nil {
		return err
	}
	if err := r.object(func(name string) error { return in.readMember(ctx, f, r, name) }); err != nil {
		return err
	}
	if err := r.end(); err != nil {
		return err
	}
	if f.document == nil {
		return invalidRequest(codeMissing, "the object has no member document", nil)
	}
	return nil
}

// readMember reads the value of a member of the body. Workflow designers write null for a value
// that is not set.
func (in *Incoming) readMember(ctx context.Context, f *form, r *jsonReader, name string) error {
	switch {
	case isDocument(name) || name == memberContent:
		return r.file(name, isPDF, func(file io.Reader) error {
			if f.document != nil {
				return repeated(name)
			}
			expected, err := in.expect(ctx, in.request.ContentLength/4*3)
			if err == nil {
				f.document, err = in.readDocument(ctx, file, expected)
			}
			return err
		})
	case name == memberContentType:
		return r.mediaType(isPDF)
	}
	known, err := f.options.member(name)
	if err != nil {
		return err
	}
	if name == optionImage {
		return r.file(name, isAny, func(file io.Reader) error {
			return f.options.chooseImage(ctx, file, &in.memory.Image)
		})
	}
	return f.options.chooseJSON(known, r)
}

// chooseJSON reads a value and notes it.
func (o *options) chooseJSON(known Option, r *jsonReader) error {
	c, err := r.peek()
	if err != nil {
		return err
	}
	var value string
	switch {
	case c == 'n':
		return r.literal("null")
	case c == '"':
		return r.string(func(text io.Reader) error { return o.chooseFrom(known.name, text) })
	case known.kind == flagKind && c == 't':
		value, err = "true", r.literal("true")
	case known.kind == flagKind && c == 'f':
		value, err = "false", r.literal("false")
	case known.kind == numberKind && isNumberByte(c):
		value, err = r.number()
	case known.kind == numbersKind && c == '[':
		value, err = r.numbers()
	default:
		return invalidRequest("invalid_request", "member "+known.name+" is not "+known.kind.inJSON(), errJSON)
	}
	if err != nil {
		return err
	}
	return o.choose(known.name, value)
}

// file reads a file in base64: a string, which may be a data: URI, or an object with memberContent.
// A null is no file.
func (j *jsonReader) file(name string, accepted func(mediaType string) error, read func(io.Reader) error) error {
	c, err := j.peek()
	switch {
	case err != nil:
		return err
	case c == 'n':
		return j.literal("null")
	case c == '{':
		return j.fileObject(name, accepted, read)
	case c != '"':
		return invalidRequest("invalid_request", "member "+name+" is not a string or an object with "+memberContent,
			errJSON)
	}
	return j.string(func(text io.Reader) error {
		file := newBase64Reader(text.(*jsonString), name)
		mediaType, err := file.dataURI()
		if err == nil {
			err = accepted(mediaType)
		}
		if err != nil {
			return err
		}
		return read(file)
	})
}

// fileObject reads {"$content-type": "…", "$content": "<base64>"}.
func (j *jsonReader) fileObject(name string, accepted func(mediaType string) error, read func(io.Reader) error) error {
	found := false
	err := j.object(func(member string) error {
		switch member {
		case memberContentType:
			return j.mediaType(accepted)
		case memberContent:
			found = true
			if c, err := j.peek(); err != nil || c == '"' || c == 'n' {
				return j.file(name, accepted, read)
			}
		}
		return invalidRequest("invalid_request",
			"member "+name+" may hold "+memberContentType+" and "+memberContent+", two strings, and nothing else",
			errJSON)
	})
	if err == nil && !found {
		return invalidRequest("invalid_request", "member "+name+" is an object without "+memberContent, errJSON)
	}
	return err
}

// mediaType reads a media type and has it judged.
func (j *jsonReader) mediaType(accepted func(mediaType string) error) error {
	c, err := j.peek()
	switch {
	case err != nil:
		return err
	case c == 'n':
		return j.literal("null")
	case c != '"':
		return invalidRequest("invalid_request", "member "+memberContentType+" is not a string", errJSON)
	}
	return j.string(func(text io.Reader) error {
		value, err := io.ReadAll(io.LimitReader(text, maxMediaType+1))
		if err != nil {
			return err
		}
		if len(value) > maxMediaType {
			return unsupportedMediaType()
		}
		return accepted(string(value))
	})
}

// isDocument says whether a part or a member of this name holds the document.
func isDocument(name string) bool { return slices.Contains(documentNames, name) }

// documentNames are the names of a part or a member with the document. Callers that cannot choose
// the name send file.
var documentNames = []string{"document", "file"}

// isPDF refuses a media type other than that of PDF; "" = none is stated.
func isPDF(mediaType string) error {
	media, _ := parseMediaType(mediaType)
	if mediaType != "" && media != mediaPDF && media != "application/octet-stream" {
		return unsupportedMediaType()
	}
	return nil
}

// isAny accepts every media type: whoever reads the file judges it.
func isAny(string) error { return nil }
