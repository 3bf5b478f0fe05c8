package doctor

import (
	"fmt"
	"strings"

	"influxion/handler/internal/signing"
)

// tokenRoles reports the token's roles for certificates, and whether the deployment uses them.
func (d *examination) tokenRoles() {
	if d.claims == nil || d.Deployment == nil {
		return
	}
	on := func(name string) bool {
		return strings.EqualFold(strings.TrimSpace(d.Deployment[setting+name]), "true")
	}
	var signs, hashes []string
	for _, text := range d.claims.Roles {
		if role, err := signing.ParseRole(text); err == nil && role.Signs() {
			signs = append(signs, text)
		} else if err == nil {
			hashes = append(hashes, text)
		}
	}
	for _, one := range []struct {
		check, setting, what string
		roles                []string
	}{
		{"certificate-roles", "CERTIFICATE_ROLES", "for certificates", signs},
		{"hash-roles", "HASH_SIGNING", "to have hashes signed", hashes},
	} {
		switch has := strings.Join(one.roles, " "); {
		case on(one.setting) && d.foreignCaller():
			d.ok(one.check, fmt.Sprintf("the token is of the tenant %s, whose roles do not count; "+
				"%sTENANT_ROLES lists what its callers may use", d.claims.TenantID, setting))
		case on(one.setting):
			d.ok(one.check, fmt.Sprintf("the token's roles %s: %q", one.what, has))
		case len(one.roles) > 0:
			d.note(one.check, fmt.Sprintf("the token has the roles %q, and the deployment requires none", has), remedy{
				why: "without " + setting + one.setting + "=true these roles have no effect: they refuse nobody, and " +
					"they permit nothing",
				portal:  "Function App → Environment variables → " + setting + one.setting,
				command: setSetting + one.setting + "=true",
			})
		}
	}
}

// foreignCaller reports whether the token is of another tenant than the home tenant.
func (d *examination) foreignCaller() bool {
	return !strings.EqualFold(d.claims.TenantID, strings.TrimSpace(d.Deployment[setting+"AZURE_TENANT_ID"]))
}

// role reports a token without a role for the certificate, if the deployment's settings require
// one. It returns whether it has reported one.
func (d *examination) role(name string) bool {
	if d.claims == nil || !strings.EqualFold(strings.TrimSpace(d.Deployment[setting+"CERTIFICATE_ROLES"]), "true") {
		return false
	}
	policy := signing.Policy{ByRole: true, HomeTenant: strings.TrimSpace(d.Deployment[setting+"AZURE_TENANT_ID"])}
	for text := range strings.SplitSeq(d.Deployment[setting+"TENANT_ROLES"], ",") {
		if granted, err := signing.ParseTenantRole(strings.TrimSpace(text)); err == nil {
			policy.TenantRoles = append(policy.TenantRoles, granted)
		}
	}
	if name == "" {
		name = d.certificateName()
	}
	caller := signing.Principal{TenantID: d.claims.TenantID, Roles: d.claims.Roles}
	if name == "" || policy.MaySign(caller, name) {
		return false
	}
	role := "sign." + name
	if d.foreignCaller() {
		d.failed("certificate-role",
			fmt.Sprintf("the deployment requires a role for each certificate, and callers of the "+
				"tenant %s have none for %s", caller.TenantID, name), remedy{
				why: "roles of other tenants than the home tenant do not count: INFLUXION_TENANT_ROLES lists " +
					"what their " +
					"callers may use",
				portal: "Function App → Environment variables → INFLUXION_TENANT_ROLES",
				command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_TENANT_ROLES=` +
					sh(caller.TenantID+"/"+role),
			})
		return true
	}
	d.failed("certificate-role",
		fmt.Sprintf("the deployment requires a role for each certificate, and the token has none "+
			"for %s (roles: %q)", name, strings.Join(caller.Roles, " ")), remedy{
			why: "with INFLUXION_CERTIFICATE_ROLES a certificate without a role looks as if it did not exist. A " +
				"new role is " +
				"only in new tokens",
			portal: "App registrations → Influxion API → App roles → " + role +
				"; Enterprise applications → Influxion API → " +
				"Users and groups → Add",
			command: `az ad app show --id "$API_CLIENT_ID" --query "appRoles[].value"   # docs/azure-setup.md, who may use which certificate`,
		})
	return true
}
