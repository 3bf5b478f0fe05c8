package main_test

import (
	"crypto/x509"
	"flag"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
)

// The Azurite that a test uses in place of the small servers.
var (
	azuriteBlobs  = flag.String("azurite-blobs", "", "`address` of Azurite's blobs (default: the small servers)")
	azuriteQueues = flag.String("azurite-queues", "", "`address` of its queues")
	azuriteRoot   = flag.String("azurite-root", "", "`file` with its certificate, as PEM")
)

// Faults of the storage. Each …Every is the number of requests for one such fault.
const (
	refusedEvery = 23 // 503 ServerBusy
	lostEvery    = 31 // it is done, and the answer is lost
	slowEvery    = 11
	slowTime     = 300 * time.Millisecond
)

// weather disturbs the storage while it is on. While closed is set, no message is handed out. While
// full is set, no message is accepted.
type weather struct {
	on, closed, full atomic.Bool
	requests         atomic.Int64
	befallen         atomic.Int64
	refused          atomic.Int64 // messages, by a full queue
}

func (w *weather) disturb(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		messages := strings.HasSuffix(r.URL.Path, "/messages")
		switch {
		case messages && r.Method == http.MethodGet && w.closed.Load():
			busy(out)
			return
		case messages && r.Method == http.MethodPost && w.full.Load():
			w.refused.Add(1)
			busy(out)
			return
		case !w.on.Load():
			next.ServeHTTP(out, r)
			return
		}
		switch n := w.requests.Add(1); {
		case n%refusedEvery == 0:
			w.befallen.Add(1)
			busy(out)
		case n%lostEvery == 0:
			w.befallen.Add(1)
			next.ServeHTTP(&deafWriter{header: http.Header{}}, r)
			panic(http.ErrAbortHandler) // the connection is closed without an answer
		default:
			if n%slowEvery == 0 {
				w.befallen.Add(1)
				select {
				case <-time.After(slowTime):
				case <-r.Context().Done():
				}
			}
			next.ServeHTTP(out, r)
		}
	})
}

func busy(w http.ResponseWriter) {
	w.Header().Set("X-Ms-Error-Code", "ServerBusy")
	http.Error(w, "busy", http.StatusServiceUnavailable)
}

// deafWriter drops an answer.
type deafWriter struct{ header http.Header }

func (d *deafWriter) Header() http.Header         { return d.header }
func (d *deafWriter) Write(p []byte) (int, error) { return len(p), nil }
func (d *deafWriter) WriteHeader(int)             {}

// emulator is the Azurite that the flags name; nil = none.
func emulator(t *testing.T) *cloudtest.Emulator {
	t.Helper()
	if *azuriteBlobs == "" {
		return nil
	}
	text, err := os.ReadFile(*azuriteRoot)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("got no certificate in %s", *azuriteRoot)
	}
	return &cloudtest.Emulator{Blobs: *azuriteBlobs, Queues: *azuriteQueues, Roots: roots}
}
