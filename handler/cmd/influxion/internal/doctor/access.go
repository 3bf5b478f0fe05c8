package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"influxion/handler/client"
)

// access calls the service with the token and explains the answer.
func (d *examination) access(ctx context.Context) bool {
	list, err := d.client.List(ctx)
	problem, ok := errors.AsType[*client.Problem](err)
	switch {
	case err == nil:
		d.offered = list
		d.ok("access", "the service accepts the token")
		if d.lacking != nil {
			d.ok("token-grant", "the token has neither scope nor role, and the service accepts it: its client is in "+
				"INFLUXION_AZURE_ALLOWED_CLIENTS")
		}
		return true
	case !ok:
		d.connection("service", d.URL, err)
		return false
	case problem.Status == http.StatusUnauthorized:
		d.unauthorized()
		return false
	case problem.Status == http.StatusForbidden:
		d.forbidden(ctx, problem)
		return false
	}
	d.ok("access", "the service accepts the token") // refusals of tokens come first
	d.unavailable(problem)
	return d.vaultProblem && problem.Status == http.StatusNotFound
}

// unauthorized finds why the service refuses a token. The service does not say; the earlier checks
// exclude all other reasons.
func (d *examination) unauthorized() {
	if d.named("service-front", "service-tenant", "service-authority", "service-token-keys", "service-egress",
		"clock-service", "clock-authority", "clock-token", "token-time",
		"token-kind", "token-api", "audience") {
		d.notChecked("access", "the service refuses the token (401), which follows from the above")
		return
	}
	d.audience(
		fmt.Sprintf(
			"the service refuses the token (401), though its tenant and its times are right: it is for the "+
				"audience %s, "+
				"and the service is set up for another API", d.claims.Audience))
}

// audience reports a token for another API than the service's.
func (d *examination) audience(what string) {
	d.failed("audience", what, remedy{
		why: "Influxion takes a token only if it is for its own client ID or Application ID URI",
		portal: "either the scope that you ask for is another API's (App registrations → Influxion API → Expose an " +
			"API), or the Function App's settings " +
			"INFLUXION_AZURE_API_CLIENT_ID and INFLUXION_AZURE_AUDIENCE are",
		command: fmt.Sprintf(`az functionapp config appsettings list --name "$APP" --resource-group "$GROUP" --query "[?starts_with(name,'INFLUXION_AZURE_')]" `+
			`# must agree with aud %s and scope %s`, sh(d.claims.Audience), sh(d.Scope)),
	})
}

func (d *examination) forbidden(ctx context.Context, problem *client.Problem) {
	if problem.Code != "insufficient_scope" {
		d.failed("access", fmt.Sprintf("something in front of Influxion refuses a token with 403 (%q)", problem.Code),
			remedy{
				why:     "the token does not reach Influxion",
				portal:  "Function App → Authentication; Networking → Public network access; API gateway",
				command: `az webapp auth show --name "$APP" --resource-group "$GROUP"; az functionapp config access-restriction show --name "$APP" --resource-group "$GROUP"`,
			})
		return
	}
	if d.lacking != nil {
		d.add(*d.lacking)
		return
	}
	d.failed("token-scope", "the service asks for another scope than the token has: "+d.wantedScope(ctx), remedy{
		why: "INFLUXION_AZURE_DEFAULT_SCOPE names one scope, which a token must have",
		portal: "Function App → Environment variables → INFLUXION_AZURE_DEFAULT_SCOPE; App registrations → Influxion " +
			"Client → API permissions",
		command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_AZURE_DEFAULT_SCOPE=` + sh(d.Scope),
	})
}

// wantedScope reads the scope that the service names when it refuses.
func (d *examination) wantedScope(ctx context.Context) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(d.URL, "/")+"/api/certificates",
		http.NoBody)
	if err != nil {
		return ""
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	response, err := d.http.Do(request)
	if err != nil {
		return ""
	}
	response.Body.Close()
	return parameter(response.Header.Get("WWW-Authenticate"), "scope")
}

// unavailable reports what the service itself cannot reach.
func (d *examination) unavailable(problem *client.Problem) {
	if d.vaultProblem {
		d.notChecked("service-vault", fmt.Sprintf("the service answers %s, which follows from the above", problem.Code))
		return
	}
	switch known, ok := serviceCauses[problem.Code]; {
	case ok:
		known.portal += "; Function App → Log stream has the cause"
		if problem.Instance != "" {
			known.portal += " under " + problem.Instance
		}
		d.failed(known.check, known.what, known.remedy)
	case problem.Code == "certificate_not_found":
		d.noCertificate("")
	default:
		d.failed("service-problem",
			fmt.Sprintf("the service answers %d %s: %s", problem.Status, problem.Code, problem.Detail), remedy{
				why:    "influxion doctor knows no misconfiguration with this answer",
				portal: "Function App → Log stream, under " + problem.Instance, command: logged(problem.Instance),
			})
	}
}

// serviceCauses explains the problems that say what the service cannot reach, by their codes.
var serviceCauses = map[string]cause{
	"vault_forbidden": {"service-vault-right",
		"the vault refuses the service: its identity has no right, or the vault's firewall keeps it out", remedy{
			"without Get on the secret behind the certificate, or with INFLUXION_KEY_MODE=vault without Key Vault " +
				"Reader and keys/sign (docs/certificates.md, Rights), there is no key to sign with. Where " +
				"INFLUXION_SIGNING_CERTIFICATES names no certificates, the right to list secrets is needed too",
			"Key Vault → Access control (IAM) → Key Vault Secrets User for the Function App's identity; " +
				"Key Vault → Networking",
			`az role assignment create --role "Key Vault Secrets User" --scope "$(az keyvault show --name "$VAULT" --query id -o tsv)/secrets/$CERTIFICATE" ` +
				`--assignee-object-id "$(az functionapp identity show --name "$APP" --resource-group "$GROUP" --query principalId -o tsv)" --assignee-principal-type ServicePrincipal   # --vault tells which`}},
	"key_unusable": {"service-key", "the certificate's key in the vault is disabled, has expired or is not valid yet",
		remedy{
			"the key has its own dates and its own Enabled, apart from those of the certificate",
			"Key Vault → Keys → the certificate's name → the current version",
			`az keyvault key list-versions --vault-name "$VAULT" --name "$CERTIFICATE" --query "[].{kid:kid,attributes:attributes}"`}},
	"identity_unavailable": {"service-identity", "the service has no identity that the vault accepts", remedy{
		"the Function App has no managed identity, INFLUXION_AZURE_CLIENT_ID names another one, the secret has " +
			"expired, or the vault is of another tenant",
		"Function App → Identity → System assigned → On; Environment variables → INFLUXION_AZURE_CLIENT_ID",
		`az functionapp identity assign --name "$APP" --resource-group "$GROUP"`}},
	"vault_unavailable": {"service-vault", "the service does not reach its vault", remedy{
		"INFLUXION_VAULT_URL names no existing vault, or the Function App's network does not lead there",
		"Function App → Environment variables → INFLUXION_VAULT_URL; Key Vault → Overview → Vault URI",
		`az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_VAULT_URL="$(az keyvault show --name "$VAULT" --query properties.vaultUri -o tsv)"`}},
}

// named reports whether one of these checks has found a fault.
func (d *examination) named(checks ...string) bool {
	for _, f := range d.list {
		for _, check := range checks {
			if f.Check == check && f.Status == Failed {
				return true
			}
		}
	}
	return false
}
