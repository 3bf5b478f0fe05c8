package signin_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/cmd/influxion/internal/signin"
)

const someone = "11111111-1111-4111-8111-111111111111"

func TestChoice(t *testing.T) {
	t.Parallel()
	session := &signin.Session{Method: signin.DeviceCode}
	for _, test := range []struct {
		name   string
		config signin.Config
		want   signin.Method
		fault  string
	}{
		{"nothing", signin.Config{}, "", "not signed in"},
		{"unknown", signin.Config{Method: "password"}, "", "unknown way"},
		{"secret", signin.Config{TenantID: someone, ClientID: someone, ClientSecret: "x", Session: session},
			signin.ClientSecret, ""},
		{"secret of nobody", signin.Config{TenantID: someone, ClientSecret: "hunter2"}, signin.ClientSecret,
			"client ID"},
		{"secret of nowhere", signin.Config{ClientID: someone, ClientSecret: "hunter2"}, signin.ClientSecret,
			"tenant ID"},
		{"secret forgotten", signin.Config{Method: signin.ClientSecret, TenantID: someone, ClientID: someone},
			signin.ClientSecret, "client secret"},
		{"no certificate", signin.Config{TenantID: someone, ClientID: someone, CertificateFile: "absent.pem"},
			signin.ClientCertificate, "absent.pem"},
		{"method first", signin.Config{Method: signin.ManagedIdentity, ClientSecret: "x"}, signin.ManagedIdentity, ""},
		{"az", signin.Config{Method: signin.AzureCLI}, signin.AzureCLI, ""},
		{"session", signin.Config{TenantID: someone, ClientID: someone, Session: session}, signin.DeviceCode, ""},
		{"browser", signin.Config{Method: signin.Browser, TenantID: someone, ClientID: someone}, signin.Browser, ""},
		{"workload", signin.Config{TenantID: someone, ClientID: someone, TokenFile: "token"}, signin.WorkloadIdentity,
			""},
	} {
		_, method, err := signin.New(test.config)
		if method != test.want || (err == nil) != (test.fault == "") ||
			err != nil && (!strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: got %q (%v), want %q (%s)", test.name, method, err, test.want, test.fault)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	name := signin.SessionFile(t.TempDir(), "")
	if got, err := signin.LoadSession(name); got != nil || err != nil {
		t.Errorf("got %v (%v) where there is none", got, err)
	}
	record := azidentity.AuthenticationRecord{ClientID: someone, Username: "me@example.org", Version: "1.0"}
	want := signin.Session{URL: "https://x", Scope: "s", Method: signin.Browser, Record: &record}
	if err := want.Save(name); err != nil {
		t.Fatal(err)
	}
	got, err := signin.LoadSession(name)
	if err != nil || got.URL != want.URL || got.Record == nil || *got.Record != record {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	for path, mode := range map[string]os.FileMode{name: 0o600, filepath.Dir(name): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("got %v (%v), want %v", info.Mode(), err, mode)
		}
	}
	for _, text := range []string{"", "{}", `{"method":"other"}`, `{"method":"browser","record":{"version":"9"}}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := signin.LoadSession(name); err == nil {
			t.Errorf("got %+v for %q, want an error", got, text)
		}
	}
	if err := errors.Join(signin.Forget(name), signin.Forget(name)); err != nil {
		t.Error(err)
	}
}

func TestErrorOf(t *testing.T) {
	t.Parallel()
	got, ok := signin.ErrorOf(
		errors.New("POST https://…\n---\n{\"error_description\":\"AADSTS7000215: Invalid client secret.\\r\\nTrace\"}"))
	if !ok || got.Code != "AADSTS7000215" || got.Text != "Invalid client secret." {
		t.Errorf("got %+v %v", got, ok)
	}
	if _, ok := signin.ErrorOf(errors.New("no route to host")); ok {
		t.Error("got a refusal where there is none")
	}
	if got := signin.Explain(errors.New("a\n-----\n  b\n")); got != "a b" {
		t.Errorf("got %q, want one line", got)
	}
}
