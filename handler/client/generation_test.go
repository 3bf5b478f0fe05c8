package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/render"
	"influxion/handler/internal/rendertest"
)

func picture(t *testing.T) []byte {
	t.Helper()
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return encoded.Bytes()
}

// newGenerator returns a client of a deployment with a renderer.
func newGenerator(t *testing.T) (*client.Client, *rendertest.Server) {
	t.Helper()
	pages := rendertest.New()
	t.Cleanup(pages.Close)
	p := newParts(t)
	p.renderer = &render.Renderer{Printer: render.NewClient(pages.URL, nil), MaxBytes: 1 << 20, Now: time.Now}
	s := httptest.NewServer(p.handler())
	t.Cleanup(s.Close)
	return client.New(s.URL, credential{goodToken}, "api://influxion/.default"), pages
}

// Every member of a request arrives, and the document comes back sealed.
func TestGenerate(t *testing.T) {
	t.Parallel()
	c, pages := newGenerator(t)
	made, err := c.Generate(t.Context(), client.Generation{
		HTML:       client.Template{Content: `<title>No. {{.number}}</title><link rel="stylesheet" href="a.css"><p>&lt;é`},
		CSS:        client.Template{Content: "p > b {color: navy}"},
		Data:       json.RawMessage(`{"number": "<1&2>"}`),
		DocumentID: "doc-1", Standard: "pdf/a-3b",
		Files: []client.NamedFile{{Name: "a.css", Content: []byte("p{}")}},
		Attachments: []client.Attachment{{Name: "a.csv", MediaType: "text/csv", Relationship: "Data",
			Description: "the rows", Content: []byte("a,b")}},
		Invoice: &client.Invoice{Profile: "en16931", XML: []byte(`<r:CrossIndustryInvoice ` +
			`xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"><r:ExchangedDocumentContext>` +
			`<r:GuidelineSpecifiedDocumentContextParameter><r:ID>urn:cen.eu:en16931:2017</r:ID>` +
			`</r:GuidelineSpecifiedDocumentContextParameter></r:ExchangedDocumentContext></r:CrossIndustryInvoice>`)},
		Sign: &client.Options{Certificate: "seal", Reason: "Approved", Visible: &client.Visible{
			Box: [4]float64{72, 72, 200, 60}, Image: picture(t)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var document bytes.Buffer
	if _, err := made.WriteTo(&document); err != nil {
		t.Fatal(err)
	}
	if made.Pages != 1 || made.PDFA != "PDF/A-3b" || made.Certificate != "seal" || made.Level != "B-B" {
		t.Errorf("got %+v, want a sealed page in PDF/A-3b", made)
	}
	for _, want := range []string{"factur-x.xml", "a.csv", "the rows", "doc-1", "Approved", "/Data"} {
		if !strings.Contains(document.String(), want) {
			t.Errorf("got a document without %q", want)
		}
	}
	report, err := c.Verify(t.Context(), bytes.NewReader(document.Bytes()))
	if err != nil || report.Summary.Passed != 1 {
		t.Errorf("got %+v (%v), want a signature that passes", report, err)
	}
	forms := pages.Forms()
	if len(forms) != 1 || forms[0].Files["a.css"] != "p{}" ||
		!strings.Contains(forms[0].Files["index.html"], "No. &lt;1&amp;2&gt;") ||
		!strings.Contains(forms[0].Files["index.html"], "p > b {color: navy}") {
		t.Errorf("got %v, want the page with its style and file", forms)
	}
}

func TestGenerateWithoutSeal(t *testing.T) {
	t.Parallel()
	c, _ := newGenerator(t)
	made, err := c.Generate(t.Context(), client.Generation{HTML: client.Template{Content: "<p>x"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.WriteTo(io.Discard); err != nil || made.Certificate != "" ||
		made.PDFA != "" && made.PDFA != "none" {
		t.Errorf("got %+v (%v), want a document without certificate", made, err)
	}
}

func TestGenerateRefusals(t *testing.T) {
	t.Parallel()
	c, _ := newGenerator(t)
	for name, test := range map[string]struct {
		generation client.Generation
		code       string // "" = it is not sent
	}{
		"a template that is none": {client.Generation{HTML: client.Template{Content: "{{if}}"}}, "template_invalid"},
		"a kept template":         {client.Generation{HTML: client.Template{ID: "a"}}, "template_id_unsupported"},
		"no template":             {client.Generation{}, "invalid_request"},
		"a file that is missing": {client.Generation{HTML: client.Template{Content: `<img src="a.png">`}},
			"resource_missing"},
		"a full renderer": {client.Generation{
			HTML: client.Template{Content: `<meta name="renderer" content="422">`}}, "page_unprintable"},
		"no JSON": {client.Generation{HTML: client.Template{Content: "x"}, Data: json.RawMessage("{")}, ""},
		"no text": {client.Generation{HTML: client.Template{Content: "\xff"}}, ""},
		"no XML": {client.Generation{HTML: client.Template{Content: "x"}, Invoice: &client.Invoice{XML: []byte{0xff}}},
			""},
	} {
		_, err := c.Generate(t.Context(), test.generation)
		problem, ok := errors.AsType[*client.Problem](err)
		if err == nil || ok != (test.code != "") || ok && problem.Code != test.code {
			t.Errorf("%s: got %v, want %q", name, err, test.code)
		}
	}
}

// The client refuses a body that is not a PDF, or that is larger than any document.
func TestGenerateOddAnswers(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]http.Header{
		"another type": {"Content-Type": {"text/html"}}, "no length": {"Content-Type": {"application/pdf"}},
		"a long one": {"Content-Type": {"application/pdf"}, "Content-Length": {"2147483649"}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for name, values := range header {
				w.Header()[name] = values
			}
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
		}))
		c := client.New(s.URL, credential{goodToken}, "api://influxion/.default")
		if _, err := c.Generate(ctx, client.Generation{HTML: client.Template{Content: "x"}}); err == nil {
			t.Errorf("%s: got no error", name)
		}
		cancel()
		s.Close()
	}
}
