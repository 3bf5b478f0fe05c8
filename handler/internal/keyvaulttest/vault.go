package keyvaulttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config configures a Vault.
type Config struct {
	BaseURL       string // the vault's public address: https://<vault>.vault.azure.net
	TenantID      string
	AuthorityHost string // https://login…, where the challenge sends clients
	Resource      string // default https://vault.azure.net
	// Authorize checks whether an access token may read secrets. It returns ErrNoRole if the
	// caller lacks the right, or another error. nil refuses every token.
	Authorize func(token string) error
	Now       func() time.Time // default time.Now
	PageSize  int              // entries on a page of a list; default 25, as in the real vault
	KeysAlone bool             // Managed HSM: there are keys, but no certificates and no secrets
}

// ErrNoRole means that the token is valid but its holder has no right on the vault.
// Config.Authorize returns it.
var ErrNoRole = errors.New("the caller has no role on the vault")

// Vault is the server. Serve it over TLS. Safe for concurrent use.
type Vault struct {
	config Config

	mu       sync.Mutex
	secrets  map[string]*object // by lower-case name
	fault    *fault
	requests map[string]int // by lower-case path, without the trailing slash
	asked    map[Operation]int
	refused  int     // requests without an acceptable access token
	grants   []Grant // nil = every right

	signing    Signing
	signatures int       // number that were made
	window     time.Time // start of the current window of Signing.PerSecond
	inWindow   int
}

// New makes an empty vault.
func New(config Config) *Vault {
	config.BaseURL = strings.TrimRight(config.BaseURL, "/")
	config.AuthorityHost = strings.TrimRight(config.AuthorityHost, "/")
	if config.Resource == "" {
		config.Resource = "https://vault.azure.net"
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.PageSize <= 0 {
		config.PageSize = 25
	}
	return &Vault{config: config, secrets: map[string]*object{}, requests: map[string]int{}, asked: map[Operation]int{}}
}

// Requests is the number of requests with an accepted access token for a path such as /secrets/seal
// or /secrets/seal/<version>; an empty path counts all.
func (v *Vault) Requests(path string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if path != "" {
		return v.requests[strings.ToLower(strings.TrimRight(path, "/"))]
	}
	total := 0
	for _, count := range v.requests {
		total += count
	}
	return total
}

// Asked is the number of requests with an accepted access token for an operation.
func (v *Vault) Asked(operation Operation) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked[operation]
}

// Challenged is the number of requests that were answered with the authentication challenge.
func (v *Vault) Challenged() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.refused
}

// apiVersions are the versions that the real vault accepts, as far as current clients send them.
var apiVersions = []string{"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}

func (v *Vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ms-Keyvault-Service-Version", "1.9.0.0")
	w.Header().Set("Cache-Control", "no-cache")
	if v.preempt(w, r) {
		return
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || v.config.Authorize == nil {
		v.challenge(w)
		return
	}
	switch err := v.config.Authorize(token); {
	case errors.Is(err, ErrNoRole):
		v.forbid(w, ForbiddenByRBAC)
		return
	case err != nil:
		v.challenge(w)
		return
	}
	v.count(r)
	if v.interfere(w, r) {
		return
	}
	if version := r.URL.Query().Get("api-version"); !slices.Contains(apiVersions, version) {
		problem(w, http.StatusBadRequest, "BadParameter", fmt.Sprintf("the API version %q is not supported", version),
			"")
		return
	}
	v.route(w, r)
}

// segments returns the segments of a path: collection, name, version, operation.
func segments(r *http.Request) []string { return strings.Split(strings.Trim(r.URL.Path, "/"), "/") }

// route answers an authenticated request that meets no fault.
func (v *Vault) route(w http.ResponseWriter, r *http.Request) {
	path := segments(r)
	collection := path[0]
	if !slices.Contains(collections, collection) || v.config.KeysAlone && collection != keys {
		problem(w, http.StatusNotFound, "NotFound", "no such resource", "")
		return
	}
	if !v.granted(r) {
		v.forbid(w, ForbiddenByRBAC)
		return
	}
	signs := len(path) == 4 && collection == keys && path[3] == "sign"
	switch {
	case signs && r.Method == http.MethodPost:
		v.sign(w, r, path[1], path[2])
	case signs || r.Method != http.MethodGet:
		problem(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "only reading and signing are supported here", "")
	case len(path) == 1:
		v.list(w, r, collection)
	case len(path) == 3 && path[2] == "versions":
		v.listVersions(w, r, collection, path[1])
	case len(path) > 3:
		problem(w, http.StatusNotFound, "NotFound", "no such resource", "")
	default:
		read := map[string]func(http.ResponseWriter, string, string){
			secrets: v.get, certificates: v.getCertificate, keys: v.getKey}[collection]
		read(w, path[1], strings.Join(path[2:], ""))
	}
}

func (v *Vault) count(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests[strings.ToLower(strings.TrimRight(r.URL.Path, "/"))]++
	operation, _ := operationOf(r)
	v.asked[operation]++
}

func (v *Vault) challenge(w http.ResponseWriter) {
	v.mu.Lock()
	v.refused++
	v.mu.Unlock()
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="%s/%s", resource="%s"`,
		v.config.AuthorityHost, v.config.TenantID, v.config.Resource))
	problem(w, http.StatusUnauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", "")
}

func (v *Vault) get(w http.ResponseWriter, name, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.secrets[strings.ToLower(name)]
	if found == nil {
		problem(w, http.StatusNotFound, "SecretNotFound",
			fmt.Sprintf("A secret with (name/id) %s was not found in this key vault.", name), "")
		return
	}
	chosen := found.version(version)
	if chosen == nil {
		problem(w, http.StatusNotFound, "SecretNotFound",
			fmt.Sprintf("A secret with (name/id) %s/%s was not found in this key vault.", name, version), "")
		return
	}
	if chosen.Disabled {
		problem(w, http.StatusForbidden, "Forbidden", "Operation get is not allowed on a disabled secret.",
			"SecretDisabled")
		return
	}
	answerJSON(w, http.StatusOK, v.bundle(found.name, chosen))
}

// problem answers with an error in Key Vault's words. They name the vault and the caller, as the
// real ones do.
func problem(w http.ResponseWriter, status int, code, message, inner string) {
	body := map[string]any{"code": code, "message": message}
	if inner != "" {
		body["innererror"] = map[string]any{"code": inner}
	}
	answerJSON(w, status, map[string]any{"error": body})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The client may have gone; then nobody needs the error.
	_ = json.NewEncoder(w).Encode(body)
}
