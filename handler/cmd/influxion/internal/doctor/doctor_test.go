package doctor_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/doctor"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/keyvaulttest"
)

// named returns the checks that found something, first each fault as "check", then each note as
// "check?".
func named(findings []doctor.Finding) []string {
	var list []string
	for _, f := range findings {
		switch f.Status {
		case doctor.Failed:
			list = append(list, f.Check)
		case doctor.Note:
			list = append(list, f.Check+"?")
		}
	}
	slices.Sort(list)
	return list
}

func dump(findings []doctor.Finding) string {
	var text strings.Builder
	for _, f := range findings {
		text.WriteString("\n  " + string(f.Status) + " " + f.Check + ": " + f.What)
	}
	return text.String()
}

func expect(t *testing.T, findings []doctor.Finding, want ...string) {
	t.Helper()
	if got := named(findings); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q:%s", got, want, dump(findings))
	}
	for _, f := range findings {
		if (f.Status == doctor.Failed || f.Status == doctor.Note) &&
			(f.Why == "" || f.Portal == "" || f.Command == "") {
			t.Errorf("%s: got no reason or no remedy: %+v", f.Check, f)
		}
		if f.Check == "" || f.What == "" {
			t.Errorf("got the finding %+v, want a name and a text", f)
		}
	}
}

// A correct deployment raises no alarm, whoever examines it, and however much the examiner knows.
func TestNoFalseAlarm(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{})
	full := d.config(t)
	full.Deployment = values(d.Environ())
	full.Level = "B-LTA"
	outside := d.config(t)
	outside.VaultURL, outside.VaultCredential, outside.Certificate = "", nil, ""
	person := outside
	person.Credential = d.UserCredential()
	silent := outside
	silent.Probe, silent.TenantID = false, ""
	for name, config := range map[string]doctor.Config{"everything": full, "an app from outside": outside,
		"a person": person, "little": silent} {
		findings := doctor.Run(t.Context(), config)
		t.Log(name, dump(findings))
		expect(t, findings)
		if doctor.Failing(findings) {
			t.Errorf("%s: got a fault", name)
		}
	}
}

// Other correct deployments raise no alarm either: with any identity, any form of certificate, or a
// host name of their own.
func TestNoFalseAlarmElsewhere(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]cloudtest.Config{
		"user-assigned identity": {Identity: cloudtest.UserAssigned},
		"service principal":      {Identity: cloudtest.ServicePrincipal},
		"PEM":                    {Format: keyvaulttest.PEM},
		"another certificate":    {CertificateName: "Other-Seal-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, config)
			full := d.config(t)
			full.Deployment = values(d.Environ())
			expect(t, doctor.Run(t.Context(), full))
			person := d.config(t)
			person.Credential, person.VaultURL, person.VaultCredential, person.Certificate = d.UserCredential(), "",
				nil, ""
			expect(t, doctor.Run(t.Context(), person))
		})
	}
	t.Run("every certificate of the vault", func(t *testing.T) {
		t.Parallel()
		d := deployWith(t, cloudtest.Config{Identity: cloudtest.UserAssigned},
			func(*cloudtest.Cloud) []string { return []string{"INFLUXION_SIGNING_CERTIFICATES="} })
		expect(t, doctor.Run(t.Context(), d.config(t)))
	})
	t.Run("the one scope", func(t *testing.T) {
		t.Parallel()
		d := deployWith(t, cloudtest.Config{}, func(c *cloudtest.Cloud) []string {
			return []string{"INFLUXION_AZURE_DEFAULT_SCOPE=" + c.Audience + "/access_as_user"}
		})
		config := d.config(t)
		config.Credential, config.Scope = d.UserCredential(), d.Audience+"/access_as_user"
		expect(t, doctor.Run(t.Context(), config))
	})
}

