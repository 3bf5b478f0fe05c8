package infratest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const top = "../../"

// Built-in roles, by ID.
const (
	secretsUser         = "4633458b-17de-408a-b874-0445c86b69e6"
	certificatesOfficer = "a4417e6f-fecd-4de8-b567-7b0420556985"
	reader              = "21090545-7ca7-4776-b22c-e363652d74d2" // Key Vault Reader
	blobDataOwner       = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
	acrPull             = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
	blobDataReader      = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	queueContributor    = "974c5e8b-45b9-4653-ba55-5f855dd0fb88" // Storage Queue Data Contributor
	blobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
	// Storage Table Data Contributor
	tableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
	metricsPublisher     = "3913510d-42f4-4e42-8a64-420c390055eb"
)

// templates reads every Bicep file by name.
func templates(t *testing.T) map[string][]declaration {
	t.Helper()
	files, err := filepath.Glob(top + "infra/*.bicep")
	if err != nil || len(files) < 5 {
		t.Fatalf("got %d templates, %v", len(files), err)
	}
	read := map[string][]declaration{}
	for _, file := range files {
		read[filepath.Base(file)] = readBicep(t, file)
	}
	return read
}

func named(t *testing.T, declarations []declaration, kind, name string) declaration {
	t.Helper()
	for _, d := range declarations {
		if d.Kind == kind && d.Name == name {
			return d
		}
	}
	t.Fatalf("got no %s %s", kind, name)
	return declaration{}
}

func ofType(declarations []declaration, resource string) []declaration {
	return slices.DeleteFunc(slices.Clone(declarations), func(d declaration) bool {
		return d.Kind != "resource" || !strings.HasPrefix(d.Type, resource+"@")
	})
}

// right is a role assignment: role by ID, scope by resource type, principal as written.
type right struct{ file, role, scope, principal string }

