package cloudtest

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// standIn is a response header with the name of this service. Package hosttest sets the same
// header.
const standIn = "X-Stand-In"

// service is one server on a loopback address.
type service struct {
	listener net.Listener
	server   *http.Server
}

// start listens and serves, over TLS if secure is not nil.
func start(address string, handler http.Handler, secure *tls.Config) (*service, error) {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of the local cloud: %w", err)
	}
	if !parsed.Addr().IsLoopback() {
		return nil, fmt.Errorf("address of the local cloud: %s is not a loopback address", parsed.Addr())
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the local cloud: %w", err)
	}
	s := &service{listener, &http.Server{
		Handler: handler, TLSConfig: secure.Clone(), ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // tests break connections on purpose
	}}
	go func() {
		if secure != nil {
			s.server.ServeTLS(listener, "", "")
			return
		}
		s.server.Serve(listener)
	}()
	return s, nil
}

func (s *service) address() string { return s.listener.Addr().String() }

func (s *service) close() {
	if s != nil {
		s.server.Close()
		s.listener.Close() // Serve may not have started
	}
}

// named adds the name of the service to every answer.
func named(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(standIn, name)
		next.ServeHTTP(w, r)
	})
}

// localOnly refuses requests from other web pages than ours, because any page in a browser on this
// machine could call a loopback address.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		address, err := netip.ParseAddr(host)
		local := host == "localhost" || err == nil && address.IsLoopback()
		if !local || !fromHere(r) {
			http.Error(w, "this service answers programs on this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fromHere reports whether a request comes from one of our pages: a form of our own, or the page of
// a handler on this machine that redeems a code.
func fromHere(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "http://"+r.Host {
		return true
	}
	from, err := url.Parse(origin)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
		return false
	}
	address, err := netip.ParseAddr(from.Hostname())
	return from.Hostname() == "localhost" || err == nil && address.IsLoopback()
}
