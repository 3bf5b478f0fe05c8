package infratest

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	resources   = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-influxion/providers/"
	vaultScope  = resources + "Microsoft.KeyVault/vaults/kv-test"
	appIdentity = "identity-of-the-app"
	zeroRole    = "00000000-0000-0000-0000-000000000000"
)

func TestSetupGrantsTheLeast(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	first := n.succeeds(n.run(nil, "setup.sh"))
	var got []right
	for _, call := range first.calls {
		text := strings.Join(call, " ")
		if strings.HasPrefix(text, "role assignment create") {
			o := outcome{calls: [][]string{call}}
			principal := o.options("", "--assignee-object-id")[0]
			got = append(got, right{"", o.options("", "--role")[0], o.options("", "--scope")[0], principal})
		}
		if strings.Contains(text, "set-policy") {
			t.Errorf("got %s", text)
		}
	}
	want := []right{
		{"", certificatesOfficer, vaultScope, "me"}, // for one step
		{"", blobDataOwner, resources + "Microsoft.Storage/storageAccounts/sttest", appIdentity},
		{"", tableDataContributor, resources + "Microsoft.Storage/storageAccounts/sttest", appIdentity},
		{"", metricsPublisher, resources + "Microsoft.Insights/components/func-test", appIdentity},
		{"", secretsUser, vaultScope + "/secrets/seal", appIdentity},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the rights\n%v, want\n%v", got, want)
	}
	left := n.roles()
	ofOthers := func(role string) bool { return !strings.HasSuffix(role, "identity_of_the_app") }
	if len(left) != 4 || slices.ContainsFunc(left, ofOthers) {
		t.Errorf("got the lasting rights %v, want four of the app's identity", left)
	}
	if shared := first.options("storage account create", "--allow-shared-key-access"); !slices.Equal(shared,
		[]string{"false"}) {
		t.Errorf("got a storage account that takes keys: %v", shared)
	}
	if first.index("--enable-rbac-authorization true") < 0 || first.index("--enable-purge-protection true") < 0 {
		t.Error("got a vault without RBAC or purge protection")
	}
}

func TestSetupKeepsTheOrder(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	first := n.succeeds(n.run(nil, "setup.sh"))
	last := -1
	for _, step := range []string{
		"group create", "keyvault create", "role assignment create --role " + certificatesOfficer,
		"keyvault certificate create",
		"role assignment delete", "ad app create --display-name Influxion API",
		"ad app create --display-name Influxion Client",
		"rest --method PATCH", "ad sp create", "rest --method POST", "storage account create", "container-rm create",
		"functionapp create",
		"--role " + blobDataOwner, vaultScope + "/secrets/seal", "appsettings set", "appsettings delete", "config-zip",
	} {
		at := first.index(step)
		if at <= last {
			t.Errorf("got %s at %d, want it after %d", step, at, last)
		}
		last = at
	}
	if n.state("build") != "build stage\n" {
		t.Errorf("got the build %q, want stage", n.state("build"))
	}
}

func TestSetupTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	first := n.succeeds(n.run(nil, "setup.sh"))
	second := n.succeeds(n.run(nil, "setup.sh"))
	again := []string{
		"diagnostic-settings create", "container-rm create", "resource update", "appsettings set",
		"appsettings delete",
		"config-zip", "PATCH", "ad sp update", "assignment create --role " + certificatesOfficer, "assignment delete",
	}
	for _, call := range second.changes() {
		text := strings.Join(call, " ")
		if !slices.ContainsFunc(again, func(allowed string) bool { return strings.Contains(text, allowed) }) {
			t.Errorf("got %s a second time", text)
		}
	}
	before, after := first.options("PATCH", "--body"), second.options("PATCH", "--body")
	if len(before) != 4 || len(after) != 4 || !slices.Equal(before[1:], after[1:]) {
		t.Errorf("got the registrations\n%v, then\n%v: want the same, with the same IDs", before, after)
	}
	for i, want := range [][]string{0: {"id-of-Influxion_Page", "id-of-Influxion_Client"},
		3: {"id-of-Influxion_Client", "id-of-Influxion_Page"}} {
		var api apiRegistration
		if want != nil && (json.Unmarshal([]byte(after[i]), &api) != nil || !slices.Equal(api.clients(), want)) {
			t.Errorf("got %v pre-authorised, want %v: nobody who was goes", api.clients(), want)
		}
	}
}

