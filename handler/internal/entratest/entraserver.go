package entratest

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Server answers for one directory. Safe for concurrent use.
type Server struct {
	config   Config
	mux      *http.ServeMux
	pages    *template.Template
	keys     *keyRing
	orders   *orders
	consents *consents
	issued   issued

	mu           sync.Mutex // guards the registrations in config too
	editMetadata func(map[string]any)
	pagesAt      string
}

// issued are the tickets that sign-ins produce.
type issued struct {
	flows         *tickets[signInFlow]
	codes         *tickets[authCode]
	devices       *tickets[device]
	refreshTokens *tickets[authorization]
}

// New makes a server with a new token key. It does not listen: serve it over TLS under the name of
// its authority host.
func New(config Config) (*Server, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	keys, err := newKeyRing(config)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, mux: http.NewServeMux(), keys: keys, orders: newOrders(), consents: newConsents(),
		issued: issued{
			flows:         newTickets[signInFlow]("", flowLifetime, config.Now),
			codes:         newTickets[authCode]("1.", codeLifetime, config.Now),
			devices:       newTickets[device]("", deviceLifetime, config.Now),
			refreshTokens: newTickets[authorization]("1.", refreshLifetime, config.Now),
		},
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	s.mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.orders.counted(Discovery, s.discoveryV2))
	s.mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", s.orders.counted(Discovery, s.discoveryV1))
	s.mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.orders.counted(Keys, s.keySet))
	s.mux.HandleFunc("GET /{tenant}/discovery/keys", s.orders.counted(Keys, s.keySet))
	s.mux.HandleFunc("GET /common/discovery/instance", s.orders.counted(InstanceDiscovery, s.instances))
	s.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.orders.counted(Token, crossOrigin(s.token)))
	s.mux.HandleFunc("OPTIONS /{tenant}/oauth2/v2.0/token", crossOrigin(func(http.ResponseWriter, *http.Request) {}))
	s.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/devicecode", s.orders.counted(DeviceCode, s.deviceCode))
	s.mux.HandleFunc("GET /{tenant}/oauth2/v2.0/authorize", s.orders.counted(Authorize, s.authorizeEndpoint))
	s.mux.HandleFunc("POST /signin", s.signInChosen)
	s.mux.HandleFunc("POST /consent", s.consentDecided)
	s.mux.HandleFunc("GET /devicelogin", s.deviceLogin)
	s.mux.HandleFunc("POST /devicelogin", s.deviceEntered)
	for _, path := range []string{"/{tenant}/oauth2/v2.0/token", "/{tenant}/oauth2/v2.0/devicecode"} {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, r, invalid(900561, "The endpoint only accepts POST requests. Received a GET request."))
		})
	}
}

// ServeHTTP answers as the authority host does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// EditMetadata applies edit to discovery documents, until edit is set to nil.
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
		s.refuse(w, r, invalidTenant(r.PathValue("tenant")))
		return
	}
	base, infix := s.config.AuthorityHost+"/"+r.PathValue("tenant"), ""
	if version == 2 {
		infix = "/v2.0"
	}
	metadata := map[string]any{
		"issuer": s.config.issuer(tenant, version),
		"authorization_endpoint": s.pagesURL() + "/" + r.PathValue("tenant") + "/oauth2" + infix +
			"/authorize",
		"token_endpoint": base + "/oauth2" + infix + "/token",
		"jwks_uri":       base + "/discovery" + infix + "/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt",
			"client_secret_basic"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
	}
	if version == 2 {
		metadata["device_authorization_endpoint"] = base + "/oauth2/v2.0/devicecode"
	}
	s.mu.Lock()
	edit := s.editMetadata
	s.mu.Unlock()
	if s.orders.fault(Discovery) == WrongIssuer {
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
		s.refuse(w, r, invalidTenant(r.PathValue("tenant")))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": s.keys.forTenant(s.config, tenant)})
}

// The instances of Entra ID. The names of one instance share a token cache.
var instanceMetadata = []any{
	instance("login.microsoftonline.com", "login.windows.net",
		"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
	instance("login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn",
		"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
	instance("login.microsoftonline.us", "login.microsoftonline.us", "login.microsoftonline.us",
		"login.usgovcloudapi.net"),
}

func instance(network, cache string, aliases ...string) map[string]any {
	return map[string]any{"preferred_network": network, "preferred_cache": cache, "aliases": aliases}
}

// instances answers MSAL's request for instance metadata. Before MSAL trusts an authority host, it
// asks whether the host is one of Microsoft's, or this server.
func (s *Server) instances(w http.ResponseWriter, r *http.Request) {
	asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	own, metadata := strings.TrimPrefix(s.config.AuthorityHost, "https://"), instanceMetadata
	known := func(host string) bool {
		return slices.ContainsFunc(metadata, func(entry any) bool {
			return slices.Contains(entry.(map[string]any)["aliases"].([]string), host)
		})
	}
	if !known(own) {
		metadata = append(slices.Clone(metadata), instance(own, own, own))
	}
	if err != nil || asked.Scheme != "https" || !known(asked.Host) || len(asked.Path) < 2 {
		s.refuse(w, r, &oauthError{http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance."})
		return
	}
	tenant, _, _ := strings.Cut(asked.Path[1:], "/")
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + asked.Host + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  metadata,
	})
}

// tenantOf returns the tenant that a path names. The multi-tenant names stand for the template that
// Entra ID's documents contain.
func (s *Server) tenantOf(r *http.Request) (string, bool) {
	switch tenant := strings.ToLower(r.PathValue("tenant")); {
	case shared(tenant):
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
