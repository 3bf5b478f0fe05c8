package storage

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

const (
	uploadBlock   = 2 << 20 // bytes
	uploadsAtOnce = 2       // blocks of one blob
	// writeMember is the name in a blob's metadata whose value tells one write from another.
	writeMember = "write"
)

// Errors of conditional writes.
var (
	errTaken   = errors.New("there is a blob of this name")
	errAltered = errors.New("the blob has another version")
	errGone    = errors.New("there is no such blob")
	errShort   = errors.New("the content ends early")
	errLong    = errors.New("the content is longer than was stated")
)

// write is a conditional write of a whole block blob.
type write struct {
	name      string
	mediaType string
	metadata  map[string]string // ASCII; names are lower-case letters
	version   string            // that the blob must have; "" = there must be none
	size      int64             // of the content
}

// put writes a blob with the content. It streams the content in blocks if there is more than one.
// It returns the new version. The blob is there whole or not at all. Errors: errTaken; errAltered
// and errGone if a version was named; errShort and errLong; those of content.
func (c *Container) put(ctx context.Context, w write, content io.Reader) (version string, err error) {
	exact := &exactReader{content: content, left: w.size}
	if w.size <= uploadBlock {
		text := make([]byte, w.size)
		if _, err := io.ReadFull(exact, text); err != nil {
			return "", err
		}
		if exact.end() != io.EOF {
			return "", exact.err
		}
		return c.putText(ctx, w, text)
	}
	version, err = c.conditional(ctx, w, func(o conditions) (*azcore.ETag, error) {
		response, err := c.client.NewBlockBlobClient(w.name).UploadStream(ctx, exact, &blockblob.UploadStreamOptions{
			BlockSize: uploadBlock, Concurrency: uploadsAtOnce, Metadata: o.metadata,
			HTTPHeaders: &blob.HTTPHeaders{BlobContentType: &w.mediaType}, AccessConditions: o.access})
		return response.ETag, err
	})
	if exact.err != nil {
		return "", exact.err
	}
	return version, err
}

// putText is put for a text in memory, with one request.
func (c *Container) putText(ctx context.Context, w write, text []byte) (version string, err error) {
	ctx = withBody(ctx, text)
	return c.conditional(ctx, w, func(o conditions) (*azcore.ETag, error) {
		response, err := c.client.NewBlockBlobClient(w.name).Upload(ctx, streaming.NopCloser(bytes.NewReader(text)),
			&blockblob.UploadOptions{Metadata: o.metadata, AccessConditions: o.access,
				HTTPHeaders: &blob.HTTPHeaders{BlobContentType: &w.mediaType}})
		return response.ETag, err
	})
}

// putMetadata replaces the metadata of a blob, and leaves its content. Errors: errAltered, errGone.
func (c *Container) putMetadata(ctx context.Context, w write) (version string, err error) {
	return c.conditional(ctx, w, func(o conditions) (*azcore.ETag, error) {
		response, err := c.client.NewBlobClient(w.name).SetMetadata(ctx, o.metadata,
			&blob.SetMetadataOptions{AccessConditions: o.access})
		return response.ETag, err
	})
}

// conditions are the parts of a write beside its content.
type conditions struct {
	metadata map[string]*string
	access   *blob.AccessConditions
}

// conditional calls do, on the condition that w names. It marks each write, so that it recognizes
// its own write after a lost answer and does not take it for another one's.
func (c *Container) conditional(ctx context.Context, w write, do func(conditions) (*azcore.ETag, error)) (
	version string, err error) {
	mark := rand.Text()
	metadata := map[string]*string{writeMember: &mark}
	for name, value := range w.metadata {
		metadata[name] = &value
	}
	access := ifMatch(w.version)
	if w.version == "" {
		access.ModifiedAccessConditions = &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}
	}
	etag, err := do(conditions{metadata, access})
	switch {
	case err == nil && etag == nil:
		return "", errors.New("write blob: an answer without an entity tag")
	case err == nil:
		return string(*etag), nil
	case bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.BlobNotFound,
		bloberror.InvalidBlockList):
		return c.found(ctx, w, mark, failed("write blob", err))
	}
	return "", failed("write blob", err)
}

// found tells why a write was refused. An earlier try of the same write may have made its condition
// false and used up its blocks.
func (c *Container) found(ctx context.Context, w write, mark string, refusal error) (version string, err error) {
	is, err := c.properties(ctx, w.name)
	switch {
	case err == nil && is.metadata[writeMember] == mark:
		return is.version, nil
	case err == nil && w.version == "":
		return "", errTaken
	case err == nil:
		return "", errAltered
	case errors.Is(err, errGone) && w.version == "":
		return "", refusal
	}
	return "", err
}

