package cloudtest

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tunnels is an HTTP proxy (CONNECT, RFC 9110, section 9.3.6). It leads to the local servers under
// their real names, and nowhere else. What the handler must not reach in Azure, it cannot reach
// here.
type tunnels struct {
	targets map[string]string // requested host:port → dialled address

	mu      sync.Mutex
	closed  bool
	open    map[net.Conn]struct{}
	refused []string // requests that were refused
}

func newTunnels(targets map[string]string) *tunnels {
	return &tunnels{targets: targets, open: map[net.Conn]struct{}{}}
}

func (t *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address, ok := t.targets[strings.ToLower(r.Host)]
	if r.Method != http.MethodConnect || !ok {
		t.mu.Lock()
		if len(t.refused) < 1000 {
			t.refused = append(t.refused, r.Method+" "+r.Host)
		}
		t.mu.Unlock()
		http.Error(w, "this proxy leads to the local Azure only", http.StatusForbidden)
		return
	}
	server, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		http.Error(w, "the local server does not answer", http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no tunnel over this connection", http.StatusBadGateway)
		return
	}
	defer client.Close()
	if !t.keep(client, server) {
		return
	}
	defer t.forget(client, server)
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	ended := make(chan struct{}, 2)
	pipe := func(to net.Conn, from io.Reader) {
		io.Copy(to, from)
		ended <- struct{}{}
	}
	go pipe(server, buffered) // bytes that came with the request go first
	go pipe(client, server)
	<-ended
}

func (t *tunnels) keep(connections ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	for _, connection := range connections {
		t.open[connection] = struct{}{}
	}
	return true
}

func (t *tunnels) forget(connections ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, connection := range connections {
		delete(t.open, connection)
	}
}

// close breaks every tunnel.
func (t *tunnels) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for connection := range t.open {
		connection.Close()
	}
}

// RefusedByProxy lists the requests that the proxy refused, such as "CONNECT example.org:443". It
// stays empty while the handler calls only Entra ID and its vault.
func (c *Cloud) RefusedByProxy() []string {
	c.tunnels.mu.Lock()
	defer c.tunnels.mu.Unlock()
	return append([]string(nil), c.tunnels.refused...)
}
