package request

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// CodeMediaType is the code of a body in a form that is none of MediaTypes.
const CodeMediaType = "media_type_unsupported"

// Codes that more than one place names.
const (
	codeTooLarge = "document_too_large"
	codeMissing  = "document_missing"
)

func tooLarge(limit int64) error {
	return &signing.Error{Kind: signing.TooLarge, Code: codeTooLarge,
		Detail: fmt.Sprintf("a document may have %d bytes at most", limit)}
}

func unsupportedMediaType() error {
	return &signing.Error{Kind: signing.UnsupportedMediaType, Code: CodeMediaType,
		Detail: "send the document with Content-Type " + strings.Join(MediaTypes(), ", ")}
}

func invalidRequest(code, detail string, cause error) error {
	return &signing.Error{Kind: signing.InvalidRequest, Code: code, Detail: detail, Err: cause}
}

// documentError classifies an error of reading a document, of at most limit bytes.
func documentError(err error, limit int64) error {
	switch {
	case errors.Is(err, memory.ErrTooLarge):
		return tooLarge(limit)
	case errors.Is(err, memory.ErrEmpty):
		return invalidRequest(codeMissing,
			"the request holds no document: is its body empty, or sent without a Content-Length?", nil)
	}
	return err
}

// bodyError classifies an error of reading a request body.
func bodyError(err error) error {
	if _, ok := errors.AsType[*signing.Error](err); ok {
		return err
	}
	if exceeded, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &signing.Error{Kind: signing.TooLarge, Code: codeTooLarge,
			Detail: fmt.Sprintf("the request body is larger than %d bytes", exceeded.Limit), Err: err}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled) {
		return fmt.Errorf("read body: %w", err)
	}
	// The cause may quote the body, as that of mime/multipart does: only its type is logged.
	return invalidRequest("body_incomplete", "the request body ended early or is damaged",
		fmt.Errorf("read body: %T", err))
}

// OptionInvalid says what is wrong with an option's value, without repeating it.
func OptionInvalid(name, detail string) error {
	return invalidRequest(pades.CodeOptionInvalid, fmt.Sprintf("option %s %s", name, detail), nil)
}

func conflicting(name string) error {
	return invalidRequest("option_conflict",
		fmt.Sprintf("option %s has one value in the query and another one in the body", name), nil)
}

var optionName = regexp.MustCompile(`^[A-Za-z_]{1,24}$`)

// unknown names the option only where it looks like a name. Anything else may be part of a token or
// of a document that is in the query by mistake, and must not reach the log. The nearest known
// option is named in any case.
func unknown(name string, known []Option) error {
	detail := "an option is unknown here"
	if optionName.MatchString(name) {
		detail = "unknown option " + name
	}
	if meant := nearest(name, known); meant != "" {
		detail += "; did you mean " + meant + "?"
	}
	return invalidRequest("option_unknown", detail, nil)
}