// apiRegistration is what the script sends to Microsoft Graph about Influxion API.
type apiRegistration struct {
	IdentifierURIs []string `json:"identifierUris"`
	API            struct {
		RequestedAccessTokenVersion int
		OAuth2PermissionScopes      []struct {
			ID, Value, Type string
			IsEnabled       bool
		} `json:"oauth2PermissionScopes"`
		PreAuthorizedApplications []struct {
			AppID                  string   `json:"appId"`
			DelegatedPermissionIDs []string `json:"delegatedPermissionIds"`
		}
	} `json:"api"`
	AppRoles []struct {
		ID, Value          string
		AllowedMemberTypes []string
	}
}

// clients are the clients that need no consent.
func (r *apiRegistration) clients() (all []string) {
	for _, client := range r.API.PreAuthorizedApplications {
		all = append(all, client.AppID)
	}
	return all
}

// Roles of certificates are added to the existing roles, each once, and no role that somebody made
// is removed.
func TestSetupCertificateRoles(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	roles := func(wanted string) []string {
		t.Helper()
		bodies := n.succeeds(n.run(map[string]string{"CERTIFICATE_ROLES": wanted}, "setup.sh",
			"registrations")).options("PATCH", "--body")
		var api apiRegistration
		if err := json.Unmarshal([]byte(bodies[0]), &api); err != nil {
			t.Fatalf("got %s: %v", bodies[0], err)
		}
		var all []string
		for _, role := range api.AppRoles {
			all = append(all, role.Value+" "+role.ID+" "+strings.Join(role.AllowedMemberTypes, ","))
		}
		return all
	}
	first, second := roles("sign.seal sign.*"), roles("hash.seal sign.seal")
	third := roles("")
	if len(first) != 4 || len(second) != 5 || !slices.Equal(second[:4], first) || !slices.Equal(third, second) {
		t.Fatalf("got the roles\n%q, then\n%q, then\n%q: want none lost, none twice", first, second, third)
	}
	for i, want := range []string{"access_as_application ", "jobs.read.* ", "sign.seal ", "sign.* ", "hash.seal "} {
		if !strings.HasPrefix(second[i], want) || i > 0 && !strings.HasSuffix(second[i], " User,Application") {
			t.Errorf("got the role %q, want %s for users and applications", second[i], want)
		}
	}
}

// clientRegistration is what the script sends to Microsoft Graph about Influxion Client.
type clientRegistration struct {
	IsFallbackPublicClient bool
	PublicClient           struct {
		RedirectURIs []string `json:"redirectUris"`
	}
	RequiredResourceAccess []struct {
		ResourceAppID  string `json:"resourceAppId"`
		ResourceAccess []struct{ ID, Type string }
	}
}

func TestSetupRegistrations(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"CLIENT_WITHOUT_USER": "true", "CALLERS": "one two"}
	first := n.succeeds(n.run(env, "setup.sh", "registrations"))
	bodies := first.options("PATCH", "--body")
	var api apiRegistration
	var client clientRegistration
	if len(bodies) != 2 || json.Unmarshal([]byte(bodies[0]), &api) != nil ||
		json.Unmarshal([]byte(bodies[1]), &client) != nil {
		t.Fatalf("got the registrations %v", bodies)
	}
	apiID, clientID := "id-of-Influxion_API", "id-of-Influxion_Client"
	scope, role, access := api.API.OAuth2PermissionScopes[0], api.AppRoles[0], client.RequiredResourceAccess[0]
	if !slices.Equal(api.IdentifierURIs, []string{"api://" + apiID}) || api.API.RequestedAccessTokenVersion != 2 ||
		scope.Value != "access_as_user" || scope.Type != "User" || !scope.IsEnabled ||
		role.Value != "access_as_application" || !slices.Equal(role.AllowedMemberTypes, []string{"Application"}) {
		t.Errorf("got the API %+v", api)
	}
	authorized := api.API.PreAuthorizedApplications[0]
	if authorized.AppID != clientID || !slices.Equal(authorized.DelegatedPermissionIDs, []string{scope.ID}) ||
		scope.ID == role.ID || scope.ID == "" {
		t.Errorf("got the pre-authorised client %+v", authorized)
	}
	if !client.IsFallbackPublicClient ||
		!slices.Equal(client.PublicClient.RedirectURIs, []string{"http://localhost"}) ||
		len(client.RequiredResourceAccess) != 1 || access.ResourceAppID != apiID || len(access.ResourceAccess) != 2 ||
		access.ResourceAccess[0].ID != scope.ID || access.ResourceAccess[1].ID != role.ID {
		t.Errorf("got the client %+v", client)
	}
	var assigned []string
	for _, body := range first.options("POST", "--body") {
		var assignment struct{ PrincipalID, ResourceID, AppRoleID string }
		if err := json.Unmarshal([]byte(body), &assignment); err != nil || assignment.ResourceID != "principal-"+apiID {
			t.Errorf("got the assignment %s", body)
		}
		assigned = append(assigned, assignment.PrincipalID+" "+assignment.AppRoleID)
	}
	want := []string{"one " + zeroRole, "two " + zeroRole, "principal-" + clientID + " " + role.ID}
	if !slices.Equal(assigned, want) {
		t.Errorf("got the assignments %v, want %v", assigned, want)
	}
	if first.index("ad sp update --id principal-"+apiID+" --set appRoleAssignmentRequired=true") < 0 {
		t.Error("got an API that needs no assignment")
	}
}

