package main

import (
	"slices"
	"testing"
)

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for hostname, want := range map[string]string{
		"seals.azurewebsites.net": "https://seals.azurewebsites.net", "Seals.example.": "",
		"127.0.0.1:7071": "http://127.0.0.1:7071", "localhost:7071": "http://localhost:7071",
		"[::1]:7071": "http://[::1]:7071", "": "", ":": "", "evil/x": "", `evil"host`: "", "a b": "", "user@host": "",
		"host?x": "", "host#x": "", "host:x": "",
	} {
		if got := publicAddress(hostname); got != want {
			t.Errorf("got %q for %q, want %q", got, hostname, want)
		}
	}
}

func TestPageFollowsTheSettings(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(goodEnviron("INFLUXION_PAGE_CLIENT_ID=" + otherGUID))
	if err != nil {
		t.Fatal(err)
	}
	got := c.page()
	if got == nil || got.ClientID != otherGUID || got.AuthorityHost != c.Azure.AuthorityHost ||
		got.TenantID != someGUID || got.Scope != c.Azure.DefaultScope {
		t.Errorf("got %+v, want what the settings say", got)
	}
	c, err = loadConfig(goodEnviron("INFLUXION_PAGE=false"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.page(); got != nil {
		t.Errorf("got %+v, want no page", got)
	}
}

// A function that is turned off stays off, although the host gives its requests to another
// function.
func TestDisabledFunctions(t *testing.T) {
	t.Parallel()
	got := disabledFunctions(map[string]string{
		"AzureWebJobs.Sign.Disabled": "1", "AzureWebJobs_Verify_Disabled": "true",
		"azurewebjobs__extend__disabled": "TRUE",
		"AzureWebJobs.Health.Disabled":   "0", "AzureWebJobs.Docs.Disabled": "false",
		"AzureWebJobs.Generate.Disabled": "ja",
		"AzureWebJobsStorage":            "true", "AzureWebJobs.Disabled": "1", "XAzureWebJobs.OpenAPI.Disabled": "1",
	})
	if want := []string{"Generate", "Sign", "Verify", "extend"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
