package entra

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the JSON objects in a token. Entra ID writes about 25 claims, nested two deep at most.
const (
	maxMembers = 80
	maxDepth   = 8
)

var errJSON = errors.New("not strict JSON")

// object reads one JSON object (RFC 8259) member by member, without the liberties of encoding/json: valid UTF-8 only, no name
// twice, no lone surrogates, bounded members and depth, nothing behind it. Its own names are plain ASCII without escapes, so that
// no two readers can disagree on which is which. name and value point into text; they are to be believed once next has
// returned false without an err.
type object struct {
	text  string
	name  string
	value value
	err   error

	scanner scanner
	begun   bool
	names   [maxMembers]string
	members int
}

// next goes to the next member; false is the end of the object or a fault.
func (o *object) next() bool {
	more, err := o.step()
	o.err = err
	return more && err == nil
}

func (o *object) step() (more bool, err error) {
	s := &o.scanner
	if !o.begun {
		if !utf8.ValidString(o.text) {
			return false, errors.New("not UTF-8")
		}
		s.text, o.begun = o.text, true
		if !s.take('{') {
			return false, errJSON
		}
		if s.take('}') {
			return false, s.end()
		}
	} else if s.take('}') {
		return false, s.end()
	} else if !s.take(',') {
		return false, errJSON
	}
	if o.name, o.value, err = s.member(1); err != nil {
		return false, err
	}
	return true, o.remember()
}

func (o *object) remember() error {
	if !plainName(o.name) {
		return errors.New("a name that is not plain ASCII")
	}
	if o.members == maxMembers {
		return errors.New("too many members")
	}
	for _, name := range o.names[:o.members] {
		// encoding/json, and so go-oidc, takes names that differ by case alone for the same one.
		if len(name) == len(o.name) && strings.EqualFold(name, o.name) {
			return errors.New("a name that stands there twice")
		}
	}
	o.names[o.members] = o.name
	o.members++
	return nil
}

func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// value is the text of a valid JSON value.
type value string

func (v value) text() (string, bool) {
	if v[0] != '"' {
		return "", false
	}
	if strings.IndexByte(string(v), '\\') < 0 {
		return string(v[1 : len(v)-1]), true
	}
	var s string
	return s, json.Unmarshal([]byte(v), &s) == nil
}

// seconds reads a NumericDate (RFC 7519 section 2) as Entra ID writes it: whole, positive, and before the year 10000.
func (v value) seconds() (int64, bool) {
	const endOfTime = 253402300799
	for i := range len(v) {
		if c := v[i]; c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil && n > 0 && n <= endOfTime
}

func (v value) texts() ([]string, bool) {
	if v[0] != '[' {
		return nil, false
	}
	var elements []json.RawMessage
	if json.Unmarshal([]byte(v), &elements) != nil {
		return nil, false
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		var ok bool
		if texts[i], ok = value(element).text(); !ok {
			return nil, false
		}
	}
	return texts, true
}
