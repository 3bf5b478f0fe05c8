package cloudtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/guid"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/storagetest"
)

// The names that the registration of the API exposes: docs/azure-setup.md.
const (
	delegatedScope = "access_as_user"
	appRole        = "access_as_application"
	otherScope     = "other_scope" // exposed too, but gives no right to sign
)

// Registrations of Microsoft's own, which every tenant has.
const (
	azureCLI      = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	vaultClientID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"

	storageClientID = "e406a681-f3d4-42a8-90b6-c2b029497af1"
)

const (
	vaultAudience   = "https://vault.azure.net"
	storageAudience = "https://storage.azure.com"
)

// Directory has the registrations of the local Entra ID. They do not change after the start.
type Directory struct {
	TenantID    string
	APIClientID string
	Audience    string // Application ID URI of the API
	Scope       string // the scope that a client asks for: everything consented

	OtherTenantID    string // another tenant with the same registrations, which the handler does not trust
	OtherAPIClientID string // an API that is not Influxion, for which Client has all rights
	OtherScope       string

	Client Application // has the app role access_as_application and consent to access_as_user
	// Stranger may get a token, as any client of the tenant may. It has no role, and consent only
	// to another scope.
	Stranger        Application
	ManagedClient   Application // a managed identity with the app role; it has no credential
	ManagedStranger Application // a managed identity without the app role
	Page            Application // by which people sign in on the handler's page; it has no credential
	User            Person
	Operator        Person // may read the vault's secrets with the Azure CLI

	identity       Application // the handler's own: a managed identity, or a service principal
	identitySecret string      // IDENTITY_HEADER of the handler
	clientSecret   string      // IDENTITY_HEADER of the managed clients
	unknownID      string      // an ID of nothing
}

// Application is the registration of a client.
type Application struct{ ID, ObjectID, Secret string }

// Person is a user of the directory.
type Person struct{ Name, ObjectID, Password string }

func newDirectory() Directory {
	d := Directory{
		TenantID:         guid.New(),
		APIClientID:      guid.New(),
		OtherTenantID:    guid.New(),
		OtherAPIClientID: guid.New(),
		Client:           newApplication(),
		Stranger:         newApplication(),
		ManagedClient:    Application{ID: guid.New(), ObjectID: guid.New()},
		ManagedStranger:  Application{ID: guid.New(), ObjectID: guid.New()},
		Page:             Application{ID: guid.New(), ObjectID: guid.New()},
		User:             Person{"signer@example.org", guid.New(), rand.Text()},
		Operator:         Person{"operator@example.org", guid.New(), rand.Text()},
		identity:         newApplication(),
		identitySecret:   rand.Text(),
		clientSecret:     rand.Text(),
		unknownID:        guid.New(),
	}
	d.Audience = "api://" + d.APIClientID
	d.Scope = d.Audience + "/.default"
	d.OtherScope = "api://" + d.OtherAPIClientID + "/.default"
	return d
}

func newApplication() Application {
	return Application{guid.New(), guid.New(), rand.Text()}
}

// apis returns the registrations of the API, with these roles, and of another one.
func (c *Cloud) apis(roles []string) []entratest.API {
	d := c.Directory
	return []entratest.API{
		{
			ClientID: d.APIClientID, ApplicationURIs: []string{d.Audience},
			Scopes: []string{delegatedScope, otherScope}, Roles: roles,
			TokenVersion: c.config.TokenVersion,
		}, {
			ClientID: d.OtherAPIClientID, ApplicationURIs: []string{"api://" + d.OtherAPIClientID},
			Scopes: []string{delegatedScope},
			Roles:  []string{appRole}, TokenVersion: c.config.TokenVersion,
		},
	}
}

// roles are the app roles of the API.
func (c *Cloud) roles() []string {
	roles := []string{appRole}
	if c.config.HashSigning {
		roles = append(roles, "hash."+c.CertificateName)
	}
	if c.config.CertificateRoles {
		roles = append(roles, "sign."+c.CertificateName)
	}
	return roles
}

