package request

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"influxion/handler/internal/render"
)

// raw reads a value as it is written, of at most limit bytes.
func (j *jsonReader) raw(limit int) ([]byte, error) {
	if _, err := j.peek(); err != nil {
		return nil, err
	}
	var text []byte
	depth, inString, escaped := 0, false, false
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			return nil, atEnd(err)
		}
		if !inString && depth == 0 && len(text) > 0 && (c == ',' || c == '}' || isSpace(c)) {
			return text, j.r.UnreadByte()
		}
		if text = append(text, c); len(text) > limit {
			return nil, invalidRequest("data_invalid", fmt.Sprintf("data has more than %d bytes", limit), nil)
		}
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if !inString && !escaped && depth <= 0 && (c == '"' || c == '}' || c == ']') {
			if depth < 0 || !json.Valid(text) {
				return nil, invalidRequest("data_invalid", "data is not JSON", errJSON)
			}
			return text, nil
		}
	}
}

// text reads a string of at most limit bytes, in UTF-8.
func (j *jsonReader) text(name string, limit int, into *string) error {
	c, err := j.peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		return j.literal("null")
	}
	if c != '"' {
		return badMember(name, "is not a string")
	}
	return j.string(func(text io.Reader) error {
		value, err := io.ReadAll(io.LimitReader(text, int64(limit)+1))
		if err != nil {
			return err
		}
		if len(value) > limit {
			return badMember(name, fmt.Sprintf("has more than %d bytes", limit))
		}
		if !utf8.Valid(value) {
			return badMember(name, "is not UTF-8")
		}
		*into = string(value)
		return nil
	})
}

// bytes reads a file in base64.
func (j *jsonReader) bytes(name string, into *[]byte) error {
	return j.file(name, isAny, func(file io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(file, render.MaxFileBytes+1))
		if err != nil {
			return err
		}
		if len(data) > render.MaxFileBytes {
			return badMember(name, fmt.Sprintf("has more than %d bytes", render.MaxFileBytes))
		}
		*into = slices.Clip(data)
		return nil
	})
}

// array has each element of an array read.
func (j *jsonReader) array(name string, element func() error) error {
	c, err := j.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return badMember(name, "is not an array")
	}
	if err := j.expect('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := j.next(']', first)
		if err != nil || !more {
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}
