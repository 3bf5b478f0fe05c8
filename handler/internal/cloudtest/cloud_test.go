package cloudtest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pkitest"
)

// TestMain lets the test binary also act as az, as a browser, and as a custom handler that writes
// its environment.
func TestMain(m *testing.M) {
	if code, ran := cloudtest.RunTool(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); ran {
		os.Exit(code)
	}
	if os.Getenv("CLOUDTEST_CHILD") != "" {
		http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"),
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				json.NewEncoder(w).Encode(os.Environ())
			}))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, config cloudtest.Config) *cloudtest.Cloud {
	t.Helper()
	if config.Algorithm == "" {
		config.Algorithm = pkitest.P256 // faster to make
	}
	cloud, err := cloudtest.Start(t.Context(), config)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { cloud.Close() })
	return cloud
}

func token(t *testing.T, credential azcore.TokenCredential, scope string) string {
	t.Helper()
	got, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		t.Fatalf("get a token: %v", err)
	}
	return got.Token
}

// claims reads a token without verifying it.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func secrets(t *testing.T, cloud *cloudtest.Cloud, credential azcore.TokenCredential) *azsecrets.Client {
	t.Helper()
	var address string
	for _, entry := range cloud.Environ() {
		if value, ok := strings.CutPrefix(entry, "INFLUXION_VAULT_URL="); ok {
			address = value
		}
	}
	client, err := azsecrets.NewClient(address, credential,
		&azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{
			Transport: cloud.HTTPClient(), Retry: policy.RetryOptions{MaxRetries: -1},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func environ(cloud *cloudtest.Cloud, name string) string {
	for _, entry := range cloud.Environ() {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for version, want := range map[int]struct{ audience, client string }{1: {"Audience", "appid"},
		2: {"APIClientID", "azp"}} {
		cloud := start(t, cloudtest.Config{TokenVersion: version})
		audience := map[string]string{"Audience": cloud.Audience, "APIClientID": cloud.APIClientID}[want.audience]
		credential, err := cloud.Credential()
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := cloud.CredentialFor(cloud.Stranger)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name       string
			credential azcore.TokenCredential
			client     string
			scope      any
			roles      any
		}{
			{"client", credential, cloud.Client.ID, nil, "access_as_application"},
			{"user", cloud.UserCredential(), cloud.Client.ID, "access_as_user", nil},
			{"stranger", stranger, cloud.Stranger.ID, nil, nil},
		} {
			text := token(t, test.credential, cloud.Scope)
			if err := cloud.Entra.Check(text, audience); err != nil {
				t.Errorf("v%d, %s: got %v, want a token for the API", version, test.name, err)
			}
			got := claims(t, text)
			if roles, _ := got["roles"].([]any); test.roles != nil && !slices.Contains(roles, test.roles) ||
				test.roles == nil && got["roles"] != nil {
				t.Errorf("v%d, %s: got roles %v, want %v", version, test.name, got["roles"], test.roles)
			}
			if got["scp"] != test.scope || got[want.client] != test.client {
				t.Errorf("v%d, %s: got scp %v and client %v, want %v and %v", version, test.name, got["scp"],
					got[want.client], test.scope, test.client)
			}
		}
	}
}

func TestUserCredentialTellsAnError(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	if _, err := cloud.UserCredential().GetToken(t.Context(),
		policy.TokenRequestOptions{Scopes: []string{cloud.Audience + "/other"}}); err == nil {
		t.Error("got a token for a scope that does not exist, want an error")
	}
}

func TestServicePrincipalReadsTheVaultAndClientsDoNot(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{Identity: cloudtest.ServicePrincipal})
	if got := environ(cloud, "IDENTITY_ENDPOINT"); got != "" {
		t.Errorf("got IDENTITY_ENDPOINT %q, want none beside a service principal", got)
	}
	own := cloudtest.Application{ID: environ(cloud, "INFLUXION_AZURE_CLIENT_ID"),
		Secret: environ(cloud, "INFLUXION_AZURE_CLIENT_SECRET")}
	for _, test := range []struct {
		name        string
		application cloudtest.Application
		want        int // 0 = the secret
	}{
		{"the handler", own, 0},
		{"the client application", cloud.Client, http.StatusForbidden},
		{"a stranger", cloud.Stranger, http.StatusForbidden},
	} {
		credential, err := cloud.CredentialFor(test.application)
		if err != nil {
			t.Fatal(err)
		}
		_, err = secrets(t, cloud, credential).GetSecret(t.Context(), cloud.CertificateName, "", nil)
		if fault, ok := errors.AsType[*azcore.ResponseError](err); test.want != 0 &&
			(!ok || fault.StatusCode != test.want) || test.want == 0 && err != nil {
			t.Errorf("%s: got %v, want status %d (0 = the secret)", test.name, err, test.want)
		}
	}
	if refused := cloud.RefusedByProxy(); len(refused) != 0 {
		t.Errorf("the proxy refused %v, want nothing refused: the SDK needs Entra ID and the vault alone", refused)
	}
}

func TestUserAssignedIdentityReadsTheVault(t *testing.T) {
	cloud := start(t, cloudtest.Config{Identity: cloudtest.UserAssigned})
	t.Setenv("IDENTITY_ENDPOINT", environ(cloud, "IDENTITY_ENDPOINT"))
	t.Setenv("IDENTITY_HEADER", environ(cloud, "IDENTITY_HEADER"))
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ID: azidentity.ClientID(environ(cloud, "INFLUXION_AZURE_CLIENT_ID")),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secrets(t, cloud, credential).GetSecret(t.Context(), cloud.CertificateName, "", nil); err != nil {
		t.Errorf("got %v, want the secret", err)
	}
}

// The SDK caches the token of the system-assigned identity for the life of the process, across
// clouds. So the test requests it without the SDK; the handler's own process uses the SDK.
func TestSystemAssignedIdentityReadsTheVault(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	if id := environ(cloud, "INFLUXION_AZURE_CLIENT_ID"); id != "" {
		t.Errorf("got client ID %q, want none", id)
	}
	address := environ(cloud, "IDENTITY_ENDPOINT") + "?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"
	for _, test := range []struct {
		secret string
		want   int
	}{{environ(cloud, "IDENTITY_HEADER"), http.StatusOK}, {"guessed", http.StatusUnauthorized},
		{"", http.StatusUnauthorized}} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-IDENTITY-HEADER", test.secret)
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Token string `json:"access_token"`
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		if err != nil || response.StatusCode != test.want {
			t.Fatalf("header %q: got status %d and %v, want %d", test.secret, response.StatusCode, err, test.want)
		}
		if test.want != http.StatusOK {
			continue
		}
		if _, err := secrets(t, cloud, fixed(answer.Token)).GetSecret(t.Context(), cloud.CertificateName, "",
			nil); err != nil {
			t.Errorf("got %v, want the secret", err)
		}
	}
}

