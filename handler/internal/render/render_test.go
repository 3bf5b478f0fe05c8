package render_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/signing"
)

func newRenderer(t *testing.T, token func(context.Context) (string, error)) (*render.Renderer, *rendertest.Server) {
	t.Helper()
	server := rendertest.New()
	t.Cleanup(server.Close)
	var access *render.Access
	if token != nil {
		access = &render.Access{Token: token, Watch: func(base http.RoundTripper) http.RoundTripper { return base }}
	}
	return &render.Renderer{Printer: render.NewClient(server.URL, access), MaxBytes: 1 << 20, Now: time.Now}, server
}

// The renderer gets the page with its files under the names and fields of Gotenberg's API.
func TestForm(t *testing.T) {
	t.Parallel()
	r, server := newRenderer(t, func(context.Context) (string, error) { return "token-1", nil })
	made, err := r.Render(t.Context(), &render.Request{
		HTML: render.Source{Content: `<!doctype html><html lang="en"><title>{{.t}}</title><img src="ü.svg">`},
		CSS:  render.Source{Content: `p{color:{{.c}}}`}, Data: []byte(`{"t":"A","c":"red"}`), Standard: archive.PDFA2B,
		Files: []render.File{{Name: "ü.svg", Data: []byte("<svg/>")}},
	})
	if err != nil || made.Pages != 1 {
		t.Fatalf("got %v (%v), want a page", made, err)
	}
	forms := server.Forms()
	if len(forms) != 1 {
		t.Fatalf("got %d forms, want 1", len(forms))
	}
	form := forms[0]
	page := form.Files["index.html"]
	if !strings.HasPrefix(page, `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" `+
		`content="default-src &#39;none&#39;; `) ||
		!strings.HasSuffix(page, `<style data-part="css_template">p{color:red}</style><html lang="en"><title>A</title><img src="ü.svg">`) {
		t.Errorf("got the page %s", page)
	}
	if form.Files["ü.svg"] != "<svg/>" || len(form.Files) != 2 {
		t.Errorf("got the files %v, want the page and its picture", form.Files)
	}
	for name, want := range map[string]string{"preferCssPageSize": "true", "printBackground": "true",
		"failOnResourceLoadingFailed": "true", "generateTaggedPdf": "true"} {
		if form.Fields[name] != want {
			t.Errorf("got %s = %q, want %q", name, form.Fields[name], want)
		}
	}
	if form.Header.Get("Authorization") != "Bearer token-1" {
		t.Errorf("got Authorization %q, want the token", form.Header.Get("Authorization"))
	}
}

// A print that states no language gets that of its page.
func TestLanguageOfThePage(t *testing.T) {
	t.Parallel()
	r, server := newRenderer(t, nil)
	server.PDF = func(page string) []byte {
		return bytes.Replace(rendertest.Page(page), []byte("/Lang (en)"), []byte("          "), 1)
	}
	made, err := r.Render(t.Context(), page(`<html lang="pt-BR"><title>x</title>`))
	if err != nil || !bytes.Contains(made.PDF, []byte("<rdf:li>pt-BR</rdf:li>")) {
		t.Errorf("got a document without its language (%v)", err)
	}
}

func page(content string) *render.Request {
	return &render.Request{HTML: render.Source{Content: content}, Standard: archive.None}
}

