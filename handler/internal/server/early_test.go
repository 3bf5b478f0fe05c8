package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/server"
)

// TestAnswerDoesNotWaitForTheBody refuses requests while their body is on its way. The answer comes
// although no more of the body does, and the connection ends.
func TestAnswerDoesNotWaitForTheBody(t *testing.T) {
	t.Parallel()
	good := "Authorization: Bearer " + goodToken + "\r\n"
	pdf, length := "Content-Type: application/pdf\r\n", "Content-Length: 100000\r\n"
	tests := []struct {
		name, head, body string
		status           int
	}{
		{"no token", "POST /api/sign HTTP/1.1\r\n" + pdf + length, "%PDF", 401},
		{"no token, nothing sent", "POST /api/verify HTTP/1.1\r\n" + pdf + length, "", 401},
		{"no token, chunked", "POST /api/sign HTTP/1.1\r\n" + pdf + "Transfer-Encoding: chunked\r\n", "4\r\n%PDF\r\n",
			401},
		{"no token, waiting to be asked", "POST /api/sign HTTP/1.1\r\nExpect: 100-continue\r\n" + pdf + length, "",
			401},
		{"bad token", "POST /api/sign HTTP/1.1\r\nAuthorization: Bearer nobody\r\n" + pdf + length, "%PDF", 401},
		{"media type", "POST /api/sign HTTP/1.1\r\nContent-Type: image/png\r\n" + good + length, "%PDF", 415},
		{"option of the query", "POST /api/sign?nonsense=1 HTTP/1.1\r\n" + good + pdf + length, "%PDF", 400},
		{"option of the form", "POST /api/sign HTTP/1.1\r\nContent-Type: application/json\r\n" + good + length,
			`{"nonsense":"`, 400},
		{"no route", "POST /api/none HTTP/1.1\r\n" + length, "a", 404},
		{"no method", "PUT /api/sign HTTP/1.1\r\n" + pdf + length, "a", 405},
		{"body where none belongs", "GET /api/health HTTP/1.1\r\n" + length, "a", 413},
		{"over the limit", "POST /api/sign HTTP/1.1\r\nContent-Length: 9999999999\r\n" + good + pdf, "%PDF", 413},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			connection, err := net.Dial("tcp", a.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			// This is far below the deadline of the route. A server that waits for the body would
			// use up all of that deadline.
			_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
			if _, err := io.WriteString(connection, test.head+"Host: localhost\r\n\r\n"+test.body); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(connection)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != test.status ||
				!response.Close {
				t.Errorf("got %d (%v), the end announced = %v, want %d and an end", response.StatusCode, err,
					response.Close, test.status)
			}
			if _, err := reader.ReadByte(); err != io.EOF {
				t.Errorf("got %v after the answer, want the end of the connection", err)
			}
		})
	}
}

// TestRefusalReachesWhoIsStillSending has a caller that sends all of its body before it reads the
// answer.
func TestRefusalReachesWhoIsStillSending(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *server.Config) { c.MaxDocumentBytes = 8 << 20 })
	for _, size := range []int{1 << 10, 200 << 10, 300 << 10, 8 << 20} {
		connection, err := net.Dial("tcp", a.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
		writer := bufio.NewWriter(connection)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/api/sign",
			strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/pdf")
		_ = r.Write(writer) // an error if the connection ended before
		_ = writer.Flush()
		response, err := http.ReadResponse(bufio.NewReader(connection), r)
		if err != nil {
			t.Errorf("got %v for %d bytes, want an answer", err, size)
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d for %d bytes, want 401", response.StatusCode, size)
		}
	}
}

// TestConnectionsStay makes sure that a request which was read to its end does not end its
// connection, refused or not.
func TestConnectionsStay(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, test := range []struct {
		path, body string
		status     int
	}{{"/api/sign", string(samplePDF()), 200}, {"/api/sign", "nonsense", 422},
		{"/api/sign?level=B-X", string(samplePDF()), 400}} {
		response, err := a.Client().Do(a.request(t, http.MethodPost, test.path, "application/pdf", []byte(test.body)))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status || response.Close {
			t.Errorf("got %d, the end of the connection = %v, want %d and no end", response.StatusCode,
				response.Close, test.status)
		}
	}
}
