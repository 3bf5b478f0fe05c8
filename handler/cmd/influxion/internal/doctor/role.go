package doctor

import (
	"fmt"
	"strings"

	"influxion/handler/internal/signing"
)

// role reports a token without a role for the certificate, where the deployment's settings say that
// it takes one. It tells whether it has.
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
	if !strings.EqualFold(caller.TenantID, policy.HomeTenant) {
		d.fault("certificate-role",
			fmt.Sprintf("the deployment asks for a role for each certificate, and callers of the "+
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
	d.fault("certificate-role",
		fmt.Sprintf("the deployment asks for a role for each certificate, and the token has none "+
			"for %s (roles: %q)", name, strings.Join(caller.Roles, " ")), remedy{
			why: "with INFLUXION_CERTIFICATE_ROLES a certificate without a role looks like one that is not there. A " +
				"new role is " +
				"in new tokens alone",
			portal: "App registrations → Influxion API → App roles → " + role +
				"; Enterprise applications → Influxion API → " +
				"Users and groups → Add",
			command: `az ad app show --id "$API_CLIENT_ID" --query "appRoles[].value"   # docs/azure-setup.md, who may use which certificate`,
		})
	return true
}
