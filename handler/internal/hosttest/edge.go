package hosttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"influxion/handler/internal/guid"
)

// Headers that the host sends to the handler.
const (
	headerInvocation  = "X-Azure-Functions-Invocationid"
	headerHostVersion = "X-Azure-Functions-Hostversion"
	headerCorrelation = "X-Ms-Invocation-Id"
)

// StandIn is a response header of this package and of the local Azure. It distinguishes them from
// the real services.
const StandIn = "X-Stand-In"

// Reasons why an invocation ends before the handler answers.
var (
	errAnswerTimeout = errors.New("no answer within the front end's limit")
	errIdle          = errors.New("no byte within the proxy's limit")
)

// edge is the front end of the host. Every request passes through it, in both modes.
func (h *Host) edge() http.Handler {
	invoke := h.forward
	if h.mode == Proxy {
		invoke = h.proxy()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(StandIn, "local Functions host")
		function, ok := h.settings.find(r.Method, r.URL.EscapedPath())
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if r.ContentLength > h.config.BodyLimit {
			// The unread body would fill the rest of the connection.
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if !h.admit(r.Context()) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		id := guid.New()
		h.say(Information, "Executing 'Functions.%s' (Id=%s)", function.Name, id)
		defer h.watch(function, id)()
		invoke(w, r, id)
	})
}

// admit holds a request until the handler has started.
func (h *Host) admit(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 4*h.config.InitTimeout)
	defer cancel()
	return h.Ready(ctx) == nil
}

// watch kills and restarts the handler if an invocation takes longer than functionTimeout.
func (h *Host) watch(function Function, id string) (done func()) {
	if h.config.FunctionTimeout <= 0 {
		return func() {}
	}
	timer := time.AfterFunc(h.config.FunctionTimeout, func() {
		h.say(Error, "Timeout value of %v was exceeded by function: Functions.%s (Id=%s)", h.config.FunctionTimeout,
			function.Name, id)
		select {
		case h.restart <- struct{}{}:
		default:
		}
	})
	return func() { timer.Stop() }
}

// connect dials the handler as the real host's proxy does: ten attempts with growing pauses,
// because a restart takes a moment.
func (h *Host) connect(ctx context.Context, network, address string) (net.Conn, error) {
	pause := 50 * time.Millisecond
	for try := 1; ; try++ {
		connection, err := h.dial(ctx, network, address)
		if err == nil || try == 10 || ctx.Err() != nil {
			return connection, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
		pause = min(2*pause, 250*time.Millisecond)
	}
}

// body is a request's body, limited by the edge.
type body struct {
	io.ReadCloser
	left  int64
	over  atomic.Bool
	ended atomic.Bool
}

var errTooLarge = errors.New("request body too large")

func (b *body) Read(p []byte) (int, error) {
	if b.over.Load() {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one byte more, to distinguish the end from too long a body
	}
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	if int64(n) <= b.left {
		b.left -= int64(n)
		return n, err
	}
	b.over.Store(true)
	return int(b.left), errTooLarge
}

// fold joins the lines of a repeated header into one, as .NET's HttpClient sends it.
func fold(header http.Header) {
	for name, values := range header {
		if len(values) < 2 {
			continue
		}
		separator := ", "
		switch name {
		case "Cookie":
			separator = "; "
		case "User-Agent":
			separator = " "
		}
		header[name] = []string{strings.Join(values, separator)}
	}
}

// addTrace gives a request a trace context (W3C) unless the client brought one.
func addTrace(header http.Header) {
	if header.Get("Traceparent") != "" {
		return
	}
	var id [24]byte
	rand.Read(id[:])
	header.Set("Traceparent", fmt.Sprintf("00-%x-%x-00", id[:16], id[16:]))
}
