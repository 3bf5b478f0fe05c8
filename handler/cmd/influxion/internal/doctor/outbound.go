package doctor

import "strings"

// secrets are settings that belong in the vault. The service principal's secret is not among them,
// because it is what opens the vault.
var secrets = []string{"TSA_PASSWORD", "TSA_API_KEY", "TSA_CLIENT_CERTIFICATE"}

const setSetting = `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings ` + setting

// deployedOutbound checks the credentials that the deployment sends to the timestamp authority, and
// its proxy. It shows no value.
func (d *examination) deployedOutbound(value func(name string) string) {
	where := func(name string) string { return "Function App → Environment variables → " + setting + name }
	set := func(name, to string) string { return setSetting + name + "=" + sh(to) }
	proxy := value("OUTBOUND_PROXY")
	for _, name := range secrets {
		d.plainSecret(name, value(name))
	}
	if strings.Contains(proxy, "@") {
		d.plainSecret("OUTBOUND_PROXY", proxy)
	}
	const stops = "the service does not start"
	first, _, _ := strings.Cut(value("TSA_URL"), ",")
	for _, pair := range [][2]string{{"TSA_USER", "TSA_PASSWORD"}, {"TSA_PASSWORD", "TSA_USER"}} {
		if value(pair[0]) != "" && value(pair[1]) == "" {
			d.failed("settings-tsa", setting+pair[0]+" is set without "+setting+pair[1],
				remedy{stops, where(pair[1]), set(pair[1], "…")})
		}
	}
	shown := value("TSA_USER") + value("TSA_API_KEY") + value("TSA_CLIENT_CERTIFICATE")
	if shown != "" && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "https://") {
		d.failed("settings-tsa", "credentials are set, and the first address in "+setting+
			"TSA_URL does not use https", remedy{
			stops + ": credentials are sent over TLS only, to the first address", where("TSA_URL"),
			set("TSA_URL", "https://…"),
		})
	}
	for _, pair := range [][2]string{{"OUTBOUND_PROXY", "OUTBOUND_HOSTS"}, {"OUTBOUND_HOSTS", "OUTBOUND_PROXY"}} {
		if value(pair[0]) != "" && value(pair[1]) == "" {
			d.failed("settings-proxy", setting+pair[0]+" is set without "+setting+pair[1], remedy{
				stops + ": the proxy is used only for the hosts of the list", where(pair[1]),
				set(pair[1], "…"),
			})
		}
	}
}

// plainSecret reports a secret that is stored in the settings, where everybody with access to them
// can read it.
func (d *examination) plainSecret(name, value string) {
	if value == "" || strings.HasPrefix(value, "@Microsoft.KeyVault(") {
		return
	}
	d.note("settings-secret-plain", "the value of "+setting+name+" is in the settings, and not in the vault",
		remedy{
			"whoever may read the settings has it",
			"Key Vault → Secrets; Function App → Environment variables → " + setting + name,
			setSetting + name + `="@Microsoft.KeyVault(SecretUri=https://$VAULT.vault.azure.net/secrets/<name>)"`,
		})
}
