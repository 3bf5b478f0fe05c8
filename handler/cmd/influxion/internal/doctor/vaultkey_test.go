package doctor_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/doctor"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
)

const held = "held-seal"

// heldConfig returns a configuration that examines, from inside, a deployment whose key never
// leaves the vault.
func heldConfig(t *testing.T) (*deployment, doctor.Config) {
	t.Helper()
	mode := []string{"INFLUXION_KEY_MODE=vault", "INFLUXION_SIGNING_CERTIFICATES=" + held}
	d := deployWith(t, cloudtest.Config{HeldName: held}, func(*cloudtest.Cloud) []string { return mode })
	config := d.config(t)
	config.Certificate = held
	config.Deployment = values(append(d.Environ(), mode...))
	return d, config
}

// From inside, doctor names what is wrong with a key that stays in the vault, and raises no alarm
// about a key that works.
func TestKeysInTheVault(t *testing.T) {
	t.Parallel()
	now := time.Now()
	failed := func(f keyvaulttest.Fault) func(*testing.T, *deployment) {
		return func(_ *testing.T, d *deployment) { d.Vault.SetFault(f) }
	}
	key := func(change func(*keyvaulttest.Certificate)) func(*testing.T, *deployment) {
		return func(t *testing.T, d *deployment) {
			if err := d.Vault.ChangeKey(held, "", change); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name  string
		wrong func(*testing.T, *deployment)
		want  []string
	}{
		{"nothing", func(*testing.T, *deployment) {}, nil},
		{"no right to sign", failed(keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC, On: keyvaulttest.Sign}),
			[]string{"key-sign-right"}},
		{"no right to read the certificate",
			failed(keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC, On: keyvaulttest.GetCertificate}),
			[]string{"certificate-read-right"}},
		{"a firewall", failed(keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByFirewall, On: keyvaulttest.Sign}),
			[]string{"vault-firewall"}},
		{"another key", failed(keyvaulttest.Fault{Kind: keyvaulttest.OtherKey, On: keyvaulttest.Sign}),
			[]string{"key-mismatch"}},
		{"another version of the key",
			failed(keyvaulttest.Fault{Kind: keyvaulttest.OtherKeyVersion, On: keyvaulttest.Sign}),
			[]string{"key-mismatch"}},
		{"a signature that does not verify",
			failed(keyvaulttest.Fault{Kind: keyvaulttest.WrongSignature, On: keyvaulttest.Sign}),
			[]string{"key-mismatch"}},
		{"a disabled key", key(func(c *keyvaulttest.Certificate) { c.KeyDisabled = true }), []string{"key-disabled"}},
		{"an old key", key(func(c *keyvaulttest.Certificate) { c.KeyExpires = now.Add(-time.Hour) }),
			[]string{"key-expired"}},
		{"a key of tomorrow", key(func(c *keyvaulttest.Certificate) { c.KeyNotBefore = now.Add(time.Hour) }),
			[]string{"key-not-yet-valid"}},
		{"no certificate", func(_ *testing.T, d *deployment) { d.Vault.Delete(held) }, []string{"certificate-missing"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, config := heldConfig(t)
			test.wrong(t, d)
			findings := doctor.Run(t.Context(), config)
			got := named(findings)
			if len(test.want) == 0 {
				expect(t, findings)
				return
			}
			if len(got) == 0 || got[0] != test.want[0] && !contains(got, test.want[0]) {
				t.Errorf("got %q, want %q:%s", got, test.want, dump(findings))
			}
			for _, other := range got {
				if other != test.want[0] && strings.HasPrefix(other, "vault-right") {
					t.Errorf("got %s, which is about secrets", other)
				}
			}
		})
	}
}

// From outside, doctor names a certificate whose key does not work, even if another certificate
// works.
func TestOneOfSeveralKeys(t *testing.T) {
	t.Parallel()
	d := deployWith(t, cloudtest.Config{HeldName: held}, func(*cloudtest.Cloud) []string { return nil })
	config := d.config(t)
	config.Credential, config.VaultURL, config.VaultCredential, config.Certificate = d.UserCredential(), "", nil, ""
	if err := d.Vault.ChangeKey(held, "", func(c *keyvaulttest.Certificate) { c.KeyDisabled = true }); err != nil {
		t.Fatal(err)
	}
	service := client.New(d.host.URL(), d.UserCredential(), d.Scope).WithAttempts(1)
	if _, err := service.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)),
		client.Options{Certificate: held}); err == nil {
		t.Fatal("got a signature of a disabled key")
	}
	for name, want := range map[string][]string{"": {"service-key"}, held: {"service-key"}, d.CertificateName: nil} {
		config.Certificate = name
		findings := doctor.Run(t.Context(), config)
		if got := named(findings); len(want) == 0 && len(got) > 0 || len(want) > 0 && !contains(got, want[0]) {
			t.Errorf("%q: got %q, want %q:%s", name, got, want, dump(findings))
		}
	}
}

