package connection

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Identity is the identity that this program uses at the vault. With ClientID and ClientSecret it
// is a service principal of TenantID. With ClientID alone it is that user-assigned managed
// identity. With neither it is the system-assigned managed identity.
type Identity struct {
	TenantID      string
	ClientID      string
	ClientSecret  string
	AuthorityHost string            // https://…; default: that of the public cloud
	Transport     http.RoundTripper // default: NewTransport
}

// NewCredential makes the credential of an identity. It does no network I/O.
func NewCredential(identity Identity) (*Credential, error) {
	if identity.ClientSecret != "" && (identity.ClientID == "" || identity.TenantID == "") {
		return nil, errors.New("a client secret needs the client ID and the tenant ID that it belongs to")
	}
	if identity.Transport == nil {
		identity.Transport = NewTransport()
	}
	if identity.AuthorityHost == "" {
		// Without a value the SDK would read it from an environment variable that is not ours.
		identity.AuthorityHost = cloud.AzurePublic.ActiveDirectoryAuthorityHost
	}
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: identity.AuthorityHost},
		Transport: &http.Client{Transport: &boundedTransport{identity.Transport}, CheckRedirect: refuseRedirect},
		Retry:     retryOptions(TryTimeout, RetryDelay),
	}
	credential, err := newCredential(identity, options)
	if err != nil {
		return nil, fmt.Errorf("make credential: %w", err)
	}
	return &Credential{credential: credential, now: time.Now, renewed: map[string]time.Time{}}, nil
}

func newCredential(identity Identity, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	if identity.ClientSecret != "" {
		return azidentity.NewClientSecretCredential(identity.TenantID, identity.ClientID, identity.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{
				ClientOptions: options,
				// The authority comes from our own settings, never from an answer. Instance
				// discovery would ask a second host about it for nothing.
				DisableInstanceDiscovery: true,
			})
	}
	managed := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
	if identity.ClientID != "" {
		managed.ID = azidentity.ClientID(identity.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(managed)
}

// TaggedCredential marks the errors of a credential, so that they can be told from errors of the
// vault. Safe for concurrent use.
type TaggedCredential struct {
	credential azcore.TokenCredential
	asking     atomic.Int64 // calls of GetToken under way
	until      atomic.Int64 // the end of the last token, in Unix seconds
}

// Tagged is the credential with its errors marked.
func Tagged(credential azcore.TokenCredential) *TaggedCredential {
	return &TaggedCredential{credential: credential}
}

// Settled reports whether the last token is still valid for a while and nobody gets another one. If
// not, a call to the vault can wait for a token that another call gets.
func (c *TaggedCredential) Settled() bool {
	return c.asking.Load() == 0 && time.Now().Add(time.Minute).Unix() < c.until.Load()
}

var errCredentialPanic = errors.New("the SDK cannot process the answer")

type identityError struct{ err error }

func (e *identityError) Error() string { return e.err.Error() }
func (e *identityError) Unwrap() error { return e.err }

// GetToken gets an access token from the credential. It turns a panic of the SDK into an error that
// omits the panic value: a client that calls it would never ask for a token again, and all its
// callers would wait for that one.
func (c *TaggedCredential) GetToken(ctx context.Context,
	options policy.TokenRequestOptions) (token azcore.AccessToken, err error) {
	c.asking.Add(1)
	defer func() {
		c.asking.Add(-1)
		if recover() != nil {
			token, err = azcore.AccessToken{}, &identityError{errCredentialPanic}
		}
	}()
	token, err = c.credential.GetToken(ctx, options)
	if err == nil && token.Token == "" {
		err = errors.New("an empty access token")
	}
	if err != nil {
		return azcore.AccessToken{}, &identityError{err}
	}
	c.until.Store(token.ExpiresOn.Unix())
	return token, nil
}

var (
	_ azcore.TokenCredential = (*TaggedCredential)(nil)
	_ azcore.TokenCredential = (*Credential)(nil)
)
