package doctor

import (
	"fmt"
	"slices"
	"strings"

	"influxion/handler/cmd/influxion/internal/accesstoken"
)

// What the API's registration exposes.
const (
	delegatedScope = "access_as_user"
	appRole        = "access_as_application"
)

// tokenClaims checks the claims that Influxion will check, if it can read the token.
func (d *examination) tokenClaims() bool {
	t, err := accesstoken.Parse(d.token)
	if err != nil {
		d.failed("token", err.Error(), remedy{
			why:    "Influxion takes access tokens of Entra ID in the form of a JWT",
			portal: "App registrations → Influxion API → Token encryption: none", command: "influxion token",
		})
		return false
	}
	d.claims = t
	switch {
	case t.ForGraph:
		d.failed("token-api", "the token is for Microsoft Graph", remedy{
			why:     "only Microsoft Graph can verify such a token",
			portal:  "set the scope to api://<client-id of Influxion API>/.default",
			command: "export INFLUXION_CLIENT_SCOPE=api://$API_CLIENT_ID/.default",
		})
	case t.IsIDToken:
		d.failed("token-kind", "the token is an ID token", remedy{
			why:     "an ID token names the signed-in user to the client; it gives no right to call an API",
			portal:  "App registrations → Influxion API → Expose an API: ask for an access token by its scope",
			command: "export INFLUXION_CLIENT_SCOPE=api://$API_CLIENT_ID/.default && influxion login",
		})
	case t.ProofRequired:
		d.failed("token-kind", "the token is bound to a key", remedy{
			why:     "Influxion takes bearer tokens (RFC 6750)",
			portal:  "Entra admin center → Protection → Conditional Access → Session → Require token protection",
			command: "influxion login",
		})
	}
	d.tokenVersion(t)
	d.tokenTime(t)
	d.grant(t)
	return true
}

func (d *examination) tokenVersion(t *accesstoken.Token) {
	if t.Version == "2.0" {
		d.ok("token-version", "version 2.0, issuer "+t.Issuer)
		return
	}
	d.note("token-version", fmt.Sprintf("the token has version %s, issuer %s, as the API's registration requests",
		t.Version, t.Issuer), remedy{
		why: "Influxion accepts it, but its audience is as the client spells it: version 2.0 has one form and is the " +
			"better choice",
		portal: "App registrations → Influxion API → Manifest → api.requestedAccessTokenVersion: 2",
		command: `az rest --method PATCH --url "https://graph.microsoft.com/v1.0/applications(appId='$API_CLIENT_ID')" ` +
			`--headers Content-Type=application/json --body '{"api":{"requestedAccessTokenVersion":2}}'`,
	})
}

func (d *examination) tokenTime(t *accesstoken.Token) {
	now := d.Now()
	switch {
	case !d.clocks:
		d.notChecked("token-time", "the token's times were not checked: the clocks do not agree")
	case !t.Expires.After(now):
		d.failed("token-time", fmt.Sprintf("the token expired at %s", t.Expires.Format("15:04:05 UTC")), remedy{
			why:    "Influxion accepts no token after its exp",
			portal: "Entra admin center → Monitoring → Sign-in logs: sign in anew", command: "influxion login",
		})
	case t.IssuedAt.Sub(now) > maxSkew || t.NotBefore.Sub(now) > maxSkew:
		d.clocks = false
		d.failed("clock-token", fmt.Sprintf("the token was issued at %s, in the future by this machine's clock",
			t.IssuedAt.Format("15:04:05 UTC")), remedy{
			why: "this machine's clock is slow", portal: "set this machine's clock by NTP",
			command: "timedatectl set-ntp true   # Windows: w32tm /resync",
		})
	default:
		d.ok("token-time", fmt.Sprintf("valid until %s", t.Expires.Format("15:04:05 UTC")))
	}
}

// grant checks whether the token carries a scope or a role: an audience alone gives no right.
func (d *examination) grant(t *accesstoken.Token) {
	required := delegatedScope
	if _, name := d.scopeName(); name != "" && name != ".default" {
		required = name
	}
	switch {
	case t.Delegated && slices.Contains(t.Scopes, required):
		d.ok("token-grant", "delegated, with the scope "+required)
	case t.Delegated:
		d.lacking = d.missing("token-scope",
			fmt.Sprintf("the token carries the scopes %q, and not %s", strings.Join(t.Scopes, " "), required), remedy{
				why: "Influxion answers 403 (insufficient_scope): nobody has consented to that scope for " +
					"this client",
				portal: "App registrations → Influxion Client → API permissions → Add → My APIs → Influxion API → " +
					"Delegated → access_as_user; then Grant admin consent",
				command: fmt.Sprintf(`az ad app permission add --id %s --api "$API_CLIENT_ID" --api-permissions "$SCOPE_ID=Scope" && az ad app permission admin-consent --id %[1]s`, sh(t.ClientID)),
			})
	case slices.Contains(t.Roles, appRole):
		d.ok("token-grant", "app-only, with the role "+appRole)
	case slices.Contains(strings.Split(strings.ToLower(d.Deployment["INFLUXION_AZURE_ALLOWED_CLIENTS"]), ","),
		strings.ToLower(t.ClientID)):
		d.ok("token-grant", "app-only, by a client that INFLUXION_AZURE_ALLOWED_CLIENTS lists")
	default:
		d.lacking = d.missing("token-role",
			fmt.Sprintf("the token is app-only and carries no role %s (roles: %q)", appRole,
				strings.Join(t.Roles, " ")), remedy{
				why: "Entra ID gives any program of the tenant a token for the API; only the app role permits it to " +
					"sign. Without it: 403 (insufficient_scope)",
				portal: "App registrations → Influxion Client → API permissions → Add → My APIs → Influxion API → " +
					"Application permissions → access_as_application; " +
					"then Grant admin consent. A managed identity has no such page: only the command",
				command: fmt.Sprintf(`az ad app permission add --id %s --api "$API_CLIENT_ID" --api-permissions "$ROLE_ID=Role" && az ad app permission admin-consent --id %[1]s`, sh(t.ClientID)),
			})
	}
}

// missing returns a finding that stays open until the service answers: the service may be
// configured to accept such tokens.
func (d *examination) missing(check, what string, r remedy) *Finding {
	return &Finding{check, Failed, what, r.why, r.portal, r.command}
}

// scopeName splits the scope into the API's name and the scope's.
func (d *examination) scopeName() (api, name string) {
	slash := strings.LastIndexByte(d.Scope, '/')
	if slash < 0 {
		return "", ""
	}
	return d.Scope[:slash], d.Scope[slash+1:]
}
