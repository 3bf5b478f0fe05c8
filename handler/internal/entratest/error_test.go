package entratest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/entratest"
)

func TestFaultsLookLikeThoseOfEntra(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	body := form("grant_type", "client_credentials", "client_id", publicID+"\r\nx", "client_secret", "x", "scope",
		scope)
	request := httptest.NewRequest("POST", "https://"+host+"/"+tenantID+"/oauth2/v2.0/token",
		strings.NewReader(body.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("client-request-id", "ABCDEF00-0000-4000-8000-000000000000")
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	var got struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		Timestamp   string `json:"timestamp"`
		Trace       string `json:"trace_id"`
		Correlation string `json:"correlation_id"`
		URI         string `json:"error_uri"`
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Error != "unauthorized_client" || !slices.Equal(got.Codes, []int{700016}) ||
		got.Timestamp != "2027-01-15 08:00:00Z" ||
		got.Correlation != "abcdef00-0000-4000-8000-000000000000" || len(got.Trace) != 36 ||
		got.Trace == got.Correlation ||
		got.URI != "https://login.microsoftonline.com/error?code=700016" {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{"AADSTS700016: ", publicID, tenantID, "Trace ID: " + got.Trace,
		"Correlation ID: " + got.Correlation, "Timestamp: " + got.Timestamp} {
		if !strings.Contains(got.Description, want) {
			t.Errorf("got %q, want %q in it", got.Description, want)
		}
	}
	if strings.ContainsAny(got.Description, "\r\n") {
		t.Errorf("got a line end of the client's in %q", got.Description)
	}
	var discovery map[string]any
	if err := json.Unmarshal(
		[]byte(s.do(t, "GET", "https://"+host+"/"+objectID+"/v2.0/.well-known/openid-configuration", nil).text),
		&discovery); err != nil {
		t.Fatal(err)
	}
	wantFault(t, "discovery", discovery, "invalid_tenant", "AADSTS90002")
}

func TestSecretsExpire(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, func(c *entratest.Config) { c.Clients[0].SecretExpires = time.Unix(1_800_000_060, 0) })
	ask := func() map[string]any {
		return s.tokens(t, "grant_type", "client_credentials", "client_id", bothID, "client_secret", "client secret",
			"scope", apiURI+"/.default")
	}
	if got := ask(); got["access_token"] == nil {
		t.Errorf("got %v, want a token", got)
	}
	s.clock.Advance(time.Minute)
	wantFault(t, "late", ask(), "invalid_client", "AADSTS7000222")
}

func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	request := httptest.NewRequest("POST", "https://"+host+"/"+tenantID+"/oauth2/v2.0/token",
		strings.NewReader(form("grant_type", "client_credentials", "scope", apiURI+"/.default").Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(bothID, "client secret")
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		t.Errorf("got %d %s, want a token", recorder.Code, recorder.Body)
	}
}

func TestInstanceDiscovery(t *testing.T) {
	t.Parallel()
	ask := func(s signInServer, endpoint string) (document struct {
		Endpoint string `json:"tenant_discovery_endpoint"`
		Error    string `json:"error"`
		Metadata []struct {
			Network string   `json:"preferred_network"`
			Cache   string   `json:"preferred_cache"`
			Aliases []string `json:"aliases"`
		} `json:"metadata"`
	}) {
		t.Helper()
		got := s.do(t, "GET", "https://"+host+"/common/discovery/instance?api-version=1.1&authorization_endpoint="+
			url.QueryEscape(endpoint), nil)
		if err := json.Unmarshal([]byte(got.text), &document); err != nil {
			t.Fatal(err)
		}
		return document
	}
	s := newSignInServer(t, nil)
	for _, alias := range []string{host, "login.windows.net", "login.microsoft.com", "sts.windows.net"} {
		got := ask(s, "https://"+alias+"/"+tenantID+"/oauth2/v2.0/authorize")
		if got.Endpoint != "https://"+alias+"/"+tenantID+"/v2.0/.well-known/openid-configuration" ||
			len(got.Metadata) != 3 ||
			!slices.Contains(got.Metadata[0].Aliases, alias) || got.Metadata[0].Network != host ||
			got.Metadata[0].Cache != "login.windows.net" {
			t.Errorf("%s: got %+v", alias, got)
		}
	}
	for _, unknown := range []string{"https://login.example.org/" + tenantID + "/x",
		"http://" + host + "/" + tenantID + "/x", "https://" + host + "/", "https://" + host, "", "%"} {
		if got := ask(s, unknown); got.Error != "invalid_instance" || got.Metadata != nil {
			t.Errorf("%q: got %+v, want invalid_instance", unknown, got)
		}
	}
	own := newSignInServer(t, func(c *entratest.Config) { c.AuthorityHost = "https://login.example.org" })
	if got := ask(own, "https://login.example.org/"+tenantID+"/x"); len(got.Metadata) != 4 ||
		got.Metadata[3].Network != "login.example.org" {
		t.Errorf("got %+v, want the server's own instance too", got)
	}
}

// A multi-tenant client need not name the tenant: people sign in to the home tenant.
func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t,
		func(c *entratest.Config) { c.Clients[1].Scopes = map[string][]string{apiID: {"access_as_user"}} })
	pairs := []string{"grant_type", "password", "username", "user@example.org", "password", "password", "scope", scope,
		"client_id", strangerID}
	got := s.tokensOf(t, "organizations", pairs...)
	if claims := claimsOf(t, got["access_token"]); claims["tid"] != tenantID {
		t.Errorf("got tenant %v, want the home tenant", claims["tid"])
	}
	pairs[len(pairs)-1] = bothID
	wantFault(t, "single tenant", s.tokensOf(t, "organizations", pairs...), "invalid_request", "AADSTS50194")
}

