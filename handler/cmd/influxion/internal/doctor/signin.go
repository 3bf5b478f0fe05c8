package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/internal/guid"
)

// authority checks whether Entra ID knows the tenant.
func (d *examination) authority(ctx context.Context) bool {
	if d.TenantID == "" {
		d.notChecked("authority", "no tenant was named (--tenant): the credential has its own")
		return true
	}
	host := strings.TrimSuffix(d.AuthorityHost, "/")
	address := host + "/" + d.TenantID + "/v2.0/.well-known/openid-configuration"
	response, body, err := d.get(ctx, address)
	if err != nil {
		d.connection("authority", host, err)
		return false
	}
	d.clock("authority", response.Header)
	return d.discovery(address, response.StatusCode, body)
}

// discovery checks the tenant's discovery document, as the authority has answered for it.
func (d *examination) discovery(address string, status int, body []byte) bool {
	var metadata struct {
		Issuer string `json:"issuer"`
		Error  string `json:"error_description"`
	}
	unreadable := json.Unmarshal(body, &metadata) != nil
	host := strings.TrimSuffix(d.AuthorityHost, "/")
	switch {
	case status == http.StatusBadRequest && strings.Contains(metadata.Error, "AADSTS90002"):
		d.failed("authority-tenant", fmt.Sprintf("Entra ID knows no tenant %q", d.TenantID), remedy{
			why:     "tokens come from the tenant of the app registrations",
			portal:  "Microsoft Entra admin center → Overview → Tenant ID",
			command: "az account show --query tenantId -o tsv",
		})
		return false
	case status != http.StatusOK || unreadable:
		d.failed("authority-answer", fmt.Sprintf("%s answers %d, and no discovery document", host, status),
			remedy{
				why: "this is not the login host of a cloud, or something between here and there answers " +
					"in its place",
				portal: "INFLUXION_CLIENT_AUTHORITY_HOST: https://login.microsoftonline.com, " +
					"login.microsoftonline.us or login.partner.microsoftonline.cn",
				command: "curl " + sh(address),
			})
		return false
	case guid.Valid(d.TenantID) && !strings.EqualFold(metadata.Issuer, host+"/"+d.TenantID+"/v2.0"):
		d.failed("authority-issuer",
			fmt.Sprintf("the discovery document of the tenant names the issuer %q", metadata.Issuer), remedy{
				why:     "Influxion accepts only the keys of a document that names the tenant's own issuer",
				portal:  "something between here and Entra ID changes answers: proxy, DNS",
				command: "curl -v " + sh(address),
			})
		return false
	}
	d.ok("authority", "Entra ID knows tenant "+d.TenantID)
	return true
}

// signIn gets a token.
func (d *examination) signIn(ctx context.Context) bool {
	err := d.CredentialErr
	if err == nil && d.Credential == nil {
		err = signin.ErrNotSignedIn
	}
	if err == nil && d.Scope == "" {
		d.failed("sign-in-scope", "no scope is set", remedy{
			why:     "a token is for one API: the scope says which",
			portal:  "App registrations → Influxion API → Expose an API → Application ID URI",
			command: "export INFLUXION_CLIENT_SCOPE=api://$API_CLIENT_ID/.default",
		})
		return false
	}
	if err == nil {
		token, getErr := d.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{d.Scope}})
		if getErr == nil {
			d.token = token.Token
			d.ok("sign-in", "Entra ID gives a token for "+d.Scope)
			return true
		}
		err = getErr
	}
	d.refusedSignIn(err)
	return false
}