func TestRightsAreTheLeastThatWork(t *testing.T) {
	t.Parallel()
	const container = "Microsoft.Storage/storageAccounts/blobServices/containers"
	want := []right{
		{"app.bicep", blobDataOwner, "Microsoft.Storage/storageAccounts", "site.identity.principalId"},
		{"app.bicep", tableDataContributor, "Microsoft.Storage/storageAccounts", "site.identity.principalId"},
		{"app.bicep", metricsPublisher, "Microsoft.Insights/components", "site.identity.principalId"},
		{"audit.bicep", blobDataContributor, "Microsoft.Storage/storageAccounts/blobServices/containers",
			"principalId"},
		{"grant.bicep", secretsUser, "Microsoft.KeyVault/vaults/secrets", "principalId"},
		{"jobs.bicep", blobDataContributor, container, "principalId"},
		{"jobs.bicep", blobDataContributor, container, "principalId"},
		{"jobs.bicep", blobDataReader, container, "principalId"},
		{"jobs.bicep", blobDataReader, container, "principalId"},
		{"jobs.bicep", queueContributor, "Microsoft.Storage/storageAccounts/queueServices/queues", "principalId"},
		{"jobs.bicep", queueContributor, "Microsoft.Storage/storageAccounts/queueServices/queues", "principalId"},
		{"renderer.bicep", acrPull, "Microsoft.ContainerRegistry/registries", "identity.properties.principalId"},
		{"signer.bicep", "signer", "Microsoft.KeyVault/vaults/keys", "principalId"},
		{"signer.bicep", reader, "Microsoft.KeyVault/vaults", "principalId"},
	}
	var got []right
	read := templates(t)
	for _, file := range slices.Sorted(maps.Keys(read)) {
		for _, assignment := range ofType(read[file], "Microsoft.Authorization/roleAssignments") {
			properties := assignment.Body.at("properties")
			scope, _, _ := strings.Cut(named(t, read[file], "resource", assignment.Body.at("scope").Text).Type, "@")
			role, own := strings.CutSuffix(properties.at("roleDefinitionId").Text, ".id")
			if !own {
				_, variable, _ := strings.Cut(strings.TrimSuffix(role, ")"), ", ")
				role = named(t, read[file], "var", variable).Body.literal()
			}
			got = append(got, right{file, role, scope, properties.at("principalId").Text})
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the rights\n%v, want\n%v", got, want)
	}
	grant := named(t, read["main.bicep"], "module", "grant")
	if principal := grant.Body.at("params", "principalId").Text; principal != "app.outputs.principalId" {
		t.Errorf("got the right on the certificate for %s, want the Function App's identity", principal)
	}
	if output := named(t, read["app.bicep"], "output", "principalId").Body.Text; output != "site.identity.principalId" {
		t.Errorf("got %s as the Function App's identity", output)
	}
	signer := named(t, read["main.bicep"], "module", "signer")
	for module, want := range map[*declaration]string{
		&grant:  "(signingCertificateReady && keyPlace == 'memory')",
		&signer: "(signingCertificateReady && keyPlace == 'vault')",
	} {
		if module.Condition != want {
			t.Errorf("got the condition %s, want the right only once the certificate is there, and only one of the two",
				module.Condition)
		}
	}
}

// The audit log's container keeps everything: blobs can be appended to, and nothing else.
func TestTheAuditLogStays(t *testing.T) {
	t.Parallel()
	read := templates(t)
	policy := named(t, read["audit.bicep"], "resource", "retention").Body
	properties := policy.at("properties")
	if policy.at("parent").Text != "container" || properties.at("allowProtectedAppendWrites").Text != "true" ||
		properties.at("immutabilityPeriodSinceCreationInDays").Text != "retentionDays" {
		t.Errorf("got the policy %+v, want the container's, with protected append writes", policy)
	}
	module := named(t, read["main.bicep"], "module", "audit")
	if module.Condition != "(auditRetentionDays > 0)" ||
		module.Body.at("params", "principalId").Text != "app.outputs.principalId" {
		t.Errorf("got the module %+v, want it where days are set, for the Function App's identity", module)
	}
}

// The role for a key that stays in the vault permits signing, and no other use of the key.
func TestTheSignersRoleSignsAlone(t *testing.T) {
	t.Parallel()
	read := templates(t)["signer.bicep"]
	properties := named(t, read, "resource", "signer").Body.at("properties")
	permissions := properties.at("permissions").Items
	if len(permissions) != 1 || len(permissions[0].Fields) != 1 {
		t.Fatalf("got %d permissions, want data actions alone", len(permissions))
	}
	var got []string
	for _, action := range permissions[0].at("dataActions").Items {
		got = append(got, action.literal())
	}
	want := []string{"Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/sign/action"}
	if !slices.Equal(got, want) {
		t.Errorf("got the data actions %q, want %q", got, want)
	}
	key := named(t, read, "resource", "key")
	if !key.Existing || key.Body.at("name").Text != "certificateName" || key.Body.at("parent").Text != "vault" {
		t.Errorf("got the key %s, want the existing one of the certificate's name", key.Body.Text)
	}
}

func TestTheSecretIsThatOfTheCertificate(t *testing.T) {
	t.Parallel()
	read := templates(t)
	secret := named(t, read["grant.bicep"], "resource", "secret")
	vault := named(t, read["grant.bicep"], "resource", "vault")
	if !secret.Existing || !vault.Existing || secret.Body.at("name").Text != "certificateName" ||
		secret.Body.at("parent").Text != "vault" || vault.Body.at("name").Text != "vaultName" {
		t.Errorf("got %s in %s, want the existing secret of the certificate's name", secret.Body.Text, vault.Body.Text)
	}
	params := named(t, read["main.bicep"], "module", "grant").Body.at("params")
	settings := named(t, read["main.bicep"], "module", "app").Body.at("params", "settings")
	if name := params.at("certificateName").Text; name != settings.at("INFLUXION_SIGNING_CERTIFICATES").Text {
		t.Errorf("got a right on %s, which is not what the handler signs with", name)
	}
}

func TestNothingElseOpensTheVault(t *testing.T) {
	t.Parallel()
	// the API of Azure Key Vault, on which an application may request a permission
	keyVaultAPI := "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
	for name, text := range texts(t) {
		for _, forbidden := range []string{
			"accessPolicies", "set-policy", keyVaultAPI, "listKeys(", "listSecrets(", "getSecret(", "@secure",
			"deploymentScripts",
		} {
			if strings.Contains(text, forbidden) {
				t.Errorf("%s: got %s", name, forbidden)
			}
		}
	}
	vault := named(t, templates(t)["vault.bicep"], "resource", "vault").Body.at("properties")
	for property, want := range map[string]string{
		"enableRbacAuthorization": "true", "enableSoftDelete": "true", "enablePurgeProtection": "true",
		"enabledForDeployment":     "false",
		"enabledForDiskEncryption": "false", "enabledForTemplateDeployment": "false",
	} {
		if got := vault.at(property).Text; got != want {
			t.Errorf("vault: got %s %q, want %s", property, got, want)
		}
	}
}

// texts returns the files of infra/ and azure.yaml by name.
func texts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(top + "infra/*")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]string{}
	for _, file := range append(files, top+"azure.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		read[filepath.Base(file)] = string(text)
	}
	return read
}