func contains(list []string, one string) bool {
	for _, item := range list {
		if item == one {
			return true
		}
	}
	return false
}

// hsm answers for the host of a Managed HSM and passes all other requests on.
type hsm struct {
	next      http.RoundTripper
	status    int
	challenge string
}

func (h hsm) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Hostname() != "keys.managedhsm.azure.net" {
		return h.next.RoundTrip(r)
	}
	return &http.Response{StatusCode: h.status, Header: http.Header{"Www-Authenticate": {h.challenge}},
		Body: http.NoBody, Request: r}, nil
}

// The settings that say where keys lie, and the address of a Managed HSM.
func TestKeySettings(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{})
	const challenge = `Bearer authorization="https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111", ` +
		`resource="https://managedhsm.azure.net"`
	for name, test := range map[string]struct {
		set       map[string]string
		status    int
		challenge string
		want      string
	}{
		"an unknown mode": {map[string]string{"KEY_MODE": "hsm"}, 401, challenge, "settings-key-mode"},
		"an HSM and memory": {map[string]string{"KEY_MODE": "memory", "KEY_URL": "https://keys.managedhsm.azure.net"},
			401,
			challenge, "settings-key-mode"},
		"no https": {map[string]string{"KEY_URL": "http://keys.managedhsm.azure.net"}, 401, challenge,
			"settings-key-url"},
		"a vault": {map[string]string{"KEY_URL": "https://other.vault.azure.net"}, 401, challenge,
			"settings-key-url"},
		"an HSM":       {map[string]string{"KEY_URL": "https://keys.managedhsm.azure.net"}, 401, challenge, ""},
		"a closed HSM": {map[string]string{"KEY_URL": "https://keys.managedhsm.azure.net"}, 403, "", "hsm-firewall"},
		"something else": {map[string]string{"KEY_URL": "https://keys.managedhsm.azure.net"}, 200, "",
			"hsm-url"},
		"a vault in its place": {map[string]string{"KEY_URL": "https://keys.managedhsm.azure.net"}, 401,
			strings.Replace(challenge, "managedhsm", "vault", 1), "hsm-url"},
	} {
		t.Run(name, func(t *testing.T) {
			config := d.config(t)
			config.Probe = false
			config.Deployment = values(d.Environ())
			for setting, value := range test.set {
				config.Deployment["INFLUXION_"+setting] = value
			}
			config.Transport = hsm{config.Transport, test.status, test.challenge}
			findings := doctor.Run(t.Context(), config)
			if test.want == "" {
				expect(t, findings)
				return
			}
			if !contains(named(findings), test.want) {
				t.Errorf("got %q, want %q:%s", named(findings), test.want, dump(findings))
			}
		})
	}
}

// Doctor notes roles that the deployment does not use, and shows those that it uses.
func TestRolesOfTheToken(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{CertificateRoles: true, HashSigning: true})
	config := d.config(t)
	config.Probe = false
	config.Deployment = values(d.Environ())
	findings := doctor.Run(t.Context(), config)
	expect(t, findings)
	for _, want := range []string{`ok certificate-roles: the token's roles for certificates: "sign.`,
		`ok hash-roles: the token's roles to have hashes signed: "hash.`} {
		if !strings.Contains(dump(findings), want) {
			t.Errorf("got %s, want %s", dump(findings), want)
		}
	}
	home := config.Deployment["INFLUXION_AZURE_TENANT_ID"]
	config.Deployment["INFLUXION_AZURE_TENANT_ID"] = "33333333-3333-3333-3333-333333333333" // a home elsewhere
	for _, check := range []string{"certificate-roles", "hash-roles"} {
		want := "ok " + check + ": the token is of the tenant " + home + ", whose roles do not count"
		if got := dump(doctor.Run(t.Context(), config)); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	config.Deployment["INFLUXION_AZURE_TENANT_ID"] = home
	delete(config.Deployment, "INFLUXION_CERTIFICATE_ROLES")
	delete(config.Deployment, "INFLUXION_HASH_SIGNING")
	expect(t, doctor.Run(t.Context(), config), "certificate-roles?", "hash-roles?")
}
