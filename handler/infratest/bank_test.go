package infratest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// In a private network every store admits only the allowed addresses, and each part of a store that
// the app opens has a private endpoint.
func TestPrivateNetworkClosesTheStores(t *testing.T) {
	t.Parallel()
	read := templates(t)
	for file, parts := range map[string][]string{
		"vault.bicep": {"'vault'"}, "audit.bicep": {"'blob'"}, "app.bicep": {"part", "'sites'"},
		"jobs.bicep": {"part"},
	} {
		var stores, endpoints []declaration
		for _, d := range read[file] {
			switch {
			case d.Kind == "resource" && !d.Existing &&
				(strings.HasPrefix(d.Type, "Microsoft.Storage/storageAccounts@") ||
					strings.HasPrefix(d.Type, "Microsoft.KeyVault/vaults@")):
				stores = append(stores, d)
			case d.Kind == "module" && d.Type == "endpoint.bicep":
				endpoints = append(endpoints, d)
			}
		}
		if len(stores) != 1 || len(endpoints) != len(parts) {
			t.Fatalf("%s: got %d stores and %d endpoints, want 1 and %d", file, len(stores), len(endpoints), len(parts))
		}
		properties := stores[0].Body.at("properties")
		for _, check := range []struct{ what, got, want string }{
			{"public access", properties.at("publicNetworkAccess").Text,
				"network.private && empty(network.allowedAddresses) ? 'Disabled' : 'Enabled'"},
			{"what is not allowed", properties.at("networkAcls", "defaultAction").Text,
				"network.private ? 'Deny' : 'Allow'"},
			{"who passes by", properties.at("networkAcls", "bypass").literal(), "None"},
			{"who is allowed", properties.at("networkAcls", "ipRules").Text,
				"map(network.allowedAddresses, address => { value: address })"},
		} {
			if check.got != check.want {
				t.Errorf("%s, %s: got %q, want %q", file, check.what, check.got, check.want)
			}
		}
		for i, endpoint := range endpoints {
			body := endpoint.Body
			if len(body.Items) == 1 {
				body = body.Items[0]
			}
			if part := body.at("params", "part").Text; part != parts[i] {
				t.Errorf("%s: got an endpoint for %s, want %s", file, part, parts[i])
			}
			if subnet := body.at("params", "subnetId").Text; subnet != "network.endpointSubnetId" {
				t.Errorf("%s: got an endpoint in %s", file, subnet)
			}
		}
	}
	app := texts(t)["app.bicep"]
	if !strings.Contains(app, "for part in (network.private ? ['blob', 'queue', 'table'] : []): {") {
		t.Error("got no endpoint for each part of the app's storage")
	}
	site := named(t, read["app.bicep"], "resource", "site").Body
	if got := site.at("properties",
		"virtualNetworkSubnetId").Text; got != "network.private ? network.appSubnetId : null" {
		t.Errorf("got the app in %s", got)
	}
	if site.at("dependsOn").Text != "[storageEndpoints]" {
		t.Error("got an app that may start before it can reach its storage")
	}
}

// The network made by the template admits nothing but the app's connections to its stores, and has
// exactly one way out.
func TestOwnNetworkLetsNothingIn(t *testing.T) {
	t.Parallel()
	read := templates(t)["network.bicep"]
	for name, allowed := range map[string]int{"appRules": 0, "endpointRules": 1} {
		rules := named(t, read, "resource", name).Body.at("properties", "securityRules").Items
		if len(rules) != allowed+1 {
			t.Fatalf("%s: got %d rules, want %d", name, len(rules), allowed+1)
		}
		last := rules[allowed].at("properties")
		if last.at("access").literal() != "Deny" || last.at("direction").literal() != "Inbound" ||
			last.at("sourceAddressPrefix").literal() != "*" || last.at("destinationPortRange").literal() != "*" {
			t.Errorf("%s: got the last rule %s, want nothing in", name, last.Text)
		}
		for _, rule := range rules[:allowed] {
			properties := rule.at("properties")
			if properties.at("sourceAddressPrefix").literal() != "VirtualNetwork" ||
				properties.at("destinationPortRange").literal() != "443" {
				t.Errorf("%s: got %s, want HTTPS from the network alone", name, properties.Text)
			}
		}
	}
	subnets := named(t, read, "resource", "network").Body.at("properties", "subnets").Items
	if len(subnets) != 3 {
		t.Fatalf("got %d subnets, want three", len(subnets))
	}
	for i, rules := range []string{"appRules.id", "endpointRules.id"} {
		properties := subnets[i].at("properties")
		if properties.at("networkSecurityGroup", "id").Text != rules ||
			properties.at("defaultOutboundAccess").Text != "false" {
			t.Errorf("got the subnet %s, want it with %s and no way out of its own", properties.Text, rules)
		}
	}
	app := subnets[0].at("properties")
	if service := app.at("delegations").Items[0].at("properties", "serviceName").literal(); service !=
		"Microsoft.App/environments" {
		t.Errorf("got a subnet for %s, want one for Flex Consumption", service)
	}
	if app.at("natGateway", "id").Text != "outgoing.id" {
		t.Error("got no way out for the app")
	}
	zones := named(t, read, "var", "zones").Body.Fields
	blank := named(t, templates(t)["main.bicep"], "var", "noZones").Body.Fields
	for _, part := range []string{"vault", "blob", "queue", "table", "sites"} {
		if zones[part].Text == "" || blank[part].Text != "''" {
			t.Errorf("got no zone for %s", part)
		}
	}
}

