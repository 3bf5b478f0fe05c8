package cloudtest

import (
	"crypto/x509"
	"strings"
	"time"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// Misconfiguration is one mistake that people make when they set Influxion up. With
// Config.Misconfigured a cloud has this mistake and no other.
type Misconfiguration string

// The mistakes in the registrations and in the client's settings.
const (
	V1Tokens Misconfiguration = "v1 tokens" // requestedAccessTokenVersion is not 2; signing works
	// nobody has consented to the client's scope, and users may not consent
	MissingConsent Misconfiguration = "missing consent"
	NoAppRole      Misconfiguration = "no app role"      // the client has no access_as_application
	NoPublicFlows  Misconfiguration = "no public flows"  // "allow public client flows" is off
	NoRedirectURI  Misconfiguration = "no redirect URI"  // the client has no http://localhost
	UnknownClient  Misconfiguration = "unknown client"   // the client is given a client ID that is not registered
	WrongSecret    Misconfiguration = "wrong secret"     // the client is given a secret that is not its own
	ExpiredSecret  Misconfiguration = "expired secret"   // the client's secret has expired
	WrongScope     Misconfiguration = "wrong scope"      // the client is given the scope of another API
	WrongTenant    Misconfiguration = "wrong tenant"     // the client is given a tenant that does not exist
	ClockSkew      Misconfiguration = "clock skew"       // this machine's clock is 20 minutes behind Azure's
	WrongAudience  Misconfiguration = "wrong audience"   // the handler's settings name another API
	OtherTenant    Misconfiguration = "other tenant"     // the handler's settings name another tenant, which exists
	NotListed      Misconfiguration = "not listed"       // the handler's settings list another certificate
	TSADown        Misconfiguration = "TSA down"         // the timestamp authority breaks connections
	NoEgress       Misconfiguration = "no egress"        // the handler reaches neither Entra ID nor the vault
	NoIdentity     Misconfiguration = "no identity"      // the Function App has no managed identity
	NoVaultRight   Misconfiguration = "no vault right"   // the identity has no role on the vault
	NoAccessPolicy Misconfiguration = "no access policy" // the same for a vault with access policies
	Firewall       Misconfiguration = "firewall"         // the vault's firewall keeps the Function App out
	// the handler's settings name another vault, which does not have the certificate
	WrongVault   Misconfiguration = "wrong vault"
	UnknownVault Misconfiguration = "unknown vault" // the handler's settings name a vault that does not exist
	ForeignVault Misconfiguration = "foreign vault" // the vault belongs to another tenant
	Missing      Misconfiguration = "missing"       // the vault has no such certificate
	// the vault has a secret of that name that backs no certificate
	PlainSecret   Misconfiguration = "plain secret"
	Disabled      Misconfiguration = "disabled"        // the certificate is disabled
	Expired       Misconfiguration = "expired"         // it has expired
	NotYetValid   Misconfiguration = "not yet valid"   // it is valid from tomorrow on
	ExpiresSoon   Misconfiguration = "expires soon"    // it has five days left; signing works
	NotExportable Misconfiguration = "not exportable"  // its private key does not leave the vault
	WrongKeyUsage Misconfiguration = "wrong key usage" // its key usage is for encryption
	Revoked       Misconfiguration = "revoked"         // the CA has revoked it; signing at B-B works
	// it is self-signed, which is the portal's default; signing at B-B works
	SelfSigned Misconfiguration = "no chain of trust"
)

// Misconfigurations lists all of them.
func Misconfigurations() []Misconfiguration {
	return []Misconfiguration{
		V1Tokens, MissingConsent, NoAppRole, NoPublicFlows, NoRedirectURI, UnknownClient, WrongSecret, ExpiredSecret,
		WrongScope, WrongTenant,
		ClockSkew, WrongAudience, OtherTenant, NotListed, TSADown, NoEgress, NoIdentity, NoVaultRight, NoAccessPolicy,
		Firewall, WrongVault,
		UnknownVault, ForeignVault, Missing, PlainSecret, Disabled, Expired, NotYetValid, ExpiresSoon, NotExportable,
		WrongKeyUsage, Revoked,
		SelfSigned,
	}
}

// clockSkew is how far Azure's clock is ahead of this machine's clock with ClockSkew.
const clockSkew = 20 * time.Minute

// registrations makes the mistake in the directory.
func (m Misconfiguration) registrations(c *entratest.Config) {
	client := &c.Clients[0]
	switch m {
	case V1Tokens:
		c.APIs[0].TokenVersion = 1
	case MissingConsent:
		c.NoUserConsent = true
		for i := range c.Clients {
			delete(c.Clients[i].Scopes, c.APIs[0].ClientID)
		}
	case NoAppRole:
		client.Roles = nil
		for i := range c.Identities {
			c.Identities[i].Roles = nil
		}
	case NoPublicFlows:
		client.PublicFlows = false
	case NoRedirectURI:
		client.RedirectURIs = nil
	case ExpiredSecret:
		client.SecretExpires = c.Now().Add(-24 * time.Hour)
	}
}

// handlerSettings makes the mistake in the handler's environment.
func (m Misconfiguration) handlerSettings(c *Cloud) map[string]string {
	switch m {
	case WrongAudience:
		return map[string]string{
			"INFLUXION_AZURE_API_CLIENT_ID": c.OtherAPIClientID,
			"INFLUXION_AZURE_AUDIENCE":      "api://" + c.OtherAPIClientID,
			"INFLUXION_AZURE_DEFAULT_SCOPE": c.OtherScope,
		}
	case OtherTenant:
		return map[string]string{"INFLUXION_AZURE_TENANT_ID": c.OtherTenantID}
	case NotListed:
		return map[string]string{"INFLUXION_SIGNING_CERTIFICATES": "another-seal"}
	case NoEgress:
		return map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1"}
	case WrongVault:
		return map[string]string{"INFLUXION_VAULT_URL": "https://" + otherVaultHost}
	case UnknownVault:
		return map[string]string{"INFLUXION_VAULT_URL": "https://influxion-unknown.vault.azure.net"}
	}
	return nil
}

// clientSettings makes the mistake in the client's environment.
func (m Misconfiguration) clientSettings(c *Cloud) map[string]string {
	switch m {
	case UnknownClient:
		return map[string]string{"AZURE_CLIENT_ID": c.unknownID, "INFLUXION_CLIENT_ID": c.unknownID}
	case WrongSecret:
		const secret = "not the client's secret"
		return map[string]string{"AZURE_CLIENT_SECRET": secret, "INFLUXION_CLIENT_SECRET": secret}
	case WrongScope:
		return map[string]string{"INFLUXION_AZURE_DEFAULT_SCOPE": c.OtherScope, "INFLUXION_CLIENT_SCOPE": c.OtherScope}
	case WrongTenant:
		return map[string]string{
			"AZURE_TENANT_ID": c.unknownID, "INFLUXION_AZURE_TENANT_ID": c.unknownID,
			"INFLUXION_CLIENT_TENANT_ID": c.unknownID,
		}
	}
	return nil
}

// services makes the mistake in the vault and the timestamp authority, after the certificate
// exists.
func (m Misconfiguration) services(c *Cloud) error {
	faults := map[Misconfiguration]keyvaulttest.Kind{
		NoVaultRight: keyvaulttest.ForbiddenByRBAC, NoAccessPolicy: keyvaulttest.ForbiddenByPolicy,
		Firewall:     keyvaulttest.ForbiddenByFirewall,
		ForeignVault: keyvaulttest.ForeignTenant,
	}
	if kind, ok := faults[m]; ok {
		c.Vault.SetFault(keyvaulttest.Fault{Kind: kind})
		return nil
	}
	switch m {
	case TSADown:
		c.Trust.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
	case Disabled:
		return c.EnableCertificate(false)
	case Revoked:
		return c.RevokeCertificate()
	case Missing:
		c.Vault.Delete(c.CertificateName)
	case PlainSecret:
		c.Vault.Delete(c.CertificateName)
		_, err := c.Vault.Put(c.CertificateName, keyvaulttest.Secret{Value: "a password", ContentType: "text/plain"})
		return err
	case NotExportable:
		return c.withholdKey()
	}
	return nil
}

// withholdKey replaces the secret by what the vault returns for a certificate whose key is not
// exportable: the certificates without the key.
func (c *Cloud) withholdKey() error {
	chain, _, err := c.NewChain(c.config.Algorithm)
	if err != nil {
		return err
	}
	c.Vault.Delete(c.CertificateName)
	_, err = c.Vault.Put(c.CertificateName, keyvaulttest.Secret{
		Value: string(pkitest.PEM(chain...)), ContentType: "application/x-pem-file", Managed: true,
		NotBefore: chain[0].NotBefore, Expires: chain[0].NotAfter,
	})
	return err
}

// template makes the mistake in the signing certificate.
func (m Misconfiguration) template(template *x509.Certificate, now time.Time) {
	switch m {
	case Expired:
		template.NotBefore, template.NotAfter = now.AddDate(-2, 0, 0), now.Add(-24*time.Hour)
	case NotYetValid:
		template.NotBefore = now.Add(24 * time.Hour)
	case ExpiresSoon:
		template.NotAfter = now.Add(5 * 24 * time.Hour)
	case WrongKeyUsage:
		template.KeyUsage = x509.KeyUsageKeyEncipherment
	}
}

// withSettings replaces settings in a list of NAME=value.
func withSettings(environ []string, settings map[string]string) []string {
	for i, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if value, ok := settings[name]; ok {
			environ[i] = name + "=" + value
		}
	}
	return environ
}
