package csc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"influxion/handler/internal/signing"
)

// MaxBodyBytes bounds a request body. 100 hashes, their SAD and the usual additions of clients take
// a third of it.
const MaxBodyBytes = 64 << 10

// maxText bounds a string in a request, in bytes. An SAD for 100 hashes has 2.2 KiB.
const maxText = 4 << 10

// body is a request body: the members of one JSON object (RFC 8259), each of them once. Unknown
// members are ignored, as the specification asks.
type body map[string]json.RawMessage

// readBody parses a body; an empty one has no members. It returns an error for a body over
// MaxBodyBytes, text that is not UTF-8, and JSON that is not one object with each member once.
func readBody(text []byte) (body, error) {
	b := body{}
	if len(bytes.TrimSpace(text)) == 0 {
		return b, nil
	}
	if len(text) > MaxBodyBytes || !utf8.Valid(text) {
		return nil, invalid("the request body is not a JSON object of at most 64 KiB in UTF-8", nil)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := b.read(decoder); err != nil {
		return nil, invalid("the request body is not exactly one JSON object with each member once", err)
	}
	return b, nil
}

// Asked returns what a request body asks for in one form, however it was written. The SAD is not a
// part of that: it only permits the work, and a caller gets another one with each access token.
func Asked(text []byte) []byte {
	b, err := readBody(text)
	if err != nil {
		return text
	}
	delete(b, "SAD")
	asked, err := json.Marshal(b) // sorted by name, and without white space
	if err != nil {
		return text
	}
	return asked
}

func (b body) read(decoder *json.Decoder) error {
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return errors.New("no object")
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return errors.New("no member name")
		}
		if _, twice := b[name]; twice {
			return errors.New("a member occurs twice")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return errors.New("no value")
		}
		b[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return errors.New("no end")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// take returns the member under one of its names, that of version 1 or that of version 2. The name
// is "" if the member is missing or null. Two names at once are an error.
func (b body) take(names ...string) (string, json.RawMessage, error) {
	found := ""
	for _, name := range names {
		if value := b[name]; value == nil || string(value) == "null" {
			continue
		}
		if found != "" {
			return "", nil, invalid(fmt.Sprintf("parameters %s and %s mean the same: send one", found, name), nil)
		}
		found = name
	}
	return found, b[found], nil
}

// decode decodes the member into a value; present is false if there is none.
func (b body) decode(kind string, into any, names ...string) (present bool, err error) {
	name, value, err := b.take(names...)
	if err != nil || name == "" {
		return false, err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, missing(kind, name)
	}
	return true, nil
}

// text returns a string; "" = there is none.
func (b body) text(names ...string) (string, error) {
	var text string
	if _, err := b.decode("string", &text, names...); err != nil {
		return "", err
	}
	if len(text) > maxText {
		return "", invalid("parameter "+names[0]+" is too long", nil)
	}
	return text, nil
}

// needText returns a required string.
func (b body) needText(names ...string) (string, error) {
	text, err := b.text(names...)
	if err == nil && text == "" {
		err = missing("string", names[0])
	}
	return text, err
}

// flag returns a boolean; false if there is none.
func (b body) flag(name string) (flag bool, err error) {
	_, err = b.decode("boolean", &flag, name)
	return flag, err
}

// number returns an integer; present is false if there is none.
func (b body) number(name string) (number int, present bool, err error) {
	present, err = b.decode("integer", &number, name)
	return number, present, err
}

// hashes returns the decoded hashes; nil = there are none.
func (b body) hashes() ([][]byte, error) {
	var texts []string
	present, err := b.decode("array of strings", &texts, "hash", "hashes")
	if err != nil || !present {
		return nil, err
	}
	if len(texts) == 0 || len(texts) > signing.MaxHashes {
		return nil, invalid(fmt.Sprintf("parameter hash must have 1 to %d elements", signing.MaxHashes), nil)
	}
	hashes := make([][]byte, len(texts))
	for i, text := range texts {
		if hashes[i], err = octets("hash", text); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

// octets decodes base64 (RFC 4648, section 4) without line breaks.
func octets(name, text string) ([]byte, error) {
	// Without strict decoding one hash would have several encodings.
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) == 0 || base64.StdEncoding.EncodedLen(len(decoded)) != len(text) {
		return nil, invalid("parameter "+name+" is not base64", nil)
	}
	return decoded, nil
}

// missing is an error in the words of the specification: version 1.0.4, section 10.1.
func missing(kind, name string) error {
	return invalid(fmt.Sprintf("Missing (or invalid type) %s parameter %s", kind, name), nil)
}

// invalid is the error for a malformed request. The detail must repeat nothing from the request.
func invalid(detail string, cause error) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: "csc_invalid", Detail: detail, Err: cause}
}