// Many new sign-ins push out the oldest ones and take no more memory.
func TestSignInsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	first := s.authorize(t, request())
	second := s.authorize(t, request())
	for range 999 {
		s.authorize(t, request("prompt", "login"))
	}
	if got := s.press(t, first, "/signin", "user", userID); got.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d for the oldest, want it forgotten", got.StatusCode)
	}
	if got := s.press(t, second, "/signin", "user", userID); got.StatusCode != http.StatusFound {
		t.Errorf("got %d for the second, want it still there", got.StatusCode)
	}
	third := s.authorize(t, request())
	s.clock.Advance(time.Hour)
	if got := s.press(t, third, "/signin", "user", userID); got.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d after an hour, want the page void", got.StatusCode)
	}
}

// For any request, the token endpoint answers with JSON that holds either a token or a fault, but
// never both.
func FuzzTokenEndpoint(f *testing.F) {
	for _, seed := range []string{
		"", "grant_type=client_credentials&client_id=" + bothID + "&client_secret=client+secret&scope=" +
			url.QueryEscape(apiURI+"/.default"),
		"grant_type=authorization_code&code=1.x&client_id=" + bothID, "grant_type=refresh_token&refresh_token=1.x",
		"grant_type=device_code&device_code=x",
		"grant_type=client_credentials&client_id=" + bothID + "&client_assertion_type=" +
			url.QueryEscape("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
			"&client_assertion=eyJhbGciOiJSUzI1NiJ9.e30.AA", "%", "a=1&a=2", strings.Repeat("a", 70<<10),
	} {
		f.Add(seed)
	}
	server, err := entratest.New(entratest.Config{
		TenantID: tenantID, KeyBits: 1024,
		Clients: []entratest.Client{{ID: bothID, Secret: "client secret",
			Platforms: entratest.Platforms{PublicFlows: true}}},
		APIs: []entratest.API{{ClientID: apiID, ApplicationURIs: []string{apiURI}}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		request := httptest.NewRequest("POST", "https://"+host+"/"+tenantID+"/oauth2/v2.0/token",
			strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		var got map[string]any
		if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
			t.Fatalf("got %q: %v", recorder.Body, err)
		}
		if (got["error"] == nil) != (recorder.Code == http.StatusOK) ||
			(got["access_token"] == nil) != (got["error"] != nil) {
			t.Errorf("got %d %v", recorder.Code, got)
		}
	})
}

// Every accepted redirect URI leads to this machine, and a person is never sent to another machine.
func FuzzRedirectURI(f *testing.F) {
	for _, seed := range []string{
		"http://localhost", "http://localhost:1/", "http://localhost:1@evil.example.org", "http://localhost#@x",
		"http://localhost\\.x", "//x", "http://localhost:", "http://[::1]",
	} {
		f.Add(seed)
	}
	server, err := entratest.New(entratest.Config{
		TenantID: tenantID, KeyBits: 1024,
		Clients: []entratest.Client{{ID: publicID,
			Platforms: entratest.Platforms{RedirectURIs: []string{"http://localhost"}}}},
		APIs: []entratest.API{{ClientID: apiID, ApplicationURIs: []string{apiURI}}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, redirect string) {
		query := request("client_id", publicID, "redirect_uri", redirect, "prompt", "none")
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder,
			httptest.NewRequest("GET", "https://"+host+"/"+tenantID+"/oauth2/v2.0/authorize?"+query.Encode(), nil))
		location := recorder.Header().Get("Location")
		if location == "" {
			return
		}
		got, err := url.Parse(location)
		if err != nil || got.Scheme != "http" || got.Hostname() != "localhost" || got.User != nil ||
			got.Fragment != "" || strings.Trim(got.Path, "/") != "" {
			t.Errorf("%q: got %q, want this machine", redirect, location)
		}
	})
}
