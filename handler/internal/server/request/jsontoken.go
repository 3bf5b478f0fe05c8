package request

import (
	"bufio"
	"errors"
	"io"
)

// errJSON is the cause of every syntax fault.
var errJSON = errors.New("malformed JSON")

func malformedJSON() error {
	return invalidRequest("invalid_request", "the body is not one flat JSON object of strings", errJSON)
}

// jsonReader reads the tokens of a flat object.
type jsonReader struct{ r *bufio.Reader }

// peek is the next byte that is not white space, left unread.
func (j *jsonReader) peek() (byte, error) {
	for {
		c, err := j.r.ReadByte()
		if err == io.EOF {
			return 0, malformedJSON()
		}
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, j.r.UnreadByte()
		}
	}
}

func (j *jsonReader) expect(want byte) error {
	c, err := j.peek()
	if err != nil {
		return err
	}
	if c != want {
		return malformedJSON()
	}
	_, err = j.r.Discard(1)
	return err
}

// next goes to the next member, or past the end of the object.
func (j *jsonReader) next(end byte, first bool) (bool, error) {
	c, err := j.peek()
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
func (j *jsonReader) name() (string, error) {
	if err := j.expect('"'); err != nil {
		return "", err
	}
	const longest = 64 // names are short; a longer one is unknown as well, whatever comes after
	value := &jsonString{in: j.r}
	name, err := io.ReadAll(io.LimitReader(value, longest))
	if err != nil {
		return "", err
	}
	if len(name) == longest {
		return string(name), nil
	}
	return string(name), j.expect(':')
}

// null reads a null, if there is one.
func (j *jsonReader) null() (bool, error) {
	if c, err := j.peek(); err != nil || c != 'n' {
		return false, err
	}
	word, err := j.r.Peek(4)
	if err != nil && err != io.EOF {
		return false, err
	}
	if string(word) != "null" {
		return false, malformedJSON()
	}
	_, err = j.r.Discard(4)
	return true, err
}

// end makes sure that nothing but white space follows.
func (j *jsonReader) end() error {
	for {
		c, err := j.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return malformedJSON()
		}
	}
}
