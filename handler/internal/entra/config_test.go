package entra_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/entra"
)

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*entra.Config)
		want   string
	}{
		"no tenant":      {func(c *entra.Config) { c.TenantID = "" }, "tenant ID"},
		"tenant by name": {func(c *entra.Config) { c.TenantID = "tenant.example.org" }, "tenant ID"},
		"tenant common":  {func(c *entra.Config) { c.TenantID = "common" }, "tenant ID"},
		"no audiences":   {func(c *entra.Config) { c.Audiences = nil }, "audiences"},
		"empty audience": {func(c *entra.Config) { c.Audiences = []string{apiID, ""} }, "audiences"},
		"authority over http": {func(c *entra.Config) { c.AuthorityHost = "http://login.microsoftonline.com" },
			"authority"},
		"authority with path":  {func(c *entra.Config) { c.AuthorityHost = publicHost + "/common" }, "authority"},
		"authority with query": {func(c *entra.Config) { c.AuthorityHost = publicHost + "?x" }, "authority"},
		"authority with user info": {func(c *entra.Config) {
			c.AuthorityHost = "https://a@login.microsoftonline.com"
		}, "authority"},
		"authority without host": {func(c *entra.Config) { c.AuthorityHost = "https://" }, "authority"},
		"authority without scheme": {func(c *entra.Config) { c.AuthorityHost = "login.microsoftonline.com" },
			"authority"},
		"allowed tenant no GUID": {func(c *entra.Config) { c.AllowedTenants = []string{"*"} }, "allowed tenants"},
		"allowed client no GUID": {func(c *entra.Config) { c.AllowedClients = []string{"*"} }, "allowed clients"},
		"scope of another API": {func(c *entra.Config) {
			c.DefaultScope = "https://graph.microsoft.com/.default"
		}, "default scope"},
		"scope without API":         {func(c *entra.Config) { c.DefaultScope = "access_as_user" }, "default scope"},
		"scope without name":        {func(c *entra.Config) { c.DefaultScope = apiURI + "/" }, "default scope"},
		"two scopes":                {func(c *entra.Config) { c.DefaultScope = apiURI + "/a b" }, "default scope"},
		"scope with a quote":        {func(c *entra.Config) { c.DefaultScope = apiURI + `/a"b` }, "default scope"},
		"scope with a backslash":    {func(c *entra.Config) { c.DefaultScope = apiURI + `/a\b` }, "default scope"},
		"scope beyond ASCII":        {func(c *entra.Config) { c.DefaultScope = apiURI + "/a\x7f" }, "default scope"},
		"exposed scope with spaces": {func(c *entra.Config) { c.Scopes = []string{"a b"} }, "scopes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := entra.Config{TenantID: tenantID, Audiences: []string{apiID, apiURI}}
			test.change(&config)
			if _, err := entra.New(config); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want a fault of %s", err, test.want)
			}
		})
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := entra.New(entra.Config{AuthorityHost: "x", AllowedTenants: []string{"x"}, AllowedClients: []string{"x"},
		DefaultScope: "x"})
	if err == nil {
		t.Fatal("got no error, want six faults")
	}
	if got := len(strings.Split(err.Error(), "\n")); got != 6 {
		t.Errorf("got %d faults, want 6: %v", got, err)
	}
}
