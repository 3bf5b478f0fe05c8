package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// credential makes a credential of azidentity in this process, with the environment that azidentity
// reads.
func (p *program) credential(t *testing.T, kind cloudtest.CredentialKind,
	caller cloudtest.Caller) azcore.TokenCredential {
	t.Helper()
	environ, err := p.ClientEnvironOf(caller, kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if name == "PATH" || strings.HasPrefix(name, "IDENTITY_") {
			t.Setenv(name, value)
		}
	}
	credential, err := p.NewCredential(kind, caller)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// With each kind of credential of the SDK, callers with the right sign a document through the
// unmodified handler, and callers without it do not.
func TestEveryCredentialSigns(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	stranger := cloudtest.Caller{Application: p.Stranger, Person: p.User}
	for _, test := range []struct {
		kind     cloudtest.CredentialKind
		stranger cloudtest.Caller
		want     string // of the stranger
	}{
		{cloudtest.Browser, stranger, "403 insufficient_scope"},
		{cloudtest.DeviceCode, stranger, "403 insufficient_scope"},
		{cloudtest.ClientSecret, stranger, "403 insufficient_scope"},
		{cloudtest.ClientCertificate, stranger, "403 insufficient_scope"},
		{cloudtest.ManagedIdentity, cloudtest.Caller{Application: p.ManagedStranger}, "403 insufficient_scope"},
		{cloudtest.WorkloadIdentity, stranger, "403 insufficient_scope"},
		{cloudtest.AzureCLI, cloudtest.Caller{}, "Please run 'az login' to setup account."},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			document := pdftest.Sample(10_000)
			caller := p.clientAs(p.credential(t, test.kind, p.DefaultCaller(test.kind)))
			file, _, err := sign(t.Context(), caller, document, client.Options{})
			if err != nil {
				t.Fatalf("got %v, want a signature", err)
			}
			if !bytes.HasPrefix(file, document) || len(file) == len(document) {
				t.Errorf("got %d bytes that do not continue the %d sent", len(file), len(document))
			}
			report, err := caller.Verify(t.Context(), bytes.NewReader(file))
			if err != nil || len(report.Signatures) != 1 || report.Signatures[0].Indication != "TOTAL-PASSED" {
				t.Errorf("got %+v and %v, want one signature that passes", report, err)
			}
			_, _, err = sign(t.Context(), p.clientAs(p.credential(t, test.kind, test.stranger)), document,
				client.Options{})
			if got := refusal(err); !strings.Contains(got, test.want) {
				t.Errorf("got %s for a stranger, want %s", got, test.want)
			}
		})
	}
}

// If a person presses Cancel, the client gets nothing. MSAL loses the error text that a device
// gets.
func TestDeclinedSignIns(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	for kind, want := range map[cloudtest.CredentialKind]string{cloudtest.Browser: "AADSTS65004",
		cloudtest.DeviceCode: "400 Bad Request"} {
		caller := p.DefaultCaller(kind)
		caller.Decline = true
		_, err := p.credential(t, kind, caller).GetToken(t.Context(), tokenRequest(p.Scope))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", kind, err, want)
		}
	}
}

// outcome is the result that an application gets when it signs with the secret from its
// environment.
func (p *program) outcome(t *testing.T) string {
	t.Helper()
	environ, err := p.ClientEnviron(cloudtest.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		given[name] = value
	}
	credential, err := azidentity.NewClientSecretCredential(given["AZURE_TENANT_ID"], given["AZURE_CLIENT_ID"],
		given["AZURE_CLIENT_SECRET"],
		&azidentity.ClientSecretCredentialOptions{ClientOptions: policy.ClientOptions{Transport: p.HTTPClient()}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), tokenRequest(given["INFLUXION_AZURE_DEFAULT_SCOPE"]))
	if err != nil {
		return err.Error()
	}
	return p.signWith(t, token.Token)
}

// signWith signs without the client, because the client tries again.
func (p *program) signWith(t *testing.T, token string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", p.host.URL()+"/api/sign?level=B-T",
		bytes.NewReader(pdftest.Sample(0)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/pdf")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return "signed"
	}
	return fmt.Sprintf("%d %s", response.StatusCode, problemCode(t, response))
}

