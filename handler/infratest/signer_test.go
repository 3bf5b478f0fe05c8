package infratest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const signerRole = "role-that-signs"

// signerGranted compares what the script grants on a key that stays in the vault with signer.bicep:
// a role that may sign and nothing else, on that one key, and the right to read the public part of
// certificates.
func (n *tenant) signerGranted(o outcome) {
	n.t.Helper()
	var made struct {
		Name                                   string
		Actions, DataActions, AssignableScopes []string
	}
	definitions := o.options("role definition create", "--role-definition")
	if len(definitions) != 1 || json.Unmarshal([]byte(definitions[0]), &made) != nil {
		n.t.Fatalf("got the roles %q, want one", definitions)
	}
	template := named(n.t, templates(n.t)["signer.bicep"], "resource", "signer").Body.at("properties")
	var want []string
	for _, action := range template.at("permissions").Items[0].at("dataActions").Items {
		want = append(want, action.literal())
	}
	if !slices.Equal(made.DataActions, want) || len(made.Actions) != 0 ||
		made.Name != "Influxion Signer rg-influxion" ||
		!slices.Equal(made.AssignableScopes, []string{strings.TrimSuffix(resources, "/providers/")}) {
		n.t.Errorf("got the role %+v, want %q within the group", made, want)
	}
	scopes := map[string][]string{
		signerRole: o.options("--role "+signerRole+" --scope", "--scope"),
		reader:     o.options("role assignment create --role "+reader, "--scope"),
	}
	if last := len(scopes[signerRole]) - 1; last < 0 || scopes[signerRole][last] != vaultScope+"/keys/seal" ||
		!slices.Equal(scopes[reader], []string{vaultScope}) {
		n.t.Errorf("got the scopes %v, want the one key and the vault", scopes)
	}
}