func TestNoKeysAndNoPasswords(t *testing.T) {
	t.Parallel()
	read := templates(t)
	app := read["app.bicep"]
	site := named(t, app, "resource", "site").Body
	config := site.at("properties", "functionAppConfig")
	for _, check := range []struct{ what, got, want string }{
		{"shared keys", named(t, app, "resource", "storage").Body.at("properties", "allowSharedKeyAccess").Text,
			"false"},
		{"public blobs", named(t, app, "resource", "storage").Body.at("properties", "allowBlobPublicAccess").Text,
			"false"},
		{"identity", site.at("identity", "type").literal(), "SystemAssigned"},
		{"https only", site.at("properties", "httpsOnly").Text, "true"},
		{"package", config.at("deployment", "storage", "authentication", "type").literal(), "SystemAssignedIdentity"},
		{"runtime", config.at("runtime", "name").literal(), "custom"},
		{"runtime version", config.at("runtime", "version").literal(), "1.0"},
		{"plan", named(t, app, "resource", "plan").Body.at("sku", "name").literal(), "FC1"},
		{"log keys", named(t, read["monitoring.bicep"], "resource", "insights").Body.at("properties",
			"DisableLocalAuth").Text, "true"},
		{"ftp", named(t, app, "resource", "publishingByFTP").Body.at("properties", "allow").Text, "false"},
		{"scm", named(t, app, "resource", "publishingByPassword").Body.at("properties", "allow").Text, "false"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %q, want %s", check.what, check.got, check.want)
		}
	}
	settings := named(t, app, "resource", "appSettings").Body.at("properties")
	for _, name := range []string{"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "APPINSIGHTS_INSTRUMENTATIONKEY"} {
		if _, there := settings.Fields[name]; there {
			t.Errorf("got the setting %s", name)
		}
	}
	if got := settings.at("APPLICATIONINSIGHTS_AUTHENTICATION_STRING").literal(); got != "Authorization=AAD" {
		t.Errorf("got logs written with %q, want Authorization=AAD", got)
	}
	if settings.at("AzureWebJobsStorage__accountName").Text != "storage.name" {
		t.Error("got no storage by identity")
	}
}

