package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/render"
	"influxion/handler/internal/signing"
)

var realBrowser = flag.String("browser", "", "`file` of a real Chromium to test with as well")

const route = "/forms/chromium/convert/html"

// field is a field or a file of a form.
type field struct{ name, file, value string }

// start serves the fake browser.
func start(t *testing.T, change func(*limits)) (*server, string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startBrowser(t, program, change)
}

func startBrowser(t *testing.T, program string, change func(*limits)) (*server, string) {
	t.Helper()
	l := usualLimits()
	if change != nil {
		change(&l)
	}
	s := newServer(&browser{path: program, limit: l.printed}, l, slog.New(slog.NewTextHandler(t.Output(), nil)))
	s.folder = t.TempDir()
	listening := httptest.NewServer(s.handler())
	t.Cleanup(func() {
		listening.Close()
		if left, err := os.ReadDir(s.folder); err != nil || len(left) != 0 {
			t.Errorf("got %v left behind (%v), want nothing", left, err)
		}
	})
	return s, listening.URL
}

// post sends a form, and returns status, answer and header.
func post(ctx context.Context, address string, fields ...field) (*http.Response, string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		var part io.Writer
		var err error
		if f.file != "" {
			part, err = form.CreateFormFile(f.name, f.file)
		} else {
			part, err = form.CreateFormField(f.name)
		}
		if err == nil {
			_, err = io.WriteString(part, f.value)
		}
		if err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+route, &body)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

func html(text string) field { return field{"files", index, text} }

// The form's fields reach the browser under the browser's own names, and the safeguards are on.
func TestPrint(t *testing.T) {
	t.Parallel()
	_, address := start(t, nil)
	response, text, err := post(t.Context(), address, html("<p>x"), field{"files", "a.css", "p{}"},
		field{name: "landscape", value: "true"}, field{name: "printBackground", value: "true"},
		field{name: "preferCssPageSize", value: "true"}, field{name: "generateTaggedPdf", value: "true"},
		field{name: "generateDocumentOutline", value: "true"}, field{name: "paperWidth", value: "254mm"},
		field{name: "paperHeight", value: "11.7"}, field{name: "marginTop", value: "0"},
		field{name: "marginBottom", value: "1in"}, field{name: "marginLeft", value: "72pt"},
		field{name: "marginRight", value: ""}, field{name: "scale", value: "0.5"},
		field{name: "emulatedMediaType", value: "screen"}, field{name: "failOnConsoleExceptions", value: "true"})
	if err != nil || response.StatusCode != http.StatusOK ||
		response.Header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("got %v %v %s, want a print", err, response, text)
	}
	var got report
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"landscape": true, "printBackground": true, "preferCSSPageSize": true,
		"generateTaggedPDF": true, "generateDocumentOutline": true, "paperWidth": 10., "paperHeight": 11.7,
		"marginTop": 0., "marginBottom": 1., "marginLeft": 1., "marginRight": 0.39, "scale": 0.5} {
		if got.Printing[name] != want {
			t.Errorf("got %s %v, want %v", name, got.Printing[name], want)
		}
	}
	if got.Media != "screen" || got.Scripts || got.Page != "<p>x" {
		t.Errorf("got media %q, scripts %v and page %q, want screen, none and the page", got.Media, got.Scripts,
			got.Page)
	}
	if slices.Contains(got.Arguments, "--no-sandbox") != (os.Geteuid() == 0) ||
		!slices.Contains(got.Arguments, "--host-resolver-rules=MAP * ~NOTFOUND") {
		t.Errorf("got arguments %v, want no names, and no sandbox for root alone", got.Arguments)
	}
	if len(got.Environ) > 5 {
		t.Errorf("got the environment %v, want little of this one", got.Environ)
	}
}

