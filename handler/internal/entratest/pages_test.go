package entratest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/entratest"
)

const (
	bothID     = "12121212-cccc-4ccc-8ccc-121212121212" // public and confidential
	strangerID = "13131313-cccc-4ccc-8ccc-131313131313" // to which nobody has consented yet
	webURI     = "https://app.example.org/signed-in?x=1"
	verifier   = "a-verifier-that-is-long-enough-for-rfc-7636-43"
	scope      = apiURI + "/access_as_user openid profile offline_access"
)

// signInServer is a server without a network, whose clock stands still.
type signInServer struct {
	*entratest.Server
	clock *clocktest.Clock
}

func newSignInServer(t *testing.T, change func(*entratest.Config)) signInServer {
	t.Helper()
	c := clocktest.New(time.Unix(1_800_000_000, 0))
	config := entratest.Config{
		TenantID: tenantID, OtherTenants: []string{userID}, KeyBits: 1024, Now: c.Now,
		APIs: []entratest.API{{ClientID: apiID, ApplicationURIs: []string{apiURI},
			Scopes: []string{"access_as_user", "other"}, TokenVersion: 2}},
		Clients: []entratest.Client{
			{
				ID: bothID, Name: "Both & more", Secret: "client secret",
				Platforms: entratest.Platforms{PublicFlows: true,
					RedirectURIs: []string{"http://localhost", "app://back"},
					WebURIs:      []string{webURI}}, Scopes: map[string][]string{apiID: {"access_as_user"}},
			},
			{ID: strangerID, Name: "Stranger",
				Platforms: entratest.Platforms{RedirectURIs: []string{"http://localhost"}}, MultiTenant: true},
			{ID: clientID, Name: "Confidential", Secret: "client secret",
				Platforms: entratest.Platforms{
					RedirectURIs: []string{"http://127.0.0.1/back", "https://localhost/tls"}}},
		},
		Users: []entratest.User{{ObjectID: userID, Name: "user@example.org", Password: "password"},
			{ObjectID: objectID, Name: "second@example.org"}},
	}
	if change != nil {
		change(&config)
	}
	server, err := entratest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return signInServer{server, c}
}

// answer is an answer of the server.
type answer struct {
	*http.Response
	text string
}

func (s signInServer) do(t *testing.T, method, target string, form url.Values) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	response := recorder.Result()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(text)}
}

// tokens sends a request to the token endpoint.
func (s signInServer) tokens(t *testing.T, pairs ...string) map[string]any {
	t.Helper()
	return s.tokensOf(t, tenantID, pairs...)
}

func (s signInServer) tokensOf(t *testing.T, tenant string, pairs ...string) map[string]any {
	t.Helper()
	got := s.do(t, "POST", "https://"+host+"/"+tenant+"/oauth2/v2.0/token", form(pairs...))
	var document map[string]any
	if err := json.Unmarshal([]byte(got.text), &document); err != nil {
		t.Fatalf("got %s: %v", got.text, err)
	}
	return document
}

// wantFault checks an answer in the form of Entra ID.
func wantFault(t *testing.T, name string, got map[string]any, kind, aadsts string) {
	t.Helper()
	description, _ := got["error_description"].(string)
	if got["error"] != kind || !strings.HasPrefix(description, aadsts+": ") {
		t.Errorf("%s: got %v %q, want %s %s", name, got["error"], description, kind, aadsts)
	}
	if got["access_token"] != nil {
		t.Errorf("%s: got a token beside the fault", name)
	}
}

