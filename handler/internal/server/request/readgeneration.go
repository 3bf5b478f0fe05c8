package request

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/signing"
)

// Bounds of a request for a document to be made, in bytes.
const (
	maxGenerate      = 32 << 20 // of its body
	generateOverhead = 16 << 20 // what page and decoded data take beside the body, while it is made
	maxDocumentID    = 255      // characters
	maxTemplateID    = 255      // characters
)

// GenerateMediaTypes are the forms in which a document can be asked for.
func GenerateMediaTypes() []string { return []string{mediaJSON, mediaMultipart} }

// generateOptions are the options of signing that /api/generate takes in its member sign: all
// options of /api/sign except the password, because the generated document is not encrypted.
func generateOptions() []Option {
	return slices.DeleteFunc(SignOptions(), func(o Option) bool { return o.name == optionPassword })
}

// Generation is a request to make a document, and to seal it if Sign is set.
type Generation struct {
	Render  render.Request
	Sign    bool
	Signing signing.Request // of Sign, still without its document
}

// generation is a Generation that is being read.
type generation struct {
	*Generation
	in      *Incoming
	options *options
	shortID bool                    // sign_key_id was given
	sign    *bool                   // what sign says; nil = nothing
	files   map[string]*render.File // of a form, by name
	meta    []archive.Attachment    // as they are described
	inline  []bool                  // of meta: the content came with the description
}

func newGeneration(in *Incoming, options *options) *generation {
	return &generation{Generation: &Generation{}, in: in, options: options, files: map[string]*render.File{}}
}

// ReadGeneration reads the body of a request for a document to be made.
func (in *Incoming) ReadGeneration(ctx context.Context) (*Generation, error) {
	media, parameters := contentType(in.request.Header)
	if !slices.Contains(GenerateMediaTypes(), media) || in.request.Header.Get("Content-Encoding") != "" {
		return nil, &signing.Error{Kind: signing.UnsupportedMediaType, Code: CodeMediaType,
			Detail: "send the request with Content-Type " + strings.Join(GenerateMediaTypes(), " or ")}
	}
	if _, err := Query(in.request.URL.RawQuery); err != nil {
		return nil, err
	}
	expected := in.request.ContentLength
	if expected > maxGenerate {
		return nil, generationTooLarge()
	}
	if expected < 0 {
		expected = maxGenerate
	}
	in.making = 2*expected + generateOverhead // the decoded data is in memory beside its source
	if err := in.Reserve(ctx, 0); err != nil {
		return nil, err
	}
	g := newGeneration(in, newOptions(generateOptions()))
	body := &boundedBody{in.body, maxGenerate}
	var err error
	if media == mediaMultipart {
		err = g.readMultipart(ctx, body, parameters["boundary"])
	} else {
		err = g.readJSON(ctx, body)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if err != nil {
		return nil, bodyError(err)
	}
	_ = in.control.SetReadDeadline(time.Time{}) // as for a document: see readForm
	return g.finish()
}

func generationTooLarge() error {
	return &signing.Error{Kind: signing.TooLarge, Code: codeTooLarge,
		Detail: fmt.Sprintf("a request for a document to be made may have %d bytes at most", maxGenerate)}
}

// Reserve counts the bytes of the document that is being made, in addition to the request. If a
// request needs more than the memory of all requests, it gets all of that memory for itself.
func (in *Incoming) Reserve(ctx context.Context, size int64) error {
	return in.memory.Document.AtLeastOrAll(ctx, in.making+size)
}

// boundedBody returns an error after a number of bytes.
type boundedBody struct {
	r    io.Reader
	left int64
}

// Read is io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, generationTooLarge()
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// finish puts together what was read.
func (g *generation) finish() (*Generation, error) {
	if g.Render.HTML == (render.Source{}) {
		return nil, invalidRequest("invalid_request", "the request has no html_template", nil)
	}
	for i := range g.meta {
		a := &g.meta[i]
		if g.inline[i] {
			continue
		}
		file := g.files[a.Name]
		if file == nil {
			return nil, invalidRequest("attachment_invalid",
				fmt.Sprintf("attachment %d has no content, and no file of the request has its name", i+1), nil)
		}
		a.Data = file.Data
		delete(g.files, a.Name)
	}
	g.Render.Attachments = g.meta
	for _, file := range g.files {
		g.Render.Files = append(g.Render.Files, *file)
	}
	slices.SortFunc(g.Render.Files, func(a, b render.File) int { return strings.Compare(a.Name, b.Name) })
	if g.Render.Standard == "" {
		g.Render.Standard = archive.None
	}
	if err := g.text(); err != nil {
		return nil, err
	}
	g.Generation.Sign = g.shortID || g.sign != nil && *g.sign
	if g.shortID && g.sign != nil && !*g.sign {
		return nil, jsonstream.BadMember("sign", "is false, and sign_key_id asks for a signature")
	}
	var err error
	if g.Signing, err = g.options.request(noDocument{}); err != nil {
		return nil, err
	}
	return g.Generation, g.Render.Check()
}

// text refuses control characters, which metadata cannot hold.
func (g *generation) text() error {
	texts := []string{g.Render.DocumentID, g.Render.HTML.ID, g.Render.CSS.ID}
	for _, a := range g.meta {
		texts = append(texts, a.Description)
	}
	for _, text := range texts {
		if utf8.RuneCountInString(text) > maxDocumentID*4 || strings.ContainsFunc(text, unprintable) {
			return invalidRequest("invalid_request", "a text of the request has a control character", nil)
		}
	}
	return nil
}

func unprintable(r rune) bool {
	return r < ' ' || r == 0x7f || r == utf8.RuneError || r == 0xfffe || r == 0xffff
}

// noDocument stands for a document that is still to be made.
type noDocument struct{}

// ReadAt is io.ReaderAt.
func (noDocument) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// Size is 0.
func (noDocument) Size() int64 { return 0 }

var _ pades.Document = noDocument{}
