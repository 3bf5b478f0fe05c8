package entratest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/pkitest"
)

const (
	tenantID = "11111111-aaaa-4aaa-8aaa-111111111111"
	apiID    = "44444444-bbbb-4bbb-8bbb-444444444444"
	apiURI   = "api://" + apiID
	clientID = "66666666-cccc-4ccc-8ccc-666666666666"
	publicID = "77777777-cccc-4ccc-8ccc-777777777777"
	objectID = "88888888-dddd-4ddd-8ddd-888888888888"
	userID   = "99999999-dddd-4ddd-8ddd-999999999999"
	vault    = "https://vault.azure.net"
	host     = "login.microsoftonline.com"
)

func newServer(t *testing.T) (*entratest.Server, *http.Client) {
	t.Helper()
	scopes := map[string][]string{apiID: {"access_as_user"}}
	server, err := entratest.New(entratest.Config{
		TenantID: tenantID,
		APIs: []entratest.API{{ClientID: apiID, ApplicationURIs: []string{apiURI},
			Scopes: []string{"access_as_user", "other"}, TokenVersion: 2}},
		Clients: []entratest.Client{
			{ID: clientID, ObjectID: objectID, Secret: "client secret", Scopes: scopes,
				Roles: map[string][]string{apiID: {"access_as_application"}}},
			{ID: publicID, Scopes: scopes},
		},
		Users: []entratest.User{{ObjectID: userID, Name: "user@example.org", Password: "user password"},
			{ObjectID: objectID, Name: "none@example.org"}},
		Identities: []entratest.Identity{{ClientID: clientID, ObjectID: objectID, SystemAssigned: true},
			{ClientID: publicID, ObjectID: userID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, serve(t, server)
}

// serve serves the server over TLS and returns a client that reaches it under every name.
func serve(t *testing.T, server *entratest.Server) *http.Client {
	t.Helper()
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := root.IssueServer(time.Now(), host)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewUnstartedServer(server)
	listener.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	listener.Config.ErrorLog = log.New(io.Discard, "", 0)
	listener.StartTLS()
	t.Cleanup(listener.Close)
	roots := x509.NewCertPool()
	roots.AddCert(root.Root())
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, listener.Listener.Addr().String())
		},
	}}
}

func tokenRequest(scope string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{scope}}
}