// The product's own client receives prints, and understands refusals.
func TestTheProductsClient(t *testing.T) {
	t.Parallel()
	_, address := start(t, nil)
	c := render.NewClient(address, nil)
	files := []render.File{{Name: "a.css", Data: []byte("p{}")}}
	printed, err := c.Convert(t.Context(), []byte("<p>x"), files, 1<<20, nil)
	var got report
	if err != nil || json.Unmarshal(printed, &got) != nil || got.Printing["preferCSSPageSize"] != true {
		t.Errorf("got %s (%v), want a print", printed, err)
	}
	_, err = c.Convert(t.Context(), []byte(`<meta name="browser" content="fail a.png lost">`), files, 1<<20, nil)
	if refused, ok := errors.AsType[*signing.Error](err); !ok || refused.Code != "page_unprintable" {
		t.Errorf("got %v, want page_unprintable", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(l *limits) { l.printed = 10_000 })
	strict := field{name: "failOnResourceLoadingFailed", value: "true"}
	manner := func(text string) field { return html(`<meta name="browser" content="` + text + `">`) }
	for name, test := range map[string]struct {
		fields []field
		status int
		text   string // of the answer
	}{
		"no page":             {[]field{{"files", "a.html", "x"}}, 400, "index.html is missing"},
		"nothing":             {nil, 400, ""},
		"a path":              {[]field{html("x"), {"files", "../a.css", "x"}}, 400, "not a bare file name"},
		"a folder":            {[]field{html("x"), {"files", "..", "x"}}, 400, "not a bare file name"},
		"a Windows path":      {[]field{html("x"), {"files", `a\b`, "x"}}, 400, "not a bare file name"},
		"one file twice":      {[]field{html("x"), html("y")}, 400, "one name"},
		"one field twice":     {[]field{strict, strict}, 400, "twice"},
		"an unknown field":    {[]field{html("x"), {name: "pdfa", value: "PDF/A-2b"}}, 400, `"pdfa"`},
		"a long field":        {[]field{{name: "scale", value: strings.Repeat("1", 2000)}}, 400, "too long"},
		"no number":           {[]field{{name: "paperWidth", value: "wide"}}, 400, "paperWidth"},
		"no length":           {[]field{{name: "marginTop", value: "NaN"}}, 400, "marginTop"},
		"a wide page":         {[]field{{name: "paperWidth", value: "201"}}, 400, "paperWidth"},
		"no width":            {[]field{{name: "paperWidth", value: "0"}}, 400, "paperWidth"},
		"a large scale":       {[]field{{name: "scale", value: "3"}}, 400, "scale"},
		"no truth":            {[]field{{name: "landscape", value: "maybe"}}, 400, "landscape"},
		"an unknown medium":   {[]field{{name: "emulatedMediaType", value: "tv"}}, 400, "emulatedMediaType"},
		"a file is missing":   {[]field{strict, manner("fail file:///x/a.png lost")}, 409, `"a.png"`},
		"a file is forbidden": {[]field{strict, manner("ask file:///etc/passwd Image T")}, 409, `"passwd"`},
		"the page leads away": {[]field{manner("ask http://127.0.0.1/ Document T")}, 409, "navigates to another"},
		"a large print":       {[]field{manner("endless")}, 422, "10000 bytes"},
		"a browser that ends": {[]field{manner("end")}, 500, "Internal Server Error"},
		"no protocol":         {[]field{manner("babble")}, 500, "Internal Server Error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, text, err := post(t.Context(), address, test.fields...)
			if err != nil || response.StatusCode != test.status || !strings.Contains(text, test.text) {
				t.Errorf("got %v %v %q, want %d %q", err, response, text, test.status, test.text)
			}
		})
	}
}

// A form can read only its own files. A missing file is an error, unless the form allows that.
func TestRequestsOfThePage(t *testing.T) {
	t.Parallel()
	_, address := start(t, nil)
	for request, want := range map[string]string{
		"data:text/css,p{} Image T": "Fetch.continueRequest", "http://127.0.0.1/ Document F": "Fetch.failRequest",
		"file:///etc/passwd Image T": "Fetch.failRequest", "file:///etc/index.html Document F": "Fetch.failRequest",
		"https://example.com/index.html Image T": "Fetch.failRequest",
		"file://a/index.html Image T":            "Fetch.failRequest",
	} {
		_, text, err := post(t.Context(), address, html(`<meta name="browser" content="ask `+request+`">`))
		var got report
		if err == nil {
			err = json.Unmarshal([]byte(text), &got)
		}
		if err != nil || !slices.Equal(got.Answers, []string{want}) {
			t.Errorf("%s: got %v %s (%v), want %s", request, got.Answers, text, err, want)
		}
	}
	p := &page{folder: "/tmp/x/page", files: map[string]bool{index: true, "a b.css": true}}
	for address, want := range map[string]bool{"file:///tmp/x/page/index.html": true,
		"file:///tmp/x/page/a%20b.css?v=1#a": true, "file:///tmp/x/page/other.css": false,
		"file:///tmp/x/page/../profile/index.html": false, "file:///tmp/x/page/a/index.html": false,
		"file:///tmp/x/page%2f..%2findex.html": false, "about:blank": true, "chrome://version": false, "::": false} {
		if p.has(address) != want {
			t.Errorf("%s: got %v, want %v", address, !want, want)
		}
	}
}

