package request

import (
	"cmp"
	"context"
	"crypto/sha256"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// The media types of a request body that carries a document.
const (
	mediaPDF       = "application/pdf"
	mediaMultipart = "multipart/form-data"
	mediaJSON      = "application/json"
)

// MediaTypes are the forms in which a document can be sent.
func MediaTypes() []string { return []string{mediaPDF, mediaMultipart, mediaJSON} }

// documentNames are the names of a part or a member with the document. Callers that cannot choose
// the name send file.
var documentNames = []string{"document", "file"}

// isDocument says whether a part or a member of this name holds the document.
func isDocument(name string) bool { return slices.Contains(documentNames, name) }

// formOverhead is for the options, part headers and boundaries of a form, in bytes.
const formOverhead = 64 << 10

// Request is what a caller asks for: a document, and an operation's options.
type Request struct {
	Signing  signing.Request
	Document *memory.Document
	Name     string // of the document, for a report: the option, else the file name of a form's part, as it was sent
	JSON     bool   // the answer is to be JSON as well
	Seal     bool   // the report on the document is to be sealed

	password string // of an encrypted document; "" = none was sent
}

// WithPassword gives a context in which the document opens with the password that came with it, if
// one did.
func (r *Request) WithPassword(ctx context.Context) context.Context {
	if r.password == "" {
		return ctx
	}
	return pades.WithPassword(ctx, r.password)
}

// Digest is the SHA-256 of what the request holds beside its options: document and password.
func (r *Request) Digest() ([]byte, error) {
	document, password := sha256.New(), sha256.Sum256([]byte(r.password))
	if _, err := r.Document.WriteTo(document); err != nil {
		return nil, err
	}
	return append(document.Sum(nil), password[:]...), nil
}

// Incoming is one HTTP request on its way in, with the memory that it takes. Not safe for
// concurrent use.
type Incoming struct {
	reader  *Reader
	writer  http.ResponseWriter // for deadlines and limits; nothing is written to it
	request *http.Request
	control *http.ResponseController
	sent    *rawBody  // the body as it arrives
	body    io.Reader // the same within its limits
	memory  *memory.Share
	making  int64 // bytes that a document takes while it is made, beside itself
}

// Budget is for the memory that work on the request takes in addition to its document.
func (in *Incoming) Budget() *budget.Budget { return in.memory.Budget() }

// SetCaller says whose request it is: its memory counts as that caller's. Call it before Read.
func (in *Incoming) SetCaller(caller string) {
	in.memory.SetCaller(caller)
}

// Release gives the memory back that the request took, its document's too, which nobody may use any
// longer. It may be called again.
func (in *Incoming) Release() {
	in.memory.Release()
}

// Successor is the memory for work that follows on the request. It replaces the request's own: see
// memory.Share.
func (in *Incoming) Successor() *memory.Work { return in.memory.Successor() }

// Limit refuses a body by its declared length, before anything of it is read, and bounds the rest
// of it in size and time. If document is false, the request has no body.
func (in *Incoming) Limit(deadline time.Time, document bool) error {
	bound := int64(0)
	if document {
		bound = in.reader.bodyLimit(in.request.Header)
	}
	if bound > 0 && in.request.ContentLength > bound {
		return tooLarge(in.reader.maxDocument)
	}
	in.bound(deadline, bound)
	return nil
}

// LimitBytes is Limit for a body that holds no document.
func (in *Incoming) LimitBytes(deadline time.Time, bound int64) error {
	if in.request.ContentLength > bound {
		return bodyError(&http.MaxBytesError{Limit: bound})
	}
	in.bound(deadline, bound)
	return nil
}

func (in *Incoming) bound(deadline time.Time, bytes int64) {
	in.body = &limitedBody{Reader: http.MaxBytesReader(in.writer, in.sent, bytes), control: in.control,
		deadline: deadline}
}

// ReadJSON reads a body that was limited with LimitBytes and holds no document. An empty one needs
// no Content-Type.
func (in *Incoming) ReadJSON() ([]byte, error) {
	if err := in.uncoded(); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in.body)
	if err != nil {
		return nil, bodyError(err)
	}
	_ = in.control.SetReadDeadline(time.Time{})
	media, parameters := contentType(in.request.Header)
	charset := parameters["charset"]
	if len(text) > 0 && (media != mediaJSON || charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, &signing.Error{Kind: signing.UnsupportedMediaType, Code: CodeMediaType,
			Detail: "send the request with Content-Type " + mediaJSON}
	}
	return text, nil
}