// signInCauses explains the refusals of Entra ID; %s stands for the client ID.
var signInCauses = map[string]cause{
	"AADSTS7000215": {"sign-in-secret", "the client secret is not one of the app registration's", remedy{
		"the app cannot sign in",
		"App registrations → Influxion Client → Certificates & secrets: copy the value, not the secret ID",
		`az ad app credential reset --id %s --append --query password -o tsv`}},
	"AADSTS7000222": {"sign-in-secret-expired", "the client secret has expired", remedy{
		"the app cannot sign in", "App registrations → Influxion Client → Certificates & secrets → New client secret",
		`az ad app credential reset --id %s --append --query password -o tsv`}},
	"AADSTS700016": {"sign-in-client", "the tenant has no app registration with this client ID", remedy{
		"nobody can sign in as it",
		"App registrations → Influxion Client → Application (client) ID; is it the right tenant?",
		`az ad app show --id %s --query appId -o tsv`}},
	"AADSTS700027": {"sign-in-certificate", "the client certificate is not one of the app registration's", remedy{
		"the app cannot sign in",
		"App registrations → Influxion Client → Certificates & secrets → Certificates → Upload certificate",
		`az ad app credential reset --id %s --append --cert @client.pem`}},
	"AADSTS700213": {"sign-in-federation", "no federated credential of the app registration fits this workload's token",
		remedy{
			"the workload cannot sign in",
			"App registrations → Influxion Client → Certificates & secrets → Federated credentials: issuer, " +
				"subject, audience",
			`az ad app federated-credential list --id %s`}},
	"AADSTS500011": {"sign-in-api", "the tenant knows no API by the name in the scope", remedy{
		"a token is for one API, and this one is not registered here",
		"App registrations → Influxion API → Expose an API → Application ID URI; Enterprise applications → Influxion " +
			"API must be there",
		`az ad sp create --id "$API_CLIENT_ID"`}},
	"AADSTS65001": {"sign-in-consent", "nobody has consented to the permissions that the client requests", remedy{
		"Entra ID gives no token without consent",
		"App registrations → Influxion Client → API permissions → Grant admin consent",
		`az ad app permission admin-consent --id %s`}},
	"AADSTS650053": {"sign-in-scope", "the API exposes no such scope", remedy{
		"the name after the last slash is misspelt, or the scope was never added",
		"App registrations → Influxion API → Expose an API → Scopes: access_as_user",
		`az ad app show --id "$API_CLIENT_ID" --query "api.oauth2PermissionScopes[].value"`}},
	"AADSTS1002012": {"sign-in-scope", "an app asks for its roles with a scope that ends in /.default", remedy{
		"single scopes are for people", "set the scope to api://<client-id of Influxion API>/.default",
		`export INFLUXION_CLIENT_SCOPE=api://$API_CLIENT_ID/.default`}},
	"AADSTS70011": {"sign-in-scope", "the scope does not have the form api://<client-id>/.default", remedy{
		"Entra ID cannot tell which API is meant", "set the scope to api://<client-id of Influxion API>/.default",
		`export INFLUXION_CLIENT_SCOPE=api://$API_CLIENT_ID/.default`}},
	"AADSTS7000218": {"sign-in-public-client", "the app registration does not allow sign-in without a client secret",
		remedy{
			"sign-in by device code or browser has no secret",
			"App registrations → Influxion Client → Authentication → Allow public client flows → Yes",
			`az ad app update --id %s --is-fallback-public-client true`}},
	"AADSTS50011": {"sign-in-redirect", "the app registration has no redirect URI http://localhost", remedy{
		"Entra ID does not send the browser back to influxion",
		"App registrations → Influxion Client → Authentication → Add a platform → Mobile and desktop applications → " +
			"http://localhost",
		`az ad app update --id %s --public-client-redirect-uris http://localhost`}},
	"AADSTS501051": {"sign-in-assignment", "the client is not assigned to the API, which requires assignment", remedy{
		"“Assignment required” is on",
		"Enterprise applications → Influxion API → Users and groups → Add; for an app: admin consent to its app role",
		`az ad app permission admin-consent --id %s`}},
	"AADSTS50105": {"sign-in-assignment", "you are not assigned to the API, which requires assignment", remedy{
		"“Assignment required” is on", "Enterprise applications → Influxion API → Users and groups → Add user/group",
		`az rest --method POST --url "https://graph.microsoft.com/v1.0/servicePrincipals/$(az ad sp show --id "$API_CLIENT_ID" --query id -o tsv)/appRoleAssignedTo" ` +
			`--headers Content-Type=application/json --body "{\"principalId\":\"$(az ad signed-in-user show --query id -o tsv)\",` +
			`\"resourceId\":\"$(az ad sp show --id "$API_CLIENT_ID" --query id -o tsv)\",\"appRoleId\":\"00000000-0000-0000-0000-000000000000\"}"`}},
	"AADSTS50034": {"sign-in-user", "the tenant has no such user", remedy{
		"tokens are for users of the tenant, or its guests",
		"Microsoft Entra admin center → Users: sign in as one of these, or invite the user", "influxion login"}},
	"AADSTS90002": {"authority-tenant", "Entra ID knows no such tenant", remedy{
		"tokens come from the tenant of the app registrations",
		"Microsoft Entra admin center → Overview → Tenant ID", "az account show --query tenantId -o tsv"}},
	"AADSTS53003": {"sign-in-conditional-access", "a Conditional Access policy blocks this sign-in",
		remedy{
			"the organisation requires another device, location or authentication strength",
			"Entra admin center → Monitoring → Sign-in logs → Conditional Access", "influxion login --browser"}},
}

func (d *examination) refusedSignIn(err error) {
	failed, ok := signin.ErrorOf(err)
	if cause, known := signInCauses[failed.Code]; ok && known {
		r := cause.remedy
		client := d.ClientID
		if client == "" {
			client = "$CLIENT_ID"
		}
		r.command = strings.ReplaceAll(r.command, "%s", sh(client))
		d.failed(cause.check, cause.what+" ("+failed.Code+")", r)
		return
	}
	d.failed("sign-in", "no token: "+signin.Explain(err), remedy{
		why:     "every call of the API needs an access token",
		portal:  "Entra admin center → Monitoring → Sign-in logs has the reason",
		command: "influxion login",
	})
}