// gate is where pages with "hold" wait.
type gate struct{ net.Listener }

func newGate(t *testing.T) gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return gate{listener}
}

func (g gate) page() field {
	return html(`<meta name="browser" content="hold ` + g.Addr().String() + `">`)
}

func TestFullQueue(t *testing.T) {
	t.Parallel()
	s, address := start(t, func(l *limits) { l.printing, l.waiting = 1, 0 })
	g := newGate(t)
	type result struct {
		status int
		err    error
	}
	first := make(chan result, 1)
	go func() {
		response, _, err := post(t.Context(), address, g.page())
		if err != nil {
			first <- result{0, err}
			return
		}
		first <- result{response.StatusCode, nil}
	}()
	held, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	response, text, err := post(t.Context(), address, html("<p>x"))
	if err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("got %v %v %s, want 503", err, response, text)
	}
	if after, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil || after < 1 {
		t.Errorf("got Retry-After %q, want seconds", response.Header.Get("Retry-After"))
	}
	if _, err := held.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if got := <-first; got.status != http.StatusOK {
		t.Errorf("got %+v, want the page that was there printed", got)
	}
	s.places <- struct{}{} // waits until the first has left
	<-s.places
	if response, text, err := post(t.Context(), address, html("<p>x")); err != nil || response.StatusCode != 200 {
		t.Errorf("got %v %v %s, want 200 once a place is free", err, response, text)
	}
}

// A waiting page prints when its turn comes, and is refused if its time ends before.
func TestWaiting(t *testing.T) {
	t.Parallel()
	s, address := start(t, func(l *limits) { l.printing, l.waiting = 1, 1 })
	s.printing <- struct{}{}
	printed := make(chan int, 1)
	go func() {
		response, _, err := post(t.Context(), address, html("<p>x"))
		if err != nil {
			printed <- 0
			return
		}
		printed <- response.StatusCode
	}()
	<-s.printing
	if got := <-printed; got != http.StatusOK {
		t.Errorf("got %d, want 200", got)
	}
	short, address := start(t, func(l *limits) { l.printing, l.time = 1, 20*time.Millisecond })
	short.printing <- struct{}{}
	response, text, err := post(t.Context(), address, html("<p>x"))
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("got %v %v %s, want 503 with Retry-After", err, response, text)
	}
}

