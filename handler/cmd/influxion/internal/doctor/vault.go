package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/signing"
)

// vault reads the vault with the examiner's own identity, by the handler's own package keyvault.
func (d *examination) vault(ctx context.Context) {
	if d.VaultURL == "" {
		d.notChecked("vault", "the vault was not examined: name it with --vault, as an identity that may read it")
		return
	}
	if err := keyvault.CheckVaultURL(d.VaultURL); err != nil {
		d.vaultFailed("vault-url", err.Error(),
			remedy{why: "this is not the address of a vault", portal: "Key Vault → Overview → Vault URI",
				command: `az keyvault show --name "$VAULT" --query properties.vaultUri -o tsv`})
		return
	}
	if !d.vaultAnswers(ctx) || d.hsm(ctx) {
		return
	}
	name := d.certificateName()
	switch {
	case name == "":
		d.notChecked("vault-certificate", "no certificate was named (--certificate)")
	case d.VaultCredential == nil:
		d.notChecked("vault-certificate", "there is no identity with which to examine the vault")
	default:
		d.vaultCertificate(ctx, name)
	}
}

// vaultCertificate reads a certificate and its key as the handler does.
func (d *examination) vaultCertificate(ctx context.Context, name string) {
	source, err := keyvault.New(keyvault.Config{VaultURL: d.VaultURL, Credential: d.VaultCredential,
		Logger: slog.New(slog.DiscardHandler),
		Now:    d.Now, Transport: d.Transport, Keys: keyvault.KeyConfig{Mode: d.keyMode()}})
	if err != nil {
		d.notChecked("vault-certificate", err.Error())
		return
	}
	defer source.Close()
	certificate, err := source.Certificate(ctx, name, "")
	if err != nil {
		d.vaultProblem = true
		d.refusedCertificate(name, err)
		return
	}
	d.fit = true
	key := "its key is there"
	if d.keyMode() == keyvault.KeysInVault {
		key = "the vault signs with its key"
	}
	d.ok("vault-certificate",
		fmt.Sprintf("%s may read %s in the vault, and it is fit for signing: %s, and its dates and key usage allow it",
			d.VaultIdentity, certificate.Name, key))
	d.leaf(certificate.Name, certificate.Leaf().NotAfter,
		certificate.Leaf().Subject.String() == certificate.Leaf().Issuer.String())
}

// certificateName is the certificate to examine: the one named on the command line, or the
// deployment's first.
func (d *examination) certificateName() string {
	if d.Certificate != "" {
		return d.Certificate
	}
	first, _, _ := strings.Cut(d.Deployment["INFLUXION_SIGNING_CERTIFICATES"], ",")
	return strings.TrimSpace(first)
}

// vaultAnswers asks the vault without a token. The vault's challenge names its tenant.
func (d *examination) vaultAnswers(ctx context.Context) bool {
	host := d.VaultURL
	if u, err := url.Parse(d.VaultURL); err == nil {
		host = u.Host
	}
	response, _, err := d.get(ctx, strings.TrimSuffix(d.VaultURL, "/")+"/secrets?api-version=7.4")
	if err != nil {
		cause := connection.Innermost(err)
		d.vaultFailed("vault-unreachable", fmt.Sprintf("no connection to the vault at %s: %s", host, cause), remedy{
			why: "there is no such vault (its name is misspelt, or it was deleted), or the network does " +
				"not lead to it",
			portal:  "Key Vault → Overview → Vault URI; Key Vault → Networking",
			command: "az keyvault list --query \"[].properties.vaultUri\" -o tsv; az keyvault list-deleted -o table",
		})
		return false
	}
	challenge := response.Header.Get("WWW-Authenticate")
	address := parameter(challenge, "authorization")
	_, tenant, known := authorityOf(address)
	switch {
	case response.StatusCode == http.StatusForbidden:
		d.firewall()
		return false
	case !known:
		d.vaultFailed("vault-url",
			fmt.Sprintf("what answers at %s (status %d) is not a Key Vault", host, response.StatusCode), remedy{
				why: "certificates come from a Key Vault only", portal: "Key Vault → Overview → Vault URI",
				command: `az keyvault show --name "$VAULT" --query properties.vaultUri -o tsv`})
		return false
	case guid.Valid(d.homeTenant()) && !d.named("service-tenant", "authority-tenant") &&
		!strings.EqualFold(tenant, d.homeTenant()):
		d.vaultFailed("vault-tenant",
			fmt.Sprintf("the vault is of tenant %s, the deployment of %s", tenant, d.homeTenant()), remedy{
				why: "a managed identity gets tokens of its own tenant alone, which the vault refuses",
				portal: "use a vault of the Function App's tenant; after moving a subscription: Key Vault → Overview " +
					"→ Directory ID",
				command: `az keyvault update --name "$VAULT" --set properties.tenantId=` + sh(d.homeTenant()),
			})
		return false
	}
	d.ok("vault", "the vault answers at "+host)
	return true
}

