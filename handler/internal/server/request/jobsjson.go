package request

import (
	"context"
	"io"

	"influxion/handler/internal/server/jsonstream"
)

// readJSON reads one job, or an object with a list of them.
func (r *jobReader) readJSON(ctx context.Context) error {
	if _, err := Query(r.in.request.URL.RawQuery); err != nil {
		return err
	}
	single, list := &job{}, false
	members := 0
	err := jsonstream.ReadObject(r.in.body, func(reader *jsonstream.Reader, name string) error {
		members++
		if name == "jobs" {
			list = true
			return reader.Array(name, func() error {
				next := &job{}
				if err := reader.Object(
					func(name string) error { return r.member(ctx, reader, next, name) }); err != nil {
					return r.at(err)
				}
				return r.finish(ctx, next)
			})
		}
		return r.member(ctx, reader, single, name)
	})
	switch {
	case err != nil:
		return err
	case list && members > 1:
		return jsonstream.BadMember("jobs", "allows no other member beside it")
	case list && r.count == 0:
		return jsonstream.BadMember("jobs", "is empty")
	case list:
		return nil
	}
	return r.finish(ctx, single)
}

// member reads one member of a job.
func (r *jobReader) member(ctx context.Context, reader *jsonstream.Reader, j *job, name string) error {
	switch {
	case isDocument(name):
		return reader.File(name, isPDF, func(file io.Reader) (err error) {
			if j.document != nil {
				return jsonstream.Repeated(name)
			}
			j.document, err = r.document(ctx, file, r.in.request.ContentLength/4*3)
			return err
		})
	case name == "operation":
		var operation string
		if err := reader.Text(name, 16, &operation); err != nil {
			return err
		}
		return j.operate(r.in, operation)
	case name == "blob":
		return reader.Text(name, maxBlobName*4, &j.blob)
	case name == "name":
		return reader.Text(name, 255*4, &j.name)
	case name == "options":
		return r.options(ctx, reader, j)
	}
	return unknown(name, jobMembers())
}

func jobMembers() (members []Option) {
	for _, name := range []string{"operation", "document", "blob", "name", "options", "jobs"} {
		members = append(members, Option{name: name})
	}
	return members
}

// options reads the options of an operation. The options of generate are the whole body of its
// route.
func (r *jobReader) options(ctx context.Context, reader *jsonstream.Reader, j *job) error {
	c, err := reader.Peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		return reader.Literal("null")
	}
	if err := j.choose("options"); err != nil {
		return err
	}
	if j.generation != nil {
		if err := r.making(ctx); err != nil {
			return err
		}
		return reader.Object(func(name string) error { return j.generation.member(ctx, reader, name) })
	}
	return reader.Object(func(name string) error {
		if err := j.choose(name); err != nil {
			return err
		}
		known, err := j.options.find(name)
		if err != nil {
			return err
		}
		return r.in.choose(ctx, j.options, known, reader)
	})
}

// making reserves memory for what is decoded from the rest of the body.
func (r *jobReader) making(ctx context.Context) error {
	size := r.in.request.ContentLength
	if size < 0 {
		size = MaxJobsBytes
	}
	r.in.making = 2*size + generateOverhead
	return r.in.Reserve(ctx, 0)
}