// Each alert looks for messages, fields and codes that the handler's code contains.
func TestAlertsReadTheHandlersLines(t *testing.T) {
	t.Parallel()
	code := productionCode(t)
	read := templates(t)["alerts.bicep"]
	quoted := regexp.MustCompile(`"([^"]+)"`)
	field := regexp.MustCompile(`log\.(\w+)`)
	severities := map[string]string{}
	for _, rule := range named(t, read, "var", "queries").Body.Items {
		query := rule.at("query").Text
		severities[rule.at("name").literal()] = rule.at("severity").Text
		if strings.HasPrefix(strings.TrimPrefix(query, "'"), "AZKVAuditLogs") {
			continue // the vault's own words
		}
		for _, word := range quoted.FindAllStringSubmatch(strings.ReplaceAll(query, "${lines}", ""), -1) {
			if !strings.Contains(code, `"`+word[1]+`"`) {
				t.Errorf("%s: got %q, which the handler does not write", rule.at("name").literal(), word[1])
			}
		}
		for _, name := range field.FindAllStringSubmatch(query, -1) {
			if name[1] != "msg" && !strings.Contains(code, `"`+name[1]+`"`) {
				t.Errorf("%s: got the field %s, which the handler does not write", rule.at("name").literal(), name[1])
			}
		}
	}
	for _, page := range []string{"no-signature", "audit-unwritable", "no-start", "certificate-week", "failures",
		"other-reader"} {
		if severities[page] != "1" {
			t.Errorf("%s: got the severity %q, want one that pages", page, severities[page])
		}
	}
	others := named(t, read, "var", "queries").Body.Text
	if given := named(t, templates(t)["main.bicep"], "module", "alerts").Body.at("params", "principalId").Text; given !=
		"app.outputs.principalId" || !strings.Contains(others, `!= "${principalId}"`) {
		t.Errorf("got the identity %s, want that of the app, which alone has to read what is in the vault", given)
	}
	for _, d := range read {
		if actions := d.Body.at("properties", "actions"); d.Kind == "resource" &&
			strings.HasPrefix(d.Type, "Microsoft.Insights/metricAlerts@") &&
			!strings.Contains(actions.Text, "pages") {
			t.Errorf("%s: got the actions %s, want those that page", d.Name, actions.Text)
		}
	}
	if got := named(t, templates(t)["main.bicep"], "module", "alerts").Body.at("params",
		"readyUrl").Text; !strings.Contains(got, "/api/health?ready=1") || !strings.HasPrefix(got, "publicApp ?") {
		t.Errorf("got the app asked at %s", got)
	}
}

