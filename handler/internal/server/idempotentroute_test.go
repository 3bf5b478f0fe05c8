package server_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/idempotencytest"
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

func withKeys(c *server.Config) { c.Idempotency = &idempotencytest.Memory{} }

// The same request with the same key gets the same answer, byte for byte, and nothing is done
// again.
func TestRepeatedRequestIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, path, media, body string }{
		{"sign", "/api/sign?reason=x", "application/pdf", string(samplePDF())},
		{"sign in JSON", "/api/sign", "application/json", `{"document": "` + base64.StdEncoding.EncodeToString(samplePDF()) + `"}`},
		{"timestamp", "/api/timestamp", "application/pdf", string(samplePDF())},
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