func TestClientSecretCredential(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	credential, err := azidentity.NewClientSecretCredential(tenantID, clientID, "client secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: azcore.ClientOptions{Transport: client}})
	if err != nil {
		t.Fatal(err)
	}
	for scope, audience := range map[string]string{vault + "/.default": vault, apiURI + "/.default": apiID} {
		token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			t.Fatalf("%s: got %v, want a token", scope, err)
		}
		if err := server.Check(token.Token, audience); err != nil {
			t.Errorf("%s: got %v, want a token for %s", scope, err, audience)
		}
		if err := server.Check(token.Token, "https://other.example.org"); err == nil {
			t.Errorf("%s: got a token for any audience", scope)
		}
	}
	if server.Requests(entratest.Token) != 2 || server.Requests(entratest.Discovery) == 0 {
		t.Errorf("got %d token requests, want 2 that were preceded by discovery", server.Requests(entratest.Token))
	}
	wrong, err := azidentity.NewClientSecretCredential(tenantID, clientID, "wrong",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: azcore.ClientOptions{Transport: client}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.GetToken(t.Context(),
		policy.TokenRequestOptions{Scopes: []string{vault + "/.default"}}); err == nil ||
		!strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("got %v, want AADSTS7000215", err)
	}
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	user := []string{"grant_type", "password", "username", "user@example.org", "password", "user password", "client_id",
		publicID}
	app := []string{"grant_type", "client_credentials", "client_id", clientID, "client_secret", "client secret"}
	for name, test := range map[string]struct {
		tenant string
		form   url.Values
		status int
		want   string // in error_description
	}{
		"user, one scope": {tenantID, form(append(user, "scope", apiURI+"/access_as_user openid")...), 200, ""},
		"user, .default":  {tenantID, form(append(user, "scope", apiID+"/.default")...), 200, ""},
		"app":             {tenantID, form(append(app, "scope", apiURI+"/.default")...), 200, ""},
		"tenant unknown":  {userID, form(append(app, "scope", apiURI+"/.default")...), 400, "AADSTS90002"},
		"tenant common":   {"common", form(append(app, "scope", apiURI+"/.default")...), 400, "AADSTS90002"},
		"no grant type":   {tenantID, form("client_id", clientID), 400, "AADSTS70003"},
		"grant unknown": {tenantID, form("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"), 400,
			"AADSTS70003"},
		"no client": {tenantID, form("grant_type", "client_credentials"), 400, "AADSTS900144"},
		"client unknown": {tenantID, form("grant_type", "client_credentials", "client_id", userID), 400,
			"AADSTS700016"},
		"no secret": {tenantID, form("grant_type", "client_credentials", "client_id", clientID), 401,
			"AADSTS7000218"},
		"wrong secret": {tenantID,
			form("grant_type", "client_credentials", "client_id", clientID, "client_secret", "x"), 401,
			"AADSTS7000215"},
		"public client": {tenantID,
			form("grant_type", "client_credentials", "client_id", publicID, "client_secret", "x"), 401,
			"AADSTS7000215"},
		"parameter twice": {tenantID, form(append(app, "client_id", publicID, "scope", apiURI+"/.default")...),
			400, "AADSTS9000411"},
		"no scope":          {tenantID, form(app...), 400, "AADSTS900144"},
		"scope without API": {tenantID, form(append(app, "scope", "x")...), 400, "AADSTS70011"},
		"two APIs": {tenantID, form(append(user, "scope", apiURI+"/access_as_user "+vault+"/x")...), 400,
			"AADSTS28000"},
		"API unknown": {tenantID, form(append(app, "scope", "api://x/.default")...), 400, "AADSTS500011"},
		"app, one scope": {tenantID, form(append(app, "scope", apiURI+"/access_as_user")...), 400,
			"AADSTS1002012"},
		"wrong password": {tenantID,
			form(append(user[:4:4], "password", "x", "client_id", publicID, "scope", apiURI+"/.default")...), 400,
			"AADSTS50126"},
		"user without one": {tenantID,
			form("grant_type", "password", "client_id", publicID, "username", "none@example.org", "password", "x",
				"scope", apiURI+"/.default"), 400, "AADSTS50126"},
		"no user": {tenantID,
			form("grant_type", "password", "client_id", publicID, "scope", apiURI+"/.default"), 400, "AADSTS900144"},
		"scope unknown":       {tenantID, form(append(user, "scope", apiURI+"/unknown")...), 400, "AADSTS650053"},
		"scope not consented": {tenantID, form(append(user, "scope", apiURI+"/other")...), 400, "AADSTS65001"},
		"nothing consented":   {tenantID, form(append(user, "scope", vault+"/.default")...), 400, "AADSTS65001"},
		"password of a public": {tenantID,
			form("grant_type", "password", "client_id", clientID, "scope", apiURI+"/.default"), 401, "AADSTS7000218"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := client.PostForm("https://"+host+"/"+test.tenant+"/oauth2/v2.0/token", test.form)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var answer struct {
				Token       string `json:"access_token"`
				Type        string `json:"token_type"`
				Expires     int    `json:"expires_in"`
				Error       string `json:"error"`
				Description string `json:"error_description"`
			}
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || !strings.HasPrefix(answer.Description, test.want) ||
				(answer.Error == "") != (test.status == 200) {
				t.Errorf("got %d %+v, want %d %s", response.StatusCode, answer, test.status, test.want)
			}
			if test.status == 200 &&
				(server.Check(answer.Token, apiID) != nil || answer.Type != "Bearer" || answer.Expires != 3600) {
				t.Errorf("got %+v, want a bearer token of an hour for the API", answer)
			}
		})
	}
}