func TestSetupSettings(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{
		"TSA_URL": "https://tsa.example/a,http://tsa.example/b", "DEFAULT_LEVEL": "B-T", "TSA_USER": "us",
		"TSA_PASSWORD_SECRET": "tsa-password",
		"TSA_CERTIFICATE":     "tsa-client", "OUTBOUND_PROXY": "http://proxy.example:3128",
		"OUTBOUND_HOSTS": "ocsp.example.com", "HASH_SIGNING": "true", "CALLER_RATE": "60,209715200",
		"JOBS_STORAGE_URL": "https://stjobs.blob.core.windows.net", "JOBS_RETENTION": "24h",
		"TEMPLATES_CONTAINER": "https://stjobs.blob.core.windows.net/templates",
		"RENDERER_URL":        "https://renderer.example",
		"TENANT_ROLES":        "11111111-1111-1111-1111-111111111111/sign.seal",
	}
	first := n.succeeds(n.run(env, "setup.sh"))
	set := map[string]string{}
	for _, call := range first.calls {
		if at := slices.Index(call, "--settings"); at >= 0 {
			for _, setting := range call[at+1:] {
				name, value, _ := strings.Cut(setting, "=")
				set[name] = value
			}
		}
	}
	audience := "api://id-of-Influxion_API"
	want := map[string]string{
		"AzureWebJobsStorage__accountName": "sttest", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=AAD",
		"AzureWebJobsDisableHomepage":   "true",
		"INFLUXION_AZURE_TENANT_ID":     "00000000-0000-0000-0000-00000000000b",
		"INFLUXION_AZURE_API_CLIENT_ID": "id-of-Influxion_API",
		"INFLUXION_AZURE_AUDIENCE":      audience, "INFLUXION_AZURE_DEFAULT_SCOPE": audience + "/.default",
		"INFLUXION_VAULT_URL": "https://kv-test.vault.azure.net", "INFLUXION_SIGNING_CERTIFICATES": "seal",
		"INFLUXION_TSA_USER":     "us",
		"INFLUXION_TSA_PASSWORD": "@Microsoft.KeyVault(SecretUri=https://kv-test.vault.azure.net/secrets/tsa-password)",
		"INFLUXION_TSA_API_KEY":  "", "INFLUXION_TSA_API_KEY_HEADER": "",
		"INFLUXION_TSA_CLIENT_CERTIFICATE": "@Microsoft.KeyVault(" +
			"SecretUri=https://kv-test.vault.azure.net/secrets/tsa-client)",
		"INFLUXION_OUTBOUND_PROXY": "http://proxy.example:3128", "INFLUXION_OUTBOUND_HOSTS": "ocsp.example.com",
		"INFLUXION_TSA_URL": "https://tsa.example/a,http://tsa.example/b", "INFLUXION_DEFAULT_LEVEL": "B-T",
		"INFLUXION_TRUST_ANCHORS": "", "INFLUXION_KEY_MODE": "", "INFLUXION_KEY_URL": "",
		"INFLUXION_PAGE_CLIENT_ID":    "id-of-Influxion_Page",
		"INFLUXION_CERTIFICATE_FILES": "", "INFLUXION_AUDIT_CONTAINER": "", "INFLUXION_CERTIFICATE_ROLES": "",
		"INFLUXION_HASH_SIGNING": "true", "INFLUXION_CALLER_RATE": "60,209715200",
		"INFLUXION_JOBS_STORAGE_URL": "https://stjobs.blob.core.windows.net", "INFLUXION_JOBS_RETENTION": "24h",
		"INFLUXION_TEMPLATES_CONTAINER": "https://stjobs.blob.core.windows.net/templates",
		"INFLUXION_RENDERER_URL":        "https://renderer.example",
		"INFLUXION_TENANT_ROLES":        "11111111-1111-1111-1111-111111111111/sign.seal",
	}
	if !maps.Equal(set, want) {
		t.Errorf("got the settings\n%v, want\n%v", set, want)
	}
	page := regexp.MustCompile(`^{"spa":{"redirectUris":\["https://[a-z0-9.-]+/api/"\]}`)
	if bodies := first.options("PATCH", "--body"); !slices.ContainsFunc(bodies, page.MatchString) {
		t.Errorf("got the registrations %v, want one with the page's address", bodies)
	}
	for _, secret := range []string{"seal", "tsa-password", "tsa-client"} {
		if !slices.ContainsFunc(first.options("role assignment create", "--scope"),
			func(scope string) bool { return strings.HasSuffix(scope, "/secrets/"+secret) }) {
			t.Errorf("got no right on the secret %s", secret)
		}
	}
	if deleted := first.options("appsettings delete", "--setting-names"); !slices.Equal(deleted,
		[]string{"AzureWebJobsStorage"}) {
		t.Errorf("got %v deleted, want the connection string", deleted)
	}
	template := named(t, templates(t)["main.bicep"], "module", "app").Body.at("params", "settings").Fields
	for name := range want {
		if _, there := template[name]; strings.HasPrefix(name, "INFLUXION_") && !there {
			t.Errorf("got %s, which the template does not set", name)
		}
	}
	if platforms := 3; len(template)+platforms != len(want) {
		t.Errorf("got %d settings of the handler, and %d in the template", len(want)-platforms, len(template))
	}
	for _, line := range []string{
		"\nINFLUXION_AZURE_AUDIENCE=" + audience + "\n", "\nINFLUXION_VAULT_URL=https://kv-test.vault.azure.net\n",
		"\nINFLUXION_AZURE_CLIENT_ID=\n", "\nINFLUXION_AZURE_CLIENT_SECRET=\n",
		"\nexport INFLUXION_CLIENT_URL=https://func-test-abc.westeurope-01.azurewebsites.net\n",
		"\nexport INFLUXION_CLIENT_ID=id-of-Influxion_Client\n",
		"\nexport INFLUXION_CLIENT_SCOPE=" + audience + "/.default\n",
	} {
		if !strings.Contains(first.out, line) {
			t.Errorf("got no line %q", line)
		}
	}
	if strings.Contains(first.out, "lot") || strings.Contains(first.out, "a key") {
		t.Error("got the answers of az printed, which may hold keys")
	}
}