// productionCode returns the source of the handler without its tests.
func productionCode(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir(top+"handler", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.Contains(path, "/cmd/") {
			return err
		}
		content, err := os.ReadFile(path)
		text.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Azure accepts only certain numbers of days for the total retention of a table.
func TestTablesAreKeptForYears(t *testing.T) {
	t.Parallel()
	read := templates(t)
	records := read["records.bicep"]
	want := "[365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383]"
	if got := named(t, records, "var", "days").Body.Text; got != want {
		t.Errorf("got the days %s, want %s", got, want)
	}
	tables := named(t, records, "var", "tables").Body.Text
	for _, table := range []string{"AppTraces", "AppRequests", "AppExceptions", "AZKVAuditLogs"} {
		if !strings.Contains(tables, "'"+table+"'") {
			t.Errorf("got no %s kept", table)
		}
	}
	kept := named(t, records, "resource", "kept").Body.Items[0].at("properties")
	workspace := named(t, read["monitoring.bicep"], "resource", "workspace").Body.at("properties")
	if kept.at("totalRetentionInDays").Text != "days[years - 1]" ||
		kept.at("retentionInDays").Text != workspace.at("retentionInDays").Text {
		t.Errorf("got tables kept as %s", kept.Text)
	}
}

// A role, scope or client that somebody made by hand is declared again, so that no deployment
// removes it. None is made twice.
func TestRegistrationsAreDeclaredAgain(t *testing.T) {
	t.Parallel()
	read := templates(t)["registrations.bicep"]
	for name, want := range map[string]string{
		"there": "union({ appRoles: [], scopes: [], uris: [], clients: [] }, registered)",
		"appRoles": "concat(there.appRoles, filter(concat(callRoles, certificateAppRoles), role => " +
			"!contains(roleValues, role.value)))",
		"allScopes": "concat(there.scopes, filter(scopes, scope => !contains(scopeValues, scope.value)))",
		"roleId":    "first(filter(appRoles, role => role.value == 'access_as_application')).id",
		"scopeId":   "first(filter(allScopes, scope => scope.value == 'access_as_user')).id",
	} {
		if got := named(t, read, "var", name).Body.Text; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	n := newTenant(t)
	if first := n.succeeds(n.run(nil, "preprovision.sh")); len(first.calls) != 0 {
		t.Errorf("got %v before there is a registration", first.calls)
	}
	n.succeeds(n.run(map[string]string{"CERTIFICATE_ROLES": "sign.seal"}, "setup.sh", "registrations"))
	env := map[string]string{"INFLUXION_AZURE_API_CLIENT_ID": "id-of-Influxion_API"}
	got := n.succeeds(n.run(env, "preprovision.sh"))
	query := got.options("ad app show", "--query")
	if len(query) != 1 || strings.Contains(query[0], "origin") {
		t.Fatalf("got the questions %q, want one, without what Microsoft Graph does not take back", query)
	}
	fields := regexp.MustCompile(`(\w+): `).FindAllStringSubmatch(query[0], -1)
	asked := map[string]bool{}
	for _, name := range fields {
		asked[name[1]] = true
	}
	for _, variable := range []string{"scopes", "callRoles"} {
		for name := range named(t, read, "var", variable).Body.Items[0].Fields {
			if !asked[name] {
				t.Errorf("%s: got no %s read, so a deployment would change it", variable, name)
			}
		}
	}
	if state := n.state("azd"); !strings.HasPrefix(state, "azd env set REGISTERED_API {") ||
		strings.Count(state, "\n") != 1 {
		t.Errorf("got azd %q, want one line of JSON", state)
	}
	if failed := n.run(map[string]string{"INFLUXION_AZURE_API_CLIENT_ID": "id-of-Influxion_API", "FAIL": "ad app show"},
		"preprovision.sh"); !failed.failed || strings.Count(n.state("azd"), "\n") != 1 {
		t.Error("got a deployment that goes on without knowing what is there")
	}
	given := slices.ContainsFunc(readBicep(t, top+"infra/main.bicepparam"), func(d declaration) bool {
		return d.Name == "registeredApi" && strings.Contains(d.Body.Text, "'REGISTERED_API'")
	})
	if !given {
		t.Error("got a template that is not told what is there")
	}
}

// A locked policy cannot be updated, so a deployment after the lock does not touch it.
func TestLockedPolicyIsLeftAlone(t *testing.T) {
	t.Parallel()
	policy := named(t, templates(t)["audit.bicep"], "resource", "retention")
	if policy.Condition != "(!policyLocked)" {
		t.Errorf("got the policy declared where %s", policy.Condition)
	}
	if got := named(t, templates(t)["main.bicep"], "param", "auditPolicyLocked").Body.Text; got != "false" {
		t.Errorf("got a lock taken for granted: %s", got)
	}
}

// Zone redundancy must cover every store, because a store in a single zone could take down
// everything that needs it. And no store replicates its blobs to another tenant.
func TestStoresFollowTheZones(t *testing.T) {
	t.Parallel()
	read := templates(t)
	given := map[string]string{ // where a template takes its tier as a parameter, what it is given
		"jobs.bicep":  named(t, read["main.bicep"], "module", "jobs").Body.at("params", "sku").Text,
		"audit.bicep": named(t, read["main.bicep"], "module", "audit").Body.at("params", "sku").Text,
	}
	stores := 0
	for file, declarations := range read {
		for _, d := range declarations {
			if d.Kind != "resource" || d.Existing || !strings.HasPrefix(d.Type, "Microsoft.Storage/storageAccounts@") {
				continue
			}
			stores++
			tier := d.Body.at("sku", "name").Text
			if tier == "sku" {
				tier = given[file]
			}
			if !regexp.MustCompile(`^(scale\.)?zoneRedundant( && \w+ == 'Standard_LRS')? \? 'Standard_ZRS' : `).MatchString(tier) {
				t.Errorf("%s: got the tier %q, which does not follow zoneRedundant", file, tier)
			}
			if got := d.Body.at("properties", "allowCrossTenantReplication").Text; got != "false" {
				t.Errorf("%s: got allowCrossTenantReplication %q, want false", file, got)
			}
		}
	}
	if stores < 3 {
		t.Errorf("got %d stores, want three at least", stores)
	}
}

// Every resource that can have tags has the tags that the platform asks for.
func TestTagsAreOnEverything(t *testing.T) {
	t.Parallel()
	read := templates(t)
	for _, d := range read["main.bicep"] {
		if d.Kind == "var" && d.Name == "tags" &&
			d.Body.Text != "union(furtherTags, { 'azd-env-name': environmentName })" {
			t.Errorf("got tags %s", d.Body.Text)
		}
	}
	for file, declarations := range read {
		for _, d := range declarations {
			tagged := d.Body.at("tags").Text
			if len(d.Body.Items) == 1 {
				tagged = d.Body.Items[0].at("tags").Text
			}
			if d.Kind == "resource" && !d.Existing && strings.Contains(strings.Join(placed(d), " "), "location") &&
				!strings.Contains(tagged, "tags") {
				t.Errorf("%s: got no tags on %s", file, d.Name)
			}
		}
	}
}

// placed returns the names of the properties of a resource, or of each of several.
func placed(d declaration) []string {
	body := d.Body
	if len(body.Items) == 1 {
		body = body.Items[0]
	}
	return slices.Collect(maps.Keys(body.Fields))
}

// A deployment that does not mention the instances keeps their numbers.
func TestInstancesAreParameters(t *testing.T) {
	t.Parallel()
	read := templates(t)
	site := named(t, read["app.bicep"], "resource", "site").Body.at("properties", "functionAppConfig")
	scale := site.at("scaleAndConcurrency")
	for name, want := range map[string]string{
		"instanceMemoryMB": "scale.memory", "maximumInstanceCount": "scale.maximum",
		"alwaysReady": "scale.alwaysReady == 0 ? [] : [{ name: 'http', instanceCount: scale.alwaysReady }]",
		"triggers":    "scale.concurrency == 0 ? null : { http: { perInstanceConcurrency: scale.concurrency } }",
	} {
		if got := scale.at(name).Text; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if !strings.Contains(site.Text, "empty(scale.updates) ? {} : { siteUpdateStrategy: { type: scale.updates } })") {
		t.Error("got no way to replace instances one after another")
	}
	plan := named(t, read["app.bicep"], "resource", "plan").Body.at("properties", "zoneRedundant").Text
	if plan != "scale.zoneRedundant" {
		t.Errorf("got zones of the plan %s", plan)
	}
	for name, want := range map[string]string{"alwaysReady": "0", "instanceMemory": "2048", "maximumInstances": "40",
		"perInstanceConcurrency": "0", "zoneRedundant": "false", "updateStrategy": "''", "publicApp": "true",
		"networkPrefix": "''", "logRetentionYears": "0", "monthlyBudget": "0"} {
		if got := named(t, read["main.bicep"], "param", name).Body.Text; got != want {
			t.Errorf("%s: got %s by default, want %s", name, got, want)
		}
	}
}
