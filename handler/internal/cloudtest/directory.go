package cloudtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"influxion/handler/internal/entratest"
)

// The names that the API's registration exposes: DESIGN §1 and §4.
const (
	delegatedScope = "access_as_user"
	appRole        = "access_as_application"
)

const vaultAudience = "https://vault.azure.net"

// Directory is what is registered in the local Entra ID. All of it is made at the start.
type Directory struct {
	TenantID    string
	APIClientID string
	Audience    string // Application ID URI of the API
	Scope       string // what a client asks for: everything consented

	Client   Application // has the app role access_as_application and the user's consent to access_as_user
	Stranger Application // may get a token, as any client of the tenant may, but has no role
	User     Person

	identity       Application // the handler's own: a managed identity, or a service principal
	identitySecret string      // IDENTITY_HEADER
}

// Application is the registration of a client.
type Application struct{ ID, ObjectID, Secret string }

// Person is a user of the directory.
type Person struct{ Name, ObjectID, Password string }

func newDirectory() Directory {
	d := Directory{
		TenantID:       newGUID(),
		APIClientID:    newGUID(),
		Client:         newApplication(),
		Stranger:       newApplication(),
		User:           Person{"signer@example.org", newGUID(), rand.Text()},
		identity:       newApplication(),
		identitySecret: rand.Text(),
	}
	d.Audience = "api://" + d.APIClientID
	d.Scope = d.Audience + "/.default"
	return d
}

func newApplication() Application { return Application{newGUID(), newGUID(), rand.Text()} }

// entra describes the directory to the stand-in for Entra ID.
func (d Directory) entra(config Config) entratest.Config {
	register := func(a Application) entratest.Client {
		return entratest.Client{ID: a.ID, ObjectID: a.ObjectID, Secret: a.Secret}
	}
	client := register(d.Client)
	client.Roles = map[string][]string{d.APIClientID: {appRole}}
	client.Scopes = map[string][]string{d.APIClientID: {delegatedScope}}
	c := entratest.Config{
		AuthorityHost: "https://" + loginHost,
		TenantID:      d.TenantID,
		APIs: []entratest.API{{
			ClientID: d.APIClientID, ApplicationURIs: []string{d.Audience}, Scopes: []string{delegatedScope}, Roles: []string{appRole},
			TokenVersion: config.TokenVersion,
		}},
		Clients: []entratest.Client{client, register(d.Stranger)},
		Users:   []entratest.User{{ObjectID: d.User.ObjectID, Name: d.User.Name, Password: d.User.Password}},
		Now:     config.Now,
	}
	if config.Identity == ServicePrincipal {
		c.Clients = append(c.Clients, register(d.identity))
		return c
	}
	c.Identities = []entratest.Identity{{
		ClientID: d.identity.ID, ObjectID: d.identity.ObjectID, SystemAssigned: config.Identity == SystemAssigned,
	}}
	return c
}

// authorizeVault is the vault's access policy: the handler's identity may read secrets, nobody else.
func (c *Cloud) authorizeVault(token string) error {
	if err := c.Entra.Check(token, vaultAudience); err != nil {
		return err
	}
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1]) // Check has read it: there are three
	if err != nil {
		return err
	}
	var claims struct {
		Client string `json:"appid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	if claims.Client != c.identity.ID {
		return errors.New("the caller has no role on the vault")
	}
	return nil
}

// newGUID makes a random UUID (RFC 9562, version 4).
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, by its contract
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