// registrations returns the directory in the form of package entratest.
func (c *Cloud) registrations() entratest.Config {
	d, roles := c.Directory, c.roles()
	granted := map[string][]string{d.APIClientID: roles, d.OtherAPIClientID: {appRole}}
	client, stranger := c.register(d.Client, "Influxion Client"), c.register(d.Stranger, "Stranger")
	client.Roles = granted
	client.Scopes = map[string][]string{d.APIClientID: {delegatedScope}, d.OtherAPIClientID: {delegatedScope}}
	stranger.Scopes = map[string][]string{d.APIClientID: {otherScope}}
	page := entratest.Client{ID: d.Page.ID, ObjectID: d.Page.ObjectID, Name: "Influxion Page",
		Scopes: map[string][]string{d.APIClientID: {delegatedScope}}}
	cli := entratest.Client{
		ID: azureCLI, ObjectID: guid.New(), Name: "Microsoft Azure CLI",
		Platforms:   entratest.Platforms{RedirectURIs: []string{"http://localhost"}},
		MultiTenant: true,
		Scopes: map[string][]string{d.APIClientID: {delegatedScope}, vaultClientID: {"user_impersonation"},
			storageClientID: {"user_impersonation"}},
	}
	config := entratest.Config{
		AuthorityHost: "https://" + loginHost,
		TenantID:      d.TenantID,
		OtherTenants:  []string{d.OtherTenantID},
		APIs:          c.apis(roles),
		Clients:       []entratest.Client{client, stranger, page, cli},
		Users: []entratest.User{
			{ObjectID: d.User.ObjectID, Name: d.User.Name, Password: d.User.Password},
			{ObjectID: d.Operator.ObjectID, Name: d.Operator.Name, Password: d.Operator.Password},
		},
		Identities: []entratest.Identity{
			{ClientID: d.ManagedClient.ID, ObjectID: d.ManagedClient.ObjectID,
				Roles: map[string][]string{d.APIClientID: {appRole}, d.OtherAPIClientID: {appRole}}},
			{ClientID: d.ManagedStranger.ID, ObjectID: d.ManagedStranger.ObjectID},
		},
		FederatedKeys: c.issuerClient(),
		Now:           c.azureNow,
	}
	if c.config.Identity == ServicePrincipal {
		config.Clients = append(config.Clients, c.register(d.identity, "Influxion Function App"))
	}
	c.config.Misconfigured.registrations(&config)
	return config
}

// register makes a registration with every kind of credential.
func (c *Cloud) register(a Application, name string) entratest.Client {
	return entratest.Client{
		ID: a.ID, ObjectID: a.ObjectID, Name: name, Secret: a.Secret, Platforms: entratest.Platforms{PublicFlows: true,
			RedirectURIs: []string{"http://localhost"}},
	}
}

// handlerIdentity returns the managed identity of the handler's Function App, if it has one.
func (c *Cloud) handlerIdentity() []entratest.Identity {
	if c.config.Identity == ServicePrincipal || c.config.Misconfigured == NoIdentity {
		return nil
	}
	return []entratest.Identity{{
		ClientID: c.identity.ID, ObjectID: c.identity.ObjectID, SystemAssigned: c.config.Identity == SystemAssigned,
	}}
}

// authorizeVault is the vault's access policy: only the handler's identity and the operator may
// read secrets.
func (c *Cloud) authorizeVault(token string) error {
	return c.authorize(token, vaultAudience, keyvaulttest.ErrNoRole)
}

// authorizeStorage is the access policy of the containers and of the queue of jobs.
func (c *Cloud) authorizeStorage(token string) error {
	return c.authorize(token, storageAudience, storagetest.ErrNoRole)
}

func (c *Cloud) authorize(token, audience string, noRole error) error {
	if err := c.Entra.Check(token, audience); err != nil {
		return err
	}
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1]) // Check has read the token, so it has three parts
	if err != nil {
		return err
	}
	var claims struct {
		Client string `json:"appid"`
		Object string `json:"oid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	if claims.Client != c.identity.ID && claims.Object != c.Operator.ObjectID {
		return noRole
	}
	return nil
}