// homeTenant is the tenant of the deployment, as far as it is known.
func (d *examination) homeTenant() string {
	for _, tenant := range []string{d.Deployment["INFLUXION_AZURE_TENANT_ID"], d.tenant, d.TenantID} {
		if tenant != "" {
			return tenant
		}
	}
	return ""
}

// vaultFailed reports a fault that explains why a certificate cannot be had or used. Later checks
// then don't report its consequences.
func (d *examination) vaultFailed(check, what string, r remedy) {
	d.vaultProblem = true
	d.failed(check, what, r)
}

func (d *examination) firewall() {
	d.vaultFailed("vault-firewall", "the vault's firewall keeps "+d.who()+" out (ForbiddenByFirewall)", remedy{
		why: "the vault answers only the networks that its firewall lists",
		portal: "Key Vault → Networking: allow the Function App's virtual network or outbound addresses, or give it " +
			"a private endpoint",
		command: `az keyvault network-rule add --name "$VAULT" --subnet "$SUBNET_ID"; az keyvault show --name "$VAULT" --query properties.networkAcls`,
	})
}

func (d *examination) who() string {
	if d.VaultIdentity == "" {
		return "us"
	}
	return d.VaultIdentity
}

// refusedCertificate explains why the handler's own code refuses the certificate.
func (d *examination) refusedCertificate(name string, err error) {
	cause := signing.AsError(err).Error()
	for _, known := range vaultCauses(name, d.who()) {
		if strings.Contains(cause, known.text) {
			d.failed(known.check, known.what, known.remedy)
			return
		}
	}
	if failed, ok := errors.AsType[*signing.Error](err); ok && failed.Err != nil {
		cause = failed.Err.Error()
	}
	d.failed("vault-certificate", fmt.Sprintf("%s cannot be read: %s", name, cause), remedy{
		why: "without it there is nothing to sign with", portal: "Key Vault → Certificates → " + name,
		command: `az keyvault secret show --vault-name "$VAULT" --name ` + sh(name) + ` --query attributes`,
	})
}

type vaultCause struct {
	text, check, what string
	remedy
}

