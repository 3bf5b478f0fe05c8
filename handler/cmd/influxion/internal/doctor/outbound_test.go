package doctor

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Doctor finds in the settings what keeps a deployment from starting, and secrets in plain text. It
// shows no value.
func TestDeployedOutbound(t *testing.T) {
	t.Parallel()
	good := map[string]string{"AZURE_TENANT_ID": "t", "AZURE_API_CLIENT_ID": "a",
		"VAULT_URL": "https://v.vault.azure.net"}
	const reference = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)"
	for name, test := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"nothing": {nil, nil},
		"all as it should be": {map[string]string{
			"TSA_URL": "https://tsa.example, http://tsa.example", "TSA_USER": "us", "TSA_PASSWORD": reference,
			"TSA_API_KEY":            reference,
			"TSA_CLIENT_CERTIFICATE": reference, "OUTBOUND_PROXY": "http://proxy.example:3128",
			"OUTBOUND_HOSTS": "ocsp.example.com",
		}, nil},
		"a user alone": {map[string]string{"TSA_URL": "https://tsa.example", "TSA_USER": "us"},
			[]string{"settings-tsa"}},
		"a password alone": {map[string]string{"TSA_PASSWORD": reference}, []string{"settings-tsa"}},
		"in the clear": {map[string]string{"TSA_URL": "http://tsa.example,https://tsa.example",
			"TSA_API_KEY": reference}, []string{"settings-tsa"}},
		"for nobody": {map[string]string{"TSA_CLIENT_CERTIFICATE": reference}, []string{"settings-tsa"}},
		"a key in the open": {map[string]string{"TSA_URL": "HTTPS://tsa.example", "TSA_API_KEY": "hunter2"},
			[]string{"settings-secret-plain"}},
		"a proxy's in the open": {map[string]string{"OUTBOUND_PROXY": "http://u:hunter2@proxy.example",
			"OUTBOUND_HOSTS": "a.b"}, []string{"settings-secret-plain"}},
		"a proxy without hosts": {map[string]string{"OUTBOUND_PROXY": "http://proxy.example:3128"},
			[]string{"settings-proxy"}},
		"hosts without a proxy":  {map[string]string{"OUTBOUND_HOSTS": "ocsp.example.com"}, []string{"settings-proxy"}},
		"a proxy by a reference": {map[string]string{"OUTBOUND_PROXY": reference, "OUTBOUND_HOSTS": "a.b"}, nil},
	} {
		d := &examination{Config: Config{Deployment: map[string]string{}}}
		for _, settings := range []map[string]string{good, test.settings} {
			for name, value := range maps.All(settings) {
				d.Deployment[setting+name] = value
			}
		}
		d.deployment()
		var got []string
		for _, f := range d.list {
			if f.Status == Failed || f.Status == Note {
				got = append(got, f.Check)
			}
			if f.Status != OK && (f.Why == "" || f.Portal == "" || f.Command == "") ||
				strings.Contains(f.What+f.Why+f.Portal+f.Command, "hunter2") {
				t.Errorf("%s: got no remedy, or a value told: %+v", name, f)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
