package doctor

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"influxion/handler/internal/guid"
)

// MaxSettings bounds a deployment's settings, in bytes.
const MaxSettings = 1 << 20

const setting = "INFLUXION_"

// ReadDeployment reads a deployment's settings in any form in which people have them: .env,
// local.settings.json, the output of az functionapp config appsettings list, or an object of names
// and values. It keeps values in memory only.
func ReadDeployment(r io.Reader) (map[string]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSettings+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSettings {
		return nil, fmt.Errorf("settings of more than %d bytes", MaxSettings)
	}
	values := map[string]string{}
	var listed []struct{ Name, Value string }
	var local struct{ Values map[string]string }
	var object map[string]string
	switch {
	case json.Unmarshal(text, &listed) == nil:
		for _, one := range listed {
			values[one.Name] = one.Value
		}
	case json.Unmarshal(text, &local) == nil && local.Values != nil:
		values = local.Values
	case json.Unmarshal(text, &object) == nil:
		values = object
	default:
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		lines.Buffer(nil, MaxSettings)
		for lines.Scan() {
			if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "export "),
				"="); ok && !strings.HasPrefix(name, "#") {
				values[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
			}
		}
	}
	for name := range values {
		if strings.HasPrefix(name, setting) {
			return values, nil
		}
	}
	// The error quotes nothing of the text, because the text may hold secrets.
	return nil, errors.New("no INFLUXION_ setting is in it: give .env, local.settings.json, or what az functionapp " +
		"config appsettings list prints")
}

// deployment compares the deployment's settings with what is used here.
func (d *examination) deployment() {
	if d.Deployment == nil {
		d.notChecked("settings", "the deployment's settings were not checked: give them with --settings")
		return
	}
	before := len(d.list)
	value := func(name string) string { return strings.TrimSpace(d.Deployment[setting+name]) }
	set := func(name, to string) string {
		return `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings ` + setting + name + "=" + sh(to)
	}
	where := "Function App → Environment variables → "
	for _, one := range []struct{ name, what string }{
		{"AZURE_TENANT_ID", "the tenant ID of the app registrations"},
		{"AZURE_API_CLIENT_ID", "the client ID of Influxion API"}, {"VAULT_URL", "the URI of the vault"},
	} {
		if value(one.name) == "" {
			d.failed("settings-missing", "the deployment has no "+setting+one.name,
				remedy{"it does not start without " + one.what, where + setting + one.name, set(one.name, "…")})
		}
	}
	if id, secret := value("AZURE_CLIENT_ID"), value("AZURE_CLIENT_SECRET"); secret != "" && id == "" {
		d.failed("settings-secret", setting+"AZURE_CLIENT_SECRET is set without "+setting+"AZURE_CLIENT_ID",
			remedy{"the service does not start: a secret needs a client ID", where + setting + "AZURE_CLIENT_SECRET",
				`az functionapp config appsettings delete --name "$APP" --resource-group "$GROUP" --setting-names ` + setting + "AZURE_CLIENT_SECRET"})
	}
	if tenant := value("AZURE_TENANT_ID"); guid.Valid(d.TenantID) && tenant != "" &&
		!strings.EqualFold(tenant, d.TenantID) && !d.named("service-tenant", "authority-tenant") {
		d.failed("service-tenant",
			fmt.Sprintf("the deployment is of tenant %s, and you sign in to %s", tenant, d.TenantID),
			remedy{"a token of another tenant is refused, even a valid one", where + setting + "AZURE_TENANT_ID",
				set("AZURE_TENANT_ID", d.TenantID)})
	}
	d.deployedOutbound(value)
	d.deployedKeys(value)
	d.deployedAudience(value("AZURE_API_CLIENT_ID"), value("AZURE_AUDIENCE"))
	d.deployedVault(value("VAULT_URL"), value("SIGNING_CERTIFICATES"))
	if len(d.list) == before {
		d.ok("settings", "the deployment's settings agree with yours")
	}
}

func (d *examination) deployedAudience(clientID, audience string) {
	if d.claims == nil || clientID == "" {
		return
	}
	if audience == "" {
		audience = "api://" + clientID
	}
	if got := d.claims.Audience; !strings.EqualFold(got, clientID) && got != audience {
		d.audience(fmt.Sprintf("the token is for the audience %s, and the deployment takes %s and %s", got, clientID,
			audience))
	}
}

// deployedVault compares the deployment's vault and certificates with those that are named for the
// examination. If no vault is named, the examination takes the deployment's.
func (d *examination) deployedVault(vault, list string) {
	same := func(a, b string) bool { return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/")) }
	if d.VaultURL == "" {
		d.VaultURL = vault
	} else if vault != "" && !same(vault, d.VaultURL) {
		d.vaultFailed("settings-vault", fmt.Sprintf("the deployment uses the vault %s, and not %s", vault, d.VaultURL),
			remedy{
				"it finds no certificate there, or the wrong one",
				"Function App → Environment variables → INFLUXION_VAULT_URL",
				`az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_VAULT_URL=` + sh(d.VaultURL)})
	}
	if d.Certificate == "" || list == "" {
		return
	}
	for name := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(name), d.Certificate) {
			return
		}
	}
	d.vaultFailed("settings-certificates", "INFLUXION_SIGNING_CERTIFICATES does not list "+d.Certificate, remedy{
		"callers may use what it lists, and nothing else",
		"Function App → Environment variables → INFLUXION_SIGNING_CERTIFICATES",
		`az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_SIGNING_CERTIFICATES=` + sh(list+","+d.Certificate)})
}