func TestSetupTakesItsOwnRightAway(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, fail, times string
		failed            bool
	}{
		{"after a failure", "certificate create", "", true},
		{"after an unusable key", "certificate show", "", true},
		{"when the right takes a while", "certificate list", "2", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newTenant(t)
			n.succeeds(n.run(nil, "setup.sh", "group", "vault"))
			got := n.run(map[string]string{"FAIL": test.fail, "FAIL_TIMES": test.times}, "setup.sh", "certificate")
			if got.failed != test.failed {
				t.Errorf("got failed %v, want %v: %s", got.failed, test.failed, got.err)
			}
			if left := n.roles(); len(left) != 0 || got.index("role assignment create") < 0 {
				t.Errorf("got the rights %v left, want one granted and taken away", left)
			}
		})
	}
}

func TestSetupLeavesTheRightThatWasThere(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	n.succeeds(n.run(nil, "setup.sh", "group", "vault"))
	held := "role_" + regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(certificatesOfficer+"_"+vaultScope, "_") + "_me"
	if err := os.WriteFile(filepath.Join(n.folder, "state", held), []byte("held\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := n.succeeds(n.run(nil, "setup.sh", "certificate"))
	if left := n.roles(); !slices.Equal(left, []string{held}) || got.index("role assignment create") >= 0 {
		t.Errorf("got the rights %v, want the one of before", left)
	}
	if got.index("--assignee me --include-inherited") < 0 {
		t.Error("got no question for a right on the group or the subscription")
	}
}

func TestSetupRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		env       map[string]string
		arguments []string
		message   string
	}{
		{"an unknown step", nil, []string{"certificates"}, "infra/setup.sh [--dry-run]"},
		{"no vault", map[string]string{"VAULT": ""}, nil, "VAULT: "},
		{"a query in a name", map[string]string{"CERTIFICATE": "a' || 'b"}, nil, "CERTIFICATE: "},
		{"a list as the name of a secret", map[string]string{"TSA_KEY_SECRET": "one *"}, nil, "TSA_KEY_SECRET: "},
		{"a path in a name", map[string]string{"VAULT": "kv/secrets"}, []string{"grant"}, "VAULT: "},
		{"no app", map[string]string{"APP": ""}, []string{"settings"}, "APP: "},
		{"a bad storage account", map[string]string{"STORAGE": "St-1"}, []string{"app"}, "STORAGE: "},
		{"a subject with a quote", map[string]string{"CERTIFICATE_SUBJECT": `CN="`}, []string{"certificate"}, "CERTIFICATE_SUBJECT: "},
		{"a caller with a quote", map[string]string{"CALLERS": `a b"`}, []string{"registrations"}, "CALLERS: "},
		{"a role that is none", map[string]string{"CERTIFICATE_ROLES": "sign.seal hash.*"}, []string{"registrations"},
			"CERTIFICATE_ROLES: "},
		{"a client ID with a quote", map[string]string{"API_CLIENT_ID": `a'`}, []string{"registrations"}, "API_CLIENT_ID: "},
		{"a group with a quote", map[string]string{"GROUP": "g'"}, []string{"group"}, "GROUP: "},
		{"tags that are no JSON", map[string]string{"TAGS": "owner=me"}, nil, "TAGS: "},
		{"a tag that is a number", map[string]string{"TAGS": `{"owner":1}`}, nil, "TAGS: "},
		{"neither zones nor none", map[string]string{"ZONE_REDUNDANT": "yes"}, []string{"app"}, "ZONE_REDUNDANT: "},
		{"no such size", map[string]string{"INSTANCE_MEMORY": "1024"}, []string{"app"}, "INSTANCE_MEMORY: "},
		{"no such storage", map[string]string{"AUDIT_SKU": "Premium_LRS"}, []string{"audit"}, "AUDIT_SKU: "},
		{"a failing question", map[string]string{"FAIL": "keyvault list"}, []string{"vault"}, "Forbidden"},
		{"a question about registrations", map[string]string{"FAIL": "ad app list"}, []string{"registrations"},
			"Forbidden"},
		{"a question about rights", map[string]string{"FAIL": "role assignment list"}, []string{"vault", "grant"},
			"Forbidden"},
		{"settings before registrations", nil, []string{"settings"}, "registrations"},
		{"a right before the vault", nil, []string{"grant"}, "no vault"},
		{"an unusable key", map[string]string{"EXPORTABLE": "false"}, []string{"vault", "certificate"},
			"not exportable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newTenant(t)
			got := n.run(test.env, "setup.sh", test.arguments...)
			if !got.failed || !strings.Contains(got.err+got.out, test.message) {
				t.Errorf("got failed %v with %q, want %q", got.failed, got.err, test.message)
			}
			if got.index(secretsUser+" --scope "+vaultScope+"/secrets/seal --assignee-object-id") >= 0 ||
				got.index("ad app create") >= 0 {
				t.Errorf("got changes in spite of the refusal: %v", got.changes())
			}
		})
	}
}

