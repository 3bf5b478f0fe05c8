package jsonstream

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Raw reads a value of any kind as it is written, of at most limit bytes. Its errors about the
// value have this code.
func (j *Reader) Raw(name, code string, limit int) ([]byte, error) {
	if _, err := j.Peek(); err != nil {
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
			return nil, invalid(code, fmt.Sprintf("%s has more than %d bytes", name, limit))
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
				return nil, invalid(code, name+" is not JSON")
			}
			return text, nil
		}
	}
}

// Text reads a string of at most limit bytes, in UTF-8.
func (j *Reader) Text(name string, limit int, into *string) error {
	c, err := j.Peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		return j.Literal("null")
	}
	if c != '"' {
		return BadMember(name, "is not a string")
	}
	return j.String(func(text io.Reader) error {
		value, err := io.ReadAll(io.LimitReader(text, int64(limit)+1))
		if err != nil {
			return err
		}
		if len(value) > limit {
			return tooLong(name, limit)
		}
		if !utf8.Valid(value) {
			return BadMember(name, "is not UTF-8")
		}
		*into = string(value)
		return nil
	})
}

// Bytes reads a file in base64, of any type and of at most limit bytes.
func (j *Reader) Bytes(name string, limit int, into *[]byte) error {
	anyType := func(string) error { return nil }
	return j.File(name, anyType, func(file io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
		if err != nil {
			return err
		}
		if len(data) > limit {
			return tooLong(name, limit)
		}
		*into = slices.Clip(data)
		return nil
	})
}

// Array calls element to read each element of an array.
func (j *Reader) Array(name string, element func() error) error {
	c, err := j.Peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return BadMember(name, "is not an array")
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