// fixed is a credential with a fixed token.
type fixed string

func (f fixed) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestProxyLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	proxy := strings.TrimPrefix(environ(cloud, "HTTPS_PROXY"), "http://")
	for _, target := range []string{"example.org:443", "other.vault.azure.net:443", "login.microsoftonline.com:80",
		"login.microsoftonline.com.example.org:443", "127.0.0.1:443", strings.TrimPrefix(cloud.URL(), "http://")} {
		connection, err := net.Dial("tcp", proxy)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(connection, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
		status := make([]byte, len("HTTP/1.1 403"))
		if _, err := io.ReadFull(connection, status); err != nil || string(status) != "HTTP/1.1 403" {
			t.Errorf("CONNECT %s: got %q and %v, want 403", target, status, err)
		}
		connection.Close()
		if !slices.Contains(cloud.RefusedByProxy(), "CONNECT "+target) {
			t.Errorf("CONNECT %s: not listed among %v", target, cloud.RefusedByProxy())
		}
	}
	address := &url.URL{Scheme: "http", Host: proxy}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}
	response, err := client.Get("http://login.microsoftonline.com:443/") // not a tunnel
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("got status %d without CONNECT, want 403", response.StatusCode)
	}
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	cloud, other := start(t, cloudtest.Config{}), start(t, cloudtest.Config{})
	address := "https://login.microsoftonline.com/" + cloud.TenantID + "/v2.0/.well-known/openid-configuration"
	response, err := cloud.HTTPClient().Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK ||
		!strings.Contains(response.Header.Get("X-Stand-In"), "no identity provider") {
		t.Errorf("got status %d and X-Stand-In %q, want 200 from what says that it is no identity provider",
			response.StatusCode, response.Header.Get("X-Stand-In"))
	}
	stranger := other.HTTPClient()
	proxy, err := url.Parse(environ(cloud, "HTTPS_PROXY"))
	if err != nil {
		t.Fatal(err)
	}
	stranger.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	if response, err := stranger.Get(address); err == nil {
		response.Body.Close()
		t.Error("got an answer under the root of another cloud, want a TLS error: each start makes its own")
	}
}