// pour is put for the content that from writes. It does not tell the new version.
func (c *Container) pour(ctx context.Context, w write, from func(io.Writer) error) error {
	if w.size <= uploadBlock {
		text := &exactBuffer{text: make([]byte, 0, w.size)}
		if err := from(text); err != nil {
			return err
		}
		if len(text.text) < cap(text.text) {
			return errShort
		}
		_, err := c.putText(ctx, w, text.text)
		return err
	}
	content, into := io.Pipe()
	wrote := make(chan error, 1)
	go func() {
		err := from(into)
		into.CloseWithError(err) // nil is io.EOF
		wrote <- err
	}()
	_, err := c.put(ctx, w, content)
	content.CloseWithError(cmp.Or(err, errLong)) // ends a writer that goes on
	if fromErr := <-wrote; err != nil && fromErr != nil && !errors.Is(fromErr, err) {
		err = errors.Join(err, fromErr)
	}
	return err
}

// exactBuffer takes no more bytes than its text has capacity for.
type exactBuffer struct{ text []byte }

// Write implements io.Writer.
func (b *exactBuffer) Write(p []byte) (int, error) {
	if len(p) > cap(b.text)-len(b.text) {
		return 0, errLong
	}
	b.text = append(b.text, p...)
	return len(p), nil
}

// ReadFrom implements io.ReaderFrom, so that a copy needs no memory of its own.
func (b *exactBuffer) ReadFrom(r io.Reader) (n int64, err error) {
	for {
		free := b.text[len(b.text):cap(b.text)]
		if len(free) == 0 {
			free = make([]byte, 1) // a byte read into it is one too many
		}
		read, err := r.Read(free)
		if n += int64(read); read > cap(b.text)-len(b.text) {
			return n, errLong
		}
		b.text = b.text[:len(b.text)+read]
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// blobProperties are the properties of a blob.
type blobProperties struct {
	version  string
	size     int64
	metadata map[string]string // names in lower case
}

// properties reads the properties of a blob. Errors: errGone.
func (c *Container) properties(ctx context.Context, name string) (blobProperties, error) {
	response, err := c.client.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return blobProperties{}, readError(err)
	}
	if response.ETag == nil || response.ContentLength == nil {
		return blobProperties{}, errors.New("read properties: an answer without entity tag or length")
	}
	return blobProperties{string(*response.ETag), *response.ContentLength, lowerNames(response.Metadata)}, nil
}

func ifMatch(version string) *blob.AccessConditions {
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{
		IfMatch: to.Ptr(azcore.ETag(version))}}
}

// readError tells apart why a blob cannot be read.
func readError(err error) error {
	switch {
	case bloberror.HasCode(err, bloberror.BlobNotFound):
		return errGone
	case bloberror.HasCode(err, bloberror.ConditionNotMet):
		return errAltered
	}
	return failed("read blob", err)
}

// lowerNames gives metadata by names in lower case: services and libraries differ in their case.
func lowerNames(metadata map[string]*string) map[string]string {
	lower := map[string]string{}
	for name, value := range metadata {
		if value != nil {
			lower[strings.ToLower(name)] = *value
		}
	}
	return lower
}

// remove deletes a blob; if a version is named, only in that version. A missing blob is no error.
// Errors: errAltered.
func (c *Container) remove(ctx context.Context, name, version string) error {
	options := &blob.DeleteOptions{}
	if version != "" {
		options.AccessConditions = ifMatch(version)
	}
	_, err := c.client.NewBlobClient(name).Delete(ctx, options)
	switch {
	case err == nil || bloberror.HasCode(err, bloberror.BlobNotFound):
		return nil
	case bloberror.HasCode(err, bloberror.ConditionNotMet):
		return errAltered
	}
	return failed("delete blob", err)
}

// exactReader gives exactly the promised number of bytes and then io.EOF. Content of any other
// length ends in an error that is not io.EOF. When the library reads io.EOF, even wrapped in
// another error, it commits what it has.
type exactReader struct {
	content io.Reader
	left    int64
	err     error // the first one
}

// Read is io.Reader.
func (r *exactReader) Read(p []byte) (int, error) {
	switch {
	case r.err != nil:
		return 0, r.err
	case r.left == 0:
		return 0, r.end()
	}
	n, err := r.content.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	switch {
	case err == nil || r.left == 0 && errors.Is(err, io.EOF):
	case errors.Is(err, io.EOF):
		r.err = errShort
	default:
		r.err = err
	}
	return n, r.err
}

// end makes sure that nothing follows.
func (r *exactReader) end() error {
	n, err := io.ReadFull(r.content, make([]byte, 1))
	switch {
	case n > 0:
		r.err = errLong
	case err != io.EOF:
		r.err = err
	default:
		return io.EOF
	}
	return r.err
}
