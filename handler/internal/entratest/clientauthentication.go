package entratest

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// authMethod is how a client authenticated: the appidacr or azpacr of its tokens.
type authMethod string

const (
	noCredential  authMethod = "0"
	bySecret      authMethod = "1"
	byCertificate authMethod = "2"
)

// demand says whether a client has to authenticate.
type demand int

const (
	required     demand = iota
	unlessPublic        // a client with public flows need not
	forbidden           // a redirect URI of the mobile and desktop platform was used
)

// withMethod writes the client's authentication method into the claims of a token.
func withMethod(claims map[string]any, method authMethod) map[string]any {
	for _, name := range []string{"appidacr", "azpacr"} {
		if _, ok := claims[name]; ok {
			claims[name] = string(method)
		}
	}
	return claims
}

// authenticateClient finds the client of a request (RFC 6749 section 2.3, RFC 7523 section 2.2) and
// how it authenticated.
func (s *Server) authenticateClient(r *http.Request, tenant string, demand demand) (Client, authMethod, *oauthError) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	client, fault := s.clientOf(id, tenant)
	if fault != nil {
		return client, noCredential, fault
	}
	assertion := r.PostForm.Get("client_assertion")
	switch {
	case demand == forbidden && (secret != "" || assertion != ""):
		return client, noCredential, invalidClient(700025,
			"Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
	case demand == forbidden, demand == unlessPublic && client.public() && secret == "" && assertion == "":
		return client, noCredential, nil
	case assertion != "":
		if r.PostForm.Get("client_assertion_type") != assertionType {
			return client, noCredential, invalid(700028, "The client_assertion_type must be "+assertionType+".")
		}
		return client, byCertificate, s.checkAssertion(r, tenant, client, assertion)
	case secret == "":
		return client, noCredential, notPublic()
	case client.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(client.Secret)) != 1:
		return client, noCredential, invalidClient(7000215,
			"Invalid client secret provided. Ensure the secret being sent in the request is the "+
				"client secret value, not the client secret ID, for a secret added to app '"+client.ID+"'.")
	case !client.SecretExpires.IsZero() && !s.config.Now().Before(client.SecretExpires):
		return client, noCredential, invalidClient(7000222,
			"The provided client secret keys for app '"+client.ID+"' are expired.")
	}
	return client, bySecret, nil
}

// notPublic is Entra ID's answer to a client that has no credential and no "allow public client
// flows".
func notPublic() *oauthError {
	return invalidClient(7000218,
		"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

// clientOf finds the registration of a client and checks that it may be used in the tenant that the
// path names.
func (s *Server) clientOf(id, tenant string) (Client, *oauthError) {
	if id == "" {
		return Client{}, missing("client_id")
	}
	client, ok := s.client(id)
	switch {
	case !ok:
		return Client{}, unknownClient(id, tenant)
	case shared(tenant) && !client.MultiTenant:
		return Client{}, invalid(50194, "Application '"+client.ID+
			"' is not configured as a multi-tenant application. Usage of the /"+
			tenant+
			" endpoint is not supported for such apps. Use a tenant-specific endpoint or configure the application to "+
			"be multi-tenant.")
	}
	return client, nil
}

func (s *Server) client(id string) (Client, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.indexOf(id); i >= 0 {
		return s.config.Clients[i], true
	}
	return Client{}, false
}

func (s *Server) indexOf(id string) int {
	return slices.IndexFunc(s.config.Clients, func(client Client) bool { return strings.EqualFold(client.ID, id) })
}

// EditClient changes a registration while the server runs, as an administrator does. The edit must
// replace slices and maps, not change them.
func (s *Server) EditClient(id string, edit func(*Client)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.indexOf(id)
	if i < 0 {
		return fmt.Errorf("no client %q", id)
	}
	edit(&s.config.Clients[i])
	return nil
}