func TestSetupStopsAtTwins(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	if err := os.WriteFile(filepath.Join(n.folder, "state", "app_Influxion_API"), []byte("one\ntwo\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	got := n.run(nil, "setup.sh", "registrations")
	if !got.failed || !strings.Contains(got.err, "API_CLIENT_ID") || len(got.changes()) != 0 {
		t.Errorf("got %v with %q, want a question for API_CLIENT_ID", got.changes(), got.err)
	}
	n.succeeds(n.run(map[string]string{"API_CLIENT_ID": "two"}, "setup.sh", "registrations"))
	if n.state("graph_two.json") == "" {
		t.Error("got another registration than the one that was named")
	}
}

func TestSetupImports(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"PFX_FILE": "seal.pfx", "PFX_PASSWORD": "p w"}
	got := n.succeeds(n.run(env, "setup.sh", "vault", "certificate"))
	file := got.options("certificate import", "--file")
	if !slices.Equal(file, []string{"seal.pfx"}) || got.index("certificate create") >= 0 {
		t.Errorf("got %v imported, want seal.pfx alone", file)
	}
	if password := got.options("certificate import", "--password"); !slices.Equal(password, []string{"p w"}) {
		t.Errorf("got the password %q", password)
	}
	dry := n.succeeds(n.run(env, "setup.sh", "--dry-run", "certificate"))
	if !strings.Contains(dry.out, "certificate import") || strings.Contains(dry.out+dry.err, "p w") {
		t.Errorf("got %s, want an import without the password", dry.out)
	}
}

// With a key that stays in the vault, the script makes it so, in hardware if the vault has it, and
// grants nobody a right on the secret of its certificate.
func TestSetupKeepsTheKeyInTheVault(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"KEY_PLACE": "vault", "VAULT_SKU": "premium"}
	got := n.succeeds(n.run(env, "setup.sh"))
	if sku := got.options("keyvault create", "--sku"); !slices.Equal(sku, []string{"premium"}) {
		t.Errorf("got the tier %v, want premium", sku)
	}
	policy := strings.Join(got.options("certificate create", "--policy"), "")
	if !strings.Contains(policy, `"exportable":false,"keyType":"RSA-HSM"`) {
		t.Errorf("got the policy %s, want a key that stays in hardware", policy)
	}
	for _, scope := range got.options("role assignment create", "--scope") {
		if strings.Contains(scope, "/secrets/") {
			t.Errorf("got a right on %s, want none on the secret", scope)
		}
	}
	n.signerGranted(got)
	env = map[string]string{
		"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000000a", "AZURE_RESOURCE_GROUP": "rg-influxion",
		"CERTIFICATE": "seal", "PRINCIPAL_ID": appIdentity, "APP": "", "KEY_PLACE": "vault",
	}
	after := n.succeeds(n.run(env, "postprovision.sh"))
	if files := after.options("deployment group create", "--template-file"); !slices.Equal(files,
		[]string{"infra/signer.bicep"}) {
		t.Errorf("got the templates %v, want the right to sign alone", files)
	}
}

