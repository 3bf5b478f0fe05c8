package signin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Method is a way to sign in.
type Method string

// The methods.
const (
	DeviceCode        Method = "device-code"
	Browser           Method = "browser"
	ClientSecret      Method = "client-secret"
	ClientCertificate Method = "client-certificate"
	ManagedIdentity   Method = "managed-identity"
	WorkloadIdentity  Method = "workload-identity"
	AzureCLI          Method = "azure-cli"
)

// Methods lists them all.
func Methods() []Method {
	return []Method{DeviceCode, Browser, ClientSecret, ClientCertificate, ManagedIdentity, WorkloadIdentity, AzureCLI}
}

// Personal reports whether a person signs in by this method, on this machine.
func (m Method) Personal() bool { return m == DeviceCode || m == Browser }

// Config says who signs in, and how. Empty fields are not set.
type Config struct {
	Method              Method // "" = chosen by the other settings
	TenantID            string
	ClientID            string
	ClientSecret        string
	CertificateFile     string // PEM or PKCS#12 with the key
	CertificatePassword string
	TokenFile           string // the federated token of a workload
	AuthorityHost       string // https://host; "" = the public cloud's
	Session             *Session
	Dialog
	Options azcore.ClientOptions
}

// Dialog says how to ask a person, and how to tell the person what happens.
type Dialog struct {
	Interactive bool                                                      // whether a person may be asked now
	Prompt      func(context.Context, azidentity.DeviceCodeMessage) error // shows a device code
	Notice      func(string)                                              // shows a notice; never a secret
}

// ErrNotSignedIn reports that there is no credential and no earlier sign-in.
var ErrNotSignedIn = errors.New("not signed in: run influxion login, or set " +
	"INFLUXION_CLIENT_ID with INFLUXION_CLIENT_SECRET, or choose another way with --auth")

// SettingError is a missing or wrong setting. No sign-in was tried.
type SettingError struct{ text string }

func (e *SettingError) Error() string { return e.text }

// choose returns the requested method, else the method whose settings are present, else the method
// of the last sign-in.
func (c Config) choose() (Method, error) {
	switch {
	case c.Method != "":
		if !slices.Contains(Methods(), c.Method) {
			return "", &SettingError{fmt.Sprintf("unknown way to sign in %q: choose one of %s", c.Method, MethodList())}
		}
		return c.Method, nil
	case c.ClientSecret != "":
		return ClientSecret, nil
	case c.CertificateFile != "":
		return ClientCertificate, nil
	case c.TokenFile != "":
		return WorkloadIdentity, nil
	case c.Session != nil:
		return c.Session.Method, nil
	}
	return "", ErrNotSignedIn
}

// MethodList returns the names of the methods as text.
func MethodList() string {
	var names []string
	for _, method := range Methods() {
		names = append(names, string(method))
	}
	return strings.Join(names, ", ")
}

// New makes the credential. It does no network I/O, but it reads an app's certificate.
func New(c Config) (azcore.TokenCredential, Method, error) {
	method, err := c.choose()
	if err != nil {
		return nil, "", err
	}
	if err := c.complete(method); err != nil {
		return nil, method, err
	}
	credential, err := c.credential(method)
	if err != nil {
		return nil, method, fmt.Errorf("sign in by %s: %w", method, err)
	}
	return credential, method, nil
}

// complete returns an error that names the settings that a method lacks.
func (c Config) complete(method Method) error {
	for _, rule := range []struct {
		methods []Method
		value   string
		what    string
	}{
		{[]Method{DeviceCode, Browser, ClientSecret, ClientCertificate}, c.TenantID,
			"the tenant ID (--tenant, INFLUXION_CLIENT_TENANT_ID)"},
		{[]Method{DeviceCode, Browser, ClientSecret, ClientCertificate}, c.ClientID,
			"the client ID of the app registration (--client-id, INFLUXION_CLIENT_ID)"},
		{[]Method{ClientSecret}, c.ClientSecret, "the client secret (INFLUXION_CLIENT_SECRET)"},
		{[]Method{ClientCertificate}, c.CertificateFile,
			"the file of the client certificate (--client-certificate, INFLUXION_CLIENT_CERTIFICATE_FILE)"},
	} {
		if slices.Contains(rule.methods, method) && rule.value == "" {
			return &SettingError{fmt.Sprintf("sign in by %s: %s is missing", method, rule.what)}
		}
	}
	return nil
}

func (c Config) credential(method Method) (azcore.TokenCredential, error) {
	options := c.Options
	if c.AuthorityHost != "" {
		options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: c.AuthorityHost}
	} else {
		// Without this, the library would read the authority from an environment variable that is
		// not ours.
		options.Cloud = cloud.Configuration{
			ActiveDirectoryAuthorityHost: cloud.AzurePublic.ActiveDirectoryAuthorityHost}
	}
	switch method {
	case ClientSecret:
		return azidentity.NewClientSecretCredential(c.TenantID, c.ClientID, c.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: c.own()})
	case ClientCertificate:
		return c.certificate(options)
	case ManagedIdentity:
		managed := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if c.ClientID != "" {
			managed.ID = azidentity.ClientID(c.ClientID)
		}
		return azidentity.NewManagedIdentityCredential(managed)
	case WorkloadIdentity:
		return azidentity.NewWorkloadIdentityCredential(
			&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: options,
				ClientID: c.ClientID, TenantID: c.TenantID, TokenFilePath: c.TokenFile,
				DisableInstanceDiscovery: c.own()})
	case AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.TenantID})
	}
	return c.personal(method, options)
}

// own reports whether the authority is not one of Microsoft's. Instance discovery knows only
// Microsoft's.
func (c Config) own() bool {
	known := []string{"", cloud.AzurePublic.ActiveDirectoryAuthorityHost,
		cloud.AzureGovernment.ActiveDirectoryAuthorityHost,
		cloud.AzureChina.ActiveDirectoryAuthorityHost}
	return !slices.ContainsFunc(known,
		func(host string) bool { return strings.TrimRight(host, "/") == strings.TrimRight(c.AuthorityHost, "/") })
}

func (c Config) certificate(options policy.ClientOptions) (azcore.TokenCredential, error) {
	text, err := os.ReadFile(c.CertificateFile)
	if err != nil {
		return nil, err
	}
	chain, key, err := azidentity.ParseCertificates(text, []byte(c.CertificatePassword))
	if err != nil {
		return nil,
			fmt.Errorf("%s holds no readable certificate with its key (PEM or PKCS#12; a password goes into "+
				"INFLUXION_CLIENT_CERTIFICATE_PASSWORD)", c.CertificateFile)
	}
	return azidentity.NewClientCertificateCredential(c.TenantID, c.ClientID, chain, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: c.own()})
}