// Each answer of the renderer, and the error that it gives.
func TestAnswersOfTheRenderer(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   string
		retry  time.Duration
	}{
		"full":               {status(503, "Retry-After", "7"), "renderer_busy", 7 * time.Second},
		"full, for how long": {status(503, "Retry-After", "soon"), "renderer_busy", time.Second},
		"throttled":          {status(429, "Retry-After", "99999"), "renderer_busy", time.Hour},
		"broken":             {status(500, "", ""), "renderer_unavailable", 0},
		"no token":           {status(401, "WWW-Authenticate", "Bearer"), "renderer_unavailable", 0},
		"elsewhere":          {status(307, "Location", "http://127.0.0.1:1/"), "renderer_unavailable", 0},
		"page refused":       {status(409, "", ""), "page_unprintable", 0},
		"form refused":       {status(400, "", ""), "page_unprintable", 0},
		"no PDF":             {answer("text/html", "<html>"), "renderer_unavailable", 0},
		"a lie":              {answer("application/pdf", "<html>"), "not_a_pdf", 0},
		"a damaged PDF":      {answer("application/pdf", "%PDF-1.4\nstartxref\n5\n%%EOF"), "document_damaged", 0},
		"nothing":            {answer("application/pdf", ""), "not_a_pdf", 0},
		"too much":           {answer("application/pdf", large+"x"), "document_too_large", 0},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("%PDF"))
		}, "renderer_unavailable", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.answer)
			t.Cleanup(server.Close)
			r := &render.Renderer{Printer: render.NewClient(server.URL, nil), MaxBytes: 1 << 20, Now: time.Now}
			_, err := r.Render(t.Context(), page("x"))
			if err == nil {
				t.Fatal("got no error")
			}
			if got := signing.AsError(err); got.Code != test.code || got.RetryAfter != test.retry ||
				strings.Contains(got.Detail, "127.0.0.1") {
				t.Errorf("got %s after %v (%v), want %s after %v", got.Code, got.RetryAfter, err, test.code, test.retry)
			}
		})
	}
}

func status(code int, name, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name != "" {
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
	}
}

func answer(mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write([]byte(body))
	}
}

func TestNoRendererThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close() // nobody listens there any more
	r := &render.Renderer{Printer: render.NewClient(server.URL, nil), MaxBytes: 1 << 20, Now: time.Now}
	_, err := r.Render(t.Context(), page("x"))
	if got := signing.AsError(err); got.Code != "renderer_unavailable" {
		t.Errorf("got %v, want renderer_unavailable", err)
	}
	lacking := errors.New("no identity")
	r, _ = newRenderer(t, func(context.Context) (string, error) { return "", lacking })
	if _, err := r.Render(t.Context(), page("x")); !errors.Is(err, lacking) ||
		signing.AsError(err).Code != "renderer_unavailable" {
		t.Errorf("got %v, want renderer_unavailable", err)
	}
}

