package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
)

// keyMode says where the deployment uses its keys, as far as its settings are known.
func (d *examination) keyMode() keyvault.KeyMode {
	mode, err := keyvault.ParseKeyMode(strings.TrimSpace(d.Deployment[setting+"KEY_MODE"]))
	if err != nil {
		return keyvault.KeysAuto // deployedKeys has reported it
	}
	return mode
}

// deployedKeys checks the settings that say where the deployment uses its keys.
func (d *examination) deployedKeys(value func(name string) string) {
	set := func(name, to string) string { return setSetting + name + "=" + to }
	mode, err := keyvault.ParseKeyMode(value("KEY_MODE"))
	where := "Function App → Environment variables → " + setting
	hsm := value("KEY_URL")
	switch {
	case err != nil:
		d.failed("settings-key-mode", setting+"KEY_MODE is neither auto, vault nor memory", remedy{
			"the service does not start", where + "KEY_MODE", set("KEY_MODE", "vault")})
	case hsm != "" && mode == keyvault.KeysInMemory:
		d.failed("settings-key-mode", setting+"KEY_MODE=memory rules out "+setting+"KEY_URL", remedy{
			"the service does not start: no key leaves a Managed HSM", where + "KEY_MODE", set("KEY_MODE", "vault")})
	}
	if hsm == "" {
		return
	}
	if err := keyvault.CheckVaultURL(hsm); err != nil {
		d.failed("settings-key-url", setting+"KEY_URL is not the address of a Managed HSM: "+err.Error(), hsmRemedy)
	} else if u, err := url.Parse(hsm); err == nil && strings.Contains(u.Hostname(), ".vault.") {
		d.failed("settings-key-url", setting+"KEY_URL names a vault, and not a Managed HSM", remedy{
			"the certificates of a vault lead to its keys: no address of keys is needed", where + "KEY_URL",
			`az functionapp config appsettings delete --name "$APP" --resource-group "$GROUP" --setting-names ` +
				setting + "KEY_URL"})
	}
}

var hsmRemedy = remedy{
	why:     "the service looks for keys there, each by its certificate's name",
	portal:  "Managed HSM → Overview → HSM URI; Managed HSM → Networking",
	command: `az keyvault show --hsm-name "$HSM" --query properties.hsmUri -o tsv`,
}

// hsm asks the deployment's Managed HSM without a token, and reports whether the deployment keeps
// keys in one. It does not examine the keys: the certificate is a file of the package.
func (d *examination) hsm(ctx context.Context) bool {
	address := strings.TrimSpace(d.Deployment[setting+"KEY_URL"])
	if address == "" || d.named("settings-key-url") {
		return address != ""
	}
	response, _, err := d.get(ctx, strings.TrimSuffix(address, "/")+"/keys?api-version=7.4")
	if err != nil {
		d.vaultFailed("hsm-unreachable",
			fmt.Sprintf("no connection to the Managed HSM at %s: %s", address, connection.Innermost(err)), hsmRemedy)
		return true
	}
	resource := parameter(response.Header.Get("WWW-Authenticate"), "resource")
	switch {
	case response.StatusCode == http.StatusForbidden:
		d.vaultFailed("hsm-firewall", "the Managed HSM's network rules refuse this network", hsmRemedy)
	case response.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(resource, "https://managedhsm."):
		d.vaultFailed("hsm-url",
			fmt.Sprintf("what answers at %s (status %d) is not a Managed HSM", address, response.StatusCode), hsmRemedy)
	default:
		d.ok("hsm", "the Managed HSM answers at "+address)
		d.notChecked("vault-certificate",
			"the key lies in a Managed HSM and the certificate in a file of the package: "+
				"the probe below shows whether they work")
	}
	return true
}
