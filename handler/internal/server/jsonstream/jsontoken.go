package jsonstream

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// atEnd gives the error of a read inside the object: a syntax error if the body has ended, else the
// error of the connection.
func atEnd(err error) error {
	if err == io.EOF {
		return malformed()
	}
	return err
}

// Reader reads the values of a text in JSON, each as its caller asks for it. Not safe for
// concurrent use.
type Reader struct{ r *bufio.Reader }

// Read calls value to read the one value of a text, and makes sure that nothing but white space
// follows. Its errors are those of value, of in, and *signing.Error.
func Read(in io.Reader, value func(j *Reader) error) error {
	// A number ends at the first byte that does not belong to it, so a space follows the text.
	j := &Reader{bufio.NewReaderSize(io.MultiReader(in, strings.NewReader(" ")), 32<<10)}
	if err := j.skipMark(); err != nil {
		return err
	}
	if err := value(j); err != nil {
		return err
	}
	return j.end()
}

// ReadObject is Read for an object: see Reader.Object.
func ReadObject(in io.Reader, member func(j *Reader, name string) error) error {
	return Read(in, func(j *Reader) error {
		return j.Object(func(name string) error { return member(j, name) })
	})
}

// mark is the byte order mark in UTF-8, which RFC 8259, section 8.1, lets a reader ignore.
var mark = []byte("\ufeff")

func (j *Reader) skipMark() error {
	start, err := j.r.Peek(len(mark))
	if bytes.Equal(start, mark) {
		_, err = j.r.Discard(len(mark))
	}
	if err == io.EOF { // the next read reports the end again
		return nil
	}
	return err
}

// Object reads an object. It calls member to read each member's value. A name that comes twice is
// an error.
func (j *Reader) Object(member func(name string) error) error {
	if err := j.expect('{'); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for first := true; ; first = false {
		more, err := j.next('}', first)
		if err != nil || !more {
			return err
		}
		name, err := j.name()
		if err != nil {
			return err
		}
		if seen[name] {
			return Repeated(name)
		}
		seen[name] = true
		if err := member(name); err != nil {
			return err
		}
	}
}

// Peek is the next byte that is not white space, left unread.
func (j *Reader) Peek() (byte, error) {
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			return 0, atEnd(err)
		}
		if !isSpace(c) {
			return c, j.r.UnreadByte()
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (j *Reader) expect(want byte) error {
	c, err := j.Peek()
	if err != nil {
		return err
	}
	if c != want {
		return malformed()
	}
	_, err = j.r.Discard(1)
	return err
}

// next goes to the next member, or past the end of the object or array.
func (j *Reader) next(end byte, first bool) (bool, error) {
	c, err := j.Peek()
	if err != nil {
		return false, err
	}
	if c == end {
		_, err := j.r.Discard(1)
		return false, err
	}
	if first {
		return true, nil
	}
	return true, j.expect(',')
}

// name reads a member's name and the colon behind it.
func (j *Reader) name() (string, error) {
	if err := j.expect('"'); err != nil {
		return "", err
	}
	const longest = 64 // the names of options are shorter; a longer one is unknown in any case
	value := &stringReader{in: j.r}
	name, err := io.ReadAll(io.LimitReader(value, longest))
	if err != nil {
		return "", err
	}
	if len(name) == longest {
		return string(name), nil
	}
	return string(name), j.expect(':')
}

// String passes the characters of a string to read, which must read them to their end unless it
// returns an error.
func (j *Reader) String(read func(text io.Reader) error) error {
	if err := j.expect('"'); err != nil {
		return err
	}
	return read(&stringReader{in: j.r})
}

// Literal reads null, true or false. If the word goes on, reading the next token gives an error.
func (j *Reader) Literal(want string) error {
	word, err := j.r.Peek(len(want))
	if err != nil && err != io.EOF {
		return err
	}
	if string(word) != want {
		return malformed()
	}
	_, err = j.r.Discard(len(want))
	return err
}

// maxNumberBytes is longer than any number with a meaning here.
const maxNumberBytes = 32

func IsNumberByte(c byte) bool { return c >= '0' && c <= '9' || strings.IndexByte("+-.eE", c) >= 0 }

// Number reads a number, and writes it as an option has it: plain, without an exponent, and without
// a point where it is whole.
func (j *Reader) Number() (string, error) {
	if _, err := j.Peek(); err != nil {
		return "", err
	}
	var text []byte
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			return "", atEnd(err)
		}
		if !IsNumberByte(c) {
			break
		}
		if text = append(text, c); len(text) > maxNumberBytes {
			return "", malformed()
		}
	}
	if err := j.r.UnreadByte(); err != nil {
		return "", err
	}
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !json.Valid(text) {
		return "", malformed()
	}
	return strconv.FormatFloat(value, 'f', -1, 64), nil
}

// maxNumbers is longer than any array of numbers with a meaning here.
const maxNumbers = 16

// Numbers reads an array of numbers, and writes it as an option has it: with commas.
func (j *Reader) Numbers() (string, error) {
	if err := j.expect('['); err != nil {
		return "", err
	}
	var list []string
	for {
		more, err := j.next(']', len(list) == 0)
		if err != nil {
			return "", err
		}
		if !more {
			return strings.Join(list, ","), nil
		}
		value, err := j.Number()
		if err != nil {
			return "", err
		}
		if list = append(list, value); len(list) > maxNumbers {
			return "", malformed()
		}
	}
}

// end makes sure that nothing but white space follows.
func (j *Reader) end() error {
	for {
		c, err := j.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !isSpace(c) {
			return malformed()
		}
	}
}
