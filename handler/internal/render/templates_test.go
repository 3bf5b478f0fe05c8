package render_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
)

// The invoice of docs/templates comes to a document with the data that belong to it, and the page
// and the electronic invoice state the same.
func TestTemplateOfTheInvoice(t *testing.T) {
	t.Parallel()
	folder := filepath.FromSlash("../../../docs/templates/invoice")
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	r, server := newRenderer(t, nil)
	xml := read("factur-x.xml")
	document, err := r.Render(t.Context(), &render.Request{
		HTML: render.Source{Content: string(read("invoice.html"))},
		CSS:  render.Source{Content: string(read("invoice.css"))},
		Data: read("invoice.json"), Files: []render.File{{Name: "logo.svg", Data: read("logo.svg")}},
		Standard: archive.PDFA3B, Invoice: &archive.Invoice{Profile: "en16931", XML: xml},
	})
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
	if err := json.Unmarshal(read("invoice.json"), &data); err != nil {
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
