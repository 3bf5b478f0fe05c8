package server

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

const (
	maxQueryBytes = 32 << 10 // all options of the longest kind, percent-encoded
	formOverhead  = 64 << 10 // options, part headers and boundaries of a form
	maxBoundary   = 70       // RFC 2046, section 5.1.1
)

// form is a request body with a document, in any of the three forms.
type form struct {
	document *document
	name     string // of the document's file, where the form tells one, as it was sent
	options  *options
	json     bool // the answer is to be JSON as well
}

// bodyLimit is the largest request body of the form that the header announces. In JSON a document takes 4/3 of its size, line
// breaks and escaped characters come on top.
func (s *Server) bodyLimit(header http.Header) int64 {
	switch media, _ := contentType(header); media {
	case mediaMultipart:
		return s.maxDocument + maxImageBytes + formOverhead
	case mediaJSON:
		return 2*(s.maxDocument+maxImageBytes) + formOverhead
	}
	return s.maxDocument
}

// contentType is the request's media type, in lower case, with its parameters; "" if there is none, or more than one.
func contentType(header http.Header) (string, map[string]string) {
	values := header.Values("Content-Type")
	if len(values) != 1 {
		return "", nil
	}
	media, parameters, err := mime.ParseMediaType(values[0])
	if err != nil {
		return "", nil
	}
	return media, parameters
}

// readForm reads the request's document and the options that the route knows.
func (s *Server) readForm(ctx context.Context, x *exchange, known []option) (*form, error) {
	if encoding := strings.Join(x.request.Header.Values("Content-Encoding"), ","); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &signing.Error{Kind: signing.UnsupportedMediaType, Code: "encoding_unsupported",
			Detail: "send the document without a Content-Encoding"}
	}
	f := &form{options: newOptions(known)}
	media, parameters := contentType(x.request.Header)
	if !slices.Contains(x.route.Accepts, media) {
		return nil, unsupportedMediaType(x.route)
	}
	inQuery := f.options
	if media != mediaPDF {
		inQuery = newOptions(nil) // the options travel in the form
	}
	if err := inQuery.chooseQuery(x.request.URL.RawQuery); err != nil {
		return nil, err
	}
	var err error
	switch media {
	case mediaPDF:
		err = s.readRaw(ctx, x, f)
	case mediaMultipart:
		err = s.readMultipart(ctx, x, f, parameters["boundary"])
	case mediaJSON:
		f.json = true
		if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil, unsupportedMediaType(x.route)
		}
		err = s.readJSON(ctx, x, f)
	}
	if err == nil {
		// A form may end before its body does, and net/http would wait for the rest without a deadline while the document is held.
		_, err = io.Copy(io.Discard, x.request.Body)
	}
	if err != nil {
		return nil, bodyFault(err)
	}
	x.allowance.Limit(s.beside.limits(f.document.Size()))
	// The body has been read: from here on the connection is only watched for the caller's going away, for as long as it takes.
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Time{})
	return f, nil
}

// chooseQuery notes the options of a query.
func (o *options) chooseQuery(rawQuery string) error {
	if len(rawQuery) > maxQueryBytes {
		return invalidRequest("invalid_request", "the query is too long", nil)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return invalidRequest("invalid_request", "the query cannot be read", errors.New("malformed query"))
	}
	for name, list := range values {
		if name == optionPassword {
			return invalidRequest(pades.CodeOptionInvalid, "option password may not be in a query: send it in a form or in JSON", nil)
		}
		if len(list) > 1 {
			if _, err := o.find(name); err != nil {
				return err
			}
			return repeated(name)
		}
		if err := o.choose(name, list[0]); err != nil {
			return err
		}
	}
	return nil
}

// expect reserves memory for a document whose size the Content-Length gives away, all at once: requests that each wait for a little
// more would wait for one another. What never comes is reserved as well, until bodyPause or the route's deadline ends the wait for it.
func (x *exchange) expect(ctx context.Context, size, limit int64) (int64, error) {
	if size <= 0 {
		return 0, nil
	}
	size = min(size, limit)
	return size, x.hold.atLeast(ctx, size+smallSegment) // which is what it takes to see the end
}

func (s *Server) readRaw(ctx context.Context, x *exchange, f *form) error {
	expected, err := x.expect(ctx, x.request.ContentLength, s.maxDocument)
	if err != nil {
		return err
	}
	f.document, err = readDocument(ctx, x.request.Body, expected, s.maxDocument, &x.hold)
	return err
}

// readMultipart reads RFC 7578 form data: one part document and at most one part an option.
func (s *Server) readMultipart(ctx context.Context, x *exchange, f *form, boundary string) error {
	if boundary == "" || len(boundary) > maxBoundary {
		return invalidRequest("invalid_request", "the multipart form has no usable boundary", nil)
	}
	body := &meteredBody{r: x.request.Body, left: formOverhead}
	reader := multipart.NewReader(body, boundary)
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := s.readPart(ctx, x, f, body, part); err != nil {
			return err
		}
	}
	if f.document == nil {
		return invalidRequest(codeMissing, "the form has no part document", nil)
	}
	return nil
}

func (s *Server) readPart(ctx context.Context, x *exchange, f *form, body *meteredBody, part *multipart.Part) error {
	name := part.FormName()
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "", "7bit", "8bit", "binary": // the others are deprecated for forms: RFC 7578, section 4.7
	default:
		return &signing.Error{Kind: signing.UnsupportedMediaType, Code: "encoding_unsupported",
			Detail: "send the parts of the form without a Content-Transfer-Encoding"}
	}
	media, parameters := contentType(http.Header(part.Header))
	if name == optionImage {
		body.file = true
		defer func() { body.file = false }()
		return f.options.chooseImage(ctx, part, &x.imageHold)
	}
	if name != "document" {
		charset := strings.ToLower(parameters["charset"])
		if (media != "" && media != "text/plain") || (charset != "" && charset != "utf-8" && charset != "us-ascii") {
			if _, err := f.options.find(name); err != nil {
				return err
			}
			return optionInvalid(name, "is not plain text in UTF-8")
		}
		return f.options.chooseFrom(name, part)
	}
	if f.document != nil {
		return repeated(name)
	}
	if media != mediaPDF && media != "application/octet-stream" && part.Header.Get("Content-Type") != "" {
		return unsupportedMediaType(x.route)
	}
	expected, err := x.expect(ctx, x.request.ContentLength, s.maxDocument)
	if err != nil {
		return err
	}
	body.file = true
	f.name = part.FileName()
	f.document, err = readDocument(ctx, part, expected, s.maxDocument, &x.hold)
	body.file = false
	return err
}
