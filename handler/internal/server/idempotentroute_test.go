package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/idempotencytest"
	"influxion/handler/internal/render"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/server"
)

// send sends a request with an Idempotency-Key and gives the whole answer.
func (a *api) send(t *testing.T, path, media, body, key string, header ...string) (*http.Response, string) {
	t.Helper()
	request := a.request(t, http.MethodPost, path, media, []byte(body))
	request.Header.Set("Idempotency-Key", key)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := a.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// Every POST that signs or makes a job honours a key, and the API's description says which do. The
// report that verify makes can be sealed.
func TestWhateverSignsHonoursAKey(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	for _, route := range server.Routes() {
		works := route.Action != "" || route.Function == "SubmitJobs" || route.Function == "Verify"
		if route.Idempotent != works {
			t.Errorf("got %s idempotent = %v, want %v", route.Function, route.Idempotent, works)
		}
		if route.Function == "" || route.ForPeople {
			continue
		}
		parameters, _ := c.at(c.document, "paths", route.Path, strings.ToLower(route.Method), "parameters").([]any)
		described := slices.ContainsFunc(parameters, func(parameter any) bool {
			return c.at(parameter, "name") == "Idempotency-Key"
		})
		if described != route.Idempotent {
			t.Errorf("got the key of %s described = %v, want %v", route.Function, described, route.Idempotent)
		}
	}
}

// A request for hashes is the same whatever its SAD is, how it is written and how the version is.
// Another hash is another content.
func TestHashesAreSignedOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withKeys)
	hashes := testHashes(3)
	sign := func(path, key string, hashes []string, authorized ...string) (int, string) {
		text, err := json.Marshal(signHash(authorize(t, a.Config.Handler, append(authorized, hashes...)), hashes))
		if err != nil {
			t.Fatal(err)
		}
		response, body := a.send(t, path, "application/json", " "+string(text), key)
		return response.StatusCode, body
	}
	status, first := sign("/api/csc/v1/signatures/signHash", "k", hashes[:2])
	recorded := len(a.audit.records(t))
	if status != http.StatusOK || recorded != 2 {
		t.Fatalf("got %d %s and %d records, want two signatures", status, first, recorded)
	}
	status, again := sign("/api/CSC/V1/signatures/signHash", "k", hashes[:2], hashes[2])
	if status != http.StatusOK || again != first || len(a.audit.records(t)) != recorded {
		t.Errorf("got %d %s, want the same signatures and no record", status, again)
	}
	if status, _ := sign("/api/csc/v1/signatures/signHash", "k", hashes[2:]); status != 422 {
		t.Errorf("got %d for another hash, want 422", status)
	}
	if status, other := sign("/api/csc/v1/signatures/signHash", "k2", hashes[:2]); status != http.StatusOK ||
		other == first || len(a.audit.records(t)) < 2*recorded {
		t.Errorf("got %d with another key, want it done", status)
	}
}

// A report is verified, printed and sealed once.
func TestReportIsSealedOnce(t *testing.T) {
	t.Parallel()
	renderer := rendertest.New()
	t.Cleanup(renderer.Close)
	a := newAPI(t, withKeys, func(c *server.Config) {
		c.Renderer = &render.Renderer{Printer: render.NewClient(renderer.URL, nil), MaxBytes: 1 << 20, Now: time.Now}
	})
	seal := func(options string) (int, string) {
		response, body := a.send(t, "/api/verify"+options, "application/pdf", string(samplePDF()), "k",
			"Accept", "application/pdf")
		return response.StatusCode, body
	}
	status, first := seal("?seal=true")
	if status != http.StatusOK || len(a.audit.records(t)) != 1 {
		t.Fatalf("got %d %.200q, want a sealed report", status, first)
	}
	if status, again := seal("?seal=true"); status != http.StatusOK || again != first || len(a.audit.records(t)) != 1 ||
		len(renderer.Forms()) != 1 {
		t.Errorf("got %d and another report, or one more record, want the first one", status)
	}
	for _, other := range []string{"", "?seal=true&name=b.pdf", "?seal=true&level=B-T"} {
		if status, _ := seal(other); status != 422 {
			t.Errorf("got %d with %s, want 422", status, other)
		}
	}
}

// A caller that loses its connection may repeat its request: it gets the document, not the error of
// the first attempt.
func TestCallerWhoLeftComesAgain(t *testing.T) {
	t.Parallel()
	a, handler := plain(t, withKeys)
	request := func(ctx context.Context) *httptest.ResponseRecorder {
		r := signRequest(bytes.NewReader(samplePDF())).WithContext(ctx)
		r.Header.Set("Content-Type", "application/pdf")
		r.Header.Set("Idempotency-Key", "k")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		return recorder
	}
	ctx, leave := context.WithCancel(t.Context())
	a.vault.fail(func(ctx context.Context) error {
		leave()
		<-ctx.Done()
		return ctx.Err()
	})
	if got := codeOf(t, request(ctx)); got != "client_gone" {
		t.Fatalf("got %s, want client_gone", got)
	}
	a.vault.fail(nil)
	if got := request(t.Context()); got.Code != http.StatusOK {
		t.Errorf("got %d %s when the caller came again, want its document", got.Code, got.Body)
	}
}