func TestRegistrations(t *testing.T) {
	t.Parallel()
	read := templates(t)
	first := read["registrations.bicep"]
	api, client := named(t, first, "resource", "api").Body, named(t, first, "resource", "client").Body
	again := named(t, read["registration-links.bicep"], "resource", "api").Body
	links := named(t, first, "module", "links").Body.at("params")
	scope := named(t, first, "var", "scopes").Body.Items[0]
	callRoles := named(t, first, "var", "callRoles").Body.Items
	if len(callRoles) != 2 {
		t.Fatal("got more or less than an app role of callers and one of those who look after jobs")
	}
	role, reader := callRoles[0], callRoles[1]
	access := client.at("requiredResourceAccess").Items
	authorized := again.at("api", "preAuthorizedApplications").Text
	uris := named(t, read["registration-links.bicep"], "var", "allUris").Body.Text
	own := named(t, read["registration-links.bicep"], "var", "ownUris").Body.Items
	if len(access) != 1 || len(own) != 1 {
		t.Fatal("got more or less than one API of the client or Application ID URI")
	}
	for _, check := range []struct{ what, got, want string }{
		{"token version", api.at("api", "requestedAccessTokenVersion").Text, "2"},
		{"clients, before the links are made", api.at("api", "preAuthorizedApplications").Text, "there.clients"},
		{"token version, again", again.at("api", "requestedAccessTokenVersion").Text, "2"},
		{"scope", scope.at("value").literal(), "access_as_user"},
		{"scope is on", scope.at("isEnabled").Text, "true"},
		{"who consents", scope.at("type").literal(), "User"},
		{"scopes", api.at("api", "oauth2PermissionScopes").Text, "allScopes"},
		{"scopes, again", again.at("api", "oauth2PermissionScopes").Text, "scopes"},
		{"scopes, handed on", links.at("scopes").Text, "allScopes"},
		{"role", role.at("value").literal(), "access_as_application"},
		{"who has the role", role.at("allowedMemberTypes").Items[0].literal(), "Application"},
		{"role of who looks after jobs", reader.at("value").literal(), "jobs.read.*"},
		{"who has that role", reader.at("allowedMemberTypes").Items[0].literal(), "User"},
		{"roles", api.at("appRoles").Text, "appRoles"},
		{"roles of certificates", named(t, first, "var", "certificateAppRoles").Body.Items[0].at("value").Text,
			"value"},
		{"no roles by default", named(t, read["main.bicep"], "param", "certificateRoles").Body.Text, "[]"},
		{"registration", api.at("uniqueName").Text, "apiName"},
		{"same registration", again.at("uniqueName").Text + " " + links.at("apiName").Text, "apiName apiName"},
		{"Application ID URI", own[0].literal(), "api://${apiClientId}"},
		{"and those that are there", again.at("identifierUris").Text + " " + uris, "allUris union(ownUris, uris)"},
		{"which are handed on", links.at("uris").Text, "there.uris"},
		{"its client ID", links.at("apiClientId").Text, "api.appId"},
		{"pre-authorised client", links.at("clientId").Text, "client.appId"},
		{"pre-authorised", strings.Join(strings.Fields(authorized), " "),
			"concat(filter(clients, other => !contains([clientId, pageClientId], other.appId)), [ { appId: clientId " +
				"delegatedPermissionIds: [scopeId] } { appId: pageClientId delegatedPermissionIds: [scopeId] } ])"},
		{"pre-authorised page", links.at("pageClientId").Text, "page.appId"},
		{"pre-authorised scope", links.at("scopeId").Text, "scopeId"},
		{"the client asks for", access[0].at("resourceAppId").Text, "api.appId"},
		{"device code", client.at("isFallbackPublicClient").Text, "true"},
		{"browser", client.at("publicClient", "redirectUris").Text, "['http://localhost']"},
		{"page", named(t, first, "resource", "page").Body.at("spa", "redirectUris").Text, "[pageUri]"},
		{"the page asks for", named(t, first, "resource", "page").Body.at("requiredResourceAccess").Items[0].at(
			"resourceAppId").Text, "api.appId"},
		{"assignment", named(t, first, "resource", "apiPrincipal").Body.at("appRoleAssignmentRequired").Text,
			"assignmentRequired"},
		{"assignment by default", named(t, read["main.bicep"], "param", "assignmentRequired").Body.Text, "true"},
		{"app role by default", named(t, read["main.bicep"], "param", "clientWithoutUser").Body.Text, "false"},
		{"app role", named(t, first, "resource", "applicationRole").Condition, "(clientWithoutUser)"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %q, want %q", check.what, check.got, check.want)
		}
	}
	for _, credential := range []string{"passwordCredentials", "keyCredentials"} {
		if api.at(credential).Text != "" || client.at(credential).Text != "" {
			t.Errorf("got %s in a template", credential)
		}
	}
}

// settingNames returns the handler's settings. A test beside config.go compares the example
// settings with the code.
func settingNames(t *testing.T) []string {
	t.Helper()
	var example struct{ Values map[string]string }
	text, err := os.ReadFile(top + "local.settings.json.example")
	if err == nil {
		err = json.Unmarshal(text, &example)
	}
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Collect(maps.Keys(example.Values)), func(name string) bool {
		return !strings.HasPrefix(name, "INFLUXION_")
	})
}

// clientSettings are the settings of the command line that a deployment prints.
var clientSettings = []string{"INFLUXION_CLIENT_URL", "INFLUXION_CLIENT_TENANT_ID", "INFLUXION_CLIENT_ID",
	"INFLUXION_CLIENT_SCOPE"}

func TestSettingsAreThoseOfTheHandler(t *testing.T) {
	t.Parallel()
	known := settingNames(t)
	name := regexp.MustCompile(`INFLUXION_[A-Z0-9_]*[A-Z0-9]`)
	for file, text := range texts(t) {
		for _, setting := range name.FindAllString(text, -1) {
			if !slices.Contains(known, setting) && !slices.Contains(clientSettings, setting) {
				t.Errorf("%s: got %s, which the handler does not know", file, setting)
			}
		}
	}
	for setting := range named(t, templates(t)["main.bicep"], "module", "app").Body.at("params", "settings").Fields {
		if !slices.Contains(known, setting) {
			t.Errorf("got the setting %s, which the handler refuses", setting)
		}
	}
}