func challenge(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// request is an authorization request with changes.
func request(pairs ...string) url.Values {
	query := form("client_id", bothID, "response_type", "code", "redirect_uri", "http://localhost:1234", "scope", scope,
		"state", "st&te",
		"code_challenge", challenge(verifier), "code_challenge_method", "S256", "nonce", "the nonce")
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return query
}

func (s signInServer) authorize(t *testing.T, query url.Values) answer {
	t.Helper()
	return s.do(t, "GET", "https://"+host+"/"+tenantID+"/oauth2/v2.0/authorize?"+query.Encode(), nil)
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// press sends the form of a page with one button.
func (s signInServer) press(t *testing.T, page answer, path, name, value string) answer {
	t.Helper()
	flow := flowField.FindStringSubmatch(page.text)
	if flow == nil {
		t.Fatalf("got a page without a form: %s", page.text)
	}
	return s.do(t, "POST", "https://"+host+path, form("flow", flow[1], name, value))
}

// back returns what a redirect tells the client.
func back(t *testing.T, got answer) url.Values {
	t.Helper()
	location, err := url.Parse(got.Header.Get("Location"))
	if err != nil || got.StatusCode != http.StatusFound {
		t.Fatalf("got %d and %v, want a redirect: %s", got.StatusCode, err, got.text)
	}
	return location.Query()
}

// code signs the user in and returns the code.
func (s signInServer) code(t *testing.T, query url.Values) string {
	t.Helper()
	code := back(t, s.press(t, s.authorize(t, query), "/signin", "user", userID)).Get("code")
	if code == "" {
		t.Fatal("got no code")
	}
	return code
}

// redeem is the token request for a code with changes.
func redeem(code string, changes ...string) []string {
	pairs := []string{"grant_type", "authorization_code", "client_id", bothID, "code", code, "redirect_uri",
		"http://localhost:1234",
		"code_verifier", verifier, "scope", scope}
	for i := 0; i < len(changes); i += 2 {
		if at := slices.Index(pairs, changes[i]); at >= 0 {
			pairs[at+1] = changes[i+1]
			continue
		}
		pairs = append(pairs, changes[i], changes[i+1])
	}
	return pairs
}

func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("got %q, want a token", text)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestCodeLeadsToTokens(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	page := s.authorize(t, request())
	for _, want := range []string{"user@example.org", "Both &amp; more", "http://localhost:1234",
		"no identity provider"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("got a page without %q: %s", want, page.text)
		}
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
		!strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("got policy %q, want nothing loaded and no frame", policy)
	}
	values := back(t, s.press(t, page, "/signin", "user", userID))
	if values.Get("state") != "st&te" {
		t.Errorf("got state %q, want the client's", values.Get("state"))
	}
	got := s.tokens(t, redeem(values.Get("code"), "client_info", "1")...)
	access, id := claimsOf(t, got["access_token"]), claimsOf(t, got["id_token"])
	if access["scp"] != "access_as_user" || access["oid"] != userID || access["azp"] != bothID ||
		access["azpacr"] != "0" || access["aud"] != apiID {
		t.Errorf("got claims %v, want the user's of a public client", access)
	}
	if id["aud"] != bothID || id["nonce"] != "the nonce" || id["oid"] != userID ||
		id["preferred_username"] != "user@example.org" || id["scp"] != nil {
		t.Errorf("got claims %v, want an ID token for the client", id)
	}
	if got["scope"] != apiURI+"/access_as_user openid profile" {
		t.Errorf("got scope %q", got["scope"])
	}
	info, err := base64.RawURLEncoding.DecodeString(got["client_info"].(string))
	if err != nil || string(info) != `{"uid":"`+userID+`","utid":"`+tenantID+`"}` {
		t.Errorf("got client_info %s and %v", info, err)
	}
	if again := s.press(t, page, "/signin", "user", userID); again.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d for a page that was answered, want 400", again.StatusCode)
	}
	plain := s.tokens(t, redeem(s.code(t, request("nonce", "")), "scope", apiURI+"/access_as_user")...)
	if plain["access_token"] == nil {
		t.Errorf("got %v, want a token", plain)
	}
	for _, name := range []string{"refresh_token", "id_token", "client_info"} {
		if plain[name] != nil {
			t.Errorf("got %s, which was not asked for", name)
		}
	}
	if id := claimsOf(t, s.tokens(t, redeem(s.code(t, request("nonce", "")))...)["id_token"]); id["nonce"] != nil {
		t.Errorf("got nonce %v, which was not asked for", id["nonce"])
	}
}

func TestAnswersGoWhereTheClientWantsThem(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	for mode, want := range map[string]string{
		"query": "http://localhost:1234?code=", "": "http://localhost:1234?code=",
		"fragment": "http://localhost:1234#code=",
	} {
		got := s.press(t, s.authorize(t, request("response_mode", mode)), "/signin", "user", userID)
		if !strings.HasPrefix(got.Header.Get("Location"), want) {
			t.Errorf("%q: got %s, want %s", mode, got.Header.Get("Location"), want)
		}
	}
	web := s.press(t, s.authorize(t, request("redirect_uri", webURI)), "/signin", "user", userID)
	if !strings.HasPrefix(web.Header.Get("Location"), webURI+"&code=") {
		t.Errorf("got %s, want the query continued", web.Header.Get("Location"))
	}
	post := s.press(t, s.authorize(t, request("response_mode", "form_post", "state", `"><script>`)), "/signin", "user", userID)
	for _, want := range []string{`<form method="post" action="http://localhost:1234">`, `name="code" value="`, `name="state" value="&#34;&gt;&lt;script&gt;"`} {
		if !strings.Contains(post.text, want) {
			t.Errorf("got %s, want %s in it", post.text, want)
		}
	}
}

func TestAuthorizationRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	for name, test := range map[string]struct {
		query url.Values
		shown string // to the person alone; "" = the client is told:
		kind  string
		want  string
	}{
		"no client":            {request("client_id", ""), "AADSTS900144", "", ""},
		"client unknown":       {request("client_id", publicID), "AADSTS700016", "", ""},
		"redirect unknown":     {request("redirect_uri", "https://evil.example.org"), "AADSTS50011", "", ""},
		"redirect missing":     {request("redirect_uri", ""), "AADSTS50011", "", ""},
		"web with a suffix":    {request("redirect_uri", webURI+"&y=2"), "AADSTS50011", "", ""},
		"host with a suffix":   {request("redirect_uri", "http://localhost.example.org"), "AADSTS50011", "", ""},
		"user in the redirect": {request("redirect_uri", "http://localhost:1@evil.example.org"), "AADSTS50011", "", ""},
		"localhost as user":    {request("redirect_uri", "http://x@localhost:1"), "AADSTS50011", "", ""},
		"path on loopback":     {request("redirect_uri", "http://localhost:1/path"), "AADSTS50011", "", ""},
		"query on loopback":    {request("redirect_uri", "http://localhost:1?x"), "AADSTS50011", "", ""},
		"fragment on loopback": {request("redirect_uri", "http://localhost:1#x"), "AADSTS50011", "", ""},
		"https on loopback":    {request("redirect_uri", "https://localhost:1"), "AADSTS50011", "", ""},
		"other loopback":       {request("redirect_uri", "http://127.0.0.1:1"), "AADSTS50011", "", ""},
		"port is no number":    {request("redirect_uri", "http://localhost:x"), "AADSTS50011", "", ""},
		"scheme in upper case": {request("redirect_uri", "HTTP://localhost:1"), "AADSTS50011", "", ""},
		"own scheme, longer":   {request("redirect_uri", "app://back/"), "AADSTS50011", "", ""},
		"implicit":             {request("response_type", "token"), "", "unsupported_response_type", "AADSTS700051"},
		"ID token": {request("response_type", "code id_token"), "", "unsupported_response_type",
			"AADSTS700051"},
		"response mode": {request("response_mode", "x"), "", "invalid_request", "AADSTS70007"},
		"resource":      {request("resource", apiID), "", "invalid_request", "AADSTS901002"},
		"no PKCE": {request("code_challenge", "", "code_challenge_method", ""), "", "invalid_request",
			"AADSTS9002325"},
		"plain PKCE":          {request("code_challenge_method", "plain"), "", "invalid_request", "AADSTS501491"},
		"PKCE without method": {request("code_challenge_method", ""), "", "invalid_request", "AADSTS501491"},
		"short challenge":     {request("code_challenge", "short"), "", "invalid_request", "AADSTS501491"},
		"silent":              {request("prompt", "none"), "", "login_required", "AADSTS50058"},
		"prompt unknown":      {request("prompt", "x"), "", "invalid_request", "AADSTS90023"},
		"no scope":            {request("scope", "openid"), "", "invalid_request", "AADSTS900144"},
		"API unknown":         {request("scope", "api://x/y"), "", "invalid_resource", "AADSTS500011"},
	} {
		got := s.authorize(t, test.query)
		if test.shown != "" {
			if got.StatusCode/100 != 4 || got.Header.Get("Location") != "" ||
				!strings.Contains(got.text, test.shown+": ") || flowField.MatchString(got.text) {
				t.Errorf("%s: got %d %s, want %s shown and nothing sent", name, got.StatusCode, got.text, test.shown)
			}
			continue
		}
		values := back(t, got)
		if values.Get("error") != test.kind || !strings.HasPrefix(values.Get("error_description"), test.want) ||
			values.Get("state") != "st&te" || values.Has("code") {
			t.Errorf("%s: got %v, want %s %s", name, values, test.kind, test.want)
		}
	}
	twice := s.do(t, "GET", "https://"+host+"/"+tenantID+"/oauth2/v2.0/authorize?"+request().Encode()+"&state=x", nil)
	if !strings.Contains(twice.text, "AADSTS9000411") {
		t.Errorf("got %s, want the repeated parameter refused", twice.text)
	}
	for tenant, want := range map[string]string{objectID: "AADSTS90002", "organizations": "AADSTS50194",
		"common": "AADSTS50194"} {
		got := s.do(t, "GET", "https://"+host+"/"+tenant+"/oauth2/v2.0/authorize?"+request().Encode(), nil)
		if !strings.Contains(got.text, want) {
			t.Errorf("%s: got %s, want %s", tenant, got.text, want)
		}
	}
	for _, redirect := range []string{"http://localhost", "http://localhost/", "http://localhost:1",
		"http://localhost:65535/", "app://back", webURI} {
		if got := s.authorize(t, request("redirect_uri", redirect)); got.StatusCode != http.StatusOK ||
			!flowField.MatchString(got.text) {
			t.Errorf("%s: got %d %s, want it accepted", redirect, got.StatusCode, got.text)
		}
	}
	for redirect, want := range map[string]int{"http://127.0.0.1:1/back": 200, "http://127.0.0.1:1/back/": 400,
		"http://127.0.0.1:1": 400, "https://localhost:1/tls": 400, "https://localhost/tls": 200} {
		if got := s.authorize(t, request("client_id", clientID, "redirect_uri", redirect)); got.StatusCode != want {
			t.Errorf("%s: got %d, want %d", redirect, got.StatusCode, want)
		}
	}
}

func TestCodesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	for name, test := range map[string]struct {
		change []string
		want   string
	}{
		"no verifier":    {[]string{"code_verifier", ""}, "AADSTS501481"},
		"other verifier": {[]string{"code_verifier", verifier + "x"}, "AADSTS501481"},
		"other redirect": {[]string{"redirect_uri", "http://localhost:1235"}, "AADSTS500112"},
		"no redirect":    {[]string{"redirect_uri", ""}, "AADSTS500112"},
		"other client":   {[]string{"client_id", strangerID}, "AADSTS70000"},
		"other code":     {[]string{"code", "1.x"}, "AADSTS9002313"},
	} {
		wantFault(t, name, s.tokens(t, redeem(s.code(t, request()), test.change...)...), "invalid_grant", test.want)
	}
	wantFault(t, "no code", s.tokens(t, redeem("")...), "invalid_request", "AADSTS900144")
	wantFault(t, "other tenant", s.tokensOf(t, userID, redeem(s.code(t, request()))...), "invalid_grant",
		"AADSTS700005")
	wantFault(t, "a secret of a public client",
		s.tokens(t, redeem(s.code(t, request()), "client_secret", "client secret")...), "invalid_client",
		"AADSTS700025")

	code := s.code(t, request())
	if got := s.tokens(t, redeem(code)...); got["access_token"] == nil {
		t.Fatalf("got %v, want tokens", got)
	}
	wantFault(t, "twice", s.tokens(t, redeem(code)...), "invalid_grant", "AADSTS54005")

	code = s.code(t, request())
	s.clock.Advance(10 * time.Minute)
	wantFault(t, "late", s.tokens(t, redeem(code)...), "invalid_grant", "AADSTS70008")
}

func TestWebClientsAuthenticate(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	query := request("redirect_uri", webURI, "code_challenge", "", "code_challenge_method", "")
	pairs := func(more ...string) []string {
		return append([]string{"grant_type", "authorization_code", "client_id", bothID, "code", s.code(t, query),
			"redirect_uri", webURI, "scope", scope}, more...)
	}
	wantFault(t, "no secret", s.tokens(t, pairs()...), "invalid_client", "AADSTS7000218")
	wantFault(t, "wrong secret", s.tokens(t, pairs("client_secret", "x")...), "invalid_client", "AADSTS7000215")
	got := s.tokens(t, pairs("client_secret", "client secret")...)
	if claims := claimsOf(t, got["access_token"]); claims["azpacr"] != "1" {
		t.Errorf("got azpacr %v, want 1: by secret", claims["azpacr"])
	}
	refresh := []string{"grant_type", "refresh_token", "client_id", bothID, "refresh_token",
		got["refresh_token"].(string), "scope", scope}
	wantFault(t, "refresh without a secret", s.tokens(t, refresh...), "invalid_client", "AADSTS7000218")
	if got := s.tokens(t, append(refresh, "client_secret", "client secret")...); got["access_token"] == nil {
		t.Errorf("got %v, want tokens", got)
	}
}
