package client_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/client"
	"influxion/handler/internal/pdftest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := client.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 3)
	if _, err := file.ReadAt(part, 4); err != nil || string(part) != "456" || file.Size() != 10 {
		t.Errorf("got %q and size %d (%v)", part, file.Size(), err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.Open(name + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is none", err)
	}
	if _, err := client.Open(filepath.Dir(name)); err == nil {
		t.Error("got a folder opened as a document")
	}
}

// A visible signature with an image is sent as a form, and the document stays the same.
func TestVisible(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	document := pdftest.Sample(0)
	for name, visible := range map[string]*client.Visible{
		"text":    {Page: 1, Box: [4]float64{72, 72, 200, 60}, Text: "Signed, by me & you"},
		"picture": {Page: -1, Box: [4]float64{72, 72, 200, 60}, HideText: true, Image: picture.Bytes()},
		"alone":   {},
		"colors":  {Color: "white", Background: "#102a43", Border: "none", Text: "{{name}}\n{{time}}"},
	} {
		signed, err := c.Sign(t.Context(), bytes.NewReader(document), client.Options{Reason: "x", Visible: visible})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var body bytes.Buffer
		if n, err := signed.WriteTo(&body); err != nil || n != signed.Size || !bytes.HasPrefix(body.Bytes(), document) {
			t.Errorf("%s: got %d bytes (%v), want %d that begin with the document", name, n, err, signed.Size)
		}
		report, err := c.Verify(t.Context(), bytes.NewReader(body.Bytes()))
		if err != nil || report.Summary.Passed != 1 || report.Signatures[0].Reason != "x" {
			t.Errorf("%s: got %+v (%v), want one signature that passed", name, report, err)
		}
	}
}

// Levels above B-B need trust services, which this server does not have: either the error or the
// answer says so.
func TestLevels(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	document := bytes.NewReader(pdftest.Sample(0))
	_, err := c.Sign(t.Context(), document, client.Options{Level: "B-T"})
	if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Code != "level_unreachable" {
		t.Errorf("got %v, want level_unreachable", err)
	}
	signed, err := c.Sign(t.Context(), document, client.Options{Level: "B-LTA", AllowLower: true})
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	if _, err := signed.WriteTo(&sealed); err != nil || signed.Level != "B-B" || signed.Shortfall == "" {
		t.Errorf("got level %q, shortfall %q (%v), want B-B and a reason", signed.Level, signed.Shortfall, err)
	}
	for name, call := range map[string]func() (*client.Signed, error){
		"extend": func() (*client.Signed, error) {
			return c.Extend(t.Context(), bytes.NewReader(sealed.Bytes()), client.Extension{Level: "B-T"})
		},
		"timestamp": func() (*client.Signed, error) { return c.Timestamp(t.Context(), document) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), "level_unreachable") {
			t.Errorf("%s: got %v, want level_unreachable", name, err)
		}
	}
}

func TestReadableReports(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	signed, err := c.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)), client.Options{Reason: "<b>"})
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	if _, err := signed.WriteTo(&sealed); err != nil {
		t.Fatal(err)
	}
	text, err := c.VerifyText(t.Context(), bytes.NewReader(sealed.Bytes()))
	if err != nil || !strings.Contains(string(text), "TOTAL-PASSED") || !strings.Contains(string(text), "<b>") {
		t.Errorf("got %q (%v)", text, err)
	}
	page, err := c.VerifyHTML(t.Context(), bytes.NewReader(sealed.Bytes()))
	if err != nil || !strings.Contains(string(page), "<html") || !strings.Contains(string(page), "&lt;b&gt;") {
		t.Errorf("got %q (%v)", page, err)
	}
}

// named is a document with an arbitrary name.
type named struct {
	*bytes.Reader
	name string
}

func (n named) Name() string { return n.name }

// The report keeps the name of a document, whatever characters the name contains.
func TestNamedDocuments(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	path := filepath.Join(t.TempDir(), "Vertrag Müller & Co.pdf")
	if err := os.WriteFile(path, pdftest.Sample(0), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := client.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sample := bytes.NewReader(pdftest.Sample(0))
	for want, document := range map[string]client.Document{
		"Vertrag Müller & Co.pdf": file, "": sample, "a\uFFFDb\uFFFD.pdf": named{sample, "a\nb\xff.pdf"},
		strings.Repeat("日", 254) + "…": named{sample, strings.Repeat("日", 300)},
	} {
		report, err := c.Verify(t.Context(), document)
		if err != nil || report.Document.Name != want {
			t.Errorf("got %+v and %v, want the name %q", report, err, want)
		}
	}
	page, err := c.VerifyHTML(t.Context(), file)
	if err != nil || !strings.Contains(string(page), "Vertrag Müller &amp; Co.pdf") {
		t.Errorf("got %v and %s, want the name in the page", err, page)
	}
}

// The client accepts no report and no document from an answer that Influxion would not send.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	digests := map[string]string{"wrong": "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:", "none": "",
		"odd": "sha-256=%"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Repr-Digest", digests[r.URL.Query().Get("reason")])
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "%PDF")
	}))
	defer s.Close()
	c := client.New(s.URL, credential{goodToken}, "api://influxion/.default")
	for name := range digests {
		signed, err := c.Sign(t.Context(), strings.NewReader("%PDF"), client.Options{Reason: name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signed.WriteTo(io.Discard); !errors.Is(err, client.ErrChanged) {
			t.Errorf("%s: got %v, want that the document has changed", name, err)
		}
	}
	for name, read := range map[string]func() ([]byte, error){
		"text": func() ([]byte, error) { return c.VerifyText(t.Context(), strings.NewReader("%PDF")) },
		"page": func() ([]byte, error) { return c.VerifyHTML(t.Context(), strings.NewReader("%PDF")) },
	} {
		if got, err := read(); err == nil || !strings.Contains(err.Error(), "want text/") {
			t.Errorf("%s: got %q (%v), want a refusal of a PDF", name, got, err)
		}
	}
	report, err := c.VerifyPDF(t.Context(), strings.NewReader("%PDF"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := report.WriteTo(io.Discard); !errors.Is(err, client.ErrChanged) {
		t.Errorf("got %v of a report, want that it has changed", err)
	}
	without := client.New(s.URL, nil, "api://influxion/.default")
	_, err = without.Certificates(t.Context())
	if _, ok := errors.AsType[*client.SignInError](err); !ok {
		t.Errorf("got %v without a credential, want that there is none", err)
	}
}
