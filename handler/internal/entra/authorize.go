package entra

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"influxion/handler/internal/signing"
)

// authorize checks that a verified token grants the right to call the API, and gives its caller. A
// matching audience is not enough: Entra ID gives any client of the tenant an app-only token for
// the API.
func (a *Authenticator) authorize(c *claims) (signing.Principal, error) {
	principal := signing.Principal{
		TenantID: c.tenant,
		ObjectID: strings.ToLower(c.object),
		ClientID: strings.ToLower(c.client),
		Roles:    c.roles,
	}
	if !c.delegated {
		return principal, a.authorizeApp(c, principal.ClientID)
	}
	if c.identityType != "" && c.identityType != "user" {
		return signing.Principal{}, invalidToken(errors.New("scp and idtyp disagree"))
	}
	for scope := range strings.SplitSeq(c.scope, " ") {
		if scope == "" {
			continue
		}
		if !isScope(scope) {
			return signing.Principal{}, invalidToken(errors.New("scp is not a list of scopes"))
		}
		principal.Scopes = append(principal.Scopes, scope)
	}
	required := func(scope string) bool { return slices.Contains(a.config.Scopes, scope) }
	if !slices.ContainsFunc(principal.Scopes, required) {
		return principal, insufficientScope(errors.New("no required scope in scp"))
	}
	return principal, nil
}

// authorizeApp decides on a token without scp. The optional claim idtyp says whether the token is
// app-only; without it, sub does: in an app-only token it equals the service principal's oid, in a
// user's it does not. A user's roles are not the app's.
func (a *Authenticator) authorizeApp(c *claims, client string) error {
	switch {
	case c.identityType != "" && c.identityType != "app", c.identityType == "" && c.subject != c.object:
		return insufficientScope(errors.New("neither scp nor app-only"))
	case c.clientAuth == "0":
		return insufficientScope(errors.New("app-only, but the client has not authenticated itself"))
	case a.admitsApp(c.roles, client):
		return nil
	}
	return insufficientScope(errors.New("app-only without the app role"))
}

// Admit checks again what a token granted earlier: that a caller with this tenant, these scopes and
// these roles may still call the API, as it is configured now. Its error is a *signing.Error of
// kind PermissionDenied.
func (a *Authenticator) Admit(principal signing.Principal) error {
	ofTenant := func(from issuer) bool { return strings.EqualFold(from.tenant, principal.TenantID) }
	required := func(scope string) bool { return slices.Contains(a.config.Scopes, scope) }
	switch {
	case !slices.ContainsFunc(slices.Collect(maps.Values(a.issuers)), ofTenant):
		return insufficientScope(errors.New("the tenant is no longer allowed"))
	case len(principal.Scopes) > 0 && slices.ContainsFunc(principal.Scopes, required),
		len(principal.Scopes) == 0 && a.admitsApp(principal.Roles, principal.ClientID):
		return nil
	}
	return insufficientScope(errors.New("the scope or role is no longer accepted"))
}

// admitsApp tells whether an app-only caller may call.
func (a *Authenticator) admitsApp(roles []string, client string) bool {
	return slices.Contains(roles, a.config.AppRole) || slices.Contains(a.config.AllowedClients, client)
}

func insufficientScope(cause error) *signing.Error {
	return &signing.Error{Kind: signing.PermissionDenied, Code: "insufficient_scope",
		Detail: "the access token grants neither a scope nor an app role of this API", Err: cause}
}
