package entra

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	// errJSON replaces every error of jsontext, whose texts quote what they refuse.
	errJSON      = errors.New("not strict JSON")
	errDepth     = errors.New("nested too deep")
	errWrongType = errors.New("a value of a wrong type")
)

// object reads one JSON object (RFC 8259) of a header or of claims. jsontext refuses what is not
// I-JSON (RFC 7493): text that is not UTF-8, half a surrogate pair, and a name that occurs twice in
// an object. This package adds bounds of depth and members, and a rule for the object's own names,
// without which two readers could disagree on which member is which.
type object struct {
	decoder *jsontext.Decoder
	names   []string
}

// readObject calls member for each member of the object that text must be. Each call reads the
// member's value by one of the object's methods. Nothing may follow the object.
func readObject(text []byte, member func(o *object, name string) error) error {
	const usual = 32 // members
	o := &object{decoder: jsontext.NewDecoder(bytes.NewBuffer(text)), names: make([]string, 0, usual)}
	if start, err := o.decoder.ReadToken(); err != nil || start.Kind() != '{' {
		return errJSON
	}
	for o.decoder.PeekKind() != '}' {
		name, err := o.name()
		if err != nil {
			return err
		}
		if err := member(o, name); err != nil {
			return err
		}
	}
	if _, err := o.decoder.ReadToken(); err != nil {
		return errJSON
	}
	if _, err := o.decoder.ReadToken(); err != io.EOF {
		return errJSON
	}
	return nil
}

// name reads the name of the next member. The name must be plain ASCII without escapes. It must not
// be an earlier name in another case, because encoding/json, and so go-oidc, takes the two for one.
func (o *object) name() (string, error) {
	quoted, err := o.decoder.ReadValue() // ReadToken would hide an escape
	if err != nil {
		return "", errJSON
	}
	name := string(quoted[1 : len(quoted)-1])
	if !isPlainName(name) {
		return "", errors.New("a name that is not plain ASCII")
	}
	if len(o.names) == maxMembers {
		return "", errors.New("too many members")
	}
	for _, other := range o.names {
		if len(other) == len(name) && strings.EqualFold(other, name) {
			return "", errors.New("a name that occurs twice")
		}
	}
	o.names = append(o.names, name)
	return name, nil
}

func isPlainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// token reads the next token of one kind.
func (o *object) token(kind jsontext.Kind) (jsontext.Token, error) {
	token, err := o.decoder.ReadToken()
	if err != nil {
		return jsontext.Token{}, errJSON
	}
	if token.Kind() != kind {
		return jsontext.Token{}, errWrongType
	}
	return token, nil
}

// text reads a string.
func (o *object) text() (string, error) {
	token, err := o.token('"')
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// texts reads an array of strings.
func (o *object) texts() ([]string, error) {
	if _, err := o.token('['); err != nil {
		return nil, err
	}
	var texts []string
	for o.decoder.PeekKind() != ']' {
		text, err := o.text()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	_, err := o.token(']')
	return texts, err
}

// seconds reads a NumericDate (RFC 7519 section 2) as Entra ID writes it: whole, positive, and
// before the year 10000.
func (o *object) seconds() (int64, error) {
	const endOfTime = 253402300799
	token, err := o.token('0')
	if err != nil {
		return 0, err
	}
	// The literal is parsed, because Token.Int drops a fraction.
	seconds, err := strconv.ParseInt(token.String(), 10, 64)
	if err != nil || seconds <= 0 || seconds > endOfTime {
		return 0, errWrongType
	}
	return seconds, nil
}

// skip reads a value of any type, as deep as maxDepth allows.
func (o *object) skip() error {
	depth := o.decoder.StackDepth()
	for {
		if _, err := o.decoder.ReadToken(); err != nil {
			return errJSON
		}
		switch now := o.decoder.StackDepth(); {
		case now > maxDepth:
			return errDepth
		case now <= depth:
			return nil
		}
	}
}
