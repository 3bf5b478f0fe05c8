package cloudtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/internal/cloudtest"
)

// clientEnviron is a client's environment as a map.
func clientEnviron(t *testing.T, cloud *cloudtest.Cloud, caller cloudtest.Caller,
	kinds ...cloudtest.CredentialKind) map[string]string {
	t.Helper()
	environ, err := cloud.ClientEnvironOf(caller, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := values[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		values[name] = value
	}
	return values
}

// credential makes a credential in this process.
func credential(t *testing.T, cloud *cloudtest.Cloud, kind cloudtest.CredentialKind,
	caller cloudtest.Caller) azcore.TokenCredential {
	t.Helper()
	for name, value := range clientEnviron(t, cloud, caller, kind) {
		if name == "PATH" || strings.HasPrefix(name, "IDENTITY_") {
			t.Setenv(name, value)
		}
	}
	credential, err := cloud.NewCredential(kind, caller)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func tokenRequest(scope string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{scope}}
}

func TestEveryKindOfCredential(t *testing.T) {
	cloud := start(t, cloudtest.Config{})
	for _, kind := range cloudtest.CredentialKinds() {
		got := claims(t, token(t, credential(t, cloud, kind, cloud.DefaultCaller(kind)), cloud.Scope))
		person := slices.Contains([]cloudtest.CredentialKind{cloudtest.Browser, cloudtest.DeviceCode,
			cloudtest.AzureCLI}, kind)
		wantClient, wantMethod := cloud.DefaultCaller(kind).Application.ID, "2"
		switch kind {
		case cloudtest.AzureCLI:
			wantClient, wantMethod = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "0"
		case cloudtest.Browser, cloudtest.DeviceCode:
			wantMethod = "0"
		case cloudtest.ClientSecret:
			wantMethod = "1"
		}
		if got["azp"] != wantClient || got["azpacr"] != wantMethod || (got["scp"] == "access_as_user") != person ||
			(got["roles"] != nil) == person {
			t.Errorf("%s: got %v, want client %s by method %s", kind, got, wantClient, wantMethod)
		}
	}
	if _, err := cloud.NewCredential("x", cloudtest.Caller{}); err == nil {
		t.Error("got a credential of no kind")
	}
}

// The client's managed identity and its endpoint give no access to the vault.
func TestClientsHaveNoRightOnTheVault(t *testing.T) {
	cloud := start(t, cloudtest.Config{})
	for _, kind := range cloudtest.CredentialKinds() {
		vault := secrets(t, cloud, credential(t, cloud, kind, cloud.DefaultCaller(kind)))
		if _, err := vault.GetSecret(t.Context(), cloud.CertificateName, "", nil); err == nil {
			t.Errorf("%s: got the secret, want a refusal", kind)
		}
	}
	given := clientEnviron(t, cloud, cloud.DefaultCaller(cloudtest.ManagedIdentity), cloudtest.ManagedIdentity)
	for _, address := range []string{given["IDENTITY_ENDPOINT"], environ(cloud, "IDENTITY_ENDPOINT")} {
		for _, query := range []string{"", "&client_id=" + environ(cloud, "INFLUXION_AZURE_CLIENT_ID")} {
			request, err := http.NewRequestWithContext(t.Context(), "GET",
				address+"?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-IDENTITY-HEADER", given["IDENTITY_HEADER"])
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				t.Errorf("%s: got a token by the client's header, want none", address+query)
			}
		}
	}
	operator := cloudtest.Caller{Person: cloud.Operator}
	if _, err := secrets(t, cloud, credential(t, cloud, cloudtest.AzureCLI, operator)).GetSecret(t.Context(),
		cloud.CertificateName, "", nil); err != nil {
		t.Errorf("got %v for the operator with az, want the secret", err)
	}
}

