package render_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/render"
	"influxion/handler/internal/signing"
)

// container is a container of templates, by name.
type container map[string]string

var errAway = &signing.Error{Kind: signing.Unavailable, Code: "templates_unavailable"}

func (c container) Template(_ context.Context, id string) (render.Template, error) {
	text, ok := c[id]
	if !ok {
		return render.Template{}, &signing.Error{Kind: signing.NotFound, Code: "template_not_found"}
	}
	return render.Template{Content: text, ETag: "etag of " + id}, nil
}

func (c container) File(ctx context.Context, id string, reserve func(int64) error) ([]byte, string, error) {
	kept, err := c.Template(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if kept.Content == "away" {
		return nil, "", errAway
	}
	if err := reserve(int64(len(kept.Content))); err != nil {
		return nil, "", err
	}
	return []byte(kept.Content), kept.ETag, nil
}

// A page loads files of its request first, and those that lie beside its template in the container.
// Files of the container can lead to further ones, and have to be as harmless.
func TestFilesBesideTheTemplate(t *testing.T) {
	t.Parallel()
	stored := container{
		"a/page.html": `<img src="logo.svg"><link rel="stylesheet" href="more.css">`, "a/logo.svg": "<svg/>",
		"a/more.css": `@import "most.css";p{background:url(logo.svg)}`, "a/most.css": "p{background:url(paper.png)}",
		"a/paper.png": "\x89PNG", "root.html": `<img src="logo.png">`, "logo.png": "root", "secret.html": "secret",
		"a/gone.css": "p{background:url(gone.png)}", "a/bad.svg": "<svg><script/></svg>", "a/away.png": "away",
		"a/out.css": "p{background:url(http://host/)}", "a/odd.css": "p{background:url('a\nb')}",
		"a/large.png": strings.Repeat("x", render.MaxFileBytes), "a/style.css": "p{background:url(paper.png)}",
	}
	at := func(id string) render.Source { return render.Source{ID: id} }
	text := func(content string) render.Source { return render.Source{Content: content} }
	for name, test := range map[string]struct {
		html   render.Source
		files  []render.File
		loaded string // names of the files that the renderer gets, beside the page
		code   string
		detail string // what the detail names
	}{
		"files of files": {html: at("a/page.html"), loaded: "logo.svg more.css most.css paper.png"},
		"a file of the request": {html: at("a/page.html"), loaded: "logo.svg more.css most.css paper.png",
			files: []render.File{{Name: "logo.svg", Data: []byte("<svg>mine</svg>")}}},
		"in the root":          {html: at("root.html"), loaded: "logo.png"},
		"for a text":           {html: text(`<img src="logo.png">`), loaded: "logo.png"},
		"in another folder":    {html: text(`<img src="paper.png">`), code: "resource_missing", detail: `"paper.png"`},
		"a path":               {html: text(`<img src="a/paper.png">`), code: "reference_forbidden"},
		"an escaped path":      {html: text(`<img src="a%2fpaper.png">`), code: "reference_forbidden"},
		"a template as a file": {html: text(`<img src="secret.html">`), code: "resource_missing"},
		"by a style sheet": {html: text(`<style>p{background:url(gone.png)}</style>`), code: "resource_missing",
			detail: `"gone.png"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, server := newRenderer(t, nil)
			r.Templates = stored
			_, err := r.Render(t.Context(), &render.Request{HTML: test.html, Files: test.files, Standard: "none"})
			checkProblem(t, err, test.code, test.detail)
			if err != nil {
				return
			}
			form := server.Forms()[0]
			delete(form.Files, "index.html")
			if got := strings.Join(slices.Sorted(maps.Keys(form.Files)), " "); got != test.loaded {
				t.Errorf("got the files %s, want %s", got, test.loaded)
			}
			for _, file := range test.files {
				if form.Files[file.Name] != string(file.Data) {
					t.Errorf("got another %s than that of the request", file.Name)
				}
			}
		})
	}
	for file, want := range map[string][2]string{
		"gone.css":  {"resource_missing", `the style sheet gone.css refers to "gone.png"`},
		"bad.svg":   {"reference_forbidden", "the file bad.svg has a script"},
		"out.css":   {"reference_forbidden", "the style sheet out.css"},
		"odd.css":   {"style_invalid", "the style sheet odd.css"},
		"large.png": {"resource_invalid", "together"}, "away.png": {"templates_unavailable", ""},
	} {
		r, server := newRenderer(t, nil)
		r.Templates = stored
		where := `<img src="` + file + `">`
		if strings.HasSuffix(file, ".css") {
			where = `<link rel="stylesheet" href="` + file + `">`
		}
		stored["a/"+file+".html"] = where
		_, err := r.Render(t.Context(), &render.Request{HTML: at("a/" + file + ".html"), Standard: "none",
			Files: []render.File{{Name: "one.png", Data: []byte("x")}}})
		checkProblem(t, err, want[0], want[1])
		if len(server.Forms()) != 0 {
			t.Errorf("%s: got a page printed", file)
		}
	}
}

func checkProblem(t *testing.T, err error, code, detail string) {
	t.Helper()
	if err == nil {
		if code != "" {
			t.Errorf("got no error, want %s", code)
		}
		return
	}
	if got := signing.AsError(err); got.Code != code || !strings.Contains(got.Detail, detail) {
		t.Errorf("got %s: %s, want %s: %s", got.Code, got.Detail, code, detail)
	}
}

// The bytes of the container's files are reserved before they are allocated, and with the print.
func TestFilesOfTheContainerAreReserved(t *testing.T) {
	t.Parallel()
	r, _ := newRenderer(t, nil)
	r.Templates = container{"a.png": strings.Repeat("x", 1000), "b.png": strings.Repeat("x", 500)}
	q := page(`<img src="a.png"><img src="b.png"><img src="a.png">`)
	var asked []int64
	q.Reserve = func(_ context.Context, bytes int64) error {
		asked = append(asked, bytes)
		return nil
	}
	if _, err := r.Render(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if len(asked) < 3 || !slices.Equal(asked[:2], []int64{1000, 1500}) || slices.Min(asked[2:]) <= 1500 {
		t.Errorf("got %v reserved, want 1000, 1500, and the print in addition", asked)
	}
	full := &signing.Error{Kind: signing.Unavailable, Code: "busy"}
	q.Reserve = func(context.Context, int64) error { return full }
	if _, err := r.Render(t.Context(), q); !errors.Is(err, full) {
		t.Errorf("got %v, want busy", err)
	}
}

// A page that refers to no end of files asks the container for a bounded number of them.
func TestManyFilesOfTheContainer(t *testing.T) {
	t.Parallel()
	r, server := newRenderer(t, nil)
	stored := container{}
	var html strings.Builder
	for i := range 2 * render.MaxFiles {
		name := strings.Repeat("a", i+1) + ".png"
		stored[name] = "x"
		html.WriteString(`<img src="` + name + `">`)
	}
	r.Templates = stored
	_, err := r.Render(t.Context(), page(html.String()))
	checkProblem(t, err, "resource_invalid", "64 files")
	if len(server.Forms()) != 0 {
		t.Error("got a page printed")
	}
}

// The record of an attempt names template and style sheet: the digest of a text, or name and etag.
// It also names each file of the container that the page referred to, and none of the request.
func TestRecordOfTheTemplates(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte(`<img src="logo.svg">`))
	logoDigest := hex.EncodeToString(sum[:])
	const digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // of "x"
	stored := container{"a.html": "x", "a.css": "p{}", "f/all.html": `<img src="mine.png"><img src="logo.svg">` +
		`<link rel="stylesheet" href="more.css"><img src="logo.svg">`, "f/mine.png": "not this one",
		"f/logo.svg": "<svg/>", "f/more.css": "p{background:url(paper.png)}", "f/paper.png": "x", "f/other.png": "x",
		"logo.svg": "<svg/>", "f/style.css": "p{background:url(paper.png)}"}
	file := func(name, id string) signing.RecordedFile {
		return signing.RecordedFile{Name: name, ETag: "etag of " + id}
	}
	for name, test := range map[string]struct {
		html, css render.Source
		want      signing.RecordedTemplate
	}{
		"texts": {render.Source{Content: "x"}, render.Source{Content: "x"},
			signing.RecordedTemplate{TemplateDigest: digest, StyleDigest: digest}},
		"stored": {render.Source{ID: "a.html"}, render.Source{ID: "a.css"}, signing.RecordedTemplate{Template: "a.html",
			TemplateETag: "etag of a.html", Style: "a.css", StyleETag: "etag of a.css"}},
		"no style sheet": {render.Source{Content: "x"}, render.Source{},
			signing.RecordedTemplate{TemplateDigest: digest}},
		"files beside the template": {render.Source{ID: "f/all.html"}, render.Source{ID: "f/style.css"},
			signing.RecordedTemplate{Template: "f/all.html", TemplateETag: "etag of f/all.html", Style: "f/style.css",
				StyleETag: "etag of f/style.css", Files: []signing.RecordedFile{file("paper.png", "f/paper.png"),
					file("logo.svg", "f/logo.svg"), file("more.css", "f/more.css")}}},
		"a file of the root": {render.Source{Content: `<img src="logo.svg">`}, render.Source{},
			signing.RecordedTemplate{TemplateDigest: logoDigest,
				Files: []signing.RecordedFile{file("logo.svg", "logo.svg")}}},
	} {
		r, _ := newRenderer(t, nil)
		r.Templates = stored
		q := page("")
		q.Files = []render.File{{Name: "mine.png", Data: []byte("x")}}
		q.HTML, q.CSS = test.html, test.css
		made, err := r.Render(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got signing.RecordedTemplate
		q.Asked(&got)
		made.Took(&got)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
