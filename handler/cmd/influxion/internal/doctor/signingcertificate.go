package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"influxion/handler/client"
)

// renewBefore is how long before its expiry a certificate should be renewed.
const renewBefore = 30 * 24 * time.Hour

// leaf reports problems that do not stop signing yet: a certificate that expires soon, or that no
// trusted authority issued. It reports each certificate once.
func (d *examination) leaf(name string, notAfter time.Time, selfSigned bool) {
	for _, f := range d.list {
		if f.Check == "certificate-days" && strings.HasPrefix(f.What, name+" ") ||
			f.Check == "certificate-expires-soon" && strings.HasPrefix(f.What, name+" ") {
			return
		}
	}
	left := notAfter.Sub(d.Now())
	days := int(left.Hours() / 24)
	if left < renewBefore {
		d.note("certificate-expires-soon",
			fmt.Sprintf("%s has %d days left: it expires at %s", name, days,
				notAfter.UTC().Format("2006-01-02 15:04 UTC")), remedy{
				why: "from then on nothing can be signed with it",
				portal: "Key Vault → Certificates → " + name +
					" → New version, or Issuance policy → Lifetime action; Influxion uses it without a restart",
				command: `az keyvault certificate create --vault-name "$VAULT" --name ` + sh(name) + ` --policy @policy.json`,
			})
	} else {
		d.ok("certificate-days", fmt.Sprintf("%s has %d days left", name, days))
	}
	if selfSigned {
		d.note("certificate-self-signed", name+" is self-signed", remedy{
			why: "nobody but you trusts its signatures, and its revocation cannot be published: use it for " +
				"tests only",
			portal: "Key Vault → Certificates → " + name +
				": issue it by an authority that recipients trust, such as one of the Adobe or EU trust lists",
			command: `az keyvault certificate pending merge --vault-name "$VAULT" --name ` + sh(name) + ` --file issued.cer`,
		})
	}
}

// certificates checks the certificates that the service offers to the caller, and those that it
// lists as unavailable.
func (d *examination) certificates(_ context.Context) {
	asked := func(name string) bool { return d.Certificate == "" || strings.EqualFold(name, d.Certificate) }
	var found []client.Certificate
	for _, c := range d.offered.Certificates {
		if asked(c.Name) {
			found = append(found, c)
		}
	}
	unusable := false
	for _, c := range d.offered.Unavailable {
		if asked(c.Name) {
			unusable = true
			d.unavailable(&client.Problem{Status: http.StatusServiceUnavailable, Code: c.Code,
				Detail: "the certificate " + c.Name + " cannot be used now"})
		}
	}
	if len(found) == 0 && unusable {
		return
	}
	if len(found) == 0 {
		d.noCertificate(d.Certificate)
		return
	}
	for _, c := range found {
		if !c.NotAfter.After(d.Now()) {
			d.failed("certificate-expired", "the certificate "+c.Name+" has expired", remedy{
				why:     "verifiers refuse a signature that is made with it now",
				portal:  "Key Vault → Certificates → " + c.Name + " → New version",
				command: `az keyvault certificate create --vault-name "$VAULT" --name ` + sh(c.Name) + ` --policy @policy.json`})
			continue
		}
		d.leaf(c.Name, c.NotAfter, c.Subject == c.Issuer)
	}
}

// noCertificate reports that the service has no certificate to sign with, unless an earlier check
// found the cause.
func (d *examination) noCertificate(name string) {
	if d.vaultProblem {
		d.notChecked("certificates", "the service has no certificate for you, which follows from the above")
		return
	}
	d.vaultProblem = true
	if d.role(name) {
		return
	}
	if d.fit {
		d.failed("certificate-not-offered",
			"the vault has the certificate, it is fit for signing, and the service does not offer it", remedy{
				why:     "INFLUXION_SIGNING_CERTIFICATES does not list it, or INFLUXION_VAULT_URL names another vault",
				portal:  "Function App → Environment variables → INFLUXION_SIGNING_CERTIFICATES, INFLUXION_VAULT_URL",
				command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_SIGNING_CERTIFICATES=` + sh(d.certificateName()) + ` INFLUXION_VAULT_URL=` + sh(d.VaultURL),
			})
		return
	}
	what := "the service has no certificate that you may sign with"
	if name != "" {
		what = "the service does not offer the certificate " + name
	}
	d.failed("certificate-none", what, remedy{
		why: "it is not in the vault, or disabled, expired, not exportable, or not for signing: the service does not " +
			"tell callers which. Where it asks for roles (INFLUXION_CERTIFICATE_ROLES), your token may have " +
			"none for it",
		portal: "Key Vault → Certificates; Function App → Environment variables → INFLUXION_SIGNING_CERTIFICATES; " +
			"Function App → Log stream has the cause (“certificate not prefetched”)",
		command: "influxion doctor --vault https://$VAULT.vault.azure.net --certificate $CERTIFICATE   # as someone " +
			"who may read the secret",
	})
}
