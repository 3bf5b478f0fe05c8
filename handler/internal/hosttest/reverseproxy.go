package hosttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// proxy is the mode of enableProxyingHttpRequest: the request streams to the handler and the answer
// streams back.
func (h *Host) proxy() func(http.ResponseWriter, *http.Request, string) {
	target := &url.URL{Scheme: "http", Host: h.handlerAddress()}
	return func(w http.ResponseWriter, r *http.Request, id string) {
		// Without this, the first byte of the answer would wait until the whole request has
		// arrived.
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			h.say(Warning, "Streaming is limited (Id=%s): %v", id, err)
		}
		limited := &body{ReadCloser: r.Body, left: h.config.BodyLimit}
		limited.ended.Store(r.ContentLength == 0)
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		proxy := &httputil.ReverseProxy{
			Rewrite:       func(p *httputil.ProxyRequest) { rewrite(p, target, id) },
			Transport:     &timedTransport{h.transport, h.config.AnswerTimeout, h.config.ActivityTimeout, cancel},
			FlushInterval: -1, // every write goes out at once
			ModifyResponse: func(response *http.Response) error {
				if !limited.ended.Load() {
					// The answer is early. If net/http then met the end of the body and reused the
					// connection, it would panic.
					response.Header.Set("Connection", "close")
				}
				return nil
			},
			ErrorLog: h.errors,
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
				h.say(Error, "Failed to proxy request (Id=%s): %v", id, errors.Join(err, context.Cause(ctx)))
				w.Header().Set("Connection", "close")
				w.WriteHeader(proxyStatus(ctx, limited))
			},
		}
		// The copy is necessary: if the body of the original request is replaced, net/http resets a
		// connection with an unread body, and the answer is lost.
		inner := r.WithContext(ctx)
		inner.Body = limited
		proxy.ServeHTTP(w, inner)
	}
}

func rewrite(p *httputil.ProxyRequest, target *url.URL, id string) {
	p.SetURL(target)
	p.Out.URL.Path, p.Out.URL.RawPath = p.In.URL.Path, p.In.URL.RawPath
	p.Out.URL.RawQuery = p.In.URL.RawQuery // unchanged, even if it does not parse
	p.Out.Host = target.Host
	header := p.Out.Header
	fold(header)
	addTrace(header)
	client, _, err := net.SplitHostPort(p.In.RemoteAddr)
	if err != nil {
		client = p.In.RemoteAddr
	}
	header.Set("X-Forwarded-For", client)
	header.Set("X-Forwarded-Host", p.In.Host)
	header.Set("X-Forwarded-Proto", "http")
	header.Set(headerInvocation, id)
	header.Set(headerCorrelation, id)
	header.Set(headerHostVersion, Version)
}

func proxyStatus(ctx context.Context, sent *body) int {
	switch cause := context.Cause(ctx); {
	case sent.over.Load():
		return http.StatusRequestEntityTooLarge
	case errors.Is(cause, errIdle):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway // the front end's own limit gives the same: its load balancer answers 502
}

// timedTransport ends a request whose answer does not begin in time, or on which no byte moves in
// either direction for too long.
type timedTransport struct {
	base         http.RoundTripper
	answer, idle time.Duration
	cancel       context.CancelCauseFunc
}

func (t *timedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := time.AfterFunc(t.answer, func() { t.cancel(errAnswerTimeout) })
	defer answer.Stop()
	idle := time.AfterFunc(t.idle, func() { t.cancel(errIdle) })
	touch := func() { idle.Reset(t.idle) }
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &touchedBody{r.Body, touch, func() {}}
	}
	response, err := t.base.RoundTrip(r)
	if err != nil {
		idle.Stop()
		return nil, err
	}
	touch()
	response.Body = touching(response.Body, touch, func() { idle.Stop() })
	return response, nil
}

// touchedBody reports every read, and the end.
type touchedBody struct {
	io.ReadCloser
	touch, end func()
}

func (b *touchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.touch()
	return n, err
}

func (b *touchedBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

// touching keeps the write side of a switched protocol, because ReverseProxy needs it.
func touching(stream io.ReadCloser, touch, end func()) io.ReadCloser {
	if both, ok := stream.(io.ReadWriteCloser); ok {
		return struct {
			io.Writer
			*touchedBody
		}{both, &touchedBody{stream, touch, end}}
	}
	return &touchedBody{stream, touch, end}
}