func TestSignInsUnderMisconfigurations(t *testing.T) {
	for _, test := range []struct {
		misconfigured cloudtest.Misconfiguration
		kind          cloudtest.CredentialKind
		want          string
	}{
		{cloudtest.MissingConsent, cloudtest.Browser, "AADSTS65004"},
		{cloudtest.MissingConsent, cloudtest.DeviceCode, "400 Bad Request"}, // MSAL drops the text
		{cloudtest.MissingConsent, cloudtest.AzureCLI, "AADSTS65001"},
		{cloudtest.NoPublicFlows, cloudtest.DeviceCode, "AADSTS7000218"},
		// a real browser shows AADSTS50011, and the program waits
		{cloudtest.NoRedirectURI, cloudtest.Browser, "exit status 1"},
	} {
		cloud := start(t, cloudtest.Config{Misconfigured: test.misconfigured})
		_, err := credential(t, cloud, test.kind, cloud.DefaultCaller(test.kind)).GetToken(t.Context(),
			tokenRequest(cloud.Scope))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s: got %v, want %s", test.misconfigured, test.kind, err, test.want)
		}
	}
	cloud := start(t, cloudtest.Config{Misconfigured: cloudtest.NoRedirectURI})
	query := url.Values{"client_id": {cloud.Client.ID}, "response_type": {"code"},
		"redirect_uri": {"http://localhost:1"}}
	text, err := cloudtest.Visitor{}.Visit(t.Context(),
		cloud.URL()+"/"+cloud.TenantID+"/oauth2/v2.0/authorize?"+query.Encode())
	if err == nil || !strings.Contains(err.Error(), "AADSTS50011") {
		t.Errorf("got %q and %v, want AADSTS50011 on the page", text, err)
	}
}

