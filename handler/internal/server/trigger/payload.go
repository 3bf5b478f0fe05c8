package trigger

import (
	"encoding/json"
	"errors"
	"strconv"
)

// payload is the body of an invocation.
type payload struct {
	Data     map[string]json.RawMessage
	Metadata map[string]json.RawMessage
}

// maxLayers is how many times a value may be wrapped in a string that holds JSON. The documentation
// and the host's source differ by one.
const maxLayers = 2

// message gives the text of a message under the name of its binding, and how often it was
// delivered; 0 = that is not known.
func message(body []byte, binding string) (text string, delivered int, err error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return "", 0, errors.New("the invocation is not a JSON object")
	}
	if err := json.Unmarshal(p.Data[binding], &text); err != nil {
		return "", 0, errors.New("the invocation has no message")
	}
	return unwrap(text), count(p.Metadata["DequeueCount"]), nil
}

// unwrap takes the layers of JSON strings away that lie around a text.
func unwrap(text string) string {
	for range maxLayers {
		var inner string
		if json.Unmarshal([]byte(text), &inner) != nil {
			return text
		}
		text = inner
	}
	return text
}

// count reads a number, or a string that holds one.
func count(value json.RawMessage) int {
	var number int
	if json.Unmarshal(value, &number) == nil {
		return number
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return 0
	}
	number, err := strconv.Atoi(unwrap(text))
	if err != nil {
		return 0
	}
	return number
}