// TestSetupDryRun compares the output of a dry run with the calls of a first run.
func TestSetupDryRun(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	dry := n.succeeds(n.run(nil, "setup.sh", "--dry-run"))
	if len(dry.calls) != 0 || n.state("build") != "" {
		t.Errorf("got %d calls in a dry run", len(dry.calls))
	}
	// The test runs the printed commands: the small az must know every one, and they must match
	// those of a first run.
	commands, _, _ := strings.Cut(dry.out, "\n# ")
	script := "az() { printf '%s\\x1f' \"$@\"; printf '\\x1e'; }\n" + strings.ReplaceAll(commands, "./build.sh", ": ")
	printed, err := exec.CommandContext(t.Context(), "bash", "-euc", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for record := range strings.SplitSeq(strings.TrimSuffix(string(printed), "\x1e"), "\x1e") {
		got = append(got, shape(strings.Split(strings.TrimSuffix(record, "\x1f"), "\x1f")))
	}
	for _, call := range n.succeeds(n.run(nil, "setup.sh")).changes() {
		want = append(want, shape(call))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// shape returns a call without the values that a dry run can't know.
func shape(call []string) string {
	var words []string
	for _, word := range call {
		if word == "--output" {
			break
		}
		if strings.HasPrefix(word, "--") || len(words) < 3 && !strings.Contains(word, "/") {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func TestPostprovision(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	n.succeeds(n.run(nil, "setup.sh", "vault"))
	env := map[string]string{
		"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000000a", "AZURE_RESOURCE_GROUP": "rg-influxion",
		"CERTIFICATE": "seal", "PRINCIPAL_ID": appIdentity, "APP": "",
	}
	got := n.succeeds(n.run(env, "postprovision.sh"))
	made, granted := got.index("certificate create"), got.index("deployment group create")
	if made < 0 || granted < made {
		t.Errorf("got the certificate at %d and the right at %d", made, granted)
	}
	call := strings.Join(got.calls[granted], " ")
	if !strings.Contains(call, "vaultName=kv-test certificateName=seal principalId="+appIdentity) {
		t.Errorf("got %s", call)
	}
	for _, d := range readBicep(t, top+"infra/grant.bicep") {
		if d.Kind == "param" && !strings.Contains(call, " "+d.Name+"=") {
			t.Errorf("got no %s for grant.bicep", d.Name)
		}
	}
	if n.state("azd") != "azd env set CERTIFICATE_READY true\n" {
		t.Errorf("got azd %q", n.state("azd"))
	}
	env["AZURE_SUBSCRIPTION_ID"] = "another"
	if got := n.run(env, "postprovision.sh"); !got.failed || len(got.changes()) != 0 {
		t.Errorf("got %v in another subscription, want nothing", got.changes())
	}
}
