package doctor

import (
	"strings"
	"testing"
)

func TestChallenges(t *testing.T) {
	t.Parallel()
	const challenge = `Bearer realm="x", authorization_uri="https://login.example.org/tenant/oauth2/v2.0/authorize", error_description="a \"b\" \\c", scope="api://x/y"`
	for name, want := range map[string]string{"scope": "api://x/y", "Realm": "x", "error_description": `a "b" \c`, "absent": ""} {
		if got := parameter(challenge, name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	for address, want := range map[string]string{
		"https://login.example.org/tenant/oauth2": "https://login.example.org tenant",
		"https://login.example.org/tenant":        "https://login.example.org tenant",
		"http://login.example.org/tenant":         "", "https://login.example.org/": "", "": "", "::": "",
	} {
		authority, tenant, ok := authorityOf(address)
		if got := strings.TrimSpace(authority + " " + tenant); ok != (want != "") || ok && got != want {
			t.Errorf("got %q %v for %q, want %q", got, ok, address, want)
		}
	}
}

func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{"", `Bearer a="b"`, `Bearer authorization="https://x/y", resource="z"`, `a="\"`, `a="\\"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, challenge string) {
		if got := parameter(challenge, "authorization"); len(got) > len(challenge) {
			t.Errorf("got %q out of %q", got, challenge)
		}
		authorityOf(parameter(challenge, "authorization"))
	})
}

func FuzzReadDeployment(f *testing.F) {
	for _, seed := range []string{"", `[{"name":"INFLUXION_X","value":"y"}]`, "INFLUXION_X=y\n", `{"Values":{"INFLUXION_X":1}}`, "null", "{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ReadDeployment(strings.NewReader(text)); err == nil && len(got) == 0 {
			t.Error("got no settings and no error")
		}
	})
}
