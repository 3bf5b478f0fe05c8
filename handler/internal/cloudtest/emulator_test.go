package cloudtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"influxion/handler/internal/cloudtest"
)

// emulated is a service that records its requests and the claims of their tokens.
type emulated struct {
	mu    sync.Mutex
	calls []string
}

func (e *emulated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	issuer := ""
	if strings.Count(r.Header.Get("Authorization"), ".") == 2 {
		issuer = "token "
	}
	e.calls = append(e.calls, issuer+r.Method+" "+r.URL.RequestURI())
	if strings.Contains(r.URL.RequestURI(), "/audit?") {
		w.WriteHeader(http.StatusConflict) // it is there already
	}
}

// The cloud creates what the emulator lacks, and forwards only requests of the handler's identity.
func TestEmulator(t *testing.T) {
	t.Parallel()
	service := &emulated{}
	server := httptest.NewTLSServer(service)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	cloud := start(t, cloudtest.Config{Jobs: true, Emulator: &cloudtest.Emulator{
		Blobs: server.URL + "/account", Queues: server.URL + "/account", Roots: roots}})
	for _, made := range []string{"audit?restype=container", "records?restype=container", "results?restype=container",
		"inbox?restype=container", "templates?restype=container", "jobs", "jobs-poison"} {
		if !slices.Contains(service.calls, "token PUT /account/"+made) {
			t.Errorf("got the calls %q, want %s made", service.calls, made)
		}
	}
	values := map[string]string{}
	for _, entry := range cloud.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	service.calls = nil
	for token, want := range map[string]int{identityToken(t, values): http.StatusOK, "": http.StatusForbidden,
		"a.b.c": http.StatusForbidden} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			values["INFLUXION_JOBS_STORAGE_URL"]+"/records/a%20b?comp=list", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := through(t, cloud, values["HTTPS_PROXY"]).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("got status %d, want %d", response.StatusCode, want)
		}
	}
	if want := []string{"token GET /account/records/a%20b?comp=list"}; !slices.Equal(service.calls, want) {
		t.Errorf("got the calls %q, want %q", service.calls, want)
	}
	if err := cloud.PutMessage(t.Context(), "jobs", "id"); err != nil ||
		!slices.Contains(service.calls, "token POST /account/jobs/messages") {
		t.Errorf("got %q (%v), want a message", service.calls, err)
	}
}

// identityToken is a storage token of the handler's managed identity.
func identityToken(t *testing.T, environ map[string]string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, environ["IDENTITY_ENDPOINT"]+
		"?api-version=2019-08-01&resource=https://storage.azure.com", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-IDENTITY-HEADER", environ["IDENTITY_HEADER"])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("got no token: %v", err)
	}
	return answer.Token
}

// through returns a client in the cloud's network.
func through(t *testing.T, cloud *cloudtest.Cloud, proxy string) *http.Client {
	t.Helper()
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cloud.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address),
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}