func TestOutputsAreTheSettings(t *testing.T) {
	t.Parallel()
	declarations := templates(t)["main.bicep"]
	settings := named(t, declarations, "module", "app").Body.at("params", "settings")
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_API_CLIENT_ID", "AZURE_AUDIENCE", "AZURE_DEFAULT_SCOPE",
		"VAULT_URL"} {
		output := named(t, declarations, "output", "INFLUXION_"+name).Body.Text
		if set := settings.at("INFLUXION_" + name).Text; set != output || set == "" {
			t.Errorf("INFLUXION_%s: got %q set and %q told", name, set, output)
		}
	}
	for _, name := range []string{"INFLUXION_AZURE_CLIENT_ID", "INFLUXION_AZURE_CLIENT_SECRET"} {
		if told := named(t, declarations, "output", name).Body.Text; told != "''" {
			t.Errorf("got %s %s, want none: the identity is a managed one", name, told)
		}
	}
	for _, name := range clientSettings {
		named(t, declarations, "output", name)
	}
	for _, output := range declarations {
		if output.Kind == "output" && strings.Contains(strings.ToUpper(output.Name), "SECRET") &&
			output.Body.Text != "''" {
			t.Errorf("got the output %s with a value", output.Name)
		}
	}
}

// TestTemplatesFitTogether compares the arguments of each module with its params, and the outputs
// that are used with those that it declares.
func TestTemplatesFitTogether(t *testing.T) {
	t.Parallel()
	read := templates(t)
	outputOf := regexp.MustCompile(`\b(\w+)\.outputs\.(\w+)`)
	for file, declarations := range read {
		modules := map[string]string{}
		for _, d := range declarations {
			if d.Kind != "module" {
				continue
			}
			modules[d.Name] = d.Type
			body := d.Body
			if len(body.Items) == 1 { // one for each of a list
				body = body.Items[0]
			}
			checkParams(t, file+" "+d.Name, read[d.Type], body.at("params").Fields)
		}
		for _, use := range outputOf.FindAllStringSubmatch(texts(t)[file], -1) {
			named(t, read[modules[use[1]]], "output", use[2])
		}
	}
	given := map[string]value{}
	for _, d := range readBicep(t, top+"infra/main.bicepparam") {
		if d.Kind == "param" {
			given[d.Name] = d.Body
		}
	}
	checkParams(t, "main.bicepparam", read["main.bicep"], given)
}

func checkParams(t *testing.T, where string, template []declaration, given map[string]value) {
	t.Helper()
	var known []string
	for _, d := range template {
		if d.Kind != "param" {
			continue
		}
		known = append(known, d.Name)
		if _, there := given[d.Name]; !there && d.Body.Text == "" {
			t.Errorf("%s: got no %s", where, d.Name)
		}
	}
	for name := range given {
		if !slices.Contains(known, name) {
			t.Errorf("%s: got %s, which the template does not know", where, name)
		}
	}
}

func TestAzdDeploysWhatTheBuildStages(t *testing.T) {
	t.Parallel()
	text := texts(t)["azure.yaml"]
	for _, line := range []string{
		"    host: function\n", "    language: custom\n", "    dist: dist.zip ",
		"        run: ./build.sh stage --jobs\n",
		"    run: ./infra/preprovision.sh\n", "    run: ./infra/postprovision.sh\n", "  module: main\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("got no line %q", line)
		}
	}
	build, err := os.ReadFile(top + "build.sh")
	if err != nil || !strings.Contains(string(build), "pack dist dist.zip") {
		t.Errorf("got a build that does not make dist.zip, %v", err)
	}
	if tag := named(t, templates(t)["app.bicep"], "resource",
		"site").Body.at("tags").at("azd-service-name").literal(); tag != "api" {
		t.Errorf("got the service %q, want the one of azure.yaml", tag)
	}
	for _, script := range []string{"setup.sh", "preprovision.sh", "postprovision.sh"} {
		if info, err := os.Stat(top + "infra/" + script); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: got a file that cannot be run, %v", script, err)
		}
	}
}
