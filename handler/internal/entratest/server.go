// Package entratest is a small real Entra ID: discovery, key sets, a token endpoint and the App Service endpoint of managed
// identities, over HTTP, with RS256 keys made at run time that roll over on demand, and with faults to order.
//
// It is for tests and for the local cloud. It mints tokens on demand, so it must never be linked into the binary that trusts
// them; it asks for no network and no testing.TB.
package entratest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Server answers for one directory. Safe for concurrent use.
type Server struct {
	config Config
	mux    *http.ServeMux

	mu           sync.Mutex
	keys         []*signingKey // published
	current      *signingKey   // signs
	editKeys     func([]JWK) []JWK
	editMetadata func(map[string]any)
	faults       map[Endpoint]Fault
	held         map[Endpoint]chan struct{}
	started      map[Endpoint][]chan struct{}
	requests     map[Endpoint]int
}

// New makes a server with a fresh token key. It listens nowhere: serve it over TLS under the name of its authority host.
func New(config Config) (*Server, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	key, err := newSigningKey(config.KeyBits, config.Now())
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:   config,
		mux:      http.NewServeMux(),
		keys:     []*signingKey{key},
		current:  key,
		faults:   map[Endpoint]Fault{},
		held:     map[Endpoint]chan struct{}{},
		started:  map[Endpoint][]chan struct{}{},
		requests: map[Endpoint]int{},
	}
	s.mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.counted(Discovery, s.discoveryV2))
	s.mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", s.counted(Discovery, s.discoveryV1))
	s.mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.counted(Keys, s.keySet))
	s.mux.HandleFunc("GET /{tenant}/discovery/keys", s.counted(Keys, s.keySet))
	s.mux.HandleFunc("GET /common/discovery/instance", s.counted(InstanceDiscovery, s.instances))
	s.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.counted(Token, s.token))
	return s, nil
}

// ServeHTTP answers as the authority host does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// EditMetadata lets edit change discovery documents, until it is nil again.
func (s *Server) EditMetadata(edit func(map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editMetadata = edit
}

func (s *Server) discoveryV2(w http.ResponseWriter, r *http.Request) { s.discovery(w, r, 2) }

func (s *Server) discoveryV1(w http.ResponseWriter, r *http.Request) { s.discovery(w, r, 1) }

func (s *Server) discovery(w http.ResponseWriter, r *http.Request, version int) {
	tenant, ok := s.tenantOf(r)
	if !ok {
		unknownTenant().write(w, s.config.Now())
		return
	}
	base, infix := s.config.AuthorityHost+"/"+r.PathValue("tenant"), ""
	if version == 2 {
		infix = "/v2.0"
	}
	metadata := map[string]any{
		"issuer":                                s.config.issuer(tenant, version),
		"authorization_endpoint":                base + "/oauth2" + infix + "/authorize",
		"token_endpoint":                        base + "/oauth2" + infix + "/token",
		"jwks_uri":                              base + "/discovery" + infix + "/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
	}
	s.mu.Lock()
	fault, edit := s.faults[Discovery], s.editMetadata
	s.mu.Unlock()
	if fault == WrongIssuer {
		metadata["issuer"] = s.config.issuer("00000000-0000-0000-0000-00000000dead", version)
	}
	if edit != nil {
		edit(metadata)
	}
	writeJSON(w, http.StatusOK, metadata)
}

func (s *Server) keySet(w http.ResponseWriter, r *http.Request) {
	tenant, ok := s.tenantOf(r)
	if !ok {
		unknownTenant().write(w, s.config.Now())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": s.published(tenant)})
}

// instances answers the question that MSAL asks before it trusts an authority host.
func (s *Server) instances(w http.ResponseWriter, r *http.Request) {
	host := strings.TrimPrefix(s.config.AuthorityHost, "https://")
	rest, ok := strings.CutPrefix(r.URL.Query().Get("authorization_endpoint"), s.config.AuthorityHost+"/")
	tenant, _, _ := strings.Cut(rest, "/")
	if !ok || tenant == "" {
		invalid(50049, "Unknown or invalid instance.").write(w, s.config.Now())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.config.AuthorityHost + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": host, "preferred_cache": host, "aliases": []string{host},
		}},
	})
}

// tenantOf gives the tenant that a path names; the multi-tenant names stand for the template that Entra ID's documents hold.
func (s *Server) tenantOf(r *http.Request) (string, bool) {
	switch tenant := strings.ToLower(r.PathValue("tenant")); {
	case tenant == "common" || tenant == "organizations":
		return "{tenantid}", true
	case slices.Contains(s.config.tenants(), tenant):
		return tenant, true
	}
	return "", false
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic("internal error: encode answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
