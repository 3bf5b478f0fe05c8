package infratest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestThePageSaysWhatIsThere compares docs/azure-setup.md with infra/: files, steps, roles, and the
// names that azd sets.
func TestThePageSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(top + "docs/azure-setup.md")
	if err != nil {
		t.Fatal(err)
	}
	page, script := string(text), texts(t)["setup.sh"]
	page = strings.ReplaceAll(page, ".ci/infra/", ".ci/") // a folder of checks with the same name
	for _, file := range regexp.MustCompile(`\binfra/([a-z-]+\.[a-z]+)`).FindAllStringSubmatch(page, -1) {
		if _, there := texts(t)[file[1]]; !there {
			t.Errorf("got infra/%s, which is not there", file[1])
		}
	}
	for _, use := range regexp.MustCompile(`infra/setup\.sh((?: [a-z]+)*)`).FindAllStringSubmatch(page, -1) {
		for step := range strings.FieldsSeq(use[1]) {
			if !strings.Contains(script, "\nstep_"+step+"() {") {
				t.Errorf("got the step %s in %q", step, use[0])
			}
		}
	}
	ids := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	known := append(ids.FindAllString(script, -1), "04b07795-8ddb-461a-bbee-02f9e1bf7b46") // the Azure CLI
	for _, id := range ids.FindAllString(page, -1) {
		if !slices.Contains(known, id) {
			t.Errorf("got the ID %s, which infra/setup.sh does not use", id)
		}
	}
	for _, set := range regexp.MustCompile(`(?m)azd env set ([A-Z_]+)`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(texts(t)["main.bicepparam"], "readEnvironmentVariable('"+set[1]+"'") {
			t.Errorf("got azd env set %s, which main.bicepparam does not read", set[1])
		}
	}
	variables := regexp.MustCompile(`\b(PFX_FILE|PFX_PASSWORD|CERTIFICATE_READY|CALLERS|STORAGE)=`)
	for _, variable := range variables.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(script+texts(t)["main.bicepparam"], variable[1]) {
			t.Errorf("got the variable %s, which nothing reads", variable[1])
		}
	}
}

// TestBothWaysAgree compares the effects of the script with those of the templates.
func TestBothWaysAgree(t *testing.T) {
	t.Parallel()
	script := texts(t)["setup.sh"]
	app, main := templates(t)["app.bicep"], templates(t)["main.bicep"]
	site := named(t, app, "resource", "site").Body.at("properties", "functionAppConfig")
	workspace := named(t, templates(t)["monitoring.bicep"], "resource", "workspace").Body.at("properties")
	vault := named(t, templates(t)["vault.bicep"], "resource", "vault").Body.at("properties")
	scope := named(t, templates(t)["registrations.bicep"], "var", "scopes").Body.Items[0]
	for _, same := range []string{
		"${INSTANCE_MEMORY:-" + named(t, main, "param", "instanceMemory").Body.Text + "}",
		"${MAXIMUM_INSTANCES:-" + named(t, main, "param", "maximumInstances").Body.Text + "}",
		"${ALWAYS_READY:-" + named(t, main, "param", "alwaysReady").Body.Text + "}",
		"${ZONE_REDUNDANT:-" + named(t, main, "param", "zoneRedundant").Body.Text + "}",
		"${AUDIT_SKU:-" + named(t, main, "param", "auditSku").Body.literal() + "}",
		"--runtime " + site.at("runtime", "name").literal() + " --runtime-version " +
			site.at("runtime", "version").literal(),
		"container=" + named(t, app, "var", "package").Body.literal() + " ",
		"--retention-time " + workspace.at("retentionInDays").Text,
		"--retention-days " + vault.at("softDeleteRetentionInDays").Text,
		`"adminConsentDescription":"` + scope.at("adminConsentDescription").literal() + `"`,
		`"userConsentDescription":"` + scope.at("userConsentDescription").literal() + `"`,
	} {
		if !strings.Contains(script, same) {
			t.Errorf("got no %s in setup.sh", same)
		}
	}
}