// A second run makes no second role, and the script never grants a role that may do more than sign.
func TestSetupSignsWithItsOwnRoleAlone(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KEY_PLACE": "vault"}
	for _, test := range []struct{ name, there, message string }{
		{"none", "", ""},
		{"the same", signerRole + "\tMicrosoft.KeyVault/vaults/keys/read,Microsoft.KeyVault/vaults/keys/sign/action",
			""},
		{"more", signerRole + "\t*,Microsoft.KeyVault/vaults/keys/read,Microsoft.KeyVault/vaults/keys/sign/action",
			"exactly the permissions to sign"},
		{"less", signerRole + "\tMicrosoft.KeyVault/vaults/keys/read", "exactly the permissions to sign"},
		{"another", signerRole + "\tMicrosoft.KeyVault/vaults/secrets/getSecret/action",
			"exactly the permissions to sign"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newTenant(t)
			n.succeeds(n.run(env, "setup.sh", "group", "vault"))
			if test.there != "" {
				file := filepath.Join(n.folder, "state", "definition")
				if err := os.WriteFile(file, []byte(test.there+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := n.run(env, "setup.sh", "grant")
			granted := got.index("role assignment create --role "+signerRole) >= 0
			if got.failed != (test.message != "") || granted != (test.message == "") ||
				!strings.Contains(got.err, test.message) {
				t.Errorf("got granted %t, failed %t: %s", granted, got.failed, got.err)
			}
			if made := got.index("role definition create") >= 0; made != (test.there == "") {
				t.Errorf("got a role made: %t", made)
			}
			if test.message == "" {
				again := n.succeeds(n.run(env, "setup.sh", "grant"))
				if changes := again.changes(); len(changes) != 0 {
					t.Errorf("got %v a second time", changes)
				}
			}
		})
	}
}

// Azure does not know a new role everywhere at once.
func TestSetupWaitsForItsRole(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"KEY_PLACE": "vault", "FAIL": "assignment create --role " + signerRole, "FAIL_TIMES": "2"}
	n.succeeds(n.run(env, "setup.sh", "group", "vault", "grant"))
	env["FAIL_TIMES"] = ""
	if got := newTenant(t).run(env, "setup.sh", "group", "vault", "grant"); !got.failed {
		t.Error("got no failure, though the role is never known")
	}
}

// The script makes the container of the audit log as audit.bicep does, and does not change an
// existing policy.
func TestSetupKeepsTheAuditLog(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"AUDIT_RETENTION_DAYS": "3650", "AUDIT_STORAGE": "staudit"}
	got := n.succeeds(n.run(env, "setup.sh"))
	for _, same := range []struct{ call, option, want string }{
		{"storage account create --name staudit", "--allow-shared-key-access", "false"},
		{"storage account create --name staudit", "--allow-blob-public-access", "false"},
		{"storage account create --name staudit", "--allow-cross-tenant-replication", "false"},
		{"immutability-policy create --account-name staudit", "--period", "3650"},
		{"immutability-policy create --account-name staudit", "--container-name", "audit"},
		{"immutability-policy create --account-name staudit", "--allow-protected-append-writes", "true"},
		{"role assignment create --role " + blobDataContributor, "--scope",
			resources + "Microsoft.Storage/storageAccounts/staudit/blobServices/default/containers/audit"},
		{"role assignment create --role " + blobDataContributor, "--assignee-object-id", appIdentity},
	} {
		if values := got.options(same.call, same.option); !slices.Equal(values, []string{same.want}) {
			t.Errorf("%s: got %s %v, want %s", same.call, same.option, values, same.want)
		}
	}
	container := "INFLUXION_AUDIT_CONTAINER=https://staudit.blob.core.windows.net/audit"
	if settings := got.calls[got.index("appsettings set")]; !slices.Contains(settings, container) {
		t.Errorf("got the settings %v, want %s", settings, container)
	}
	again := n.succeeds(n.run(env, "setup.sh", "audit"))
	if again.index("account create") >= 0 || again.index("policy create") >= 0 ||
		again.index("assignment create") >= 0 {
		t.Errorf("got %v a second time", again.changes())
	}
	env["AUDIT_RETENTION_DAYS"] = "30"
	if other := n.run(env, "setup.sh", "audit"); !other.failed ||
		!strings.Contains(other.err, "for 3650 days, not 30") {
		t.Errorf("got failed %t with %q, want a word about the period that is there", other.failed, other.err)
	}
	if none := n.succeeds(newTenant(t).run(nil, "setup.sh", "audit")); len(none.calls) != 0 {
		t.Errorf("got %v, want nothing where no days are set", none.calls)
	}
}

func TestSetupRefusesSettings(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"KEY_PLACE: ":            {"KEY_PLACE": "Vault"},
		"HASH_SIGNING: ":         {"HASH_SIGNING": "yes"},
		"CALLER_RATE: ":          {"CALLER_RATE": "60"},
		"TENANT_ROLES: ":         {"TENANT_ROLES": "a b"},
		"AUDIT_RETENTION_DAYS: ": {"AUDIT_RETENTION_DAYS": "146001", "AUDIT_STORAGE": "staudit"},
		"AUDIT_STORAGE: ":        {"AUDIT_RETENTION_DAYS": "146000"},
		"JOBS_STORAGE: ":         {"JOBS_STORAGE": "St-Jobs"},
		"JOBS_RETENTION: ":       {"JOBS_STORAGE": "stjobs", "JOBS_RETENTION": "90m"},
		"JOBS_STORAGE: set either it or JOBS_STORAGE_URL": {"JOBS_STORAGE": "stjobs",
			"JOBS_STORAGE_URL": "https://stjobs.blob.core.windows.net"},
		"AUDIT_CONTAINER: ": {"AUDIT_RETENTION_DAYS": "30", "AUDIT_STORAGE": "staudit",
			"AUDIT_CONTAINER": "https://a.blob.core.windows.net/audit"},
	} {
		if got := newTenant(t).run(env, "setup.sh"); !got.failed || len(got.calls) != 0 ||
			!strings.Contains(got.err, name) {
			t.Errorf("%v: got failed %t with %q after %v, want %s", env, got.failed, got.err, got.calls, name)
		}
	}
}
