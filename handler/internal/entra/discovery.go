package entra

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
)

// authority asks an Entra ID login host for tenants' keys.
type authority struct {
	host   string
	client *http.Client
}

// keys fetches a tenant's discovery document and the key set that it points to. go-oidc compares
// the issuer in the document with the tenant's.
func (a authority) keys(ctx context.Context, tenant string) (map[string]*rsa.PublicKey, error) {
	issuer := issuerV2(a.host, tenant)
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, a.client), issuer)
	if err != nil {
		return nil, discoveryError(err)
	}
	var metadata struct {
		KeySet string `json:"jwks_uri"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return nil, errors.New("discovery document cannot be read")
	}
	if !a.owns(metadata.KeySet) {
		return nil, errors.New("discovery document points to keys outside the authority")
	}
	body, err := a.get(ctx, metadata.KeySet)
	if err != nil {
		return nil, fmt.Errorf("fetch token keys: %w", err)
	}
	keys, err := parseKeySet(body, issuer, issuerV2(a.host, "{tenantid}"))
	if err != nil {
		return nil, fmt.Errorf("read token keys: %w", err)
	}
	return keys, nil
}

// discoveryError keeps the cause of an error of go-oidc, whose texts may quote the whole document.
func discoveryError(err error) error {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("fetch discovery document: %w", err)
	}
	if _, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return errors.New("discovery document names another issuer")
	}
	return errors.New("discovery document cannot be read")
}

// owns reports whether a URL is on the authority host. In every cloud Entra ID serves the keys on
// the host of the discovery document; a document that names another host is refused.
func (a authority) owns(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme+"://"+u.Host == a.host && u.User == nil
}

func (a authority) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