// A browser ends with its page: when the time is over, and when the caller has left.
func TestBrowserEndsWithItsPage(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	_, address := start(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := post(ctx, address, g.page())
		ended <- err
	}()
	held, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	cancel()
	if _, err := held.Read(make([]byte, 1)); err == nil {
		t.Error("got a byte of the browser, want its end")
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
	_, address = start(t, func(l *limits) { l.time = 200 * time.Millisecond })
	response, text, err := post(t.Context(), address, g.page())
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "200ms") {
		t.Errorf("got %v %v %s, want 503 and the time", err, response, text)
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	s, _ := start(t, nil)
	large := "--b\r\nContent-Disposition: form-data; name=files; filename=index.html\r\n\r\n" +
		strings.Repeat("x", maxForm) + "\r\n--b--\r\n"
	const form = "multipart/form-data; boundary=b"
	for name, test := range map[string]struct {
		method, path, host, origin, media, body string
		status                                  int
	}{
		"health":          {"GET", "/health", "127.0.0.1:3000", "", "", "", 200},
		"version":         {"GET", "/version", "localhost", "", "", "", 200},
		"another name":    {"GET", "/health", "renderer.example", "", "", "", 421},
		"another page":    {"POST", route, "localhost", "https://example.com", form, "", 403},
		"no form":         {"POST", route, "localhost", "", "application/json", "{}", 415},
		"a broken form":   {"POST", route, "localhost", "", form, "--b\r\n", 400},
		"a large form":    {"POST", route, "localhost", "", form, large, 413},
		"another method":  {"GET", route, "localhost", "", "", "", 405},
		"another address": {"GET", "/forms/libreoffice/convert", "localhost", "", "", "", 404},
	} {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		r.Host = test.host
		r.Header.Set("Content-Type", test.media)
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: got %d %s, want %d", name, w.Code, w.Body, test.status)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for line, ok := range map[string]bool{"": true, "-port 0 -queue 0 -timeout 1s": true, "-port 65536": false,
		"x": false, "-concurrent 0": false, "-queue -1": false, "-timeout 0": false, "-max-bytes 0": false,
		"-listen 0.0.0.0": false} {
		if _, err := parse(strings.Fields(line), io.Discard); (err == nil) != ok {
			t.Errorf("%q: got %v, want ok = %v", line, err, ok)
		}
	}
	if _, err := findBrowser(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("got a browser that is not there")
	}
}

// The server prints its address, and ends with its context.
func TestRun(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, options{browser: program, limits: usualLimits()}, out, slog.New(slog.DiscardHandler))
		out.Close()
	}()
	line := make([]byte, 100)
	n, err := lines.Read(line)
	if err != nil {
		t.Fatal(err, <-ended)
	}
	response, err := http.Get(strings.TrimSpace(string(line[:n])) + "/health")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("got %v %v, want health", err, response)
	}
	response.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

// Messages of the browser are read within bounds.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"{}\x00", `{"id":1,"result":{}}` + "\x00", `{"id":1,"error":{"message":"x"}}` + "\x00",
		`{"method":"Network.loadingFailed","sessionId":"S","params":{"canceled":false}}` + "\x00", "no JSON\x00", "{", "\x00",
		`{"method":"Page.loadEventFired","sessionId":"S","params":7}` + "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		defer r.Close()
		c, stop := connect(t.Context(), r, w)
		defer stop()
		c.in.Reset(bytes.NewReader(sent))
		c.session = "S"
		p := &printer{connection: c, page: &page{}, names: map[string]string{}}
		c.on = p.event
		for range bytes.Count(sent, []byte{0}) + 1 {
			if _, err := c.next(); err != nil {
				return
			}
		}
		t.Error("got no end")
	})
}

// A real browser prints a page with its files, runs no scripts, and reads nothing else.
func TestRealBrowser(t *testing.T) {
	t.Parallel()
	if *realBrowser == "" {
		t.Skip("no -browser")
	}
	_, address := startBrowser(t, *realBrowser, func(l *limits) { l.time = 5 * time.Minute })
	outside := newGate(t)
	called := make(chan struct{}, 100)
	go func() {
		for {
			connection, err := outside.Accept()
			if err != nil {
				return
			}
			connection.Close()
			called <- struct{}{}
		}
	}()
	strict := field{name: "failOnResourceLoadingFailed", value: "true"}
	away := "http://" + outside.Addr().String() + "/"
	for text, want := range map[string]int{
		`<link rel="stylesheet" href="a.css"><p>x`: 200, `<img src="none.png">`: 409, `<img src="file:///etc/passwd">`: 409,
		`<iframe src="file:///etc/passwd"></iframe>`: 409, `<img src="` + away + `">`: 409,
		`<iframe srcdoc="<img src=` + away + `>"></iframe>`:        409,
		`<meta http-equiv="refresh" content="0;url=` + away + `">`: 409,
		`<script>document.write('<img src="none.png">')</script>`:  200,
	} {
		response, got, err := post(t.Context(), address, html(text), field{"files", "a.css", "p{color:red}"}, strict)
		if err != nil || response.StatusCode != want || want == 200 && !strings.HasPrefix(got, "%PDF-") {
			t.Errorf("%s: got %v %v %.200s, want %d", text, err, response, got, want)
		}
	}
	if len(called) != 0 {
		t.Errorf("got %d calls, want none", len(called))
	}
}
