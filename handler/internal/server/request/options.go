package request

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/signing"
)

// Option is something that a caller may choose. It has the same name and the same rules in the
// query, in a multipart form and in JSON.
type Option struct {
	name   string
	limit  int  // characters
	closed bool // not free text: the host, when it forwards a request, joins repeated options with a comma
	lines  bool // it may have line feeds
	kind   kind
}

// kind is how an option's text is read.
type kind int

const (
	textKind    kind = iota // as text
	levelKind               // a baseline level, in any case
	flagKind                // true or false, in any case
	numberKind              // a number
	numbersKind             // numbers with commas between them
)

// inJSON says what an option of the kind may be in JSON.
func (k kind) inJSON() string {
	switch k {
	case flagKind:
		return "true, false or a string"
	case numberKind:
		return "a number or a string"
	case numbersKind:
		return "an array of numbers or a string"
	}
	return "a string"
}

// canonical gives the one spelling of a value that can be written in several ways.
func (o Option) canonical(value string) string {
	switch o.kind {
	case levelKind:
		return strings.ToUpper(value)
	case flagKind:
		return strings.ToLower(value)
	}
	if o.lines {
		return strings.ReplaceAll(value, "\r\n", "\n") // as forms have them
	}
	return value
}

// optionPassword opens an encrypted document. Every route that reads a document has it, but only in
// a form or in JSON, because queries end up in logs and histories.
const optionPassword = "password"

func passwordOption() Option { return Option{name: optionPassword, limit: 255} }

// SignOptions are the options of /api/sign. An image can only come in a form.
func SignOptions() []Option {
	return []Option{
		{name: "certificate", limit: 127, closed: true},
		{name: "version", limit: 64, closed: true},
		{name: "level", limit: 16, closed: true, kind: levelKind},
		{name: "allow-lower", limit: 8, closed: true, kind: flagKind},
		{name: "certify", limit: 16, closed: true},
		{name: "reason", limit: 1024},
		{name: "location", limit: 255},
		{name: "contact", limit: 255},
		{name: "name", limit: 255},
		{name: "field", limit: 255},
		{name: "visible", limit: 8, closed: true, kind: flagKind},
		{name: "page", limit: 8, closed: true, kind: numberKind},
		{name: "box", limit: 128, kind: numbersKind},
		{name: "text", limit: 1024, lines: true},
		{name: optionImage},
		{name: "color", limit: 16, closed: true},
		{name: "background", limit: 16, closed: true},
		{name: "border", limit: 16, closed: true},
		passwordOption(),
	}
}

// ExtendOptions are the options of /api/extend.
func ExtendOptions() []Option {
	return []Option{
		{name: "level", limit: 16, closed: true, kind: levelKind},
		{name: "allow-lower", limit: 8, closed: true, kind: flagKind},
		passwordOption(),
	}
}

// TimestampOptions are the options of /api/timestamp.
func TimestampOptions() []Option { return []Option{passwordOption()} }

// VerifyOptions are the options of /api/verify: the document's name for the report, which may
// differ from the file name of a form; whether a report in PDF is to be sealed; and the options of
// that seal.
func VerifyOptions() []Option {
	return []Option{
		{name: "name", limit: 255},
		{name: optionSeal, limit: 8, closed: true, kind: flagKind},
		{name: "certificate", limit: 127, closed: true},
		{name: "level", limit: 16, closed: true, kind: levelKind},
		passwordOption(),
	}
}

// optionSeal asks for the seal of a report.
const optionSeal = "seal"

// seal reads whether a report is to be sealed. Without a seal, the options that only a seal has are
// an error.
func (o *options) seal() (bool, error) {
	seal, err := o.flag(optionSeal)
	if err != nil || seal || !slices.ContainsFunc(o.known, func(k Option) bool { return k.name == optionSeal }) {
		return seal, err
	}
	for _, name := range []string{"certificate", "level"} {
		if o.values[name] != "" {
			return false, OptionInvalid(name, "applies to a sealed report: add seal=true")
		}
	}
	return false, nil
}

// VersionOption is the one option of /api/certificates/{name}.
func VersionOption() Option { return Option{name: "version", limit: 64, closed: true} }

// BatchOption is the one option of GET /api/jobs.
func BatchOption() Option { return Option{name: "batch", limit: 64, closed: true} }

// ReadyOption is the one option of /api/health.
func ReadyOption() Option { return Option{name: "ready", limit: 1, closed: true} }

// maxOptionBytes bounds the reading of one option's value: the longest value, with four bytes a
// character, and one byte more, so that a longer one is noticed.
const maxOptionBytes = 4*1024 + 1

// options are the values that a caller chose. Each option may be set once; a form may repeat what
// the query says.
type options struct {
	known   []Option
	values  map[string]string
	inQuery map[string]bool // set by the query, and not yet by a form
	image   []byte          // nil = none
}

func newOptions(known []Option) *options {
	return &options{known: known, values: make(map[string]string, len(known)), inQuery: make(map[string]bool)}
}

// find gives a known option that may still be set.
func (o *options) find(name string) (Option, error) {
	for _, known := range o.known {
		if known.name != name {
			continue
		}
		if _, chosen := o.values[name]; chosen && !o.inQuery[name] || name == optionImage && o.image != nil {
			return Option{}, jsonstream.Repeated(name)
		}
		return known, nil
	}
	return Option{}, unknown(name, o.known)
}

// member is find for a member or a part of a body. Such a name may also be meant for the document,
// so the error for an unknown name may suggest the document's names.
func (o *options) member(name string) (Option, error) {
	if slices.ContainsFunc(o.known, func(known Option) bool { return known.name == name }) {
		return o.find(name)
	}
	known := slices.Clone(o.known)
	for _, document := range documentNames {
		known = append(known, Option{name: document})
	}
	return Option{}, unknown(name, known)
}

// choose notes a value.
func (o *options) choose(name, value string) error {
	known, err := o.find(name)
	if err != nil {
		return err
	}
	if !utf8.ValidString(value) {
		return OptionInvalid(name, "is not UTF-8")
	}
	value = known.canonical(value)
	if utf8.RuneCountInString(value) > known.limit && name != optionImage {
		return OptionInvalid(name, fmt.Sprintf("has more than %d characters", known.limit))
	}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && !(r == '\n' && known.lines) }) {
		return OptionInvalid(name, "has a control character")
	}
	if name == optionImage {
		return OptionInvalid(name, "can only be sent in a form, as PNG or JPEG")
	}
	if known.closed && strings.Contains(value, ",") {
		return jsonstream.Repeated(name)
	}
	if o.inQuery[name] && o.values[name] != value {
		return conflicting(name)
	}
	o.values[name] = value
	delete(o.inQuery, name)
	return nil
}

// chooseFrom reads a value and notes it. It reads no more than a value may have.
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

// request makes a signing.Request of the options, for the document. With an error it returns what
// could be made, for the audit record.
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
		return request, OptionInvalid("level", "is not B-B, B-T, B-LT or B-LTA")
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
		return request, OptionInvalid("certify", "is not no-changes, form-filling or annotations")
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
	return false, OptionInvalid(name, "is not true or false")
}
