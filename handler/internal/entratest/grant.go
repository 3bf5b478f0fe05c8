package entratest

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const maxForm = 64 << 10

// The grants of the token endpoint.
const (
	clientCredentials = "client_credentials"
	passwordGrant     = "password"
	codeGrant         = "authorization_code"
	refreshGrant      = "refresh_token"
	deviceGrant       = "urn:ietf:params:oauth:grant-type:device_code"
	shortDeviceGrant  = "device_code" // MSAL for Go sends it, and Entra ID accepts it
)

// authorization is what a person has allowed a client. Each code and refresh token refers to one.
type authorization struct {
	tenant       string
	client       string // ID
	user         User
	scope        string // as asked for first
	nonce        string
	confidential bool // the client has to authenticate
	at           time.Time
}

// token is the token endpoint.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	answer, fault := s.grant(w, r)
	if fault != nil {
		s.refuse(w, r, fault)
		return
	}
	seconds := int64(s.config.TokenLifetime / time.Second)
	answer["token_type"], answer["expires_in"], answer["ext_expires_in"] = "Bearer", seconds, seconds
	writeJSON(w, http.StatusOK, answer)
}

// crossOrigin lets scripts of all origins read the answer, including errors: the Fetch standard,
// section 3.3. The redirect URI of a code decides whether a script may redeem the code.
func crossOrigin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		}
		next(w, r)
	}
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) (map[string]any, *oauthError) {
	if fault := readForm(w, r); fault != nil {
		return nil, fault
	}
	grants := map[string]func(*http.Request, string) (map[string]any, *oauthError){
		clientCredentials: s.grantApplication, passwordGrant: s.grantPassword, codeGrant: s.grantCode,
		refreshGrant: s.grantRefresh,
		deviceGrant:  s.grantDevice, shortDeviceGrant: s.grantDevice,
	}
	grantType := r.PostForm.Get("grant_type")
	tenant := strings.ToLower(r.PathValue("tenant"))
	if grantType == clientCredentials && !slices.Contains(s.config.tenants(), tenant) {
		return nil, unknownTenant(tenant)
	}
	if _, ok := s.userTenant(tenant); !ok {
		return nil, unknownTenant(tenant)
	}
	grant, ok := grants[grantType]
	if !ok {
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type '" + plain(grantType) + "'."}
	}
	return grant(r, tenant)
}

// readForm reads a form of bounded size in which every parameter occurs once.
func readForm(w http.ResponseWriter, r *http.Request) *oauthError {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return invalid(9002313, "Invalid request. Request is malformed or invalid.")
	}
	// Query and form are checked separately: MSAL for Node.js sends client-request-id in both.
	for _, parameters := range []url.Values{r.URL.Query(), r.PostForm} {
		for name, values := range parameters {
			if len(values) > 1 {
				return invalid(9000411, "The request is not properly formatted. The parameter '"+plain(name)+
					"' is duplicated.")
			}
		}
	}
	return nil
}

// userTenant returns the tenant in which people sign in: the names for all tenants stand for the
// home tenant.
func (s *Server) userTenant(tenant string) (string, bool) {
	if shared(tenant) {
		return s.config.TenantID, true
	}
	return tenant, slices.Contains(s.config.tenants(), tenant)
}

// shared reports whether a tenant name means all tenants.
func shared(tenant string) bool { return tenant == "common" || tenant == "organizations" }

func (s *Server) grantApplication(r *http.Request, tenant string) (map[string]any, *oauthError) {
	client, method, fault := s.authenticateClient(r, tenant, required)
	if fault != nil {
		return nil, fault
	}
	api, resource, names, fault := s.askedFor(r.PostForm.Get("scope"))
	if fault != nil {
		return nil, fault
	}
	if !slices.Equal(names, []string{".default"}) {
		return nil, invalidScope(1002012,
			"The provided value for scope "+plain(r.PostForm.Get("scope"))+" is not valid. "+
				"Client credential flows must have a scope value with /.default suffixed to the resource identifier "+
				"(application ID URI).")
	}
	caller := Caller{ClientID: client.ID, ObjectID: client.ObjectID, Roles: client.Roles[api.ClientID]}
	claims := s.AppClaims(tenant, api.TokenVersion, audience(api, resource), caller)
	return map[string]any{"access_token": s.Mint(nil, withMethod(claims, method))}, nil
}

// grantPassword is the only grant that gives a user's token without a browser.
func (s *Server) grantPassword(r *http.Request, tenant string) (map[string]any, *oauthError) {
	client, method, fault := s.authenticateClient(r, tenant, unlessPublic)
	if fault != nil {
		return nil, fault
	}
	scope := r.PostForm.Get("scope")
	if _, _, _, fault := s.askedFor(scope); fault != nil {
		return nil, fault
	}
	user, fault := s.signIn(r)
	if fault != nil {
		return nil, fault
	}
	return s.userTokens(r, client, method, s.authorize(tenant, client, user, scope, method))
}

