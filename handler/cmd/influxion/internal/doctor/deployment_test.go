package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/cmd/influxion/internal/doctor"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pkitest"
)

// staged is the script root with the production handler.
var staged string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "influxion-doctor-")
		if err == nil {
			defer os.RemoveAll(folder)
			staged, err = folder, stage(folder)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "stage:", err)
			return 1
		}
		return m.Run()
	}())
}

func stage(folder string) error {
	const root = "../../../../.."
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "handler"), "influxion/handler")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, "functions"))); err != nil {
		return err
	}
	settings, err := os.ReadFile(filepath.Join(root, "host.json"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "host.json"), settings, 0o644)
}

// deployment is a whole deployment in a local cloud.
type deployment struct {
	*cloudtest.Cloud
	host *hosttest.Host
}

// deploy starts the production handler in a cloud.
func deploy(t *testing.T, config cloudtest.Config) *deployment {
	t.Helper()
	return deployWith(t, config, func(*cloudtest.Cloud) []string { return nil })
}

// deployWith is deploy with settings that override the cloud's.
func deployWith(t *testing.T, config cloudtest.Config, more func(*cloudtest.Cloud) []string) *deployment {
	t.Helper()
	config.Algorithm = pkitest.P256 // faster to make
	cloud, err := cloudtest.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	log := &hosttest.Transcript{}
	host, err := cloud.StartHost(t.Context(), hosttest.Config{Root: staged, Log: log.Record, Environ: more(cloud)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		host.Close()
		if t.Failed() {
			t.Log(log.Tail())
		}
	})
	if err := host.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &deployment{cloud, host}
}

// transport reaches the cloud through its proxy, and this machine directly.
type transport struct{ cloud, local http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Hostname() == "127.0.0.1" {
		return t.local.RoundTrip(r)
	}
	return t.cloud.RoundTrip(r)
}

func (d *deployment) transport() http.RoundTripper {
	return transport{d.HTTPClient().Transport, &http.Transport{DisableKeepAlives: true}}
}

// config is the configuration that the CLI would use, as the client application.
func (d *deployment) config(t *testing.T) doctor.Config {
	t.Helper()
	environ, err := d.ClientEnviron(cloudtest.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	given := values(environ)
	credential, _, err := signin.New(signin.Config{
		Method: signin.ClientSecret, TenantID: given["AZURE_TENANT_ID"], ClientID: given["AZURE_CLIENT_ID"],
		ClientSecret: given["AZURE_CLIENT_SECRET"],
		Options: azcore.ClientOptions{Transport: &http.Client{Transport: d.transport()},
			Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	return doctor.Config{
		URL: d.host.URL(), Scope: given["INFLUXION_AZURE_DEFAULT_SCOPE"], TenantID: given["AZURE_TENANT_ID"],
		ClientID: given["AZURE_CLIENT_ID"],
		Probe:    true, Credential: credential, CredentialErr: err, Transport: d.transport(), Now: time.Now,
		Certificate: d.CertificateName, VaultURL: "https://influxion-local.vault.azure.net",
		VaultCredential: operator{d}, VaultIdentity: "the operator",
	}
}

func values(environ []string) map[string]string {
	list := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		list[name] = value
	}
	return list
}

// given is a credential that has one token.
type given string

func (g given) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(g), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func (d *deployment) claims() map[string]any {
	return d.Entra.DelegatedClaims(d.TenantID, 2, d.APIClientID, d.caller())
}

func (d *deployment) caller() entratest.Caller {
	return entratest.Caller{ClientID: d.Client.ID, ObjectID: d.User.ObjectID, Scopes: []string{"access_as_user"}}
}

func (d *deployment) graphToken() string {
	header := d.Entra.Header()
	header["nonce"] = "x"
	return d.Entra.Mint(header, d.claims())
}

func (d *deployment) idToken() string {
	claims := d.claims()
	claims["nonce"] = "x"
	return d.Entra.Mint(nil, claims)
}

func (d *deployment) oldToken() string {
	claims := d.claims()
	claims["exp"] = time.Now().Add(-time.Minute).Unix()
	return d.Entra.Mint(nil, claims)
}

// operator is the credential of a person who may read the vault's secrets.
type operator struct{ d *deployment }

func (o operator) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	form := url.Values{
		"grant_type": {"password"}, "client_id": {"04b07795-8ddb-461a-bbee-02f9e1bf7b46"},
		"username": {o.d.Operator.Name}, "password": {o.d.Operator.Password},
		"scope": {strings.Join(options.Scopes, " ")},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.d.TokenURL(), strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	text, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err == nil && answer.AccessToken == "" {
		err = fmt.Errorf("no token: %s", text)
	}
	return azcore.AccessToken{Token: answer.AccessToken, ExpiresOn: time.Now().Add(time.Hour)}, err
}
