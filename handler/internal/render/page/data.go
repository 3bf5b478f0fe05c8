package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/signing"
)

// ParseData parses the JSON data for a template. A number becomes an int64 if it is whole and fits,
// a float64 if that has exactly the written value, else a json.Number, which keeps the written
// text. Empty text is an empty object. Its errors are *signing.Error and contain no data.
func ParseData(text []byte) (any, error) {
	if len(text) > MaxDataBytes {
		return nil, over(fmt.Sprintf("data has more than %d bytes", MaxDataBytes))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	if !utf8.Valid(text) {
		return nil, invalidData("is not UTF-8")
	}
	d := &dataReader{json.NewDecoder(bytes.NewReader(text)), 0}
	d.UseNumber()
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, invalidData("has something after its end")
	}
	return value, nil
}

func invalidData(detail string) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: "data_invalid", Detail: "data " + detail}
}

// dataReader reads values one by one, so that each is counted before it is stored.
type dataReader struct {
	*json.Decoder
	values int
}

func (d *dataReader) value(depth int) (any, error) {
	if d.values++; d.values > maxDataValues {
		return nil, over(fmt.Sprintf("data has more than %d values", maxDataValues))
	}
	if depth > maxDataDepth {
		return nil, over(fmt.Sprintf("data is nested more than %d deep", maxDataDepth))
	}
	token, err := d.Token()
	if err != nil {
		return nil, d.syntax()
	}
	switch t := token.(type) {
	case json.Number:
		return readNumber(t), nil
	case json.Delim:
		if t == '{' {
			return d.object(depth)
		}
		return d.array(depth)
	case string:
		if writtenLength(t) > MaxPageBytes {
			return nil, over(fmt.Sprintf("a text in data could make more than %d bytes of a page", MaxPageBytes))
		}
	}
	return token, nil
}

// writtenLength is roughly the most bytes that a text has after html/template has escaped it.
// html/template builds the whole result in memory, in steps, before it writes a byte.
func writtenLength(text string) int {
	const reference, percent = len("&#34;"), len("%C3") // in HTML, and in addresses
	length := len(text)
	for i := range len(text) {
		switch b := text[i]; b {
		case '<', '>', '&', '"', '\'', '+', '=', '`', ' ', '\t', '\n', '\r', 0:
			length += reference - 1
		default:
			if b >= utf8.RuneSelf {
				length += percent - 1
			}
		}
	}
	return length
}

func (d *dataReader) syntax() error {
	return invalidData(fmt.Sprintf("is not JSON (byte %d)", d.InputOffset()))
}

func (d *dataReader) object(depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, d.syntax()
		}
		if _, twice := object[name]; twice {
			return nil, invalidData(fmt.Sprintf("has a member twice in one object (byte %d)", d.InputOffset()))
		}
		if object[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, d.syntax()
	}
	return object, nil
}

func (d *dataReader) array(depth int) (any, error) {
	array := []any{}
	for d.More() {
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	if _, err := d.Token(); err != nil {
		return nil, d.syntax()
	}
	return array, nil
}

func readNumber(n json.Number) any {
	if whole, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return whole
	}
	if len(n) > maxNumberText || strings.ContainsAny(string(n), "eE") {
		return n
	}
	float, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return n
	}
	// A float64 will do if it is the same decimal number, apart from zeros at the end.
	shortest, ok := new(big.Rat).SetString(strconv.FormatFloat(float, 'f', -1, 64))
	written, okToo := new(big.Rat).SetString(string(n))
	if ok && okToo && shortest.Cmp(written) == 0 {
		return float
	}
	return n
}