func withKeys(c *server.Config) { c.Idempotency = &idempotencytest.Memory{} }

// The same request with the same key gets the same answer, byte for byte, and nothing is done
// again.
func TestRepeatedRequestIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, path, media, body string }{
		{"sign", "/api/sign?reason=x", "application/pdf", string(samplePDF())},
		{"sign in JSON", "/api/sign", "application/json", `{"document": "` + base64.StdEncoding.EncodeToString(samplePDF()) + `"}`},
		{"timestamp", "/api/timestamp", "application/pdf", string(samplePDF())},
		{"hash", "/api/csc/v2/signatures/timestamp", "application/json",
			`{"hash": "` + testHashes(1)[0] + `", "hashAlgo": "2.16.840.1.101.3.4.2.1"}`},
		{"refused", "/api/sign", "application/pdf", "no PDF"},
		{"jobs", "/api/jobs", "application/json", `{"operation": "sign", "document": "` + base64.StdEncoding.EncodeToString(samplePDF()) + `"}`},
	} {
		a := newAPI(t, withKeys)
		first, body := a.send(t, test.path, test.media, test.body, `"k"`)
		recorded := len(a.audit.records(t))
		again, repeated := a.send(t, test.path, test.media, test.body, `"k"`)
		if again.StatusCode != first.StatusCode || repeated != body || body == "" {
			t.Errorf("%s: got %d with %d bytes, want %d with the same %d", test.name, again.StatusCode, len(repeated),
				first.StatusCode, len(body))
		}
		own := []string{"Influxion-Invocation-Id", "Date", "Server-Timing"} // of each request
		for name := range first.Header {
			if !slices.Contains(own, name) && again.Header.Get(name) != first.Header.Get(name) {
				t.Errorf("%s: got %s: %q, want %q", test.name, name, again.Header.Get(name), first.Header.Get(name))
			}
		}
		if got := len(a.audit.records(t)); got != recorded {
			t.Errorf("%s: got %d audit records after the second request, want %d", test.name, got, recorded)
		}
		other, _ := a.send(t, test.path, test.media, test.body, `"k2"`)
		if other.StatusCode != first.StatusCode || len(a.audit.records(t)) == recorded {
			t.Errorf("%s: got %d with another key, want it done", test.name, other.StatusCode)
		}
	}
}

// Requests are compared by what they ask for, not by how they are written: each form has another
// boundary.
func TestFormIsRepeatedWithAnotherBoundary(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withKeys)
	form := func(reason string) (string, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		_ = w.WriteField("reason", reason)
		part, _ := w.CreateFormFile("document", "a.pdf")
		_, _ = part.Write(samplePDF())
		_ = w.Close()
		return w.FormDataContentType(), body.String()
	}
	media, body := form("x")
	_, first := a.send(t, "/api/sign", media, body, "k")
	media, body = form("x")
	if response, again := a.send(t, "/api/sign", media, body, "k"); response.StatusCode != 200 || again != first {
		t.Errorf("got %d, want the first answer", response.StatusCode)
	}
	media, body = form("y")
	if response, _ := a.send(t, "/api/sign", media, body, "k"); response.StatusCode != 422 {
		t.Errorf("got %d with another reason, want 422", response.StatusCode)
	}
}

// A request that failed because a service was unavailable may come again with its key. A key
// belongs to its caller alone.
func TestFailedRequestComesAgain(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withKeys)
	a.vault.fail(vaultDown)
	if response, _ := a.send(t, "/api/sign", "application/pdf", string(samplePDF()), "k"); response.StatusCode != 503 {
		t.Errorf("got %d, want 503", response.StatusCode)
	}
	a.vault.fail(nil)
	if response, _ := a.send(t, "/api/sign", "application/pdf", string(samplePDF()), "k"); response.StatusCode != 200 {
		t.Errorf("got %d once the vault is back, want 200", response.StatusCode)
	}
	b := newAPI(t, withKeys, func(c *server.Config) { c.Authenticator = &others{} })
	_, first := b.send(t, "/api/sign", "application/pdf", string(samplePDF()), "k")
	if response, other := b.send(t, "/api/sign?reason=mine", "application/pdf", string(samplePDF()),
		"k"); response.StatusCode != 200 ||
		other == first {
		t.Errorf("got %d for another caller's key, want its own answer", response.StatusCode)
	}
	for _, key := range []string{"a b", strings.Repeat("k", 256), `"`, `"a`, "ä"} {
		if response, _ := a.send(t, "/api/sign", "application/pdf", string(samplePDF()),
			key); response.StatusCode != 400 {
			t.Errorf("got %d for the key %.10q, want 400", response.StatusCode, key)
		}
	}
}
