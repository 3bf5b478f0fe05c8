package jsonstream

import (
	"fmt"
	"io"

	"influxion/handler/internal/signing"
)

// The members of the object that Logic Apps and Power Automate make of binary content. If the whole
// body is such an object, it is the document.
const (
	Content     = "$content"
	ContentType = "$content-type"
)

// MaxMediaType bounds a media type with its parameters, in bytes.
const MaxMediaType = 255

// File reads a file in base64: a string, which may be a data: URI, or an object with Content. It
// calls accepted with the media type ("" = none is stated), and then read with the file. A null is
// no file.
func (j *Reader) File(name string, accepted func(mediaType string) error, read func(io.Reader) error) error {
	c, err := j.Peek()
	switch {
	case err != nil:
		return err
	case c == 'n':
		return j.Literal("null")
	case c == '{':
		return j.fileObject(name, accepted, read)
	case c != '"':
		return BadMember(name, "is not a string or an object with "+Content)
	}
	return j.String(func(text io.Reader) error {
		file := newBase64Reader(text.(*stringReader), name)
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
func (j *Reader) fileObject(name string, accepted func(mediaType string) error, read func(io.Reader) error) error {
	found := false
	err := j.Object(func(member string) error {
		switch member {
		case ContentType:
			return j.MediaType(accepted)
		case Content:
			found = true
			if c, err := j.Peek(); err != nil || c == '"' || c == 'n' {
				return j.File(name, accepted, read)
			}
		}
		return BadMember(name, "may have "+ContentType+" and "+Content+", two strings, and nothing else")
	})
	if err == nil && !found {
		return BadMember(name, "is an object without "+Content)
	}
	return err
}

// MediaType reads a media type and passes it to accepted. A null is none.
func (j *Reader) MediaType(accepted func(mediaType string) error) error {
	c, err := j.Peek()
	switch {
	case err != nil:
		return err
	case c == 'n':
		return j.Literal("null")
	case c != '"':
		return BadMember(ContentType, "is not a string")
	}
	return j.String(func(text io.Reader) error {
		value, err := io.ReadAll(io.LimitReader(text, MaxMediaType+1))
		if err != nil {
			return err
		}
		if len(value) > MaxMediaType {
			return &signing.Error{Kind: signing.UnsupportedMediaType, Code: "media_type_unsupported",
				Detail: fmt.Sprintf("member %s has more than %d bytes", ContentType, MaxMediaType)}
		}
		return accepted(string(value))
	})
}
