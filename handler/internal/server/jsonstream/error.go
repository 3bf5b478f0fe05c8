package jsonstream

import (
	"fmt"

	"influxion/handler/internal/signing"
)

func invalid(code, detail string) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: code, Detail: detail}
}

// malformed is every error of syntax.
func malformed() error { return invalid("invalid_request", "the body is not one flat JSON object") }

// BadMember is the error for a member with a wrong value. The text is "member", the name, and then
// the detail.
func BadMember(name, detail string) error {
	return invalid("invalid_request", "member "+name+" "+detail)
}

func tooLong(name string, limit int) error {
	return BadMember(name, fmt.Sprintf("has more than %d bytes", limit))
}

// Repeated is the error for a name that occurs twice. RFC 8259, section 4, leaves the meaning of
// such an object open.
func Repeated(name string) error {
	return invalid("option_repeated", fmt.Sprintf("option %s is given more than once", name))
}
