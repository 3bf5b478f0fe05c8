package server

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

// option is one thing that a caller may choose. In the query, in a multipart form and in JSON it has the same name and rules.
type option struct {
	name   string
	limit  int  // characters
	closed bool // not free text: a comma in it is a repetition that the host's forwarding mode has folded into one value
	lines  bool // line feeds may part it
}

// signOptions are the options of /api/sign. An image can only come in a form.
func signOptions() []option {
	return []option{
		{name: "certificate", limit: 127, closed: true}, {name: "version", limit: 64, closed: true}, {name: "level", limit: 16, closed: true},
		{name: "allow-lower", limit: 8, closed: true}, {name: "certify", limit: 16, closed: true}, {name: "reason", limit: 1024},
		{name: "location", limit: 255}, {name: "contact", limit: 255}, {name: "name", limit: 255}, {name: "field", limit: 255},
		{name: "visible", limit: 8, closed: true}, {name: "page", limit: 8, closed: true}, {name: "box", limit: 64},
		{name: "text", limit: 1024, lines: true}, {name: optionImage},
		{name: "color", limit: 16, closed: true}, {name: "background", limit: 16, closed: true}, {name: "border", limit: 16, closed: true},
	}
}

// extendOptions are the options of /api/extend.
func extendOptions() []option {
	return []option{{name: "level", limit: 16, closed: true}, {name: "allow-lower", limit: 8, closed: true}}
}

// verifyOptions are the options of /api/verify: the document's name for the report, which a form's file name need not be.
func verifyOptions() []option { return []option{{name: "name", limit: 255}} }

// maxOptionBytes bounds the reading of one option's value: the longest one, each character in four bytes, and a byte to be over.
const maxOptionBytes = 4*1024 + 1

// options are the values that a caller chose, each once.
type options struct {
	known  []option
	values map[string]string
	image  []byte // nil = none
}

func newOptions(known []option) *options {
	return &options{known: known, values: make(map[string]string, len(known))}
}

// find gives a known option that has not been chosen yet.
func (o *options) find(name string) (option, error) {
	for _, known := range o.known {
		if known.name != name {
			continue
		}
		if _, chosen := o.values[name]; chosen || name == optionImage && o.image != nil {
			return option{}, repeated(name)
		}
		return known, nil
	}
	return option{}, unknown(name)
}

// choose notes a value.
func (o *options) choose(name, value string) error {
	known, err := o.find(name)
	if err != nil {
		return err
	}
	if !utf8.ValidString(value) {
		return optionInvalid(name, "is not UTF-8")
	}
	if known.lines {
		value = strings.ReplaceAll(value, "\r\n", "\n") // as forms have them
	}
	if utf8.RuneCountInString(value) > known.limit && name != optionImage {
		return optionInvalid(name, fmt.Sprintf("has more than %d characters", known.limit))
	}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && !(r == '\n' && known.lines) }) {
		return optionInvalid(name, "has a control character")
	}
	if name == optionImage {
		return optionInvalid(name, "can only be sent in a form, as PNG or JPEG")
	}
	if known.closed && strings.Contains(value, ",") {
		return repeated(name)
	}
	o.values[name] = value
	return nil
}

// chooseFrom notes a value that is still to be read, without reading more than a value may have.
func (o *options) chooseFrom(name string, r io.Reader) error {
	if _, err := o.find(name); err != nil {
		return err
	}
	value, err := io.ReadAll(io.LimitReader(r, maxOptionBytes))
	if err != nil {
		return err
	}
	return o.choose(name, string(value))
}

// request makes the options a signing.Request for the document. With an error it holds what could be made, for the record.
func (o *options) request(doc pades.Document) (signing.Request, error) {
	request := signing.Request{
		Document:    doc,
		Certificate: o.values["certificate"],
		Version:     o.values["version"],
		Options: pades.Options{
			Reason:      o.values["reason"],
			Location:    o.values["location"],
			ContactInfo: o.values["contact"],
			Name:        o.values["name"],
			Field:       o.values["field"],
			Level:       pades.Level(o.values["level"]),
		},
	}
	if level := request.Options.Level; level != "" && !slices.Contains(signing.Levels(), level) {
		return request, optionInvalid("level", "is not B-B, B-T, B-LT or B-LTA")
	}
	var err error
	if request.Options.AllowLower, err = o.flag("allow-lower"); err != nil {
		return request, err
	}
	if request.Options.Appearance, err = o.appearance(); err != nil {
		return request, err
	}
	switch o.values["certify"] {
	case "":
	case "no-changes":
		request.Options.Certify = pades.NoChanges
	case "form-filling":
		request.Options.Certify = pades.FormFilling
	case "annotations":
		request.Options.Certify = pades.FormsAndComments
	default:
		return request, optionInvalid("certify", "is not no-changes, form-filling or annotations")
	}
	return request, nil
}

// flag reads an option that is true or false; "" is false.
func (o *options) flag(name string) (bool, error) {
	switch o.values[name] {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, optionInvalid(name, "is not true or false")
}

func optionInvalid(name, fault string) error {
	return invalidRequest(pades.CodeOptionInvalid, fmt.Sprintf("option %s %s", name, fault), nil)
}

func repeated(name string) error {
	return invalidRequest("option_repeated", fmt.Sprintf("option %s is given more than once", name), nil)
}

var optionName = regexp.MustCompile(`^[A-Za-z_]{1,24}$`)

// unknown names the option only where it looks like a name: anything else may be a piece of a token or of a document that has
// slipped into the query, and must not reach the log.
func unknown(name string) error {
	if optionName.MatchString(name) {
		return invalidRequest("option_unknown", "unknown option "+name, nil)
	}
	return invalidRequest("option_unknown", "an option is unknown here", nil)
}
