package entratest

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxForm = 64 << 10

// oauthError is an answer of the token endpoint in the form of Entra ID (RFC 6749 section 5.2 with AADSTS codes).
type oauthError struct {
	status int
	code   string
	aadsts int
	text   string
}

func invalid(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", aadsts, text}
}

func invalidScope(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_scope", aadsts, text}
}

func invalidClient(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusUnauthorized, "invalid_client", aadsts, text}
}

func notConsented() *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", 65001,
		"The user or administrator has not consented to use the application."}
}

func unknownTenant() *oauthError { return invalid(90002, "Tenant not found.") }

func (e *oauthError) write(w http.ResponseWriter, now time.Time) {
	writeJSON(w, e.status, map[string]any{
		"error":             e.code,
		"error_description": fmt.Sprintf("AADSTS%d: %s", e.aadsts, e.text),
		"error_codes":       []int{e.aadsts},
		"timestamp":         now.UTC().Format("2006-01-02 15:04:05Z"),
	})
}

// token is the token endpoint. Besides client_credentials it knows the resource-owner password grant, the only one of Entra ID
// that gives a user's token without a browser.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	token, fault := s.grant(r)
	if fault != nil {
		fault.write(w, s.config.Now())
		return
	}
	seconds := int64(s.config.TokenLifetime / time.Second)
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
	})
}

func (s *Server) grant(r *http.Request) (string, *oauthError) {
	tenant := strings.ToLower(r.PathValue("tenant"))
	if !slices.Contains(s.config.tenants(), tenant) {
		return "", unknownTenant()
	}
	if err := r.ParseForm(); err != nil {
		return "", invalid(900144, "The request body is not a form.")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return "", invalid(9000411, "The parameter '"+name+"' is duplicated.")
		}
	}
	grantType := r.PostForm.Get("grant_type")
	if grantType != "client_credentials" && grantType != "password" {
		return "", &oauthError{http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."}
	}
	client, fault := s.authenticateClient(r, grantType)
	if fault != nil {
		return "", fault
	}
	api, resource, names, fault := s.askedFor(r.PostForm.Get("scope"))
	if fault != nil {
		return "", fault
	}
	if grantType == "client_credentials" {
		if !slices.Equal(names, []string{".default"}) {
			return "", invalidScope(1002012, "The scope of client credentials must end in /.default.")
		}
		caller := Caller{ClientID: client.ID, ObjectID: client.ObjectID, Roles: client.Roles[api.ClientID]}
		return s.Mint(nil, s.AppClaims(tenant, api.TokenVersion, audience(api, resource), caller)), nil
	}
	user, fault := s.signIn(r)
	if fault != nil {
		return "", fault
	}
	scopes, fault := consented(client, api, names)
	if fault != nil {
		return "", fault
	}
	caller := Caller{ClientID: client.ID, ObjectID: user.ObjectID, Name: user.Name, Scopes: scopes}
	return s.Mint(nil, s.DelegatedClaims(tenant, api.TokenVersion, audience(api, resource), caller)), nil
}

func (s *Server) authenticateClient(r *http.Request, grantType string) (Client, *oauthError) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id == "" {
		return Client{}, invalid(900144, "The request body must contain the parameter 'client_id'.")
	}
	client, ok := s.config.client(id)
	if !ok {
		return Client{}, &oauthError{http.StatusBadRequest, "unauthorized_client", 700016,
			"The application was not found in the directory."}
	}
	switch {
	case client.Secret == "" && grantType == "password" && secret == "":
		return client, nil
	case secret == "":
		return Client{}, invalidClient(7000218, "The request body must contain 'client_assertion' or 'client_secret'.")
	case client.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(client.Secret)) != 1:
		return Client{}, invalidClient(7000215, "Invalid client secret provided.")
	}
	return client, nil
}

// askedFor splits a scope parameter into the one API that it is about and the names asked for there.
func (s *Server) askedFor(scope string) (api API, resource string, names []string, fault *oauthError) {
	for _, one := range strings.Fields(scope) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, one) {
			continue
		}
		slash := strings.LastIndexByte(one, '/')
		if slash < 0 {
			return api, "", nil, invalidScope(70011, "The scope is not valid.")
		}
		if resource != "" && resource != one[:slash] {
			return api, "", nil, invalid(28000, "The scopes are of more than one resource.")
		}
		resource = one[:slash]
		names = append(names, one[slash+1:])
	}
	if resource == "" {
		return api, "", nil, invalid(900144, "The request body must contain the parameter 'scope'.")
	}
	api, ok := s.config.api(resource)
	if !ok {
		return api, "", nil, &oauthError{http.StatusBadRequest, "invalid_resource", 500011,
			"The resource principal was not found in the tenant."}
	}
	return api, resource, names, nil
}

func (s *Server) signIn(r *http.Request) (User, *oauthError) {
	name, password := r.PostForm.Get("username"), r.PostForm.Get("password")
	if name == "" || password == "" {
		return User{}, invalid(900144, "The request body must contain the parameters 'username' and 'password'.")
	}
	for _, user := range s.config.Users {
		if strings.EqualFold(user.Name, name) && user.Password != "" &&
			subtle.ConstantTimeCompare([]byte(password), []byte(user.Password)) == 1 {
			return user, nil
		}
	}
	return User{}, &oauthError{http.StatusBadRequest, "invalid_grant", 50126, "Invalid username or password."}
}

// consented gives the scopes that go into the token: all consented ones for .default, else those asked for.
func consented(client Client, api API, names []string) ([]string, *oauthError) {
	granted := client.Scopes[api.ClientID]
	if slices.Contains(names, ".default") {
		if len(granted) == 0 {
			return nil, notConsented()
		}
		return granted, nil
	}
	for _, name := range names {
		if !slices.Contains(api.Scopes, name) {
			return nil, invalidScope(650053, "The application asked for a scope that doesn't exist on the resource.")
		}
		if !slices.Contains(granted, name) {
			return nil, notConsented()
		}
	}
	return granted, nil
}

// audience is the aud of a token: always the client ID in v2.0, in v1.0 the name that the client used.
func audience(api API, resource string) string {
	if api.TokenVersion == 2 || strings.EqualFold(resource, api.ClientID) {
		return api.ClientID
	}
	return strings.TrimSuffix(resource, "/")
}