// The deadline of a request ends its wait for the renderer.
func TestSlowRenderer(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-leave
	}))
	t.Cleanup(func() { close(leave); server.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	r := &render.Renderer{Printer: render.NewClient(server.URL, nil), MaxBytes: 1 << 20, Now: time.Now}
	if _, err := r.Render(ctx, page("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// Memory is reserved before it is allocated, and the request ends if it cannot be reserved.
func TestReserve(t *testing.T) {
	t.Parallel()
	r, _ := newRenderer(t, nil)
	full := &signing.Error{Kind: signing.Unavailable, Code: "busy"}
	q := page("x")
	q.Reserve = func(context.Context, int64) error { return full }
	if _, err := r.Render(t.Context(), q); !errors.Is(err, full) {
		t.Errorf("got %v, want busy", err)
	}
}

// No page makes the handler or the renderer fetch anything: a page that refers to an address is
// never sent to the renderer, and the handler calls no other host.
func TestNothingIsFetched(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var calls atomic.Int32
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			connection.Close()
		}
	}()
	r, server := newRenderer(t, nil)
	address := "http://" + listener.Addr().String() + "/x"
	for _, html := range []string{
		`<img src="ADDRESS">`, `<img srcset="ADDRESS 2x">`, `<link rel=stylesheet href="ADDRESS">`,
		`<link rel=preload as=image href="ADDRESS">`, `<script src="ADDRESS"></script>`, `<iframe src="ADDRESS"></iframe>`,
		`<object data="ADDRESS"></object>`, `<embed src="ADDRESS">`, `<style>@import url(ADDRESS);</style>`,
		`<style>@font-face{font-family:a;src:url(ADDRESS)}p{font-family:a}</style><p>x`,
		`<p style="background:url(ADDRESS)">`, `<svg><image href="ADDRESS"/></svg>`, `<svg><use href="ADDRESS#a"/></svg>`,
		`<base href="ADDRESS"><img src="a.png">`, `<meta http-equiv=refresh content="0;url=ADDRESS">`,
		`<svg><style>@import "ADDRESS";</style></svg>`, `<img src="{{.a}}">`, `<style>p{background:url({{.a}})}</style>`,
		`<body onload="fetch('ADDRESS')">`, `<a ping="ADDRESS" href="#">x</a>`, `<video poster="ADDRESS"></video>`,
		`<input type=image src="ADDRESS">`, `<math><mtext><img src="ADDRESS"></mtext></math>`,
	} {
		q := page(strings.ReplaceAll(html, "ADDRESS", address))
		q.Data = []byte(`{"a":"` + address + `"}`)
		if _, err := r.Render(t.Context(), q); err == nil || signing.AsError(err).Kind != signing.Unprocessable {
			t.Errorf("%s: got %v, want it refused", html, err)
		}
	}
	for _, file := range []render.File{
		{Name: "a.css", Data: []byte("p{background:url(" + address + ")}")},
		{Name: "a.css", Data: []byte("\xfe\xff\x00p")},
		{Name: "a.svg", Data: []byte(`<svg><image href="` + address + `"/></svg>`)},
		{Name: "a.svg", Data: []byte(`<svg><script>fetch("` + address + `")</script></svg>`)},
		{Name: "a.svg", Data: []byte(`<!DOCTYPE svg [<!ENTITY a SYSTEM "` + address + `">]><svg>&a;</svg>`)},
	} {
		q := page("x")
		q.Files = []render.File{file}
		if _, err := r.Render(t.Context(), q); err == nil || signing.AsError(err).Code != "reference_forbidden" {
			t.Errorf("%s: got %v, want it refused", file.Data, err)
		}
	}
	if calls.Load() != 0 || len(server.Forms()) != 0 {
		t.Errorf("got %d calls and %d pages, want none", calls.Load(), len(server.Forms()))
	}
}

func TestRequestsThatComeToNothing(t *testing.T) {
	t.Parallel()
	r, server := newRenderer(t, nil)
	many := make([]render.File, render.MaxFiles+1)
	for name, test := range map[string]struct {
		change func(*render.Request)
		code   string
	}{
		"many files": {func(q *render.Request) { q.Files = many }, "resource_invalid"},
		"one name twice": {func(q *render.Request) { q.Files = []render.File{{Name: "a.css"}, {Name: "a.css"}} },
			"resource_invalid"},
		"a path": {func(q *render.Request) { q.Files = []render.File{{Name: "../a.css"}} },
			"resource_invalid"},
		"the page's name": {func(q *render.Request) { q.Files = []render.File{{Name: "index.html"}} },
			"resource_invalid"},
		"large files": {func(q *render.Request) {
			q.Files = []render.File{{Name: "a.png", Data: make([]byte, render.MaxFileBytes+1)}}
		}, "resource_invalid"},
		"invoice, PDF/A-2": {func(q *render.Request) { q.Invoice = &archive.Invoice{}; q.Standard = archive.PDFA2B },
			"facturx_invalid"},
		"a kept template": {func(q *render.Request) { q.HTML = render.Source{ID: "a"} }, "template_id_unsupported"},
	} {
		q := page("x")
		test.change(q)
		if _, err := r.Render(t.Context(), q); err == nil || signing.AsError(err).Code != test.code {
			t.Errorf("%s: got %v, want %s", name, err, test.code)
		}
	}
	if len(server.Forms()) != 0 {
		t.Error("got a page printed, want none")
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]bool{ // without a token, with one
		"https://renderer.example": {true, true}, "http://renderer.internal:3000": {true, false},
		"http://127.0.0.1:3000/path": {true, true}, "ftp://renderer": {}, "renderer": {}, "https://": {},
		"https://u:p@renderer": {}, "https://renderer/?a=b": {}, "https://renderer/#a": {}, "http://[::1": {},
	} {
		for i, token := range []bool{false, true} {
			if err := render.CheckURL(address, token); (err == nil) != want[i] {
				t.Errorf("%s, token %v: got %v, want ok = %v", address, token, err, want[i])
			}
		}
	}
}