func (s *Server) authorize(tenant string, client Client, user User, scope string, method authMethod) authorization {
	tenant, _ = s.userTenant(tenant)
	return authorization{
		tenant: tenant, client: client.ID, user: user, scope: scope, confidential: method != noCredential,
		at: s.config.Now(),
	}
}

// userTokens returns an access token for the scope of this request or, if it names none, for the
// originally authorized scope, with the further tokens that OpenID Connect and MSAL expect.
func (s *Server) userTokens(r *http.Request, client Client, method authMethod,
	given authorization) (map[string]any, *oauthError) {
	scope := given.scope
	if now := r.PostForm.Get("scope"); now != "" {
		scope = now
	}
	api, resource, names, fault := s.askedFor(scope)
	if fault != nil {
		return nil, fault
	}
	scopes, fault := s.consented(client, api, given.user, names)
	if fault != nil {
		return nil, fault
	}
	caller := Caller{ClientID: client.ID, ObjectID: given.user.ObjectID, Name: given.user.Name, Scopes: scopes}
	claims := s.DelegatedClaims(given.tenant, api.TokenVersion, audience(api, resource), caller)
	answer := map[string]any{"access_token": s.Mint(nil, withMethod(claims, method)),
		"scope": echo(scope, resource, scopes)}
	asked := strings.Fields(scope)
	if slices.Contains(asked, "offline_access") {
		answer["refresh_token"] = s.issued.refreshTokens.issue(given)
	}
	if slices.Contains(asked, "openid") {
		answer["id_token"] = s.idToken(given)
	}
	if r.PostForm.Get("client_info") == "1" {
		info := encode(map[string]any{"uid": given.user.ObjectID, "utid": given.tenant})
		answer["client_info"] = base64.RawURLEncoding.EncodeToString(info)
	}
	return answer, nil
}

// echo returns the scope of an answer: the granted scopes, and those requested scopes that MSAL
// would otherwise miss.
func echo(scope, resource string, granted []string) string {
	names := []string{}
	for _, name := range granted {
		names = append(names, resource+"/"+name)
	}
	for _, name := range strings.Fields(scope) {
		if name != "offline_access" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func (s *Server) idToken(given authorization) string {
	claims := s.IDTokenClaims(given.tenant, 2, given.client,
		Caller{ObjectID: given.user.ObjectID, Name: given.user.Name})
	claims["preferred_username"] = given.user.Name
	if delete(claims, "nonce"); given.nonce != "" {
		claims["nonce"] = given.nonce
	}
	return s.Mint(nil, claims)
}

// askedFor splits a scope parameter into its single API and the names of that API's scopes.
func (s *Server) askedFor(scope string) (api API, resource string, names []string, fault *oauthError) {
	for _, one := range strings.Fields(scope) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, one) {
			continue
		}
		slash := strings.LastIndexByte(one, '/')
		if slash < 0 {
			return api, "", nil, invalidScope(70011,
				"The provided value for the input parameter 'scope' is not valid. The scope "+
					plain(scope)+" is not valid.")
		}
		if resource != "" && resource != one[:slash] {
			return api, "", nil, invalid(28000,
				"Provided value for the input parameter scope is not valid because it contains more than one resource.")
		}
		resource = one[:slash]
		names = append(names, one[slash+1:])
	}
	if resource == "" {
		return api, "", nil, missing("scope")
	}
	api, ok := s.config.api(resource)
	if !ok {
		return api, "", nil, &oauthError{http.StatusBadRequest, "invalid_resource", 500011,
			"The resource principal named " + plain(resource) +
				" was not found in the tenant. This can happen if the application has not been installed by the " +
				"administrator of the tenant or " +
				"consented to by any user in the tenant. You might have sent your authentication request to the " +
				"wrong tenant."}
	}
	return api, resource, names, nil
}

func (s *Server) signIn(r *http.Request) (User, *oauthError) {
	name, password := r.PostForm.Get("username"), r.PostForm.Get("password")
	if name == "" || password == "" {
		return User{}, missing("username, password")
	}
	for _, user := range s.config.Users {
		if strings.EqualFold(user.Name, name) && user.Password != "" &&
			subtle.ConstantTimeCompare([]byte(password), []byte(user.Password)) == 1 {
			return user, nil
		}
	}
	return User{}, invalidGrant(50126, "Error validating credentials due to invalid username or password.")
}

// audience returns the aud of a token: in v2.0 always the client ID, in v1.0 the name that the
// client used.
func audience(api API, resource string) string {
	if api.TokenVersion == 2 || strings.EqualFold(resource, api.ClientID) {
		return api.ClientID
	}
	return strings.TrimSuffix(resource, "/")
}
