package cloudtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// HTTPClient returns a client that reaches the local Entra ID and Key Vault under their real names,
// and nothing else. It follows no redirect.
func (c *Cloud) HTTPClient() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(c.Root())
	proxy := &url.URL{Scheme: "http", Host: c.proxy.address()}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// Credential returns azidentity's credential of the client application with a client secret.
func (c *Cloud) Credential() (azcore.TokenCredential, error) { return c.CredentialFor(c.Client) }

// CredentialFor returns the same for any registered application.
func (c *Cloud) CredentialFor(application Application) (azcore.TokenCredential, error) {
	credential, err := azidentity.NewClientSecretCredential(c.TenantID, application.ID, application.Secret,
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions: policy.ClientOptions{Transport: c.HTTPClient()},
		})
	if err != nil {
		return nil, fmt.Errorf("client credential: %w", err)
	}
	return credential, nil
}

// UserCredential returns the credential of the user who signs in to the client application. Its
// access tokens are delegated ones.
func (c *Cloud) UserCredential() azcore.TokenCredential { return userCredential{c} }

type userCredential struct{ cloud *Cloud }

// GetToken uses the password grant in place of a sign-in in the browser.
func (u userCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c := u.cloud
	form := url.Values{
		"grant_type": {"password"}, "client_id": {c.Client.ID}, "client_secret": {c.Client.Secret},
		"username": {c.User.Name}, "password": {c.User.Password}, "scope": {strings.Join(options.Scopes, " ")},
	}
	address := "https://" + loginHost + "/" + c.TenantID + "/oauth2/v2.0/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.HTTPClient().Do(request)
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("ask for a user's token: %w", err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		Error       string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return azcore.AccessToken{}, fmt.Errorf("ask for a user's token: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, fmt.Errorf("ask for a user's token: %s: %s", response.Status, answer.Error)
	}
	expiry := c.config.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)
	return azcore.AccessToken{Token: answer.AccessToken, ExpiresOn: expiry}, nil
}