// The output, the stream and the exit code of the real az.
func TestAzureCLI(t *testing.T) {
	cloud := start(t, cloudtest.Config{})
	run := func(caller cloudtest.Caller, arguments ...string) (stdout, stderr string, code int) {
		t.Helper()
		folder, _, _ := strings.Cut(clientEnviron(t, cloud, caller, cloudtest.AzureCLI)["PATH"],
			string(os.PathListSeparator))
		command := exec.CommandContext(t.Context(), filepath.Join(folder, "az"), arguments...)
		var out, errs bytes.Buffer
		command.Stdout, command.Stderr = &out, &errs
		_ = command.Run()
		return out.String(), errs.String(), command.ProcessState.ExitCode()
	}
	user := cloudtest.Caller{Person: cloud.User}
	get := []string{"account", "get-access-token", "-o", "json", "--resource"}
	stdout, stderr, code := run(user, append(get, cloud.Audience, "--tenant", cloud.TenantID)...)
	var got struct {
		Token     string `json:"accessToken"`
		ExpiresOn string `json:"expiresOn"`
		Expires   int64  `json:"expires_on"`
		Tenant    string `json:"tenant"`
		Type      string `json:"tokenType"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || stderr != "" {
		t.Fatalf("got %d, %q, %q: %v", code, stdout, stderr, err)
	}
	if err := cloud.Entra.Check(got.Token, cloud.APIClientID); err != nil || got.Tenant != cloud.TenantID ||
		got.Type != "Bearer" ||
		got.Expires == 0 || len(got.ExpiresOn) != len("2006-01-02 15:04:05.000000") {
		t.Errorf("got %+v and %v", got, err)
	}
	if stdout, _, code := run(user, "account", "get-access-token", "--scope", cloud.Scope); code != 0 ||
		!strings.Contains(stdout, "accessToken") {
		t.Errorf("got %d %q for the default tenant, want a token", code, stdout)
	}
	for name, test := range map[string]struct {
		caller    cloudtest.Caller
		arguments []string
		want      string
	}{
		"nobody signed in": {cloudtest.Caller{}, append(get, cloud.Audience),
			"ERROR: Please run 'az login' to setup account."},
		"wrong tenant": {user, append(get, cloud.Audience, "--tenant", "11111111-1111-4111-8111-111111111111"),
			"ERROR: AADSTS90002"},
		"unknown API":     {user, append(get, "api://unknown"), "az login --scope api://unknown/.default"},
		"another command": {user, []string{"group", "list"}, "not recognized"},
		"another option":  {user, append(get, cloud.Audience, "--query", "x"), "unrecognized arguments: --query"},
		"half an option":  {user, get, "argument --resource: expected one argument"},
	} {
		stdout, stderr, code := run(test.caller, test.arguments...)
		if code != 1 || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: got %d, %q, %q, want %q", name, code, stdout, stderr, test.want)
		}
	}
}

// A separate program finds everything through its environment. Here it is this test binary again,
// with azidentity's EnvironmentCredential and Go's default network settings.
func TestClientEnvironServesAnotherProcess(t *testing.T) {
	if os.Getenv("CLOUDTEST_CLIENT") != "" {
		got, err := azidentity.NewEnvironmentCredential(nil)
		if err != nil {
			t.Fatal(err)
		}
		token(t, got, os.Getenv("INFLUXION_AZURE_DEFAULT_SCOPE"))
		return
	}
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	for _, kind := range []cloudtest.CredentialKind{cloudtest.ClientSecret, cloudtest.ClientCertificate} {
		given, err := cloud.ClientEnviron(kind)
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestClientEnvironServesAnotherProcess$")
		command.Env = append(given, "CLOUDTEST_CLIENT=yes", "HOME="+t.TempDir())
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", kind, err, output)
		}
	}
	managed, err := cloud.ClientEnviron(cloudtest.ManagedIdentity)
	if err != nil || !slices.Contains(managed, "AZURE_CLIENT_ID="+cloud.ManagedClient.ID) {
		t.Errorf("got %q and %v, want the managed identity's client ID", managed, err)
	}
}

func TestMisconfigurationsAreSwitches(t *testing.T) {
	t.Parallel()
	seen := map[cloudtest.Misconfiguration]bool{}
	for _, each := range cloudtest.Misconfigurations() {
		if seen[each] || each == "" {
			t.Errorf("%q is there twice", each)
		}
		seen[each] = true
	}
	skewed := start(t, cloudtest.Config{Misconfigured: cloudtest.ClockSkew})
	response, err := skewed.HTTPClient().Get(
		"https://login.microsoftonline.com/" + skewed.TenantID + "/v2.0/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	date, err := http.ParseTime(response.Header.Get("Date"))
	credential, _ := skewed.Credential()
	issued := claims(t, token(t, credential, skewed.Scope))["iat"].(float64)
	if difference := float64(date.Unix()) - issued; err != nil || difference > 60 || difference < -60 {
		t.Errorf("got Date %v and iat %v, want Azure's clock in both", date, issued)
	}
	v1 := start(t, cloudtest.Config{Misconfigured: cloudtest.V1Tokens, Identity: cloudtest.ServicePrincipal})
	credential, _ = v1.Credential()
	if got := claims(t, token(t, credential, v1.Scope))["ver"]; got != "1.0" {
		t.Errorf("got version %v, want 1.0", got)
	}
	right := start(t, cloudtest.Config{})
	for _, host := range []string{"influxion-other.vault.azure.net", "workloads.example.org"} {
		if response, err := right.HTTPClient().Get("https://" + host + "/"); err == nil {
			response.Body.Close()
			t.Errorf("%s: got %s through the proxy, want it unknown", host, response.Status)
		}
	}
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	cloud := start(t, cloudtest.Config{})
	visitor := cloudtest.Visitor{Person: cloud.User.Name, Code: "BBBBBBBBB"}
	if text, err := visitor.Visit(t.Context(), cloud.URL()+"/devicelogin"); err == nil {
		t.Errorf("got %q for a wrong code, want an error: the page comes back for ever", text)
	}
	if _, err := visitor.Visit(t.Context(), "http://127.0.0.1:1/"); err == nil {
		t.Error("got no error where nobody answers")
	}
	if _, err := visitor.Visit(t.Context(), "://"); err == nil {
		t.Error("got no error for what is no address")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := visitor.Visit(ended, cloud.URL()+"/devicelogin"); err == nil {
		t.Error("got no error after the end")
	}
}

// page is a page that is the answer to every request.
type page string

func (p page) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(p))),
		Request: request}, nil
}

// A visit ends, whatever a page contains.
func FuzzVisitor(f *testing.F) {
	for _, seed := range []string{
		"", "<html>", `<form action="/x"><input type="hidden" name="a" value="b"/><button name="c" value="d">e</button></form>`, "<button>", "<button><button></form>",
		"<input><input name='x'>", "&nbsp;<script>if (a<b)</script>", "<form action='://'><button>x</button>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		visitor := cloudtest.Visitor{Client: &http.Client{Transport: page(text)}, Person: "e"}
		got, err := visitor.Visit(t.Context(), "http://localhost/")
		if err != nil && got != "" {
			t.Errorf("got %q beside %v", got, err)
		}
	})
}

func TestPeopleMayDecline(t *testing.T) {
	cloud := start(t, cloudtest.Config{})
	for _, kind := range []cloudtest.CredentialKind{cloudtest.Browser, cloudtest.DeviceCode} {
		caller := cloud.DefaultCaller(kind)
		caller.Decline = true
		if _, err := credential(t, cloud, kind, caller).GetToken(t.Context(), tokenRequest(cloud.Scope)); err == nil {
			t.Errorf("%s: got a token from a person who pressed Cancel", kind)
		}
	}
}
