package infratest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notInScript are the variables of main.bicepparam that setup.sh does not read: with the name that
// it reads in their place, with words of its first lines, or with a reason, which begins with a
// capital.
var notInScript = map[string]string{
	"AZURE_ENV_NAME":      "Names are VAULT, APP and STORAGE",
	"CERTIFICATE_READY":   "The script makes the certificate itself",
	"AUDIT_POLICY_LOCKED": "A policy that is there stays", "REGISTERED_API": "The script asks by itself",
	"AZURE_LOCATION": "LOCATION", "RESOURCE_GROUP": "GROUP", "MANAGED_HSM_URL": "KEY_URL",
	"JOB_RETENTION_DAYS": "JOBS_RETENTION", "JOB_EVENTS": "events of jobs",
	"NETWORK_PREFIX": "private", "APP_SUBNET_ID": "private", "ENDPOINT_SUBNET_ID": "private",
	"DNS_ZONE_IDS": "private", "ALLOWED_ADDRESSES": "private", "PUBLIC_APP": "private",
	"RENDERER_IMAGE": "renderer", "RENDERER_REGISTRY": "renderer",
	"PER_INSTANCE_CONCURRENCY": "requests per instance", "UPDATE_STRATEGY": "instances are replaced",
	"LOG_RETENTION_YEARS": "retention of logs", "LOG_EXPORT_STORAGE_ID": "retention of logs",
	"PLATFORM_LOGS": "diagnostic settings", "ALERT_EMAIL": "alerts", "PAGING_GROUP_IDS": "alerts",
	"MONTHLY_BUDGET": "budget", "BUDGET_START": "budget",
}

// The script does what the templates do. What it does not, its first lines say; its help has the
// rest under the same names.
func TestScriptReadsWhatTheTemplatesRead(t *testing.T) {
	t.Parallel()
	script := texts(t)["setup.sh"]
	head, rest, _ := strings.Cut(script, "set -euo pipefail")
	head = strings.ReplaceAll(head, "\n# ", " ")
	_, rest, _ = strings.Cut(rest, "<<'TEXT'\n")
	help, body, _ := strings.Cut(rest, "\nTEXT\n")
	word := func(text, name string) bool { return regexp.MustCompile(`\b` + name + `\b`).MatchString(text) }
	var read []string
	for _, found := range regexp.MustCompile(`readEnvironmentVariable\('([A-Z_]+)'`).FindAllStringSubmatch(
		texts(t)["main.bicepparam"], -1) {
		name := found[1]
		read = append(read, name)
		reason, absent := notInScript[name]
		switch {
		case absent && (word(help, name) || word(body, name)):
			t.Errorf("got %s in the script, and in the list of what it does not read", name)
		case absent && reason == strings.ToUpper(reason) && !word(help, reason):
			t.Errorf("got no %s in the script, which stands for %s", reason, name)
		case absent && reason == strings.ToLower(reason) && !strings.Contains(head, reason):
			t.Errorf("got no word of %q in the first lines, for %s", reason, name)
		case !absent && (!word(help, name) || !word(body, name)):
			t.Errorf("got no %s in the script or in its help, and it is read by the templates", name)
		}
	}
	for name := range notInScript {
		if !slices.Contains(read, name) {
			t.Errorf("got %s excepted, which no template reads", name)
		}
	}
}

// Everything that is made has the tags, and all that can lie in several zones does.
func TestSetupTagsAndZones(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{
		"TAGS": `{"cost-centre": "4711", "owner":"Records, 2nd floor"}`, "ZONE_REDUNDANT": "true", "ALWAYS_READY": "2",
		"JOBS_STORAGE": "stjobstest", "AUDIT_STORAGE": "staudittest", "AUDIT_RETENTION_DAYS": "30",
		"INSTANCE_MEMORY": "4096", "MAXIMUM_INSTANCES": "100",
	}
	got := n.succeeds(n.run(env, "setup.sh"))
	const tags = "--tags cost-centre=4711 owner=Records, 2nd floor"
	for _, made := range []string{
		"group create", "workspace create", "keyvault create", "storage account create --name sttest",
		"storage account create --name stjobstest", "storage account create --name staudittest", "functionapp create",
		"tag update --resource-id " + resources + "Microsoft.Web/serverfarms/plan-of-func-test",
		"tag update --resource-id " + resources + "Microsoft.Insights/components/func-test",
	} {
		if at := got.index(made); at < 0 || !strings.Contains(strings.Join(got.calls[at], " "), tags) {
			t.Errorf("%s: got no call with %s", made, tags)
		}
	}
	if kinds := got.options("storage account create", "--sku"); !slices.Equal(kinds,
		[]string{"Standard_ZRS", "Standard_ZRS", "Standard_ZRS"}) {
		t.Errorf("got storage of %v, want all of it in several zones", kinds)
	}
	for option, want := range map[string]string{"--zone-redundant": "true", "--always-ready-instances": "http=2",
		"--instance-memory": "4096", "--maximum-instance-count": "100"} {
		if values := got.options("functionapp create", option); !slices.Equal(values, []string{want}) {
			t.Errorf("%s: got %v, want %s", option, values, want)
		}
	}
	second := n.succeeds(n.run(map[string]string{"AUDIT_SKU": "Standard_GZRS"}, "setup.sh", "group"))
	if second.index("group create") >= 0 {
		t.Error("got the group made again, which would take its tags away")
	}
}

func TestSetupStorageOfAudit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zones, kind, want string }{
		{"", "", "Standard_LRS"}, {"true", "", "Standard_ZRS"}, {"true", "Standard_GZRS", "Standard_GZRS"},
		{"false", "Standard_ZRS", "Standard_ZRS"},
	} {
		n := newTenant(t)
		env := map[string]string{"ZONE_REDUNDANT": test.zones, "AUDIT_SKU": test.kind, "AUDIT_STORAGE": "staudittest",
			"AUDIT_RETENTION_DAYS": "30"}
		got := n.succeeds(n.run(env, "setup.sh", "group", "audit"))
		if kinds := got.options("storage account create", "--sku"); !slices.Equal(kinds, []string{test.want}) {
			t.Errorf("ZONE_REDUNDANT=%s AUDIT_SKU=%s: got %v, want %s", test.zones, test.kind, kinds, test.want)
		}
	}
}

// The settings that are for the Functions host and not for the handler are the same by both ways,
// and its page at the root is off.
func TestSettingsOfTheHostAgree(t *testing.T) {
	t.Parallel()
	_, block, _ := strings.Cut(texts(t)["app.bicep"], "resource appSettings ")
	block, _, _ = strings.Cut(block, "dependsOn")
	names := regexp.MustCompile(`(?m)^    (\w+): `).FindAllStringSubmatch(block, -1)
	if len(names) < 5 || !strings.Contains(block, "AzureWebJobsDisableHomepage: 'true'") {
		t.Fatalf("got the settings %v, want those of the host, and its page off", names)
	}
	for _, name := range names {
		if name[1] == "APPLICATIONINSIGHTS_CONNECTION_STRING" {
			continue // az sets it
		}
		if !strings.Contains(texts(t)["setup.sh"], `"`+name[1]+"=") {
			t.Errorf("got no %s in setup.sh", name[1])
		}
	}
}
