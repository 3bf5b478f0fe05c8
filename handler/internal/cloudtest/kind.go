package cloudtest

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/pkitest"
)

// CredentialKind names one of azidentity's credentials.
type CredentialKind string

// The kinds that a client of Influxion may use.
const (
	Browser           CredentialKind = "interactive browser"
	DeviceCode        CredentialKind = "device code"
	ClientSecret      CredentialKind = "client secret"
	ClientCertificate CredentialKind = "client certificate"
	ManagedIdentity   CredentialKind = "managed identity"
	WorkloadIdentity  CredentialKind = "workload identity"
	AzureCLI          CredentialKind = "Azure CLI"
)

// CredentialKinds lists all of them.
func CredentialKinds() []CredentialKind {
	return []CredentialKind{Browser, DeviceCode, ClientSecret, ClientCertificate, ManagedIdentity, WorkloadIdentity,
		AzureCLI}
}

// Caller identifies who gets a token: an application and, for credentials with a sign-in, a person.
type Caller struct {
	Application Application // the identity, for ManagedIdentity
	Person      Person
	Decline     bool // the person presses Cancel
}

// DefaultCaller returns a caller that may sign, for that kind of credential.
func (c *Cloud) DefaultCaller(kind CredentialKind) Caller {
	if kind == ManagedIdentity {
		return Caller{Application: c.ManagedClient}
	}
	return Caller{Application: c.Client, Person: c.User}
}

// NewCredential makes azidentity's own credential. This process must have some variables of
// ClientEnvironOf in its environment, because azidentity reads them there: PATH for Browser and
// AzureCLI, and the IDENTITY_ variables for ManagedIdentity.
func (c *Cloud) NewCredential(kind CredentialKind, caller Caller) (azcore.TokenCredential, error) {
	options := policy.ClientOptions{Transport: c.HTTPClient()}
	switch application := caller.Application; kind {
	case Browser:
		return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: options, TenantID: c.TenantID, ClientID: application.ID,
		})
	case DeviceCode:
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: options, TenantID: c.TenantID, ClientID: application.ID, UserPrompt: caller.enterCode,
		})
	case ClientSecret:
		return c.CredentialFor(application)
	case ClientCertificate:
		certificate, key, err := c.addCertificate(application)
		if err != nil {
			return nil, err
		}
		return azidentity.NewClientCertificateCredential(c.TenantID, application.ID, []*x509.Certificate{certificate},
			key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options})
	case ManagedIdentity:
		return azidentity.NewManagedIdentityCredential(
			&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(application.ID)})
	case WorkloadIdentity:
		file, err := c.writeWorkloadToken(application)
		if err != nil {
			return nil, err
		}
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, TenantID: c.TenantID, ClientID: application.ID, TokenFilePath: file,
		})
	case AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.TenantID})
	}
	return nil, fmt.Errorf("no credential is called %q", kind)
}

// enterCode acts as the person to whom a device code is shown.
func (c Caller) enterCode(ctx context.Context, message azidentity.DeviceCodeMessage) error {
	visitor := Visitor{Person: c.Person.Name, Code: message.UserCode, Decline: c.Decline}
	_, err := visitor.Visit(ctx, message.VerificationURL)
	return err
}

// addCertificate makes a key and a self-signed certificate, and adds the certificate to the
// registration, as people do in the portal.
func (c *Cloud) addCertificate(application Application) (*x509.Certificate, crypto.Signer, error) {
	key, err := pkitest.NewKey(pkitest.RSA2048) // azidentity accepts no other algorithm
	if err != nil {
		return nil, nil, err
	}
	now := c.config.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "client"},
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return certificate, key, c.Entra.EditClient(application.ID, func(client *entratest.Client) {
		client.Certificates = append(client.Certificates[:len(client.Certificates):len(client.Certificates)],
			certificate)
	})
}

// writeCertificate writes a key and its certificate in the form that azidentity reads.
func (c *Cloud) writeCertificate(application Application) (string, error) {
	certificate, key, err := c.addCertificate(application)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := append(pkitest.PEM(certificate), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	return c.write(application.ID+".pem", text)
}

func (c *Cloud) writeWorkloadToken(application Application) (string, error) {
	token, err := c.workloadToken(application)
	if err != nil {
		return "", err
	}
	return c.write(application.ID+".jwt", []byte(token))
}

func (c *Cloud) write(name string, text []byte) (string, error) {
	path := filepath.Join(c.directory, name)
	return path, os.WriteFile(path, text, 0o600)
}
