package render_test

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
)

// sample is a template of docs/templates with its files.
type sample struct{ folder, name string }

func (s sample) read(t *testing.T, extension string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.FromSlash("../../../docs/templates"), s.folder, s.name+extension))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// request asks for a document of the template with its data and its files.
func (s sample) request(t *testing.T, files ...string) *render.Request {
	t.Helper()
	q := &render.Request{
		HTML: render.Source{Content: string(s.read(t, ".html"))},
		CSS:  render.Source{Content: string(s.read(t, ".css"))},
		Data: s.read(t, ".json"), Standard: archive.PDFA3B,
	}
	for _, name := range files {
		q.Files = append(q.Files, render.File{Name: name, Data: sample{s.folder, ""}.read(t, name)})
	}
	return q
}

// Each template of docs/templates gives a document with its data. The page shows each text of the
// data, and has the fields for other signers.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		files  []string
		hidden []string // texts of the data that the page shows in another form, or not as text
		fields []string
		shows  []string
	}{
		{"attendance", []string{"emblem.svg"},
			[]string{"2026-11-20", "2026-11-16", "2026-11-19", "https://academy.example/certificates/A-2026-0381"},
			[]string{"organiser"}, []string{"16 November 2026 to 19 November 2026", "32 hours", `<svg class="qr"`}},
		{"contract", nil, []string{"2026-11-29"}, []string{"provider", "client"},
			[]string{"29 November 2026", ">665.50<", ">65.50<"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, server := newRenderer(t, nil)
			q := sample{test.name, test.name}.request(t, test.files...)
			if _, err := r.Render(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			page := html.UnescapeString(server.Forms()[0].Files["index.html"])
			for _, text := range append(texts(t, q.Data), test.shows...) {
				if !strings.Contains(page, text) && !slices.Contains(test.hidden, text) {
					t.Errorf("got a page without %q", text)
				}
			}
			for _, field := range test.fields {
				if strings.Count(page, `href="signature-field:`+field+`"`) != 1 {
					t.Errorf("got a page without one place for the signature field %s", field)
				}
			}
		})
	}
}

// texts are all strings of the data.
func texts(t *testing.T, data []byte) (all []string) {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(value)
	return all
}

// The invoice of docs/templates gives a document with its data. The page and the electronic invoice
// state the same.
func TestTemplateOfTheInvoice(t *testing.T) {
	t.Parallel()
	r, server := newRenderer(t, nil)
	q, xml := sample{"invoice", "invoice"}.request(t, "logo.svg"), sample{"invoice", "factur-x"}.read(t, ".xml")
	q.Invoice = &archive.Invoice{Profile: "en16931", XML: xml}
	document, err := r.Render(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document.PDF), "factur-x.xml") {
		t.Error("got a document without its electronic invoice")
	}
	page := server.Forms()[0].Files["index.html"]
	var data struct {
		Number, Issued string
		Seller, Buyer  struct{ Name string }
		Items          []struct{ Name string }
		Payment        struct{ IBAN string }
	}
	if err := json.Unmarshal(q.Data, &data); err != nil {
		t.Fatal(err)
	}
	same := []string{data.Number, data.Seller.Name, data.Buyer.Name}
	for _, item := range data.Items {
		same = append(same, item.Name)
	}
	for _, text := range same {
		if !strings.Contains(page, text) || !strings.Contains(string(xml), text) {
			t.Errorf("got %q not both on the page and in the invoice", text)
		}
	}
	for shown, stated := range map[string]string{">2,285.00<": "2285.00", ">434.15<": "434.15",
		"EUR&nbsp;2,719.15<": "2719.15"} {
		if !strings.Contains(page, shown) || !strings.Contains(string(xml), ">"+stated+"<") {
			t.Errorf("got %s and %s not both on the page and in the invoice", shown, stated)
		}
	}
	if !strings.Contains(string(xml), data.Payment.IBAN) ||
		!strings.Contains(string(xml), strings.ReplaceAll(data.Issued, "-", "")) {
		t.Error("got an invoice with another account or another day than its data")
	}
}
