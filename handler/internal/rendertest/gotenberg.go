package rendertest

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"influxion/handler/internal/pdftest"
)

// Form is one form that the renderer received.
type Form struct {
	Fields map[string]string
	Files  map[string]string // by name
	Header http.Header
}

// Server is the renderer. It answers a page with <meta name="renderer" content="503"> with that
// status, and with Retry-After: 7. PDF may be changed before the first request. Safe for concurrent
// use.
type Server struct {
	*httptest.Server
	PDF func(page string) []byte

	mu    sync.Mutex
	forms []Form
}

// New starts a renderer. The caller must close it.
func New() *Server {
	s := &Server{PDF: Page}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"up"}`)
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "8.0.0") })
	mux.HandleFunc("POST /forms/chromium/convert/html", s.convert)
	s.Server = httptest.NewServer(mux)
	return s
}

// Forms returns the forms received so far.
func (s *Server) Forms() []Form {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Form(nil), s.forms...)
}

const maxForm = 64 << 20

func (s *Server) convert(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(maxForm); err != nil {
		http.Error(w, "no form", http.StatusBadRequest)
		return
	}
	form := Form{Fields: map[string]string{}, Files: map[string]string{}, Header: r.Header.Clone()}
	for name, values := range r.MultipartForm.Value {
		form.Fields[name] = strings.Join(values, ",")
	}
	for _, header := range r.MultipartForm.File["files"] {
		file, err := header.Open()
		if err != nil {
			http.Error(w, "no file", http.StatusBadRequest)
			return
		}
		text, err := io.ReadAll(file)
		if err != nil {
			http.Error(w, "no file", http.StatusBadRequest)
			return
		}
		form.Files[header.Filename] = string(text)
	}
	s.mu.Lock()
	s.forms = append(s.forms, form)
	s.mu.Unlock()
	page, ok := form.Files["index.html"]
	if !ok {
		http.Error(w, "no index.html", http.StatusBadRequest)
		return
	}
	if found := status.FindStringSubmatch(page); found != nil {
		code, err := strconv.Atoi(found[1])
		if err != nil {
			code = http.StatusBadRequest
		}
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Location", "/elsewhere")
		http.Error(w, "refused", code)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	_, _ = w.Write(s.PDF(page))
}

var status = regexp.MustCompile(`<meta name="renderer" content="([0-9]{3})">`)

var title = regexp.MustCompile(`(?is)<title>(.*?)</title>`)

var place = regexp.MustCompile("href=\"(signature-field:[^\"()]*)\"")

// Page returns a PDF as Chromium would make it from a page, but without text: one page with a
// rectangle and a link that has no Print flag. The link leads to the page's first place for a
// signature, if there is one.
func Page(page string) []byte {
	name := ""
	if found := title.FindStringSubmatch(page); found != nil {
		name = strings.NewReplacer("(", "", ")", "", `\`, "").Replace(html.UnescapeString(found[1]))
	}
	address := "https://example.com/"
	if found := place.FindStringSubmatch(page); found != nil {
		address = found[1]
	}
	resources, font := "<< >>", ""
	if strings.Contains(page, "a font that is not embedded") {
		resources, font = "<< /Font << /F1 8 0 R >> >>", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
	}
	return pdftest.File{Objects: []string{
		"<< /Type /Catalog /Pages 2 0 R /Lang (en) /MarkInfo << /Marked true >> >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [5 0 R] /Resources 7 0 R >>",
		pdftest.Stream("", "q 1 0 0 rg 72 700 200 50 re f Q"),
		"<< /Type /Annot /Subtype /Link /Rect [72 700 272 750] /Border [0 0 0] /A << /Type /Action /S /URI " +
			"/URI (" + address + ") >> >>",
		"<< /Title (" + name + ") /Producer (Skia/PDF m156) >>",
		resources,
		font,
	}, Trailer: "/Info 6 0 R"}.Bytes()
}