// uncoded refuses a body that is compressed: its size would say nothing.
func (in *Incoming) uncoded() error {
	encoding := strings.Join(in.request.Header.Values("Content-Encoding"), ",")
	if encoding == "" || strings.EqualFold(encoding, "identity") {
		return nil
	}
	return &signing.Error{Kind: signing.UnsupportedMediaType, Code: "encoding_unsupported",
		Detail: "send the document without a Content-Encoding"}
}

// Count calls count with the number of bytes of the body as they are read. An error of count, a
// *signing.Error, ends the reading. Count must be called after Limit.
func (in *Incoming) Count(count func(bytes int64) error) { in.body = &countedBody{in.body, count} }

// bodyLimit is the largest request body of the form that the header announces. In JSON a document
// takes 4/3 of its size, line breaks and escaped characters come on top.
func (r *Reader) bodyLimit(header http.Header) int64 {
	switch media, _ := contentType(header); media {
	case mediaMultipart:
		return r.maxDocument + maxImageBytes + formOverhead
	case mediaJSON:
		return 2*(r.maxDocument+maxImageBytes) + formOverhead
	}
	return r.maxDocument
}

// Read gives the request's document and what it chose among the options that the operation knows.
// If an error occurs after the document was read, Read also returns what it knows of the request,
// for the record; else nil.
func (in *Incoming) Read(ctx context.Context, known []Option) (*Request, error) {
	f, err := in.readForm(ctx, known)
	if err != nil {
		return nil, err
	}
	asked := &Request{Document: f.document, Name: cmp.Or(f.options.values["name"], f.name), JSON: f.json,
		password: f.options.values[optionPassword]}
	if asked.Signing, err = f.options.request(f.document); err == nil {
		asked.Seal, err = f.options.seal()
	}
	return asked, err
}

// form is a request body with a document, in any of the three forms.
type form struct {
	document *memory.Document
	name     string // of the document's file, where the form tells one, as it was sent
	options  *options
	json     bool
}

// readForm reads the body to its end.
func (in *Incoming) readForm(ctx context.Context, known []Option) (*form, error) {
	if err := in.uncoded(); err != nil {
		return nil, err
	}
	media, parameters := contentType(in.request.Header)
	if !slices.Contains(MediaTypes(), media) {
		return nil, unsupportedMediaType()
	}
	f := &form{options: newOptions(known), json: media == mediaJSON}
	if err := f.options.chooseQuery(in.request.URL.RawQuery); err != nil {
		return nil, err
	}
	var err error
	switch media {
	case mediaPDF:
		err = in.readRaw(ctx, f)
	case mediaMultipart:
		err = in.readMultipart(ctx, f, parameters["boundary"])
	case mediaJSON:
		if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil, unsupportedMediaType()
		}
		err = in.readJSON(ctx, f)
	}
	if err == nil {
		// A form may end before its body does, and net/http would wait for the rest without a
		// deadline while the document is held.
		_, err = io.Copy(io.Discard, in.body)
	}
	if err != nil {
		return nil, bodyError(err)
	}
	in.memory.Limit(f.document.Size())
	// The body has been read. From here on, net/http reads only to notice that the caller leaves,
	// and that read needs no deadline.
	_ = in.control.SetReadDeadline(time.Time{})
	return f, nil
}

// contentType is the request's media type, in lower case, with its parameters; "" if there is none,
// or more than one.
func contentType(header http.Header) (string, map[string]string) {
	values := header.Values("Content-Type")
	if len(values) != 1 {
		return "", nil
	}
	return parseMediaType(values[0])
}

// parseMediaType gives a media type in lower case, with its parameters; "" for what is none.
func parseMediaType(value string) (string, map[string]string) {
	media, parameters, err := mime.ParseMediaType(value)
	if err != nil {
		return "", nil
	}
	return media, parameters
}

// expect reserves the memory for a document all at once, by its Content-Length: requests that each
// wait for a little more would wait for one another. Memory for bytes that never arrive stays
// reserved until bodyPause or the route's deadline ends the wait.
func (in *Incoming) expect(ctx context.Context, size int64) (int64, error) {
	if size <= 0 {
		return 0, nil
	}
	size = min(size, in.reader.maxDocument)
	return size, in.memory.Document.Expect(ctx, size)
}

func (in *Incoming) readRaw(ctx context.Context, f *form) error {
	expected, err := in.expect(ctx, in.request.ContentLength)
	if err != nil {
		return err
	}
	f.document, err = in.readDocument(ctx, in.body, expected)
	return err
}

// readDocument reads the document from r, which is all of the body or a part of it.
func (in *Incoming) readDocument(ctx context.Context, r io.Reader, expected int64) (*memory.Document, error) {
	document, err := in.memory.Read(ctx, r, expected, in.reader.maxDocument)
	return document, documentError(err, in.reader.maxDocument)
}