// The checks that must report each misconfiguration of the local cloud. A note ends in a question
// mark.
var causes = map[cloudtest.Misconfiguration][]string{
	cloudtest.V1Tokens:       {"token-version?"},
	cloudtest.MissingConsent: {"sign-in-consent"},
	cloudtest.NoAppRole:      {"token-role"},
	cloudtest.NoPublicFlows:  {"sign-in-public-client"},
	cloudtest.UnknownClient:  {"sign-in-client"},
	cloudtest.WrongSecret:    {"sign-in-secret"},
	cloudtest.ExpiredSecret:  {"sign-in-secret-expired"},
	cloudtest.WrongScope:     {"audience"},
	cloudtest.WrongTenant:    {"authority-tenant"},
	cloudtest.ClockSkew:      {"clock-authority"},
	cloudtest.WrongAudience:  {"audience"},
	cloudtest.OtherTenant:    {"service-tenant"},
	cloudtest.NotListed:      {"settings-certificates"},
	cloudtest.TSADown:        {"timestamp"},
	cloudtest.NoEgress:       {"service-egress"},
	cloudtest.NoIdentity:     {"service-identity"},
	cloudtest.NoVaultRight:   {"vault-right"},
	cloudtest.NoAccessPolicy: {"vault-access-policy"},
	cloudtest.Firewall:       {"vault-firewall"},
	cloudtest.WrongVault:     {"settings-vault"},
	cloudtest.UnknownVault:   {"settings-vault"},
	cloudtest.ForeignVault:   {"vault-tenant"},
	cloudtest.Missing:        {"certificate-missing"},
	cloudtest.PlainSecret:    {"certificate-plain-secret"},
	cloudtest.Disabled:       {"certificate-disabled"},
	cloudtest.Expired:        {"certificate-expired"},
	cloudtest.NotYetValid:    {"certificate-not-yet-valid"},
	cloudtest.ExpiresSoon:    {"certificate-expires-soon?"},
	cloudtest.NotExportable:  {"certificate-not-exportable"},
	cloudtest.WrongKeyUsage:  {"certificate-key-usage"},
	cloudtest.Revoked:        {"certificate-revoked?"},
	cloudtest.SelfSigned:     {"certificate-self-signed?"},
}

// unseen are the misconfigurations that doctor cannot find, with the reason.
var unseen = map[cloudtest.Misconfiguration]string{
	cloudtest.NoRedirectURI: "the page in the browser says so, and Entra ID does not send the browser back",
}

// From inside, with the deployment's settings, doctor names each misconfiguration and nothing else.
func TestMisconfigurationsAreNamed(t *testing.T) {
	t.Parallel()
	for _, m := range cloudtest.Misconfigurations() {
		want, ok := causes[m]
		if !ok && unseen[m] == "" {
			t.Errorf("%s: got no name for it", m)
		}
		if !ok {
			continue
		}
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			d := deploy(t, cloudtest.Config{Misconfigured: m})
			config := d.config(t)
			config.Deployment = values(d.Environ())
			switch m {
			case cloudtest.MissingConsent:
				config.Credential = d.UserCredential()
			case cloudtest.NoPublicFlows:
				credential, err := d.NewCredential(cloudtest.DeviceCode, d.DefaultCaller(cloudtest.DeviceCode))
				if err != nil {
					t.Fatal(err)
				}
				config.Credential = credential
			}
			findings := doctor.Run(t.Context(), config)
			t.Log(dump(findings))
			expect(t, findings, want...)
			if m == cloudtest.WrongAudience &&
				!strings.Contains(dump(findings), "the deployment takes "+d.OtherAPIClientID) {
				t.Error("got no word of what the deployment takes, want it out of its settings")
			}
		})
	}
}

// From outside, without a right on the vault and without the settings, doctor can tell less, but
// nothing wrong.
func TestFromOutside(t *testing.T) {
	t.Parallel()
	for m, want := range map[cloudtest.Misconfiguration][]string{
		cloudtest.NoVaultRight:  {"service-vault-right"},
		cloudtest.Firewall:      {"service-vault-right"},
		cloudtest.UnknownVault:  {"service-vault"},
		cloudtest.ForeignVault:  {"service-identity"},
		cloudtest.Missing:       {"certificate-none"},
		cloudtest.NotExportable: {"certificate-none"},
		cloudtest.NotListed:     {"certificate-none"},
		cloudtest.WrongAudience: {"audience"},
		cloudtest.WrongScope:    {"audience"},
		cloudtest.OtherTenant:   {"service-tenant"},
		cloudtest.ExpiresSoon:   {"certificate-expires-soon?"},
	} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			config := deploy(t, cloudtest.Config{Misconfigured: m}).config(t)
			config.VaultURL, config.VaultCredential = "", nil
			findings := doctor.Run(t.Context(), config)
			expect(t, findings, want...)
		})
	}
}

