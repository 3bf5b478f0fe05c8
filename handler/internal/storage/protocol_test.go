package storage_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"influxion/handler/internal/storage"
)

// A server that offers HTTP/2 is called by HTTP/1.1, as Azure Storage is.
func TestTransportSpeaksOneProtocol(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	if _, err := http.Get(server.URL); err == nil { // the default transport, of which ours is made, has been used
		t.Error("got an answer of a server that nobody trusts")
	}
	transport := storage.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	response, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != 1 {
		t.Errorf("got %s, want HTTP/1.1", response.Proto)
	}
}
