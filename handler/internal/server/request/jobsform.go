package request

import (
	"context"
	"io"
	"mime/multipart"

	"influxion/handler/internal/signing"
)

// readMultipart reads RFC 7578 form data: the operation and its options, where the query does not
// have them, and then one document or more.
func (r *jobReader) readMultipart(ctx context.Context, boundary string) error {
	shared := &job{}
	if err := r.query(shared); err != nil {
		return err
	}
	body := &meteredBody{r: r.in.body, left: formOverhead + maxJobs*256}
	err := eachPart(body, boundary, func(part *multipart.Part) error {
		if isDocument(part.FormName()) {
			return r.documentPart(ctx, shared, body, part)
		}
		return r.optionPart(ctx, shared, body, part)
	})
	if err == nil && r.count == 0 {
		err = invalidRequest(codeMissing, "the form has no part document", nil)
	}
	return err
}

// documentPart reads the document of one job.
func (r *jobReader) documentPart(ctx context.Context, shared *job, body *meteredBody, part *multipart.Part) error {
	if err := shared.choose("document"); err != nil {
		return err
	}
	if err := isPDF(part.Header.Get("Content-Type")); err != nil {
		return r.at(err)
	}
	j := shared.fresh()
	j.name = part.FileName()
	body.file = true
	var err error
	j.document, err = r.document(ctx, part, 0)
	body.file = false
	if err != nil {
		return r.at(err)
	}
	return r.finish(ctx, j)
}

// optionPart reads the operation or an option.
func (r *jobReader) optionPart(ctx context.Context, shared *job, body *meteredBody, part *multipart.Part) error {
	name := part.FormName()
	if r.count > 0 {
		return invalidRequest("invalid_request", "the options must come before the first document", nil)
	}
	if name == "operation" && shared.options == nil {
		text, err := io.ReadAll(io.LimitReader(part, 32))
		if err != nil {
			return err
		}
		if string(text) == operationGenerate {
			return &signing.Error{Kind: signing.UnsupportedMediaType, Code: CodeMediaType,
				Detail: "send a job that makes a document with Content-Type " + mediaJSON}
		}
		return shared.operate(r.in, string(text))
	}
	if err := shared.choose(name); err != nil {
		return err
	}
	if name == optionImage {
		body.file = true
		defer func() { body.file = false }()
		return shared.options.chooseImage(ctx, part, &r.in.memory.Image)
	}
	return shared.options.choosePart(name, part)
}