func TestManagedIdentity(t *testing.T) {
	server, _ := newServer(t)
	endpoint := httptest.NewServer(server.Identity("header secret"))
	defer endpoint.Close()
	t.Setenv("IDENTITY_ENDPOINT", endpoint.URL)
	t.Setenv("IDENTITY_HEADER", "header secret")
	// azidentity caches the tokens of managed identities by client ID for the whole process, so
	// only one test may use each identity, and only once.
	for name, options := range map[string]*azidentity.ManagedIdentityCredentialOptions{
		"system-assigned": nil,
		"user-assigned":   {ID: azidentity.ClientID(publicID)},
	} {
		credential, err := azidentity.NewManagedIdentityCredential(options)
		if err != nil {
			t.Fatal(err)
		}
		token, err := credential.GetToken(t.Context(),
			policy.TokenRequestOptions{Scopes: []string{vault + "/.default"}})
		if err != nil {
			t.Fatalf("%s: got %v, want a token", name, err)
		}
		if err := server.Check(token.Token, vault); err != nil {
			t.Errorf("%s: got %v, want a token for the vault", name, err)
		}
	}
	get := func(secret, query string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint.URL+"?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-IDENTITY-HEADER", secret)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	good := "api-version=2019-08-01&resource=" + url.QueryEscape(vault)
	for name, test := range map[string]struct {
		secret, query string
		want          int
	}{
		"good":              {"header secret", good, 200},
		"no secret":         {"", good, 401},
		"wrong secret":      {"x", good, 401},
		"another version":   {"header secret", strings.Replace(good, "2019", "2017", 1), 400},
		"unknown resource":  {"header secret", "api-version=2019-08-01&resource=x", 400},
		"unknown client ID": {"header secret", good + "&client_id=" + userID, 400},
	} {
		if got := get(test.secret, test.query); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
	server.SetFault(entratest.ManagedIdentity, entratest.ServerError)
	if got := get("header secret", good); got != 500 {
		t.Errorf("got %d, want the fault", got)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	v2, v1 := "https://"+host+"/"+tenantID+"/v2.0", "https://sts.windows.net/"+tenantID+"/"
	for path, want := range map[string]string{
		tenantID + "/v2.0/.well-known/openid-configuration":          v2,
		tenantID + "/.well-known/openid-configuration":               v1,
		"organizations/v2.0/.well-known/openid-configuration":        "https://" + host + "/{tenantid}/v2.0",
		"common/.well-known/openid-configuration":                    "https://sts.windows.net/{tenantid}/",
		userID + "/v2.0/.well-known/openid-configuration":            "",
		"common/discovery/instance?authorization_endpoint=https://x": "",
	} {
		document := get(t, client, path)
		if got, _ := document["issuer"].(string); got != want {
			t.Errorf("%s: got issuer %q, want %q", path, got, want)
		}
		if want == "" {
			continue
		}
		keys, _ := get(t, client,
			strings.TrimPrefix(document["jwks_uri"].(string), "https://"+host+"/"))["keys"].([]any)
		if len(keys) != 1 || keys[0].(map[string]any)["kty"] != "RSA" {
			t.Errorf("%s: got keys %v, want one of RSA", path, keys)
		}
	}
}

func get(t *testing.T, client *http.Client, path string) map[string]any {
	t.Helper()
	response, err := client.Get("https://" + host + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var document map[string]any
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestCheck(t *testing.T) {
	t.Parallel()
	server, _ := newServer(t)
	other, _ := newServer(t)
	caller := entratest.Caller{ClientID: clientID, ObjectID: objectID}
	claims := func(changes map[string]any) map[string]any {
		claims := server.AppClaims(tenantID, 1, vault, caller)
		for name, value := range changes {
			claims[name] = value
		}
		return claims
	}
	old := server.Mint(nil, claims(nil))
	if err := server.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if err := server.Check(old, vault+"/"); err != nil {
		t.Errorf("got %v, want the old key still good", err)
	}
	server.RemoveOldKeys()
	for name, token := range map[string]string{
		"removed key":    old,
		"other server":   other.Mint(nil, claims(nil)),
		"other audience": server.Mint(nil, claims(map[string]any{"aud": apiID})),
		"other tenant":   server.Mint(nil, claims(map[string]any{"tid": userID})),
		"other issuer":   server.Mint(nil, claims(map[string]any{"iss": "https://example.org"})),
		"expired":        server.Mint(nil, claims(map[string]any{"exp": time.Now().Unix()})),
		"not yet":        server.Mint(nil, claims(map[string]any{"nbf": time.Now().Unix() + 60})),
		"wrong types":    server.Mint(nil, claims(map[string]any{"exp": "x"})),
		"no token":       "x",
	} {
		if err := server.Check(token, vault); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
	if err := server.Check(server.Mint(nil, claims(nil)), vault); err != nil {
		t.Errorf("got %v, want the new token good", err)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]entratest.Config{
		"no tenant":       {},
		"tenant in upper": {TenantID: strings.ToUpper(tenantID)},
		"http":            {TenantID: tenantID, AuthorityHost: "http://" + host},
		"version":         {TenantID: tenantID, APIs: []entratest.API{{ClientID: apiID, TokenVersion: 3}}},
	} {
		if _, err := entratest.New(config); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}
