package entra

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/guid"
)

// leeway is how far the authority's clock may be ahead of ours, for nbf and iat. For exp there is
// no leeway: a token is refused from the second of its exp on (RFC 7519 section 4.1.4), and clients
// renew theirs minutes before.
const leeway = 5 * time.Minute

// Ages of a key set.
const (
	refreshAge  = time.Hour        // older: fetched again in the background
	waitAge     = 12 * time.Hour   // older: callers wait for a fetch, and the old keys serve only if it fails
	lastGoodAge = 24 * time.Hour   // older: never used
	runInterval = 15 * time.Second // how often Run checks the ages
)

// Times of the requests for keys.
const (
	fetchTimeout    = 10 * time.Second // for discovery document and keys together
	unknownBurst    = 3                // fetches that unknown kids may cause at once
	unknownInterval = 20 * time.Second // after which they may cause one more
	firstPause      = time.Second      // after a failed fetch, doubled by each further one
	maxPause        = time.Minute      // the longest pause
	maxRetryAfter   = 5 * time.Minute  // the longest Retry-After that is obeyed
)

// Config says whose tokens are accepted. Only TenantID and Audiences have no default.
type Config struct {
	// AuthorityHost is the https URL of the cloud's login host, without a path; empty =
	// https://login.microsoftonline.com.
	AuthorityHost string
	// TenantID is the directory ID of the API's registration, a GUID.
	TenantID string
	// Audiences are the API's client ID and Application ID URI. A token must name one of them
	// exactly.
	Audiences []string
	// DefaultScope is an audience, a slash, and either ".default" (any of Scopes will do) or the
	// one scope that is required; empty = ".default".
	DefaultScope string
	// Scopes are the delegated scopes that the API exposes; empty = access_as_user.
	Scopes []string
	// AppRole is the app role that an app-only caller must have; empty = access_as_application.
	AppRole string
	// AllowedTenants are the tenants whose tokens are accepted, GUIDs; empty = TenantID alone. When
	// set, it is the whole list: TenantID is accepted only if it is on it.
	AllowedTenants []string
	// AllowedClients are client IDs whose app-only tokens need no role.
	AllowedClients []string

	// HTTPClient sends the requests to the authority; nil = a client with time-outs and the
	// environment's proxy. Redirects are refused in any case.
	HTTPClient *http.Client
	Logger     *slog.Logger     // nil = no log
	Now        func() time.Time // nil = time.Now
}

const (
	publicAuthority = "https://login.microsoftonline.com"
	anyScope        = ".default"
	defaultScope    = "access_as_user"
	defaultAppRole  = "access_as_application"
)

// withDefaults fills in the defaults, and gives identifiers their canonical forms.
func (c Config) withDefaults() Config {
	c.AuthorityHost = cmp.Or(c.AuthorityHost, publicAuthority)
	c.TenantID = strings.ToLower(c.TenantID)
	c.Audiences = canonical(c.Audiences)
	c.AllowedTenants = canonical(c.AllowedTenants)
	c.AllowedClients = canonical(c.AllowedClients)
	if len(c.Scopes) == 0 {
		c.Scopes = []string{defaultScope}
	}
	c.AppRole = cmp.Or(c.AppRole, defaultAppRole)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// complete fills in the defaults and reports all errors at once.
func (c Config) complete() (Config, error) {
	c = c.withDefaults()
	var problems []error
	problem := func(text string) { problems = append(problems, errors.New(text)) }
	if err := CheckAuthority(c.AuthorityHost); err != nil {
		problems = append(problems, err)
	}
	c.AuthorityHost = canonicalAuthority(c.AuthorityHost)
	if !guid.Valid(c.TenantID) {
		problem("tenant ID: want the directory ID, a GUID")
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		problem("audiences: want the API's client ID and its Application ID URI")
	}
	if len(c.AllowedTenants) == 0 {
		c.AllowedTenants = []string{c.TenantID}
	} else if !all(c.AllowedTenants, guid.Valid) {
		problem("allowed tenants: want directory IDs, GUIDs")
	}
	if !all(c.AllowedClients, guid.Valid) {
		problem("allowed clients: want client IDs, GUIDs")
	}
	scopes, err := requiredScopes(c.DefaultScope, c.Audiences, c.Scopes)
	if err != nil {
		problems = append(problems, err)
	}
	c.Scopes = scopes
	return c, errors.Join(problems...)
}

// CheckAuthority says why an address cannot be Config.AuthorityHost; nil = it can.
func CheckAuthority(address string) error {
	if !isAuthority(canonicalAuthority(address)) {
		return fmt.Errorf("authority host: want https://host without a path, as in %s", publicAuthority)
	}
	return nil
}

// CheckScope says why a scope cannot be Config.DefaultScope with those Config.Audiences; nil = it
// can.
func CheckScope(scope string, audiences []string) error {
	_, err := requiredScopes(scope, canonical(audiences), []string{defaultScope})
	return err
}

// requiredScopes gives the scopes of which a delegated token must have one. ".default" is a way to
// request scopes and never occurs in a token: it stands for all scopes that the API exposes.
func requiredScopes(setting string, audiences, exposed []string) ([]string, error) {
	if !all(exposed, isScope) {
		return nil, errors.New("scopes: want names without spaces, as in access_as_user")
	}
	if setting == "" {
		return exposed, nil
	}
	slash := strings.LastIndexByte(setting, '/')
	if slash < 0 ||
		!slices.Contains(audiences, canonicalID(setting[:slash])) && !slices.Contains(audiences, setting[:slash+1]) {
		return nil, errors.New("default scope: want one of the audiences followed by /.default or by a scope")
	}
	name := setting[slash+1:]
	if name == anyScope {
		return exposed, nil
	}
	if !isScope(name) {
		return nil, errors.New("default scope: the part after the last slash is not a scope name")
	}
	return []string{name}, nil
}

func canonicalAuthority(address string) string {
	return strings.TrimSuffix(strings.ToLower(address), "/")
}

func isAuthority(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && text == "https://"+u.Host
}

// isScope reports whether a text is one scope token: RFC 6749, section 3.3.
func isScope(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return text != ""
}

// canonical writes GUIDs as tokens do, in lower case, and leaves URIs alone: those are compared
// exactly.
func canonical(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = canonicalID(id)
	}
	return out
}

func canonicalID(id string) string {
	if guid.Valid(id) {
		return strings.ToLower(id)
	}
	return id
}

func all(list []string, is func(string) bool) bool {
	return !slices.ContainsFunc(list, func(text string) bool { return !is(text) })
}