// Each misconfiguration of the local cloud has the outcome that it has in Azure.
func TestMisconfigurations(t *testing.T) {
	outcomes := map[cloudtest.Misconfiguration]string{
		cloudtest.V1Tokens:       "signed",
		cloudtest.MissingConsent: "signed", // by the app role
		cloudtest.NoAppRole:      "403 insufficient_scope",
		cloudtest.NoPublicFlows:  "signed",
		cloudtest.NoRedirectURI:  "signed",
		cloudtest.UnknownClient:  "AADSTS700016",
		cloudtest.WrongSecret:    "AADSTS7000215",
		cloudtest.ExpiredSecret:  "AADSTS7000222",
		cloudtest.WrongScope:     "401 invalid_token",
		cloudtest.WrongTenant:    "AADSTS90002",
		cloudtest.ClockSkew:      "401 invalid_token",
		cloudtest.WrongAudience:  "401 invalid_token",
		cloudtest.OtherTenant:    "401 invalid_token",
		cloudtest.NotListed:      "404 certificate_not_found",
		cloudtest.TSADown:        "503 level_unreachable",
		cloudtest.NoEgress:       "503 identity_unavailable",
		cloudtest.NoIdentity:     "503 identity_unavailable",
		cloudtest.NoVaultRight:   "503 vault_forbidden",
		cloudtest.NoAccessPolicy: "503 vault_forbidden",
		cloudtest.Firewall:       "503 vault_forbidden",
		cloudtest.WrongVault:     "404 certificate_not_found",
		cloudtest.UnknownVault:   "503 vault_unavailable",
		cloudtest.ForeignVault:   "503 identity_unavailable",
		cloudtest.Missing:        "404 certificate_not_found",
		cloudtest.PlainSecret:    "404 certificate_not_found",
		cloudtest.Disabled:       "404 certificate_not_found",
		cloudtest.Expired:        "404 certificate_not_found",
		cloudtest.NotYetValid:    "404 certificate_not_found",
		cloudtest.ExpiresSoon:    "signed",
		cloudtest.NotExportable:  "404 certificate_not_found",
		cloudtest.WrongKeyUsage:  "404 certificate_not_found",
		cloudtest.Revoked:        "signed",
		cloudtest.SelfSigned:     "signed",
	}
	for _, each := range cloudtest.Misconfigurations() {
		if _, ok := outcomes[each]; !ok {
			t.Errorf("%s: no outcome is known", each)
		}
	}
	for each, want := range outcomes {
		t.Run(string(each), func(t *testing.T) {
			t.Parallel()
			p := start(t, cloudtest.Config{Algorithm: pkitest.P256, Misconfigured: each}, hosttest.Config{})
			if got := p.outcome(t); !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func problemCode(t *testing.T, response *http.Response) string {
	t.Helper()
	var problem struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
		t.Fatalf("got %d and no problem: %v", response.StatusCode, err)
	}
	return problem.Code
}

// Access tokens that every service refuses from now on, as those of a clock that was ahead, are
// replaced: neither the vault nor the storage stays closed until the tokens expire.
func TestRefusedTokensAreReplaced(t *testing.T) {
	t.Parallel()
	for _, identity := range []cloudtest.Identity{cloudtest.SystemAssigned, cloudtest.UserAssigned,
		cloudtest.ServicePrincipal} {
		t.Run(string(identity), func(t *testing.T) {
			t.Parallel()
			p := start(t, cloudtest.Config{Algorithm: pkitest.P256, AuditContainer: true, Jobs: true,
				Identity: identity}, hosttest.Config{Environ: []string{"INFLUXION_KEY_MODE=vault"}})
			attempt := func() string {
				_, _, err := sign(t.Context(), p.client().WithAttempts(1), pdftest.Sample(0), client.Options{})
				return refusal(err)
			}
			signed := attempt()
			if err := p.Entra.RotateKeys(); err != nil {
				t.Fatal(err)
			}
			p.Entra.RemoveOldKeys()
			until(t, "a signature", func() bool { return attempt() == signed })
			until(t, "readiness", func() bool {
				ready, err := p.client().Health(t.Context(), true)
				return err == nil && ready.Status == "ok"
			})
		})
	}
}