// vaultCauses are the causes that package keyvault reports, each with its remedy. A test compares
// the two.
func vaultCauses(name, who string) []vaultCause {
	certificate := "Key Vault → Certificates → " + name
	policy := `az keyvault certificate show --vault-name "$VAULT" --name ` + sh(name) + ` --query policy`
	renew := `az keyvault certificate create --vault-name "$VAULT" --name ` + sh(name) + ` --policy @policy.json`
	return slices.Concat(networkCauses(who), keyCauses(name, who), []vaultCause{
		{"ForbiddenByPolicy", "vault-access-policy", who + " has no access policy with Get for secrets", remedy{
			"this vault uses access policies: roles have no effect there",
			"Key Vault → Access policies → Create → Secret permissions: Get → the Function App",
			`az keyvault set-policy --name "$VAULT" --secret-permissions get --object-id "$(az functionapp identity show --name "$APP" --resource-group "$GROUP" --query principalId -o tsv)"`}},
		{"SecretDisabled", "certificate-disabled", "the certificate " + name + " is disabled",
			disabled(certificate, name)},
		{"is not enabled", "certificate-disabled", "the certificate " + name + " is disabled",
			disabled(certificate, name)},
		{"Forbidden", "vault-right", who + " may not get the secret " + name, remedy{
			"the certificate with its key is read as the secret of the same name",
			"Key Vault → Access control (IAM) → Add role assignment → Key Vault Secrets User → the Function App; it " +
				"takes minutes to work",
			`az role assignment create --role "Key Vault Secrets User" --scope "$(az keyvault show --name "$VAULT" --query id -o tsv)/secrets/` + name +
				`" --assignee-object-id "$(az functionapp identity show --name "$APP" --resource-group "$GROUP" --query principalId -o tsv)" --assignee-principal-type ServicePrincipal`}},
		{"SecretNotFound", "certificate-missing", "the vault has no certificate " + name, remedy{
			"the name is misspelt, or the certificate is in another vault", "Key Vault → Certificates",
			`az keyvault certificate list --vault-name "$VAULT" --query "[].name" -o tsv`}},
		{"backs no certificate", "certificate-plain-secret",
			name + " is a plain secret of the vault, and backs no certificate", remedy{
				"Influxion reads no other secrets: import the certificate as one",
				"Key Vault → Certificates → Generate/Import",
				`az keyvault certificate import --vault-name "$VAULT" --name ` + sh(name) + ` --file certificate.pfx`}},
		{"the key is not exportable", "certificate-not-exportable",
			"the private key of " + name + " does not leave the vault: it is not exportable", remedy{
				"such a key signs only in the vault, and this identity may not sign with it there", certificate + " → Issuance policy → Advanced policy → Exportable private key: Yes; then a new version", policy + `.keyProperties.exportable; ` + renew}},
		{"has expired", "certificate-expired", "the certificate " + name + " has expired", remedy{
			"verifiers refuse a signature that is made with it now",
			certificate + " → New version, or Issuance policy → Lifetime action", renew}},
		{"is not valid yet", "certificate-not-yet-valid", "the certificate " + name + " is not valid yet", remedy{
			"verifiers refuse a signature that is made with it now", certificate + ": Activation date", policy}},
		{"key usage allows no signatures", "certificate-key-usage",
			"the key usage of " + name + " allows no signatures", remedy{
				"verifiers refuse signatures of such a certificate",
				certificate +
					" → Issuance policy → Advanced policy → Key usage: Digital signature, Non-repudiation; then a " +
					"new version",
				policy + `.x509CertificateProperties.keyUsage; ` + renew}},
		{"an authority's", "certificate-authority", name + " is the certificate of an authority", remedy{
			"an authority's certificate signs certificates, not documents", certificate + ": basic constraints",
			policy}},
		{"no access token", "vault-identity", who + " gets no token for the vault", remedy{
			"the vault answers only identities with a token", "Function App → Identity → System assigned → On", `az functionapp identity assign --name "$APP" --resource-group "$GROUP"`}},
		{"vault answered 401", "vault-identity", "the vault does not accept the token of " + who, remedy{
			"the identity is of another tenant, or has no right at all", "Key Vault → Access control (IAM)", `az keyvault show --name "$VAULT" --query properties.tenantId -o tsv`}},
		{"vault answered 429", "vault-throttled", "the vault gets too many requests", remedy{
			"more than 4,000 reads in ten seconds, by all its users together",
			"Key Vault → Metrics → Service API Hits, by caller: use a separate vault for Influxion",
			`az monitor metrics list --resource "$(az keyvault show --name "$VAULT" --query id -o tsv)" --metric ServiceApiHit --interval PT1M`}},
	})
}

// networkCauses are the causes for which the vault does not answer at all.
func networkCauses(who string) []vaultCause {
	return []vaultCause{
		{"ForbiddenByFirewall", "vault-firewall", "the vault's firewall keeps " + who + " out", remedy{
			"the vault answers only the networks that its firewall lists",
			"Key Vault → Networking: allow the Function App's virtual network or outbound addresses, or give it a " +
				"private endpoint",
			`az keyvault network-rule add --name "$VAULT" --subnet "$SUBNET_ID"`}},
		{"ForbiddenByConnection", "vault-firewall",
			"the vault takes private connections only, and " + who + " has none", remedy{
				"the vault answers only through its private endpoint",
				"Key Vault → Networking → Private endpoint connections; Function App → Networking → Virtual network " +
					"integration",
				`az functionapp vnet-integration add --name "$APP" --resource-group "$GROUP" --vnet "$VNET" --subnet "$SUBNET"`}},
	}
}

func disabled(certificate, name string) remedy {
	return remedy{"somebody disabled it: Influxion stops using it at once",
		certificate + " → the current version → Enabled: Yes",
		`az keyvault certificate set-attributes --vault-name "$VAULT" --name ` + sh(name) + ` --enabled true`}
}