func TestTokenOverPlainHTTP(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {cloud.Client.ID},
		"client_secret": {cloud.Client.Secret}, "scope": {cloud.Scope}}
	response, err := http.PostForm(cloud.TokenURL(), form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Entra.Check(answer.Token, cloud.APIClientID); err != nil {
		t.Errorf("got %v, want a token for the API", err)
	}
}

func TestWebPagesAreKeptOut(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	for _, test := range []struct {
		name, host, origin string
		want               int
	}{
		{"a program", "", "", http.StatusOK},
		{"localhost", "localhost:1", "", http.StatusOK},
		{"a web page", "", "https://example.org", http.StatusForbidden},
		{"a name that was made to point here", "example.org", "", http.StatusForbidden},
		{"another address", "192.0.2.1", "", http.StatusForbidden},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "POST", cloud.URL()+"/control/vault/none", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		if test.origin != "" {
			request.Header.Set("Origin", test.origin)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s: got status %d, want %d", test.name, response.StatusCode, test.want)
		}
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{Identity: cloudtest.ServicePrincipal})
	credential, err := cloud.CredentialFor(
		cloudtest.Application{ID: environ(cloud, "INFLUXION_AZURE_CLIENT_ID"),
			Secret: environ(cloud, "INFLUXION_AZURE_CLIENT_SECRET")})
	if err != nil {
		t.Fatal(err)
	}
	vault := secrets(t, cloud, credential)
	read := func() (version string, status int) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		secret, err := vault.GetSecret(ctx, cloud.CertificateName, "", nil)
		if fault, ok := errors.AsType[*azcore.ResponseError](err); ok {
			return "", fault.StatusCode
		}
		if err != nil {
			return "", -1
		}
		return secret.ID.Version(), http.StatusOK
	}
	post := func(path string) {
		t.Helper()
		response, err := http.Post(cloud.URL()+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("POST %s: got status %d, want 200", path, response.StatusCode)
		}
	}
	first, _ := read()
	for _, step := range []struct {
		path string
		want int // -1 = no answer
	}{
		{"/control/certificate/disable", http.StatusForbidden},
		{"/control/certificate/enable", http.StatusOK},
		{"/control/vault/forbidden-by-rbac", http.StatusForbidden},
		{"/control/vault/forbidden-by-policy", http.StatusForbidden},
		{"/control/vault/forbidden-by-firewall", http.StatusForbidden},
		{"/control/vault/throttled", http.StatusTooManyRequests},
		{"/control/vault/down", -1},
		{"/control/vault/none", http.StatusOK},
	} {
		post(step.path)
		if version, status := read(); status != step.want || status == http.StatusOK && version != first {
			t.Errorf("%s: got status %d and version %q, want %d and %q", step.path, status, version, step.want, first)
		}
	}
	post("/control/certificate/rotate")
	if second, status := read(); status != http.StatusOK || second == first {
		t.Errorf("got version %q again after a rotation", second)
	}
	post("/control/vault/slow")
	held := make(chan int, 1)
	go func() {
		_, status := read()
		held <- status
	}()
	post("/control/vault/none")
	if status := <-held; status != http.StatusOK {
		t.Errorf("got status %d after the vault was slow, want 200", status)
	}
	key := cloud.Entra.PublicKey()
	post("/control/keys/rotate")
	if key.Equal(cloud.Entra.PublicKey()) {
		t.Error("got the same token key after a rotation")
	}

	response, err := http.Get(cloud.URL() + "/control")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	list, _ := io.ReadAll(response.Body)
	for _, control := range cloud.Controls() {
		if !strings.Contains(string(list), "curl -X POST "+cloud.URL()+control.Path+" ") {
			t.Errorf("%s is not listed", control.Path)
		}
	}
	if response, err := http.Get(cloud.URL() + "/control/keys/rotate"); err != nil ||
		response.StatusCode == http.StatusOK {
		t.Errorf("got %v and %v, want a GET to change nothing", response.Status, err)
	}
}

func TestStartRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "localhost:0"} {
		if cloud, err := cloudtest.Start(t.Context(),
			cloudtest.Config{Addr: address, Algorithm: pkitest.P256}); err == nil {
			cloud.Close()
			t.Errorf("%s: got a cloud, want an error", address)
		}
	}
}

func TestEverythingIsOnLoopback(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	for _, address := range []string{cloud.URL(), environ(cloud, "HTTPS_PROXY"), environ(cloud, "IDENTITY_ENDPOINT")} {
		if !strings.HasPrefix(address, "http://127.0.0.1:") {
			t.Errorf("got %s, want a loopback address", address)
		}
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cloud, err := cloudtest.Start(ctx, cloudtest.Config{Algorithm: pkitest.P256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cloud.RootFile()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := cloud.Close(); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	}
	if _, err := os.Stat(cloud.RootFile()); err == nil {
		t.Error("got the root's file after the end, want it removed")
	}
	if _, err := http.Get(cloud.URL()); err == nil {
		t.Error("got an answer after the end")
	}
}

func TestHandlerInheritsNothing(t *testing.T) {
	for _, name := range []string{"AZURE_CLIENT_ID", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "https_proxy",
		"SSL_CERT_FILE", "INFLUXION_LOG_LEVEL", "SECRET"} {
		t.Setenv(name, "from-the-parent")
	}
	cloud := start(t, cloudtest.Config{CacheTTL: 5 * time.Second})
	root := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"host.json": `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "` + self + `"}, "enableProxyingHttpRequest": true}}`,
		"Environment/function.json": `{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req", "route": "environment"},
			{"type": "http", "direction": "out", "name": "res"}]}`,
	}
	if err := os.Mkdir(root+"/Environment", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(root+"/"+name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host, err := cloud.StartHost(t.Context(),
		hosttest.Config{Root: root, Environ: []string{"CLOUDTEST_CHILD=yes", "INFLUXION_LOG_LEVEL=debug"}})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	response, err := http.Get(host.URL() + "/api/environment")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got []string
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	for _, entry := range got {
		if strings.HasSuffix(entry, "=from-the-parent") {
			t.Errorf("the handler got %s", entry)
		}
	}
	for _, want := range append(cloud.Environ(), "PATH="+os.Getenv("PATH"), "INFLUXION_LOG_LEVEL=debug",
		"INFLUXION_CERTIFICATE_CACHE_TTL=5s") {
		if !slices.Contains(got, want) {
			t.Errorf("the handler lacks %s", want)
		}
	}
}
