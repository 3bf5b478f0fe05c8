package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/server"
)

// TestWire sends bytes that no HTTP client would.
func TestWire(t *testing.T) {
	t.Parallel()
	head := "POST /api/sign HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + goodToken +
		"\r\nContent-Type: application/pdf\r\n"
	pdf := string(samplePDF())
	tests := []struct {
		name   string
		sent   string
		status int
		code   string
	}{
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(pdf, 7) + "0\r\n\r\n", 200, ""},
		{"body shorter than declared", head + "Content-Length: 5000\r\n\r\n" + pdf[:20], 400, "body_incomplete"},
		{"JSON shorter than declared", strings.Replace(head, "application/pdf", "application/json", 1) +
			"Content-Length: 5000\r\n\r\n{\"document\": \"JVBERi0x", 400, "body_incomplete"},
		{"form shorter than declared", strings.Replace(head, "application/pdf", "multipart/form-data; boundary=x", 1) +
			"Content-Length: 5000\r\n\r\n--x\r\nContent-Disposition: form-data; name=document\r\n\r\n%PDF", 400,
			"body_incomplete"},
		{"chunk without an end", head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(pdf, 100), 400,
			"body_incomplete"},
		{"chunk of nonsense", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + pdf, 400, "body_incomplete"},
		{"declared over the limit", head + "Content-Length: 99999999999\r\n\r\n", 413, "document_too_large"},
		{"chunked over the limit", head + "Transfer-Encoding: chunked\r\n\r\n" +
			chunked(strings.Repeat("x", 1<<20+1), 1<<16) + "0\r\n\r\n", 413, "document_too_large"},
		{"white space without end in chunks", strings.Replace(head, "application/pdf", "application/json", 1) +
			"Transfer-Encoding: chunked\r\n\r\n" +
			chunked(strings.Repeat(" ", 11<<20), 1<<16) + "0\r\n\r\n", 413, "document_too_large"},
		{"preamble without end in chunks", strings.Replace(head, "application/pdf", "multipart/form-data; boundary=x",
			1) + "Transfer-Encoding: chunked\r\n\r\n" +
			chunked(strings.Repeat("preamble\r\n", 1<<17), 1<<16) + "0\r\n\r\n", 413, "document_too_large"},
		{"Authorization twice, in two cases", head + "authorization: bearer " + goodToken +
			"\r\nContent-Length: 1\r\n\r\n1", 400, "invalid_request"},
		{"Content-Type twice", head + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 415,
			"media_type_unsupported"},
		{"unknown method", "canary-token /api/sign HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405,
			"method_not_allowed"},
		{"absolute target",
			"GET http://elsewhere.example/api/none HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n",
			404, "route_not_found"},
		{"double slash", "GET //api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404,
			"route_not_found"},
		{"dot segments", "GET /api/../api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404,
			"route_not_found"},
		{"trailing slash", "GET /api/health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404,
			"route_not_found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			response, body := speak(t, a, test.sent, test.code == "body_incomplete")
			if response.StatusCode != test.status {
				t.Errorf("got status %d, want %d: %s", response.StatusCode, test.status, body)
			}
			if test.code == "" {
				return
			}
			var p problem
			if err := json.Unmarshal(body, &p); err != nil || p.Code != test.code {
				t.Errorf("got %s (%v), want the code %s", body, err, test.code)
			}
			records := a.audit.records(t)
			if want := strings.HasPrefix(test.sent, "POST /api/sign"); (len(records) == 1) != want {
				t.Errorf("got %d audit records, want one for an attempt to sign alone", len(records))
			}
		})
	}
}

// speak sends bytes, ends the sending side if told to, and reads one answer.
func speak(t *testing.T, a *api, sent string, end bool) (*http.Response, []byte) {
	t.Helper()
	connection, err := net.Dial("tcp", a.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	go func() {
		// The server may answer and close before all is sent.
		_, _ = io.WriteString(connection, sent)
		if end {
			_ = connection.(*net.TCPConn).CloseWrite()
		}
	}()
	_ = connection.SetReadDeadline(time.Now().Add(30 * time.Second))
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func chunked(text string, size int) string {
	var out strings.Builder
	for len(text) > 0 {
		n := min(size, len(text))
		fmt.Fprintf(&out, "%x\r\n%s\r\n", n, text[:n])
		text = text[n:]
	}
	return out.String()
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("got a read of the body, want none")
	return 0, io.EOF
}

// TestRefusedUnread makes sure that refusing requests by their header alone costs nothing more.
func TestRefusedUnread(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"over the limit", func(r *http.Request) { r.ContentLength = 1<<20 + 1 }, 413},
		{"JSON over the limit", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength = 11 << 20
		}, 413},
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"bad token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer nobody") }, 401},
		{"no scope", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+scopeToken) }, 403},
		{"media type", func(r *http.Request) { r.Header.Set("Content-Type", "image/png") }, 415},
		{"option", func(r *http.Request) { r.URL.RawQuery = "nonsense=1" }, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			r := httptest.NewRequest(http.MethodPost, "/api/sign", unread{t})
			r.ContentLength = 1000
			r.Header.Set("Authorization", "Bearer "+goodToken)
			r.Header.Set("Content-Type", "application/pdf")
			test.change(r)
			recorder := httptest.NewRecorder()
			a.Config.Handler.ServeHTTP(recorder, r)
			if recorder.Code != test.status {
				t.Errorf("got status %d, want %d: %s", recorder.Code, test.status, recorder.Body)
			}
			if got := len(a.audit.records(t)); got != 1 {
				t.Errorf("got %d audit records, want 1", got)
			}
		})
	}
}

// TestAudit makes sure that a signature that cannot be recorded is not released, and that the
// record precedes the answer.
func TestAudit(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *server.Config) { c.Audit = audit.New(audit.Config{Out: fullDisk{}}) })
	for _, body := range [][]byte{samplePDF(), []byte("nonsense")} {
		response, err := a.Client().Do(a.request(t, http.MethodPost, "/api/sign", "application/pdf", body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 500 || bytes.Contains(got, []byte("%PDF")) ||
			response.Header.Get("Influxion-Certificate") != "" {
			t.Errorf("got %d with %q, want 500 and nothing of the signature", response.StatusCode, got)
		}
	}
}

// orderedWriter fails the test if the answer begins before there is a record.
type orderedWriter struct {
	*httptest.ResponseRecorder
	t     *testing.T
	audit *lines
}

func (w orderedWriter) WriteHeader(status int) {
	if w.audit.String() == "" {
		w.t.Errorf("got status %d before the audit record, want the record first", status)
	}
	w.ResponseRecorder.WriteHeader(status)
}

func TestRecordComesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, token := range []string{goodToken, scopeToken, panicToken, outageToken, "nobody"} {
		a := newAPI(t)
		r := httptest.NewRequest(http.MethodPost, "/api/sign", bytes.NewReader(samplePDF()))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/pdf")
		a.Config.Handler.ServeHTTP(orderedWriter{httptest.NewRecorder(), t, a.audit}, r)
		if got := len(a.audit.records(t)); got != 1 {
			t.Errorf("got %d audit records for %s, want 1", got, token)
		}
	}
}