// Choices of a deployment are no faults. A caller that the allow-list names needs no role. Doctor
// names a scope of the deployment's own choice that the token lacks. A missing timestamp authority
// is a fault only if the level needs one.
func TestDeploymentsOfTheirOwnKind(t *testing.T) {
	t.Parallel()
	t.Run("allowed client", func(t *testing.T) {
		t.Parallel()
		d := deployWith(t, cloudtest.Config{Misconfigured: cloudtest.NoAppRole}, func(c *cloudtest.Cloud) []string {
			return []string{"INFLUXION_AZURE_ALLOWED_CLIENTS=" + c.Client.ID}
		})
		expect(t, doctor.Run(t.Context(), d.config(t)))
	})
	t.Run("another scope", func(t *testing.T) {
		t.Parallel()
		d := deployWith(t, cloudtest.Config{}, func(c *cloudtest.Cloud) []string {
			return []string{"INFLUXION_AZURE_DEFAULT_SCOPE=" + c.Audience + "/read"}
		})
		config := d.config(t)
		config.Credential = d.UserCredential()
		findings := doctor.Run(t.Context(), config)
		expect(t, findings, "token-scope")
		if !strings.Contains(dump(findings), d.Audience+"/read") {
			t.Errorf("got %s, want the scope that the service asks for", dump(findings))
		}
	})
	t.Run("no timestamp authority", func(t *testing.T) {
		t.Parallel()
		d := deployWith(t, cloudtest.Config{},
			func(*cloudtest.Cloud) []string { return []string{"INFLUXION_TSA_URL="} })
		config := d.config(t)
		expect(t, doctor.Run(t.Context(), config))
		config.Level = "B-T"
		expect(t, doctor.Run(t.Context(), config), "timestamp-none")
	})
}

// service serves something else at the address of Influxion, and returns a configuration that
// examines it.
func service(t *testing.T, d *deployment, handler http.HandlerFunc) doctor.Config {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	config := d.config(t)
	config.URL = s.URL
	return config
}

// Doctor distinguishes faults in front of Influxion from faults of Influxion.
func TestBeforeInfluxion(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{})
	answer := func(status int, field, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if field != "" {
				w.Header().Set(field, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"App Service authentication redirects": {answer(302, "Location", "https://login.microsoftonline.com/", ""),
			"service-front"},
		"App Service authentication refuses": {answer(401, "WWW-Authenticate", `Bearer realm="app.azurewebsites.net"`, ""), "service-front"},
		"function key":                       {answer(401, "", "", ""), "service-front"},
		"stopped": {answer(403, "", "", "<html>Error 403 - This web app is stopped."),
			"service-access-restriction"},
		"handler does not start": {answer(503, "", "", "Function host is not running."),
			"service-not-running"},
		"another app":                         {answer(404, "", "", "<html>"), "service-other"},
		"another app that answers everything": {answer(200, "Content-Type", "text/html", "<html>"), "service-other"},
		"a clock that is wrong": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", "Mon, 01 Jan 2024 00:00:00 GMT")
			w.WriteHeader(http.StatusNotFound)
		}, "clock-service service-other"},
		"key asked for past the health check": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/health") {
				_, _ = io.WriteString(w, `{"status":"ok","version":"1","checks":{"vault":"ok","token_keys":"ok"}}`)
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		}, "service-front"},
		"token keys": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/health") {
				_, _ = io.WriteString(w, `{"status":"ok","version":"1","checks":{"vault":"ok","token_keys":"unavailable"}}`)
				return
			}
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
		}, "service-token-keys"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, doctor.Run(t.Context(), service(t, d, test.handler)), strings.Fields(test.want)...)
		})
	}
}

