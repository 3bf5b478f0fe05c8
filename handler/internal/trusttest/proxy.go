package trusttest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"time"
)

// Proxy is an HTTP proxy on loopback, like the proxy of a company network: no other server resolves
// the names that it knows. It tunnels (RFC 9110, section 9.3.6) or forwards. Safe for concurrent
// use.
type Proxy struct {
	URL string // http://127.0.0.1:port

	names    map[string]string // host name to host:port
	user     string            // user:password; "" = anybody may use it
	server   *http.Server
	listener net.Listener

	mu    sync.Mutex
	asked []string
}

// NewProxy serves until Close. names maps each host name to an address, for any port; user is
// "user:password", or "" for none.
func NewProxy(names map[string]string, user string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the proxy: %w", err)
	}
	p := &Proxy{URL: "http://" + listener.Addr().String(), names: names, user: user, listener: listener}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go p.server.Serve(listener)
	return p, nil
}

// Close ends the proxy and its connections. Tunnels end when one of their two ends does.
func (p *Proxy) Close() error { return p.server.Close() }

// Asked returns the host names that clients requested from the proxy, in order.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// ServeHTTP tunnels or forwards a request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.Hostname())
	p.mu.Unlock()
	wanted := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user))
	if p.user != "" && r.Header.Get("Proxy-Authorization") != wanted {
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	address, known := p.names[r.URL.Hostname()]
	if !known {
		http.Error(w, "no such host", http.StatusBadGateway)
		return
	}
	if r.Method == http.MethodConnect {
		p.tunnel(w, address)
		return
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:   func(*httputil.ProxyRequest) {},
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}
	forward.ServeHTTP(w, r)
}

// tunnel connects the client to the address.
func (p *Proxy) tunnel(w http.ResponseWriter, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, "cannot connect", http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := client.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")); err != nil {
		return
	}
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, buffered)
	}()
	_, _ = io.Copy(client, server)
}
