package entratest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/guid"
)

// Config describes the directory that a Server answers for. The first entry of each list is the
// default of the claim helpers.
type Config struct {
	AuthorityHost string     // the public name it appears under; empty = https://login.microsoftonline.com
	TenantID      string     // home tenant: a lower-case GUID
	OtherTenants  []string   // further tenants with the same users, clients and keys
	APIs          []API      // Key Vault and Azure Storage are always there besides these
	Clients       []Client   // applications that ask for tokens
	Users         []User     // people
	Identities    []Identity // managed identities, for Server.Identity
	NoUserConsent bool       // people may not consent for themselves
	// fetches the documents of the issuers of federated credentials; nil = those credentials are
	// refused
	FederatedKeys *http.Client
	TokenLifetime time.Duration    // 0 = one hour
	KeyBits       int              // 0 = 2048
	Now           func() time.Time // nil = time.Now
}

// API is the registration of a protected API.
type API struct {
	ClientID        string
	ApplicationURIs []string // names that scopes and v1.0 audiences use besides the client ID
	Scopes          []string // delegated scopes it exposes
	Roles           []string // app roles it has
	TokenVersion    int      // requestedAccessTokenVersion: 1 or 2; 0 = 1, as in Entra ID
}

// Client is the registration of a client application.
type Client struct {
	ID            string
	ObjectID      string // of its service principal
	Name          string // shown to people
	Secret        string
	SecretExpires time.Time // zero = never
	Assertions
	Platforms
	MultiTenant bool                // may be used through /organizations and /common
	Scopes      map[string][]string // API client ID → delegated scopes that are consented for everybody
	Roles       map[string][]string // API client ID → app roles that are granted
}

// Platforms are the redirect URIs of a client, by the platforms of a registration.
type Platforms struct {
	PublicFlows bool // "allow public client flows"; a client without any credential has them
	// of the platform "mobile and desktop"; http://localhost stands for all of its ports
	RedirectURIs []string
	WebURIs      []string // of the platform "web", for which the client has to authenticate
	// of the platform "single-page application": their codes are redeemed by scripts of a browser
	SinglePageURIs []string
}

// Assertions are the credentials that a client may have in place of a secret (RFC 7523).
type Assertions struct {
	Certificates []*x509.Certificate   // whose keys sign its client assertions
	Federated    []FederatedCredential // whose tokens are its client assertions
}

// FederatedCredential trusts the tokens of another issuer in place of a secret. All three fields
// are compared byte for byte.
type FederatedCredential struct {
	Issuer   string
	Subject  string
	Audience string // "" = api://AzureADTokenExchange
}

// public reports whether the client may sign people in without a credential of its own.
func (c Client) public() bool {
	return c.PublicFlows || c.Secret == "" && len(c.Certificates) == 0 && len(c.Federated) == 0
}

// User is a person in the directory, who signs in on a page without a password, or with the
// resource owner password grant.
type User struct {
	ObjectID string
	Name     string // user principal name
	Password string // empty = no password grant
}

// Identity is a managed identity of the Function App.
type Identity struct {
	ClientID       string
	ObjectID       string
	SystemAssigned bool                // answers where no client ID is asked for
	Roles          map[string][]string // API client ID → app roles that are granted
}

const publicAuthority = "https://login.microsoftonline.com"

// The first-party registration of Key Vault, in all clouds.
var vaultAPI = API{
	ClientID:        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
	ApplicationURIs: []string{"https://vault.azure.net", "https://vault.usgovcloudapi.net", "https://vault.azure.cn"},
	Scopes:          []string{"user_impersonation"},
	TokenVersion:    1,
}

// The first-party registration of Azure Storage.
var storageAPI = API{
	ClientID:        "e406a681-f3d4-42a8-90b6-c2b029497af1",
	ApplicationURIs: []string{"https://storage.azure.com"},
	Scopes:          []string{"user_impersonation"},
	TokenVersion:    1,
}

func (c Config) complete() (Config, error) {
	if c.AuthorityHost == "" {
		c.AuthorityHost = publicAuthority
	}
	c.AuthorityHost = strings.TrimSuffix(c.AuthorityHost, "/")
	if u, err := url.Parse(c.AuthorityHost); err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" {
		return c, fmt.Errorf("authority host %q: want https://host", c.AuthorityHost)
	}
	for _, tenant := range append([]string{c.TenantID}, c.OtherTenants...) {
		if !guid.Valid(tenant) || tenant != strings.ToLower(tenant) {
			return c, fmt.Errorf("tenant %q: want a lower-case GUID", tenant)
		}
	}
	c.APIs = append(slices.Clone(c.APIs), vaultAPI, storageAPI)
	c.Clients = slices.Clone(c.Clients)
	for i, api := range c.APIs {
		switch {
		case api.TokenVersion == 0:
			c.APIs[i].TokenVersion = 1
		case api.TokenVersion != 1 && api.TokenVersion != 2:
			return c, fmt.Errorf("API %q: token version %d: want 1 or 2", api.ClientID, api.TokenVersion)
		}
	}
	if c.TokenLifetime < 0 {
		return c, errors.New("token lifetime: want a positive duration")
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = time.Hour
	}
	if c.KeyBits == 0 {
		c.KeyBits = 2048
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func (c Config) tenants() []string { return append([]string{c.TenantID}, c.OtherTenants...) }

// api finds an API by its client ID or one of its URIs. As in Entra ID, a slash at the end of a
// resource name does not matter.
func (c Config) api(resource string) (API, bool) {
	resource = strings.TrimSuffix(resource, "/")
	for _, api := range c.APIs {
		if strings.EqualFold(resource, api.ClientID) || slices.Contains(api.ApplicationURIs, resource) {
			return api, true
		}
	}
	return API{}, false
}

// issuer is the iss of a tenant's tokens. In v1.0, national clouds have their own issuer hosts.
func (c Config) issuer(tenant string, version int) string {
	if version == 2 {
		return c.AuthorityHost + "/" + tenant + "/v2.0"
	}
	host := "sts.windows.net"
	if strings.HasSuffix(c.AuthorityHost, "://login.partner.microsoftonline.cn") {
		host = "sts.chinacloudapi.cn"
	}
	return "https://" + host + "/" + tenant + "/"
}