// Doctor names what keeps this machine from reaching the service.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{})
	// Another test could soon use a closed port.
	closed := httptest.NewServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	for name, test := range map[string]struct {
		url    string
		change func(*doctor.Config)
		want   []string
	}{
		"nobody answers": {closed.URL, nil, []string{"service-connection"}},
		"untrusted":      {secure.URL, nil, []string{"service-tls"}},
		"in the clear":   {"http://signing.example.org", nil, []string{"service-url"}},
		"with the path":  {d.host.URL() + "/api/", nil, []string{"service-url"}},
		"no address":     {"signing.example.org", nil, []string{"service-url"}},
		"not signed in":  {d.host.URL(), func(c *doctor.Config) { c.Credential = nil }, []string{"sign-in"}},
		"no scope":       {d.host.URL(), func(c *doctor.Config) { c.Scope = "" }, []string{"sign-in-scope"}},
		"a single scope": {d.host.URL(), func(c *doctor.Config) { c.Scope = d.Audience + "/access_as_user" },
			[]string{"sign-in-scope"}},
		"an unknown API": {d.host.URL(), func(c *doctor.Config) { c.Scope = "api://unknown/.default" },
			[]string{"sign-in-api"}},
		"no JWT": {d.host.URL(), func(c *doctor.Config) { c.Credential = given("opaque") },
			[]string{"token"}},
		"a token of Graph": {d.host.URL(), func(c *doctor.Config) { c.Credential = given(d.graphToken()) },
			[]string{"token-api"}},
		"an ID token": {d.host.URL(), func(c *doctor.Config) { c.Credential = given(d.idToken()) },
			[]string{"token-kind"}},
		"an old token": {d.host.URL(), func(c *doctor.Config) { c.Credential = given(d.oldToken()) },
			[]string{"token-time"}},
		"no login host": {d.host.URL(), func(c *doctor.Config) { c.AuthorityHost = closed.URL },
			[]string{"authority-connection", "service-authority"}},
		"no vault by address": {d.host.URL(), func(c *doctor.Config) { c.VaultURL = "http://vault" },
			[]string{"vault-url"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := d.config(t)
			config.URL = test.url
			if test.change != nil {
				test.change(&config)
			}
			expect(t, doctor.Run(t.Context(), config), test.want...)
		})
	}
}

// No finding contains the token or a secret, and a command in text from outside stays text.
func TestSecretsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{Misconfigured: cloudtest.WrongAudience})
	config := d.config(t)
	config.Deployment = values(d.Environ())
	config.Deployment["INFLUXION_AZURE_CLIENT_SECRET"] = "hunter2hunter2"
	var token string
	config.Transport = recorder{config.Transport, &token}
	config.Certificate = "x; rm -rf $(HOME)'"
	findings := doctor.Run(t.Context(), config)
	text := dump(findings)
	for _, f := range findings {
		text += f.Why + f.Portal + f.Command
		if strings.Contains(f.Command, "rm -rf") && !strings.Contains(f.Command, `'x; rm -rf $(HOME)'\'''`) && !strings.Contains(f.Command, `,x; rm -rf $(HOME)'\'''`) {
			t.Errorf("got the command %q, want what is foreign in quotes", f.Command)
		}
	}
	if token == "" || strings.Contains(text, token) || strings.Contains(text, "hunter2hunter2") ||
		strings.Contains(text, d.Client.Secret) {
		t.Errorf("got a secret in %s", text)
	}
}

type recorder struct {
	next  http.RoundTripper
	token *string
}

func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	if bearer, ok := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); ok {
		*r.token = bearer
	}
	return r.next.RoundTrip(request)
}

func TestReadDeployment(t *testing.T) {
	t.Parallel()
	want := "https://v.vault.azure.net"
	for name, text := range map[string]string{
		"list of az":          `[{"name":"INFLUXION_VAULT_URL","slotSetting":false,"value":"https://v.vault.azure.net"},{"name":"X","value":null}]`,
		"local.settings.json": `{"IsEncrypted":false,"Values":{"INFLUXION_VAULT_URL":"https://v.vault.azure.net"}}`,
		"object":              `{"INFLUXION_VAULT_URL":"https://v.vault.azure.net"}`,
		".env":                "# a comment\nexport INFLUXION_VAULT_URL=\"https://v.vault.azure.net\"\r\nOTHER=x\n",
	} {
		got, err := doctor.ReadDeployment(strings.NewReader(text))
		if err != nil || got["INFLUXION_VAULT_URL"] != want {
			t.Errorf("%s: got %v (%v), want %s", name, got, err, want)
		}
	}
	for _, text := range []string{"", "secret", `{"a":"secret"}`, "[1]", strings.Repeat("INFLUXION_X=1\n", 1<<17)} {
		if got, err := doctor.ReadDeployment(strings.NewReader(text)); err == nil ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v (%v), want an error that quotes nothing", got, err)
		}
	}
}
