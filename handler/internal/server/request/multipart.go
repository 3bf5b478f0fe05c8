package request

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/signing"
)

const maxBoundary = 70 // RFC 2046, section 5.1.1

// readMultipart reads RFC 7578 form data: one part with the document, and at most one part an
// option.
func (in *Incoming) readMultipart(ctx context.Context, f *form, boundary string) error {
	body := &meteredBody{r: in.body, left: formOverhead}
	err := eachPart(body, boundary, func(part *multipart.Part) error { return in.readPart(ctx, f, body, part) })
	if err == nil && f.document == nil {
		err = invalidRequest(codeMissing, "the form has no part document", nil)
	}
	return err
}

// eachPart calls read for each part of a form.
func eachPart(body *meteredBody, boundary string, read func(*multipart.Part) error) error {
	if boundary == "" || len(boundary) > maxBoundary {
		return invalidRequest("invalid_request", "the multipart form has no usable boundary", nil)
	}
	reader := multipart.NewReader(body, boundary)
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
		case "", "7bit", "8bit", "binary": // the others are deprecated for forms: RFC 7578, section 4.7
		default:
			return &signing.Error{Kind: signing.UnsupportedMediaType, Code: "encoding_unsupported",
				Detail: "send the parts of the form without a Content-Transfer-Encoding"}
		}
		if err := read(part); err != nil {
			return err
		}
	}
}

func (in *Incoming) readPart(ctx context.Context, f *form, body *meteredBody, part *multipart.Part) error {
	name := part.FormName()
	if name == optionImage {
		body.file = true
		defer func() { body.file = false }()
		return f.options.chooseImage(ctx, part, &in.memory.Image)
	}
	if !isDocument(name) {
		if _, err := f.options.member(name); err != nil {
			return err
		}
		return f.options.choosePart(name, part)
	}
	if f.document != nil {
		return jsonstream.Repeated(name)
	}
	if err := isPDF(part.Header.Get("Content-Type")); err != nil {
		return err
	}
	expected, err := in.expect(ctx, in.request.ContentLength)
	if err != nil {
		return err
	}
	body.file = true
	f.name = part.FileName()
	f.document, err = in.readDocument(ctx, part, expected)
	body.file = false
	return err
}

// choosePart notes an option that is a part of a form.
func (o *options) choosePart(name string, part *multipart.Part) error {
	media, parameters := contentType(http.Header(part.Header))
	charset := strings.ToLower(parameters["charset"])
	if media != "" && media != "text/plain" || charset != "" && charset != "utf-8" && charset != "us-ascii" {
		if _, err := o.find(name); err != nil {
			return err
		}
		return OptionInvalid(name, "is not plain text in UTF-8")
	}
	return o.chooseFrom(name, part)
}

// meteredBody is the body of a form. It limits everything except the files, because mime/multipart
// keeps up to 10 MB of each part's header, which no reservation covers.
type meteredBody struct {
	r    io.Reader
	left int64 // limit of everything except the files
	file bool  // a file is being read, which has its own limit
}

// Read is io.Reader.
func (b *meteredBody) Read(p []byte) (int, error) {
	if b.file {
		return b.r.Read(p)
	}
	if b.left <= 0 {
		return 0, &signing.Error{Kind: signing.TooLarge, Code: codeTooLarge,
			Detail: fmt.Sprintf("a form may have %d bytes beside its files", formOverhead)}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
