package entra_test

import (
	"testing"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/signing"
)

// What a token granted earlier counts as long as the settings would still grant it.
func TestAdmit(t *testing.T) {
	t.Parallel()
	const otherTenant = "9b2c7a3e-1f4d-4a6b-8c0d-5e6f7a8b9c0d"
	user := signing.Principal{TenantID: tenantID, ObjectID: userID, ClientID: clientID, Scopes: []string{"x", scope}}
	app := signing.Principal{TenantID: tenantID, ObjectID: servicePID, ClientID: clientID, Roles: []string{role}}
	for name, test := range map[string]struct {
		principal func(*signing.Principal)
		of        signing.Principal
		config    func(*entra.Config)
		admitted  bool
	}{
		"a user":                      {of: user, admitted: true},
		"an app":                      {of: app, admitted: true},
		"a user of a tenant not ours": {principal: func(p *signing.Principal) { p.TenantID = otherTenant }, of: user},
		"a user of an allowed tenant": {principal: func(p *signing.Principal) { p.TenantID = otherTenant }, of: user,
			config: func(c *entra.Config) { c.AllowedTenants = []string{tenantID, otherTenant} }, admitted: true},
		"a user whose scope is not exposed any more": {of: user,
			config: func(c *entra.Config) { c.Scopes = []string{"another"} }},
		"an app without the role": {principal: func(p *signing.Principal) { p.Roles = nil }, of: app},
		"an app whose role does not count any more": {of: app,
			config: func(c *entra.Config) { c.AppRole = "Signer" }},
		"an allowed client": {principal: func(p *signing.Principal) { p.Roles = nil }, of: app,
			config: func(c *entra.Config) { c.AllowedClients = []string{clientID} }, admitted: true},
		"a user's role is not the app's": {principal: func(p *signing.Principal) {
			p.Scopes, p.Roles = []string{"x"}, []string{role}
		}, of: user},
		"nobody": {of: signing.Principal{}},
	} {
		config := entra.Config{TenantID: tenantID, Audiences: []string{apiID, apiURI}}
		if test.config != nil {
			test.config(&config)
		}
		authenticator, err := entra.New(config)
		if err != nil {
			t.Fatal(err)
		}
		principal := test.of
		if test.principal != nil {
			test.principal(&principal)
		}
		if err := authenticator.Admit(principal); (err == nil) != test.admitted ||
			err != nil && signing.AsError(err).Kind != signing.PermissionDenied {
			t.Errorf("%s: got %v, want admitted: %v", name, err, test.admitted)
		}
	}
}
