package keyvault_test

import (
	"context"
	"crypto"
	"net"
	"sync/atomic"
	"testing"
)

// countedConn counts the writes to a connection.
type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// Header and body of a request to sign leave in one write, over a connection that is already open.
// Every further write costs a TLS record, a packet and processor time for each signature.
func TestSignatureTakesOneWrite(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.hold(t, "seal")
			var writes, dialled atomic.Int64
			dial := c.transport.DialContext
			c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled.Add(1)
				conn, err := dial(ctx, network, address)
				return countedConn{conn, &writes}, err
			}
			certificate := get(t, c.source(t, inMode(mode)), "seal", "")
			signs(t, certificate, crypto.SHA256, crypto.SHA256)
			before, connections := writes.Load(), dialled.Load()
			const signatures = 10
			for range signatures {
				signs(t, certificate, crypto.SHA256, crypto.SHA256)
			}
			if got := writes.Load() - before; got != signatures {
				t.Errorf("got %d writes for %d signatures, want one for each", got, signatures)
			}
			if got := dialled.Load() - connections; got != 0 {
				t.Errorf("got %d new connections for %d signatures, want none", got, signatures)
			}
		})
	}
}
