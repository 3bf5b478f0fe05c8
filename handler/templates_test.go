package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/rendertest"
)

// The production handler takes a template, a style sheet and the files beside the template from the
// container, always in the present version. The audit record states the versions of template,
// style sheet and files.
func TestStoredTemplates(t *testing.T) {
	t.Parallel()
	renderer := rendertest.New()
	t.Cleanup(renderer.Close)
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{Environ: []string{
		"INFLUXION_RENDERER_URL=" + renderer.URL,
		"INFLUXION_TEMPLATES_CONTAINER=" + cloudtest.ContainerURL(cloudtest.TemplatesContainer)}})
	generate := func(id string) (int, string) {
		response, body := p.do(t, http.MethodPost, "/api/generate", "application/json", strings.NewReader(
			`{"html_template": {"id": "`+id+`"}, "css_template": {"id": "a/page.css"}, "data": {"name": "Ada"}, `+
				`"sign": true}`))
		var problem struct{ Code string }
		_ = json.Unmarshal(body, &problem) // a document is none
		return response.StatusCode, problem.Code
	}
	p.Blobs.Upload(cloudtest.TemplatesContainer, "a/page.css", []byte("h1 {color: navy}"))
	etags := map[string]bool{}
	p.Blobs.Upload(cloudtest.TemplatesContainer, "a/logo.svg", []byte("<svg/>"))
	for _, text := range []string{"<h1>First {{.name}}</h1>", `<h1>Second {{.name}}</h1><img src="logo.svg">`} {
		p.Blobs.Upload(cloudtest.TemplatesContainer, "a/letter.html", []byte(text))
		if status, code := generate("a/letter.html"); status != http.StatusOK {
			t.Fatalf("got %d %s, want a document", status, code)
		}
		forms := renderer.Forms()
		files := forms[len(forms)-1].Files
		page := files["index.html"]
		if wanted := strings.Contains(text, "logo.svg"); (files["logo.svg"] == "<svg/>") != wanted {
			t.Errorf("got the files %v for %q, want the drawing where the page refers to it", files, text)
		}
		if !strings.Contains(page, strings.Replace(text, "{{.name}}", "Ada", 1)) ||
			!strings.Contains(page, "color: navy") {
			t.Errorf("got the page %q, want it from %q and with the style sheet", page, text)
		}
	}
	for i, line := range p.audits(t, 2) {
		var entry struct {
			Audit struct {
				Template     string
				TemplateETag string `json:"template_etag"`
				Style        string
				StyleETag    string                        `json:"style_etag"`
				Files        []struct{ Name, ETag string } `json:"template_files"`
				Outcome      string
			}
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if got := entry.Audit; got.Template != "a/letter.html" || got.TemplateETag == "" || etags[got.TemplateETag] ||
			got.Style != "a/page.css" || got.StyleETag == "" || got.Outcome != "signed" {
			t.Errorf("got the record %+v, want template and style sheet with the etags of their versions", got)
		}
		etags[entry.Audit.TemplateETag] = true
		if files := entry.Audit.Files; len(files) != i || i == 1 && (files[0].Name != "logo.svg" ||
			files[0].ETag == "" || etags[files[0].ETag]) {
			t.Errorf("got the files %+v in record %d, want the drawing with its etag in the second alone", files, i)
		}
	}
	if ready, err := p.client().Health(t.Context(), true); err != nil || ready.Checks["templates"] != "ok" {
		t.Errorf("got %+v (%v), want the check of the container", ready, err)
	}
	if status, code := generate("a/absent.html"); status != http.StatusNotFound || code != "template_not_found" {
		t.Errorf("got %d %s for a template that is not there", status, code)
	}
	p.Blobs.Fail(blobtest.Down, 0)
	if status, code := generate("a/letter.html"); status != http.StatusServiceUnavailable ||
		code != "templates_unavailable" {
		t.Errorf("got %d %s while the container is away", status, code)
	}
}
